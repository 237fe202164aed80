"""No address that a forge names takes the token to another host: a listener must not hear it, whatever the address."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from image_forges import png
from publish.forge_places import SECRET, Scripted, forge_at, make_session, scripted
from urllib3.util import parse_url

from headway.errors import ContextError, ForgeError
from headway.publish.forges.forge import PullRequestTarget
from headway.publish.http.addresses import Address, AddressError
from headway.publish.http.connection import Response
from headway.publish.http.error_responses import Operation
from headway.publish.images.git_data import GitData
from headway.publish.images.uploads import DownloadImages, UploadImages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headway.ci.job import ForgeKind
    from headway.publish.forges.forge import Forge

BODY = "the text of a comment"
DOWNLOAD = Operation("download the artifact")
TARGET = PullRequestTarget(number=7)


@dataclass(frozen=True)
class Way:
    """A way for a forge to name an address: which forge, which answer, and what is asked of it."""

    forge: ForgeKind
    by: str
    ask: Callable[[Forge], object]


def upload(forge: Forge) -> object:
    places: dict[str, Callable[[], object]] = {
        "GitHub": lambda: GitData(forge.session, "o/r", "").write_blob(png()),
        "GitLab": lambda: UploadImages(forge.session, "7").put({"a.png": png()}),
        "Bitbucket": lambda: DownloadImages(forge.session, "o/r", "").put({"a.png": png()}),
    }
    return places[forge.name]()


def artifact(forge: Forge) -> object:
    return forge.session.download(DOWNLOAD, "repos/o/r/actions/artifacts/1/zip", 1000)


WAYS = [
    *(Way(kind, "Location", lambda forge: forge.pull_request(7)) for kind in ("github", "gitlab", "bitbucket")),
    Way("github", "Location", artifact),
    *(Way(kind, "Location", lambda forge: forge.create_comment(TARGET, BODY)) for kind in ("github", "gitlab")),
    Way("bitbucket", "Location", lambda forge: forge.create_comment(TARGET, BODY)),
    *(Way(kind, "Location", upload) for kind in ("github", "gitlab", "bitbucket")),
    *(Way(kind, "Link", lambda forge: forge.comments(TARGET)) for kind in ("github", "gitlab")),
    Way("bitbucket", "next", lambda forge: forge.comments(TARGET)),
]


@contextmanager
def forge_and_listener() -> Iterator[tuple[Scripted, Scripted]]:
    with scripted() as forge, scripted("127.0.0.2") as listener:
        yield forge, listener


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Scripted, Scripted]]:
    with forge_and_listener() as both:
        yield both


CONFUSING = r"""
    {e} {f} {e}\@{f} {f}\@{e} {f}@{e} {e}@{f} {f}:x@{e} x:y@{e} {e}#@{f} {f}#@{e} {e}?@{f} {e}/@{f} {e};@{f} {e}&@{f}
    {e}%5c@{f} {e}%40{f} {e}%2f@{f} {e}%23@{f} {e}\{f} {e}\\@{f} {e}\.{f} {e}%00@{f} {e}%0d%0a@{f} {f}.@{e} {E}.:{ep}
    2130706434:{ep} 0x7f.2:{ep} 0x7f000002:{ep} 0177.0.0.2:{ep} 127.2:{ep} [::ffff:{E}]:{ep} [::ffff:7f00:2%25lo]:{ep}
    {F}:{fp}:{ep} {F}:{fp}@{E}:{ep} {F}:+{fp} {F}:0{fp} user@ :@{e} @{e} {F}:{ep} {E}:{fp} %31%32%37.0.0.2:{ep}
"""
"""Where {f} and {e} are the forge's and the listener's host and port, and the rest is what parsers disagree about."""
UNSEEN = ("{e}\t@{f}", "{F}: @{e}", "\0{e}", "{e}\0@{f}", "{e}\r\n@{f}")
WIDE = ("\uff11\uff12\uff17.0.0.2:{ep}", "127\u30020\u30020\u30022:{ep}", "{e}\uff20{f}", "{e}\uff3c@{f}")
AUTHORITIES = st.sampled_from((*CONFUSING.split(), *UNSEEN, *WIDE))
SCHEMES = st.just("http:") | st.sampled_from(
    ("HTTP:", "https:", "", "ftp:", "http", "javascript:", " http:", "\x01http:")
)
SLASHES = st.just("//") | st.sampled_from(["///", "////", "/", "", "\\\\", "/\\", "\\/", "//\\", "//\t", "/\t/"])
PATHS = st.just("/x") | st.sampled_from(["", "/../x", "/%2e%2e/x", "/..%2fx", "/\\..\\x", "?q=1", "#f", "/x y", "/é"])
ADDRESSES = st.builds("".join, st.tuples(SCHEMES, SLASHES, AUTHORITIES, PATHS)) | st.text(max_size=40).map(
    lambda text: "http://{e}" + text.replace("{", "").replace("}", "") + "@{f}/"
)


def written(template: str, forge: Scripted, listener: Scripted) -> str:
    places: dict[str, str] = {}
    for letter, server in (("f", forge), ("e", listener)):
        host, _, port = server.url.removeprefix("http://").partition(":")
        places |= {letter: f"{host}:{port}", letter.upper(): host, f"{letter}p": port}
    return template.format(**places)


def answer_with(address: str, by: str, forge: Scripted) -> bool:
    """The forge's next answer names the address, without what no header can hold; false where nobody finds it there."""
    header = address.replace("\r", "").replace("\n", "").encode(errors="replace").decode("latin-1")
    match by:
        case "Location":
            forge.will(307, Location=header)
        case "Link":
            link = f'<{header}>; rel="next"'
            forge.will(200, [], Link=link)
            return Response(status=200, headers={"link": link}, body=b"").link("next") is not None
        case _:
            forge.will(200, {"values": [], "next": address.encode(errors="replace").decode()})
    return True


