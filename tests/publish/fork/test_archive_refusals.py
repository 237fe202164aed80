"""An archive that is not what a report's archive is, is refused, and nothing of it is unpacked first."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
import zlib

import pytest
from hostile_archives import FOLDER, LINK, STORE, Member, archive, bomb

from headway.errors import ForgeError
from headway.publish.fork import archive as limits
from headway.publish.fork.archive import MIB, Archive

REPORT = Member("report.json", b'{"schema": "headway.report/2"}')


@pytest.fixture(autouse=True)
def _low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    low = {"ARCHIVE_LIMIT": 4 * MIB, "MOST_MEMBERS": 20, "MEMBER_LIMIT": 2 * MIB, "TOTAL_LIMIT": 5 * MIB}
    for name, limit in low.items():
        monkeypatch.setattr(limits, name, limit)


def refusal(data: bytes) -> str:
    with pytest.raises(ForgeError) as caught:
        Archive(data)
    return caught.value.why


def refusal_to_read(data: bytes, name: str) -> str:
    opened = Archive(data)
    with pytest.raises(ForgeError) as caught:
        opened.read(name)
    return caught.value.why


def test_an_honest_archive_is_read() -> None:
    picture = Member("charts/loss-1f2e.png", b"\x89PNG" + bytes(5000), method=STORE)
    opened = Archive(archive(REPORT, Member("charts/", mode=FOLDER), picture))
    assert opened.names == {"report.json", "charts/loss-1f2e.png"}
    assert opened.read("report.json") == REPORT.content
    assert opened.read("charts/loss-1f2e.png") == picture.content
    assert opened.read("report.json") == REPORT.content


def test_what_zipfile_streams_without_sizes_in_front_is_read() -> None:
    """As actions/upload-artifact writes it: sizes follow the data, because it cannot go back."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.written = b""

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.written += bytes(data)  # type: ignore[call-overload]  # any buffer
            return len(bytes(data))  # type: ignore[call-overload]  # likewise

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as writer:
        writer.writestr("report.json", REPORT.content)
    assert Archive(pipe.written).read("report.json") == REPORT.content


@pytest.mark.parametrize(
    "member",
    [
        *map(Member, ("../report.json", "/etc/passwd", "./report.json", "C:/report.json", "..\\report.json", "")),
        *map(Member, ("Report.JSON", "report.json/", "\u202egnp.exe", "a" * 300, "inner.zip")),
        Member("x.png", b"/etc/passwd", mode=LINK),
        Member("x.png", b"", mode=0o020644),
    ],
)
def test_what_no_report_names_is_never_looked_up(member: Member) -> None:
    """Names and file types matter to who unpacks to a disk; here a member is found by its exact name or not at all."""
    opened = Archive(archive(member, REPORT))
    assert opened.read("report.json") == REPORT.content


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (Member("x.png", b"secret", flags=0x801), "encrypted"),
        (Member("x.png", b"secret", flags=0x841), "encrypted"),
        (Member("x.png", b"secret", flags=0x2800), "encrypted"),
        (Member("x.png", b"BZh9", method=12), "method other than deflate"),
        (Member("x.png", b"", method=14), "method other than deflate"),
        (Member("x.png", b"", method=99), "method other than deflate"),
        (Member("report.json", b"{}"), "2 members"),
        (Member("report.json\0.png", b"{}"), "2 members"),
    ],
)
def test_members_that_cannot_be_read_or_told_apart(member: Member, words: str) -> None:
    assert words in refusal(archive(REPORT, member))


def test_ten_thousand_members() -> None:
    data = archive(*(Member(f"{number}.png") for number in range(10_000)))
    assert "more than 20 members" in refusal(data)


@pytest.mark.slow
def test_a_list_of_members_that_fills_the_archive_costs_no_memory() -> None:
    data = archive(*(Member(f"{number}", at=0) for number in range(60_000)))
    tracemalloc.start()
    try:
        assert "members" in refusal(data)
        assert tracemalloc.get_traced_memory()[1] < MIB
    finally:
        tracemalloc.stop()


