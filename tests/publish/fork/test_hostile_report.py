"""A report in which an enemy wrote every text reaches nobody: cmarkgfm reads back only what Headway wrote itself.

The reports are built from the types, so a field that is added to the contract is covered the day it is added.
"""

from __future__ import annotations

import base64
import io
import re
import unicodedata
from functools import cache
from typing import Any
from unittest.mock import patch

import cmarkgfm  # type: ignore[import-untyped]  # carries no types
import msgspec
import pytest
from generated import costly, names
from hypothesis import given
from hypothesis import strategies as st
from rendered import Rendered, github
from rich.console import Console
from samples import AMOUNTS, HOSTILE, shown

from headway.errors import HeadwayError
from headway.publish.comment import marker
from headway.report import html, terminal
from headway.report.links import Links
from headway.report.monorepo import Projects
from headway.values.report import Include, Report

TURNS, EMPTY = 7, 3
"""Reports that are built of each text, and the one of them in which whatever may be missing is."""
CONTRACT = msgspec.inspect.type_info(Report)
HOME = "https://images.example/"
FULL_REPORT = "https://ci.example/run/1"
ATTRIBUTES = {
    "source": {"media", "srcset"},
    "img": {"alt", "src", "align", "width"},
    "th": {"align"},
    "td": {"align"},
    "ol": {"start"},
    "pre": {"lang"},
    "a": {"href"},
}
"""All that an element may carry; every other has none."""
LAYOUT = {
    *("h3", "h4", "h5", "h6", "p", "strong", "em", "del", "s", "code", "sub", "details", "summary"),
    *("table", "thead", "tbody", "tr", "th", "td", "ul", "ol", "li", "blockquote", "pre", "div", "hr", "br", "wbr"),
    *("picture", "source", "img", "a"),
}
OF_A_PAGE = {
    *("html", "head", "meta", "title", "style", "body", "header", "span", "button", "svg", "circle", "path", "main"),
    *(
        "section",
        "h1",
        "h2",
        "b",
        "dl",
        "dt",
        "dd",
        "nav",
        "output",
        "input",
        "rect",
        "article",
        "figure",
        "figcaption",
    ),
    *("noscript", "script", "footer"),
}
REFERENCES = re.compile(r"""
    (?<![\w/`])@\w              # a person
  | (?<!&)\#\d                  # an issue
  | (?<![\w&])[!$%&~^][\w"]     # GitLab: a merge request, snippet, milestone, epic, label, alert
  | \bGH-\d
  | \w/[\w.-]+[\#!@]\w          # of another repository
  | [\w.]@[\w-]+\.\w            # an address
  | (?i:https?|ftp|mailto|javascript|data):[^\s\u200b]
  | (?i:www)\.\w
  | (?<!\w):[a-z0-9_+-]+:       # an emoji
""", re.VERBOSE)  # fmt: skip
VISIBLE = {"\n", "\N{ZERO WIDTH SPACE}", "\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"}
"""The only characters without a shape: line ends, what parts a link, and what emoji and Persian need."""
PAYLOADS = [
    HOSTILE,
    "@octocat @octo/team please",
    "fixes #1, closes octo/digits#2, resolves GH-3",
    "[click](https://evil.example) <https://evil.example> https://evil.example www.evil.example",
    "![x](https://evil.example/x.png) <img src=//evil.example/x.png>",
    '"><img src=x onerror=alert(1)><a href="javascript:alert(1)">',
    "' onload='alert(1)",
    "</picture></p></details></table><h1>Approved</h1>",
    "<!-- headway {} -->",
    "--> <script>alert(1)</script> <!--",
    "[r]: https://evil.example\n[r]",
    "\n\n[r]: https://evil.example\n\n[r] ![r]\n",
    "[^1]\n\n[^1]: a footnote",
    "```\n</code></pre>\n```\n# heading\n",
    "~~~\n~~~\n\n---\n\n| a | b |\n|---|---|\n| [x](y) | c |",
    "\\|\\`\\*\\[\\<",
    "`` ` ``` |` <b>` `",
    "&lt;a href&gt; &#60;script&#62; &#x40;octocat &commat;octocat",
    "\u202e\u2066gnp.exe\u200b\ufeff\u00ad@octocat",
    "\x00\x1b]8;;https://evil.example\x07link\x1b]8;;\x07\x9b31m",
    "a\r\n\r\n# b\u2028# c\x0b# d\x0c# e\x85# f",
    "$x$ $$\\href{https://evil.example}{x}$$ ```math\n\\url{x}\n```",
    '```mermaid\nclick A href "https://evil.example"\n```',
    ":tada: !1 ~bug %1 $1 &1 ^alert#1 [vulnerability:1] *iteration:1",
    "mailto:a@evil.example a@evil.example ftp://evil.example xmpp:a@b",
    "> [!CAUTION]\n> approved by @octocat",
    "- [x] done\n- [ ] todo",
    "::error file=a::x\n::set-output name=a::b",
    "{{ 7 * 7 }} {% raw %} ${{ secrets.GITHUB_TOKEN }}",
    "a" * 5000,
    "",
    " ",
]  # fmt: skip


