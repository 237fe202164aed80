"""A section is written once: one module yields blocks, and every rendering shows them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from rendered import Rendered, github
from rich.console import Console
from samples import HOSTILE, make_report

from headway.report import html, markdown, terminal, view
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
    Items,
    Kind,
    Lines,
    Link,
    Name,
    Parts,
    Properties,
    Row,
    Section,
    Table,
    Text,
    Value,
    Verdict,
    Words,
    line,
    prose,
)
from headway.report.markdown import MarkdownReport, MarkdownWriter
from headway.report.monorepo import Projects
from headway.values.chart import ImageChart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headway.values.report import Report

KIND = Kind(noun="toy", glance=1)


def toy(report: Report) -> Iterator[Section]:
    """A whole new section, as somebody would add it: a table of what the report's notes say."""
    rows = tuple(Row((line(Name(note)), line(f"{len(note)}"))) for note in report.notes)
    table = Table(kind=KIND, columns=(Column("Toy"), Column("Length", "numbers")), entries=rows)
    yield Section(anchor="toys", title="Toys of the report", blocks=(table, Text(content=prose("From `toy`."))))


def in_terminal(report: Report) -> str:
    stream = io.StringIO()
    terminal.render(report, Console(file=stream, width=200, color_system=None))
    return stream.getvalue()


def shortest_with_sections(report: Report) -> str:
    page = MarkdownReport(report, MarkdownWriter())
    return page.at(min(1, page.rungs - 1))


RENDERINGS: dict[str, Callable[[Report], str]] = {
    "markdown": lambda report: github(markdown.render(report)).text,
    "compact": lambda report: github(shortest_with_sections(report)).text,
    "plain": lambda report: github(markdown.render(report, html=False)).text,
    "page": lambda report: Rendered(html.render(report, {})).text,
    "terminal": in_terminal,
    "projects": lambda report: github(Projects(reports=[report]).text).text,
}


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def added(*built: Callable[[Report], Iterator[Section]]) -> None:
        monkeypatch.setattr(view, "SECTIONS", dict(view.SECTIONS) | {each.__name__: each for each in built})

    return added


@pytest.mark.parametrize("render", RENDERINGS.values(), ids=RENDERINGS)
def test_a_new_section_is_one_function(add: Callable[..., None], render: Callable[[Report], str]) -> None:
    report = make_report(notes=("A wooden horse",))
    assert "Toys" not in render(report)
    add(toy)
    text = render(report)
    assert "Toys of the report" in text
    assert text.count("A wooden horse") == 2, "as a note and in the table"
    assert "14" in text
    assert "From toy." in text


def test_its_entries_give_way_and_are_counted(add: Callable[..., None]) -> None:
    add(toy)
    page = MarkdownReport(make_report(notes=("a", "b", "c")), MarkdownWriter())
    assert page.rungs == 4
    assert "2 more toys not shown" in page.at(1)
    assert "Left out here: 2 toys." in page.at(1)
    assert "Toys" not in page.at(0)


SPANS = line(
    *(HOSTILE, Words(HOSTILE, "strong"), Name(HOSTILE), Name(HOSTILE, "strong"), Value(HOSTILE), Command(HOSTILE)),
    *(Commit(HOSTILE), Link(HOSTILE, ""), prose(HOSTILE)),
)
ITEMS = Items(kind=KIND, entries=(SPANS, SPANS))
BLOCKS: tuple[Block, ...] = (
    *(Text(content=SPANS, role=role) for role in ("plain", "note", "withheld", "alarm", "small")),
    Verdict(facts=(Fact(value=HOSTILE, label=HOSTILE, tone="failed", name=HOSTILE),)),
    Properties(entries=(("Term", SPANS),)),
    ITEMS,
    Items(kind=KIND, entries=(SPANS,), role="numbered"),
    Definitions(kind=KIND, entries=(Definition(term=SPANS, details=ITEMS),)),
    Table(kind=KIND, columns=(Column("T"), Column("", "bars")), entries=(Row((SPANS, Bar(0.5)), HOSTILE),)),
    *(Lines(kind=KIND, entries=(HOSTILE, "/close"), form=form) for form in ("text", "markdown", "diff")),
    Charts(kind=KIND, entries=(ImageChart(id="a", title=HOSTILE, alt=HOSTILE, base=None, head=None),)),
    Parts(kind=KIND, entries=((ITEMS,),)),
    Details(summary=SPANS, blocks=(ITEMS,)),
)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: type(block).__name__)
@pytest.mark.parametrize("html_too", [True, False], ids=["html", "plain"])
def test_no_text_of_a_block_reaches_a_forge(block: Block, html_too: bool) -> None:  # noqa: FBT001 - of the test
    page: Any = github(MarkdownWriter(html=html_too).block(block) + "\n")
    assert page.linked_by_a_forge == []
    assert page.elements("a") == page.elements("img") == []
    assert not page.unclosed


def test_every_block_is_written_on_the_page_and_in_the_terminal(add: Callable[..., None]) -> None:
    add(lambda _: iter([Section(anchor="all", title=HOSTILE, blocks=BLOCKS)]))
    page = Rendered(html.render(make_report(), {}))
    assert not page.unclosed
    assert all(str(link["href"]).startswith("#") for link in page.elements("a"))
    assert page.elements("img") == []
    assert "\x1b" not in in_terminal(make_report())
