"""Blocks of every kind, with spans of every kind that an enemy wrote, in every rendering and at every length."""

from __future__ import annotations

import io
import re
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import cmarkgfm  # type: ignore[import-untyped]  # carries no types
import msgspec
import pytest
from generated import charts, names, rather_costly
from hypothesis import given
from hypothesis import strategies as st
from rendered import Rendered, github
from rich.console import Console
from samples import digits_report, hostile_report, make_report

from headway.report import html, markdown, terminal
from headway.report.blocks import (
    Bar,
    Block,
    Charts,
    Column,
    Command,
    Commit,
    Definition,
    Definitions,
    Details,
    Fact,
    Inline,
    Items,
    Kind,
    Lines,
    Link,
    Listing,
    Name,
    Parts,
    Properties,
    ReportView,
    Row,
    Section,
    Span,
    Table,
    Text,
    Value,
    Verdict,
    Words,
)
from headway.report.escaping import clean_block
from headway.report.fitting import cut

if TYPE_CHECKING:
    from headway.values.report import Report

KINDS = [Kind(noun=noun, rank=rank, markdown=2, page=2, terminal=2) for rank, noun in enumerate(("thing", "class"))]
URL = "https://ci.example/run/1"
MARKDOWNS_OWN = set("h3 h4 h5 h6 p strong em code table thead tbody tr th td ul ol li blockquote pre hr del s".split())  # noqa: SIM905  a list of words
WITH_HTML = MARKDOWNS_OWN | set("sub details summary div picture source img br".split())  # noqa: SIM905  as above

tones = st.sampled_from(["plain", "strong", "quiet", "better", "worse", "failed", "warning", "withheld"])
words = st.builds(Words, names, tones)
spans: st.SearchStrategy[Span] = st.one_of(
    words,
    st.builds(Name, names, tones),
    st.builds(Value, names, names),
    st.builds(Command, names),
    st.builds(Commit, names | st.just("4a5b6c7d8e9f")),
    st.builds(Link, names, st.sampled_from(["", URL])),
)
inlines: st.SearchStrategy[Inline] = st.lists(spans, min_size=1, max_size=3).map(
    lambda found: tuple(chain.from_iterable((Words(" "), span) for span in found))[1:]
)
kinds = st.sampled_from(KINDS)
columns = (Column("First"), Column("Second", "numbers"), Column("", "bars", minor=True))
bars = st.builds(Bar, st.floats(-1, 1), tones)


def several(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=3).map(tuple)


items = st.builds(
    Items,
    kind=kinds,
    entries=several(inlines),
    left_out=st.integers(0, 2),
    role=st.sampled_from(["plain", "numbered", "findings"]),
)
rows = st.builds(Row, st.tuples(inlines, inlines, bars), st.sampled_from(["", "a/b", "`|<b>@me"]))
listings: st.SearchStrategy[Listing] = st.one_of(
    items,
    st.builds(Table, kind=kinds, columns=st.just(columns), entries=several(rows), searchable=st.booleans()),
    st.builds(Charts, kind=kinds, entries=several(charts)),
    st.builds(Lines, kind=kinds, entries=several(names), form=st.sampled_from(["text", "markdown", "diff"])),
)
flat: st.SearchStrategy[Block] = st.one_of(
    listings,
    st.builds(Text, content=inlines, role=st.sampled_from(["plain", "note", "withheld", "alarm", "small"])),
    st.builds(Verdict, facts=several(st.builds(Fact, value=names, label=names, tone=tones, name=st.just("") | names))),
    st.builds(Properties, entries=several(st.tuples(st.just("Term"), inlines))),
    st.builds(Definitions, kind=kinds, entries=several(st.builds(Definition, term=inlines, details=items))),
)


def folded(blocks: st.SearchStrategy[Any]) -> st.SearchStrategy[Details]:
    some = st.lists(blocks, min_size=1, max_size=2).map(tuple)
    return st.builds(Details, summary=inlines, blocks=some, optional=st.booleans())


nested: st.SearchStrategy[Block] = st.one_of(
    folded(flat),
    st.builds(Parts, kind=kinds, entries=several(st.lists(flat, min_size=1, max_size=2).map(tuple))),
)
sections = st.builds(
    Section,
    anchor=st.just("anchor"),
    title=names,
    blocks=st.lists(flat | nested, min_size=1, max_size=3).map(tuple),
    folds_as=st.just("") | names,
    kind=st.none() | kinds,
)
views = st.builds(ReportView, title=inlines, opening=several(flat), sections=several(sections), generator=names)