@pytest.mark.parametrize("way", WAYS, ids=lambda way: f"{way.forge}-{way.by}")
@given(template=ADDRESSES)
@example(template="http://{e}\\@{f}/x")
@example(template="http://{e}/x")
@example(template="//{e}/x")
@example(template="/\\{e}/x")
def test_what_a_forge_points_to_gets_neither_token_nor_body(
    pair: tuple[Scripted, Scripted], way: Way, template: str
) -> None:
    forge, listener = pair
    for server in pair:
        server.answers.clear()
        server.asked.clear()
    found = answer_with(written(template, forge, listener), way.by, forge)
    why = ""
    try:  # a second request finds no answer prepared, which is an error as well
        way.ask(forge_at(way.forge, forge.url))
    except ForgeError as error:
        why = str(error)
    heard = str(listener.asked).lower()
    assert not any(each in heard for each in (SECRET.lower(), "authorization", "token", "cookie", BODY))
    assert all(method == "GET" and not body for method, _, _, body in listener.asked)
    assert SECRET not in why
    assert bool(why) is found


@given(template=ADDRESSES | st.text(max_size=40))
def test_every_parser_reads_an_address_that_is_not_refused_alike(template: str) -> None:
    try:
        address = Address.read(template.replace("{", "").replace("}", ""))
    except AddressError:
        return
    ours, theirs, origin = urlsplit(address.text), parse_url(address.text), address.origin
    port = origin.port if theirs.port is not None else None
    assert (ours.scheme, ours.hostname, ours.port) == (theirs.scheme, str(theirs.host).strip("[]"), port)
    assert (origin.scheme, origin.host) == (theirs.scheme, theirs.host)
    assert Address.read(address.text) == address
    assert address.text.isascii()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://evil.example\\@forge.example/", "has a backslash"),
        ("http://me:hunter2@forge.example/", "has a user name or password"),
        ("http://@forge.example/", "has a user name or password"),
        ("http://forge.example/\x00", "not printable ASCII"),
        ("http://forge.example/a b", "has a space"),
        ("http://\uff46orge.example/", "not printable ASCII"),
        ("http:///x", "has no plain host name"),
        ("http:x", "has no plain host name"),
        ("http://forge%2eexample/", "has no plain host name"),
        ("http://[fe80::1%25eth0]/", "has no plain host name"),
        (f"http://{'a' * 64}.example/", "has no plain host name"),
        ("http://forge..example/", "has no plain host name"),
        ("http://[", "is not an address"),
        ("http://forge.example:70000/", "is not an address"),
        ("ftp://forge.example/", "starts with neither"),
        ("//forge.example/", "starts with neither"),
        ("http://forge.example/a/../b", ". or .. as a part"),
        ("http://forge.example/a/%2E%2e/b", ". or .. as a part"),
        ("http://forge.example/a/..%2fb?x", ". or .. as a part"),
    ],
)
def test_why_an_address_is_refused(text: str, why: str) -> None:
    with pytest.raises(AddressError, match=why) as caught:
        Address.read(text)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://Forge.example/a", "HTTP://forge.example:80/b?c#d", True),
        ("https://forge.example", "https://forge.example:443/", True),
        ("http://[::1]/", "http://[::1]:80/", True),
        ("http://forge.example/", "https://forge.example/", False),
        ("http://forge.example/", "http://forge.example:8080/", False),
        ("http://forge.example/", "http://forge.example:0/", False),
        ("http://forge.example/", "http://forge.example./", False),
        ("http://127.0.0.1/", "http://2130706433/", False),
        ("http://127.0.0.1/", "http://0x7f.1/", False),
        ("http://[::1]/", "http://[0:0:0:0:0:0:0:1]/", False),
    ],
)
def test_which_addresses_have_one_origin(one: str, other: str, *, same: bool) -> None:
    assert (Address.read(one).origin == Address.read(other).origin) is same