def reports_of(text: str) -> tuple[Report, ...]:
    """Reports whose every text is this one, with each choice of every field that has choices in one of them."""
    return tuple(msgspec.convert(_built(CONTRACT, text, turn), Report) for turn in range(TURNS))


@cache
def written(payload: str, *, html: bool) -> tuple[str, ...]:
    """The Markdown of the reports of a payload, which several tests read."""
    return tuple(shown(each, 1, FULL_REPORT, html=html, image_url=image_url) for each in reports_of(payload))


def _built(kind: msgspec.inspect.Type, text: str, turn: int) -> Any:  # noqa: C901, PLR0911 - one line a type
    match kind:
        case msgspec.inspect.StructType():
            fields = {each.encode_name: _built(each.type, text, turn) for each in kind.fields}
            if kind.cls is Include:  # which has one side at least
                fields["head"] = text
            return fields | ({kind.tag_field: kind.tag} if kind.tag_field else {})
        case msgspec.inspect.UnionType():
            return _built(_chosen(kind, turn), text, turn)
        case msgspec.inspect.VarTupleType() if isinstance(kind.item_type, msgspec.inspect.UnionType):
            return [_built(each, text, turn) for each in kind.item_type.types]
        case msgspec.inspect.VarTupleType():
            return [_built(kind.item_type, text, turn)] * (kind.min_length or 1)
        case msgspec.inspect.LiteralType():
            return kind.values[turn % len(kind.values)]
        case msgspec.inspect.StrType():
            return text[: kind.max_length] or " " * (kind.min_length or 0)
        case msgspec.inspect.DictType() | msgspec.inspect.AnyType():
            return {text: [text, {"url": text}]}
        case msgspec.inspect.BoolType():
            return bool(turn % 2)
        case msgspec.inspect.NoneType():
            return None
        case msgspec.inspect.IntType() | msgspec.inspect.FloatType():
            return 1
    raise AssertionError(f"the contract has a type that this test does not know: {kind}")


def _chosen(kind: msgspec.inspect.UnionType, turn: int) -> msgspec.inspect.Type:
    """Text where text is allowed, and nothing in one of the reports where nothing is."""
    kinds = {type(each): each for each in kind.types}
    if turn == EMPTY and msgspec.inspect.NoneType in kinds:
        return kinds[msgspec.inspect.NoneType]
    return kinds.get(msgspec.inspect.StrType) or next(
        each for each in kind.types if not isinstance(each, msgspec.inspect.NoneType)
    )


def image_url(path: str) -> str:
    """What an image store gives: an address of its own for every path."""
    return HOME + base64.urlsafe_b64encode(path.encode(errors="replace")).decode()


def assert_reaches_nobody(page: Rendered) -> None:
    assert {tag for tag, _ in page.tags} <= LAYOUT
    for tag, attributes in page.tags:
        assert set(attributes) <= ATTRIBUTES.get(tag, set()), f"{tag} has {attributes}"
    assert {link["href"] for link in page.elements("a")} <= {FULL_REPORT}
    addresses = [image["src"] for image in page.elements("img")] + [each["srcset"] for each in page.elements("source")]
    assert all(address and address.startswith(HOME) for address in addresses)
    assert not REFERENCES.findall(page.prose)
    assert not page.unclosed
    assert_shows_what_it_holds(page.text)