def test_a_number_of_members_that_is_a_lie() -> None:
    data = bytearray(archive(*(Member(f"{number}.png") for number in range(30))))
    data[-14:-10] = (1).to_bytes(2, "little") * 2
    assert "members" in refusal(bytes(data))


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([bomb("report.json", 2 * MIB)], "packed size"),
        ([bomb("report.json", 3 * MIB)], "the limit"),
        ([Member(f"{number}", bytes(MIB)) for number in range(6)], "together"),
        ([Member("a", bytes(range(256)), STORE), Member("b", b"", says_packed=100_000)], "overlap"),
        ([bomb("report.json", 2 * MIB, says_packed=2**31)], "overlap"),
        ([Member("report.json", b"{}", says_size=2**32 - 2)], "the limit"),
    ],
)
def test_what_is_too_large_by_its_own_word(members: list[Member], words: str) -> None:
    assert words in refusal(archive(*members))


@pytest.mark.parametrize("says", [0, 1, 100, MIB - 1])
def test_a_bomb_that_says_it_is_small(says: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what really comes out counts, and it stops at the limit."""
    monkeypatch.setattr(limits, "MOST_RATIO", 5000)
    data = archive(bomb("report.json", 20 * MIB, says_size=says))
    tracemalloc.start()
    try:
        assert "limit" in refusal_to_read(data, "report.json")
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()


def test_a_bomb_that_says_it_is_small_and_is_within_the_cap() -> None:
    data = archive(bomb("report.json", 3 * MIB // 2, says_size=10))
    assert "packed size" in refusal_to_read(data, "report.json")


@pytest.mark.parametrize("says", [3, 40])
def test_a_size_that_is_a_lie(says: int) -> None:
    data = archive(Member("report.json", b'{"schema": 1}', says_size=says))
    assert f"declares {says}" in refusal_to_read(data, "report.json")


def test_a_small_size_with_a_checksum_to_match() -> None:
    """zipfile alone would give the first bytes, and another reader all of them."""
    content = b'{"schema": 1}'
    data = archive(Member("report.json", content, says_size=3, says_crc=zlib.crc32(content[:3])))
    assert "broken" in refusal_to_read(data, "report.json")


def test_members_that_share_their_bytes_count_each_time() -> None:
    first = Member("0", bytes(1000), method=STORE)
    shared = [Member(f"{number}", bytes(1000), method=STORE, at=0) for number in range(1, 4)]
    assert "overlap" in refusal(archive(first, *shared))


def test_the_total_counts_over_all_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TOTAL_LIMIT", 310_000)
    members = [Member(f"{number}", bytes(range(256)) * 400, method=STORE) for number in range(3)]
    opened = Archive(archive(*members))
    for _ in range(3):
        assert opened.read("0") == members[0].content
    with pytest.raises(ForgeError, match="limit, 2,800"):
        opened.read("1")


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06" + bytes(18), b"hello" * 1000, b"\x00" * 100])
def test_what_is_no_archive(data: bytes) -> None:
    try:
        opened = Archive(data)
    except ForgeError as error:
        assert "not a zip archive" in error.why  # noqa: PT017 - an empty archive is fine, too
    else:
        assert not opened.names
        with pytest.raises(ForgeError, match="no member"):
            opened.read("report.json")


def test_an_archive_that_is_too_large_is_not_opened() -> None:
    assert "the limit is" in refusal(bytes(limits.ARCHIVE_LIMIT + 1))


@pytest.mark.parametrize("keep", [10, 40, 60, -1, -22, -30])
def test_an_archive_that_is_cut_off(keep: int) -> None:
    assert "not a zip archive" in refusal(archive(REPORT)[:keep])


def test_a_checksum_that_does_not_match() -> None:
    assert "broken" in refusal_to_read(archive(Member("report.json", b"{}", says_crc=1)), "report.json")


def test_a_local_header_under_another_name() -> None:
    data = archive(REPORT).replace(b"report.json", b"xeport.json", 1)
    assert "broken" in refusal_to_read(data, "report.json")


def test_the_error_shows_a_name_without_its_tricks() -> None:
    why = refusal(archive(REPORT, Member("\u202egnp\n::error::x", b"", method=99)))
    assert why.isascii()
    assert why.isprintable()