@pytest.mark.parametrize(
    "reference",
    [
        "http://me:hunter2@h/?token=hunter3",
        "//me:hunt/er2@h/x",
        "http:me:hunter2@h",
        "http://h\\hunter/..?hunter2#hunter3",
    ],
)
def test_a_refusal_tells_no_password_and_no_query(reference: str) -> None:
    with pytest.raises(AddressError) as caught:
        Address.read("http://forge.example/").follow(reference)
    assert "hunter2" not in str(caught.value)
    assert "hunter3" not in str(caught.value)
    assert "er2" not in str(caught.value)


class TestNamesInPaths:
    @pytest.mark.parametrize("sha", ["../../../user", "%2e%2e/%2e%2e/user", "a/..", "."])
    def test_cannot_climb(self, sha: str) -> None:
        with scripted() as forge:
            with pytest.raises(ForgeError, match="find the") as caught:
                forge_at("github", f"{forge.url}/api/v3").open_pull_requests(sha, "", "")
            assert forge.asked == []
        assert ". or .. as a part of its path" in caught.value.why

    def test_begin_no_query_and_no_header(self) -> None:
        with scripted() as forge:
            forge.will(404, {}).will(200, [])
            with pytest.raises(ForgeError):
                forge_at("github", forge.url).open_pull_requests("a?b#c\r\nX-Y: z é", "", "")
            assert forge.paths == ["GET /repos/o/r/commits/a%3Fb%23c%0D%0AX-Y:%20z%20%C3%A9/pulls?per_page=100"]
            assert "x-y" not in forge.asked[0][2]


class TestRedirects:
    def test_that_come_back_to_the_forge_come_without_the_token(self) -> None:
        """Whoever the forge points to does not choose what the token is used for."""
        with forge_and_listener() as (forge, listener):
            forge.will(302, Location=f"{listener.url}/a").will(200, {})
            listener.will(302, Location=f"{forge.url}/chosen")
            make_session(forge.url).get(DOWNLOAD, "thing", dict[str, int])
        assert [sent[2].get("authorization") for sent in forge.asked] == [f"Bearer {SECRET}", None]

    def test_to_another_scheme_are_refused_and_the_query_is_not_told(self) -> None:
        with scripted() as forge:
            forge.will(302, Location="ftp://files.example/x?signature=hunter2")
            with pytest.raises(ForgeError) as caught:
                make_session(forge.url).get(DOWNLOAD, "thing", dict[str, int])
        assert "ftp://files.example/x starts with neither" in caught.value.why
        assert "hunter2" not in str(caught.value)

    def test_with_an_endless_body_end(self) -> None:
        with scripted() as forge:
            forge.will(302, b"x" * 2000, Location="/there")
            with pytest.raises(ForgeError, match="download") as caught:
                make_session(forge.url).download(DOWNLOAD, "thing", 1000)
        assert "limit of 1,000 bytes" in caught.value.why


def test_no_cookie_is_kept() -> None:
    with scripted() as forge:
        forge.will(200, {}, Set_Cookie="session=1; Path=/").will(200, {})
        session = make_session(forge.url)
        for _ in range(2):
            session.get(DOWNLOAD, "thing", dict[str, int])
        assert "cookie" not in forge.asked[1][2]


@pytest.mark.parametrize("kind", ["github", "gitlab", "bitbucket"])
@pytest.mark.parametrize("url", ["http://evil.example\\@{}", "http://me:hunter2@{}", "file:///x", "{}", ""])
def test_an_api_with_such_an_address_is_never_called(kind: ForgeKind, url: str) -> None:
    with scripted() as forge:
        with pytest.raises(ContextError, match="API cannot be used") as caught:
            forge_at(kind, url.format(forge.url.removeprefix("http://")))
        assert forge.asked == []
    assert "_URL" in caught.value.remedy
    assert "hunter2" not in str(caught.value)


def test_a_graphql_address_on_another_host_is_never_called() -> None:
    with forge_and_listener() as (forge, listener):
        session = make_session(forge.url)
        for url in (f"{listener.url}/graphql", f"{listener.url}\\@{forge.url.removeprefix('http://')}/graphql"):
            with pytest.raises(ForgeError, match="download"):
                session.query(DOWNLOAD, url, {"query": "who"}, dict[str, int])
        assert forge.asked == listener.asked == []


@pytest.mark.parametrize("url", ["http://evil.example/x.png", "/uploads/x.png)![](http://evil.example/"])
def test_gitlabs_answer_to_an_upload_brings_no_other_address_into_a_comment(url: str) -> None:
    with scripted() as forge:
        forge.will(201, {"url": url})
        with pytest.raises(ForgeError, match="upload an image"):
            upload(forge_at("gitlab", forge.url))
