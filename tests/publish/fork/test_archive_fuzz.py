"""Whatever the bytes: an archive is read within its caps, or refused with a ForgeError."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from hostile_archives import STORE, Member, archive
from hypothesis import given
from hypothesis import strategies as st

from headway.errors import ForgeError
from headway.publish.fork import archive as archive_module
from headway.publish.fork.archive import Archive

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITS = {
    "ARCHIVE_LIMIT": 1 << 20,
    "MOST_MEMBERS": 8,
    "MEMBER_LIMIT": 4096,
    "TOTAL_LIMIT": 10_000,
    "MOST_RATIO": 50,
    "RATIO_COUNTS_FROM": 1024,
}


@pytest.fixture(autouse=True, scope="module")
def _low_limits() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, limit in LIMITS.items():
            patch.setattr(archive_module, name, limit)
        yield


names = st.sampled_from(["report.json", "charts/a.png", "charts/", "../x", "/x", "a.zip", "a\\b", "", "x"]) | st.text(
    st.characters(codec="utf-8"), max_size=12
)
sizes = st.none() | st.integers(0, 2**32 - 1) | st.integers(0, 5000)
members = st.builds(
    Member,
    name=names,
    content=st.binary(max_size=300) | st.integers(0, 20_000).map(bytes),
    method=st.sampled_from([8, 8, 8, STORE, 12, 14, 97]),
    flags=st.sampled_from([0x800, 0x808, 0x800, 0x801, 0x0, 0x820, 0x2000]),
    mode=st.sampled_from([0o100644, 0o100644, 0, 0o040755, 0o120777]),
    says_size=st.none() | sizes,
    says_packed=st.none() | sizes,
    says_crc=st.none() | st.integers(0, 2**32 - 1),
)
edits = st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=6)


def read_all(data: bytes) -> dict[str, bytes]:
    """Every member that is given out, until one is refused."""
    out: dict[str, bytes] = {}
    with contextlib.suppress(ForgeError):
        opened = Archive(data)
        for name in sorted(opened.names):
            out[name] = opened.read(name)
    return out


def within_limits(out: dict[str, bytes]) -> bool:
    return (
        len(out) <= LIMITS["MOST_MEMBERS"]
        and all(len(content) <= LIMITS["MEMBER_LIMIT"] for content in out.values())
        and sum(map(len, out.values())) <= LIMITS["TOTAL_LIMIT"]
    )


@given(st.lists(members, max_size=5))
def test_headers_that_lie(made: list[Member]) -> None:
    assert within_limits(read_all(archive(*made)))


@given(st.lists(members, max_size=3), edits, st.integers(-40, 0))
def test_bytes_that_were_changed(made: list[Member], changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(archive(*made))
    for place, value in changes:
        data[place % len(data)] = value
    assert within_limits(read_all(bytes(data[: len(data) + cut])))


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    assert within_limits(read_all(data))


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}(/[a-z]{1,8})?\.png", fullmatch=True), st.binary(max_size=900), max_size=5
    )
)
def test_honest_archives_come_back_whole(files: dict[str, bytes]) -> None:
    made = [Member(name, content) for name, content in files.items()]
    assert read_all(archive(*made)) == files