def assert_shows_what_it_holds(text: str) -> None:
    assert {each for each in set(text) if unicodedata.category(each) in {"Cc", "Cf"}} <= VISIBLE


each_fourth = pytest.mark.parametrize(
    "payload",
    [pytest.param(each, marks=[pytest.mark.slow] * (place % 4 > 0)) for place, each in enumerate(PAYLOADS)],
    ids=lambda payload: ascii(payload)[1:30],
)
"""The others are slow tests, as each of them is tried in every text of a comment already."""


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: ascii(payload)[1:30])
def test_a_payload_in_every_text(payload: str) -> None:
    for text in written(payload, html=True):
        assert_reaches_nobody(github(text))


@pytest.mark.parametrize("amount", AMOUNTS.values(), ids=AMOUNTS)
def test_all_payloads_in_less_detail(amount: float) -> None:
    for report in reports_of("".join(PAYLOADS)[:4000]):
        assert_reaches_nobody(github(shown(report, amount, FULL_REPORT, image_url=image_url)))


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: ascii(payload)[1:30])
def test_a_payload_where_tags_are_text(payload: str) -> None:
    for text in written(payload, html=False):
        assert "<!-- raw HTML omitted -->" not in cmarkgfm.github_flavored_markdown_to_html(text)
        assert_reaches_nobody(github(text))


@each_fourth
def test_a_payload_of_one_project_among_several(payload: str) -> None:
    failures = [(payload, HeadwayError(payload, why=payload, remedy=remedy)) for remedy in (payload, f"git {payload}")]
    reports, urls = [*reports_of(payload)], [image_url] * TURNS
    projects = Projects(reports=reports, image_urls=urls, links=Links(run=FULL_REPORT), failures=failures)
    assert_reaches_nobody(github(projects.text))


@each_fourth
def test_a_payload_in_a_page_and_a_terminal(payload: str) -> None:
    for report in reports_of(payload):
        with patch("headway.draw.specification.vega_lite", lambda *_, **__: {"title": payload}):
            page = html.render(report, {payload: b"", f"{payload}.png": b""})
        read = Rendered(page)
        assert not read.unclosed
        assert {tag for tag, _ in read.tags} <= LAYOUT | OF_A_PAGE
        assert all(str(link["href"]).startswith("#") for link in read.elements("a"))
        assert page.count("<script") == page.count("</script>") == len(read.elements("script"))
        stream = io.StringIO()
        terminal.render(report, Console(file=stream, width=80, color_system=None))
        assert_shows_what_it_holds(stream.getvalue())


@costly
@given(names | st.lists(st.sampled_from(PAYLOADS), max_size=3).map("".join))
def test_any_text_in_every_text(text: str) -> None:
    for report in reports_of(text):
        assert_reaches_nobody(github(shown(report, 1, FULL_REPORT, image_url=image_url)))


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda payload: ascii(payload)[1:30])
def test_no_text_can_be_taken_for_a_marker(payload: str) -> None:
    mark = marker.Marker(label=payload, directory=payload, sha="a" * 40, run=1, attempt=1, time="now")
    for text, plain in zip(written(payload, html=True), written(payload, html=False), strict=True):
        assert marker.read(text) is None
        assert marker.read(plain) is None
        for tags in (True, False):
            line = marker.write(mark, html=tags)
            found = marker.read(f"{line}\n\n{text}")
            assert found is not None
            assert found.sha == mark.sha
            assert line.count("-->") == tags


def test_the_reports_are_full_of_it() -> None:
    """The builder fills what it should: the payload stands in every part of the contract."""
    for turn, report in enumerate(reports_of("payload")):
        parts = msgspec.to_builtins(report)
        texts = parts.keys() - {"schema", "layout", "scope"}
        assert all("payload" in repr(parts[name]) for name in texts if turn != EMPTY)
        assert {type(chart).__name__ for chart in report.charts} == {
            "LineChart", "ScatterChart", "BarChart", "ConfusionChart", "DistributionChart", "ImageChart",
            "VegaChart",
        }  # fmt: skip