def written(view: ReportView, **options: Any) -> str:
    with patch("headway.report.markdown.view_report", lambda *_, **__: view):
        return markdown.render(make_report(), **options)


def page_of(view: ReportView) -> str:
    with (
        patch("headway.report.html.view_report", lambda _: view),
        patch("headway.draw.specification.vega_lite", lambda *_, **__: {"title": "t"}),
    ):
        return html.render(make_report(), {"charts/a.png": b"\x89PNG"})


def printed(view: ReportView) -> str:
    stream = io.StringIO()
    with patch("headway.report.terminal.view_report", lambda *_, **__: view):
        terminal.render(make_report(), Console(file=stream, width=80, color_system=None))
    return stream.getvalue()


def assert_only_links_of_ours(page: Rendered) -> None:
    assert page.linked_by_a_forge == []
    assert {link["href"] for link in page.elements("a")} <= {URL}
    assert not page.unclosed
    assert all(len(row) == len(table[0]) for table in page.tables for row in table)


@rather_costly
@given(views)
def test_no_span_means_anything_in_markdown(view: ReportView) -> None:
    text = written(view)
    page = github(text)
    assert_only_links_of_ours(page)
    assert {tag for tag, _ in page.tags} <= WITH_HTML | {"a"}
    assert not re.search(r"^/", text, re.MULTILINE)


@rather_costly
@given(views)
def test_no_span_means_anything_where_tags_are_text(view: ReportView) -> None:
    text = written(view, html=False)
    page = Rendered(cmarkgfm.github_flavored_markdown_to_html(text))
    assert "<!-- raw HTML omitted -->" not in cmarkgfm.github_flavored_markdown_to_html(text)
    assert_only_links_of_ours(page)
    assert {tag for tag, _ in page.tags} <= MARKDOWNS_OWN | {"a", "img"}


@rather_costly
@given(views)
def test_no_span_means_anything_in_a_page(view: ReportView) -> None:
    text = page_of(view)
    page = Rendered(text)
    assert not page.unclosed
    assert {tag for tag, _ in page.tags}.isdisjoint({"iframe", "object", "embed", "base", "form", "link"})
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on") or name == "style"]
    assert all(str(link["href"]).startswith("#") for link in page.elements("a"))
    assert [script.get("type") for script in page.elements("script")][-2:] == [None, None]
    assert {script.get("type") for script in page.elements("script")} <= {None, "application/json"}
    assert text.count("</script>") == len(page.elements("script"))
    assert 'class=""' not in text


@given(views)
def test_no_span_controls_a_terminal(view: ReportView) -> None:
    text = printed(view)
    assert "\x1b" not in text
    assert clean_block(text) == text


def entries_of(view: ReportView, most: int) -> Counter[str]:
    """The number of entries of each noun, shown or left out, where a listing shows at most so many."""
    short = cut(view, lambda _: most)
    found = Counter({noun: number for number, noun in short.left_out})
    for block in chain.from_iterable(section.blocks for section in short.sections):
        for each in block.blocks if isinstance(block, Details) else (block,):
            if isinstance(each, Listing):
                found[each.kind.noun] += len(each.entries)
    return +found


@given(st.lists(listings | folded(listings), min_size=1, max_size=4).map(tuple), st.integers(0, 3))
def test_every_entry_is_shown_or_counted(blocks: tuple[Block, ...], most: int) -> None:
    view = ReportView(title=(), opening=(), sections=(Section(anchor="a", title="t", blocks=blocks),), generator="")
    assert entries_of(view, most) == entries_of(view, 3)


@pytest.mark.parametrize("report", [digits_report(), hostile_report()], ids=["digits", "hostile"])
def test_headings_of_a_page_follow_each_other(report: Report) -> None:
    ours = msgspec.structs.replace(report, includes=())
    with patch("headway.draw.specification.vega_lite", lambda *_, **__: {"title": "t"}):
        page = Rendered(html.render(ours, {}))
    levels = [tag for tag, _ in page.tags if tag in {"h1", "h2", "h3"}]
    assert levels[0] == "h1"
    assert levels.count("h1") == 1
    assert set(levels) == {"h1", "h2"}
    assert all(cell.get("scope") in {"col", "row", "rowgroup"} for cell in page.elements("th"))


def test_what_no_section_shows_is_counted_on_the_page() -> None:
    kind = Kind(noun="section", page=1)
    found = [Section(anchor=f"s{number}", title="t", blocks=(Text(content=()),), kind=kind) for number in range(4)]
    view = ReportView(title=(), opening=(), sections=tuple(found), generator="")
    assert "Left out here: 3 sections." in Rendered(page_of(view)).text
