"""The report for a terminal: tables that fit 80 columns and need no colour.

Text from a repository never reaches Rich's markup: everything is a :class:`rich.text.Text` without escape sequences.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from headway.report.blocks import (
    MARKS,
    Bar,
    Charts,
    Command,
    Commit,
    Definitions,
    Details,
    Items,
    Lines,
    Link,
    Listing,
    Name,
    Parts,
    Properties,
    ReportView,
    Table,
    Text,
    Value,
    Verdict,
    Words,
)
from headway.report.escaping import SENTENCE_LIMIT, SHORT_SHA, clean, shorten
from headway.report.fitting import cut
from headway.report.formatting import count
from headway.report.literals import EXCERPT
from headway.report.sections.verification import build_verification
from headway.report.view import view_report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console, RenderableType
    from rich.table import Table as RichTable
    from rich.text import Text as RichText

    from headway.report.blocks import Block, Fact, Inline, Section, Span, Tone
    from headway.values.report import Report
    from headway.values.verification import Verification

_NAME = 60
"""Characters of a name in a table."""
_STYLES: dict[Tone, str] = {
    "better": "green",
    "worse": "red",
    "failed": "bold red",
    "warning": "yellow",
    "strong": "bold",
    "withheld": "bold",
    "quiet": "dim",
}
_ROLES = {"alarm": "bold red", "note": "italic", "withheld": "italic", "small": "dim"}


def render(report: Report, console: Console) -> None:
    """Print a report; the console's width and colours are respected."""
    view = cut(view_report(report), attrgetter("terminal"), folds=False)
    _print(console, _line(view.title, "bold"), *_blocks(view.opening))
    _print_sections(view.sections, console)
    if view.left_out:
        left_out = ", ".join(count(number, noun) for number, noun in view.left_out)
        _print(console, "", _words(f"Not shown here: {left_out}.", "dim"))


def render_verification(verification: Verification, console: Console) -> None:
    """Print what ``headway verify`` found, with what to do about each kind of finding."""
    found = ReportView(title=(), opening=(), sections=tuple(build_verification(verification)), generator="")
    _print_sections(cut(found, attrgetter("terminal")).sections, console)


def _print(console: Console, *parts: RenderableType) -> None:
    for part in parts:
        console.print(part, highlight=False)


def _print_sections(sections: Iterable[Section], console: Console) -> None:
    for section in sections:
        heading = ("", _words(section.title, "bold")) if section.title else ()
        _print(console, *heading, *_blocks(section.blocks))


def _blocks(blocks: Iterable[Block]) -> Iterator[RenderableType]:
    for block in blocks:
        yield from _block(block)
        if isinstance(block, Listing) and block.left_out:
            yield _words(f"{count(block.left_out, f'more {block.kind.noun}')} not shown", "dim")


def _block(block: Block) -> Iterator[RenderableType]:  # noqa: C901 - one line for each block
    match block:
        case Text():
            yield _line(block.content, _ROLES.get(block.role, ""))
        case Verdict():
            yield _join(" · ", map(_fact, block.facts))
        case Properties():
            yield from (_join("", (_words(f"{term}: "), _line(what)), "dim") for term, what in block.entries)
        case Items():
            yield from (_join("", (_words("- "), _line(each))) for each in block.entries)
        case Definitions():
            yield _definitions(block)
        case Table():
            yield _table(block)
        case Lines():
            yield from map(_words, block.entries)
        case Parts():
            for part in block.entries:
                yield from _blocks(part)
        case Details():
            yield _line(block.summary, "dim")
            yield from _blocks(block.blocks)
        case Charts():  # no terminal shows them
            return


def _fact(fact: Fact) -> RichText:
    why = (_words(": "), _line(fact.why)) if fact.why else ()
    return _join("", (_span(fact.words), *why))


def _definitions(block: Definitions) -> RichTable:
    grid = _grid()
    grid.add_column(overflow="fold")
    grid.add_column(overflow="fold")
    for entry in block.entries:
        more = entry.details.left_out
        rest = [_words(count(more, f"more {entry.details.kind.noun}"))] if more else []
        grid.add_row(_cell(entry.term), _join("\n", (*map(_cell, entry.details.entries), *rest)))
    return grid


def _table(table: Table) -> RichTable:
    grid = _grid(header=True)
    shown = [number for number, column in enumerate(table.columns) if column.holds != "bars"]
    for number in shown:
        column = table.columns[number]
        # What is too wide is folded, never cut: a digit less is another number.
        grid.add_column(_words(column.title), justify="right" if column.holds == "numbers" else "left", overflow="fold")
    for group, rows in table.groups.items():
        if group:
            grid.add_row(_span(Name(group), "dim", _NAME))
        for row in rows:
            cells = (row.cells[number] for number in shown)
            grid.add_row(*(_cell(()) if isinstance(cell, Bar) else _cell(cell) for cell in cells))
    return grid


def _grid(*, header: bool = False) -> RichTable:
    from rich.table import Table as RichTable  # noqa: PLC0415 - loaded only when something is printed

    return RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", show_header=header)


def _line(content: Inline, style: str = "") -> RichText:
    return _join("", map(_span, content), style)


def _cell(content: Inline) -> RichText:
    """A line in a table, where the middle of a long name gives way."""
    return _join("", (_span(span, names=_NAME) for span in content))


def _span(span: Span, style: str = "", names: int = SENTENCE_LIMIT) -> RichText:
    match span:
        case Words():
            words = " ".join(filter(None, (MARKS.get(span.tone), span.text)))
            return _words(words, style or _STYLES.get(span.tone, ""))
        case Value():
            return _words(span.within(EXCERPT), style, EXCERPT)
        case Commit():
            return _words(span.sha[:SHORT_SHA], style)
        case Name():
            return _words(span.text, style or _STYLES.get(span.tone, ""), names)
        case Link():
            return _words(span.text, style, names)
        case Command():
            return _words(span.text, style, len(span.text))


def _words(value: str, style: str = "", limit: int = SENTENCE_LIMIT) -> RichText:
    from rich.text import Text as RichText  # noqa: PLC0415 - loaded only when something is printed

    return RichText(shorten(clean(value), limit), style=style)


def _join(separator: str, parts: Iterable[RichText], style: str = "") -> RichText:
    from rich.text import Text as RichText  # noqa: PLC0415 - loaded only when something is printed

    joined = RichText(separator).join(parts)
    joined.stylize_before(style)
    return joined
