"""The report for a terminal: tables that fit 80 columns and need no colour.

Text from a repository never reaches Rich's markup: everything is a :class:`rich.text.Text` without escape sequences.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    Version,
    Words,
)
from headway.report.commands.checkup import build_checkup
from headway.report.escaping import SENTENCE_LIMIT, SHORT_SHA, clean, shorten
from headway.report.fitting import cut
from headway.report.formatting import count
from headway.report.literals import EXCERPT
from headway.report.sections.verification import build_verification
from headway.report.view import view_report

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.text import Text as RichText

    from headway.report.blocks import Block, Inline, Row, Section, Span, Tone
    from headway.report.commands.checkup import Diagnosis
    from headway.values.report import Report
    from headway.values.verification import Verification

_NAME = 60
"""Characters of a name in a table."""
_INDENT = 2
"""Spaces between columns, and before what belongs to the line above."""
_STATUS = len("⚠ warning")
_TO_DO = "To do: "
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
    view = cut(view_report(report, brief=True), attrgetter("terminal"), folds=False)
    _print(console, _line(view.title, "bold"), *_blocks(view.opening))
    _print_sections(view.sections, console)
    if view.left_out:
        left_out = ", ".join(count(number, noun) for number, noun in view.left_out)
        _print(console, "", _words(f"Not shown here: {left_out}.", "dim"))


def render_verification(verification: Verification, console: Console) -> None:
    """Print what ``headway verify`` found, with what to do about each kind of finding."""
    found = ReportView(title=(), opening=(), sections=tuple(build_verification(verification)), generator="")
    _print_sections(cut(found, attrgetter("terminal")).sections, console)


def render_checkup(checks: Sequence[Diagnosis], console: Console) -> None:
    """Print what ``headway doctor`` found; a remedy is never broken into lines, so that it can be pasted."""
    from rich.table import Table as Grid  # noqa: PLC0415 - loaded only when something is printed

    for each in build_checkup(checks):
        grid = Grid.grid(padding=(0, _INDENT, 0, 0))
        if each.status:
            grid.add_column(width=_STATUS)
            content = _line(each.content)
            content.overflow = "fold"
            grid.add_row(_line(each.status), content)
        _print(console, grid if each.status else _line(each.content))
        for number, text in enumerate(each.remedy):
            start = f"{' ' * (_STATUS + _INDENT)}{'  ' if number else _TO_DO}"
            console.print(_words(f"{start}{text}", limit=len(start) + len(text)), soft_wrap=True, highlight=False)


def render_section(section: Section, console: Console) -> None:
    """Print one section as a whole."""
    _print_sections([section], console)


def _print(console: Console, *parts: RenderableType) -> None:
    for part in parts:
        console.print(_whole(_words(part)) if isinstance(part, str) else part, highlight=False, crop=False)


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
            yield _join(" · ", (_span(fact.words) for fact in block.facts))
        case Properties():
            yield from (_join("", (_words(f"{term}: "), _line(what)), "dim") for term, what in block.entries)
        case Items():
            yield from (_join("", (_words("- "), _line(each))) for each in block.entries)
        case Definitions():
            yield from _definitions(block)
        case Table():
            yield _FittedTable(block)
        case Lines():
            yield from map(_words, block.entries)
        case Parts():
            for number, part in enumerate(block.entries):
                yield from (_words(""),) if number else ()
                yield from _blocks(part)
        case Details():
            yield _line(block.summary, "dim")
            yield from _blocks(block.blocks)
        case Charts():  # no terminal shows them
            return


def _definitions(block: Definitions) -> Iterator[RenderableType]:
    from rich.padding import Padding  # noqa: PLC0415 - loaded only when something is printed

    for entry in block.entries:
        more = entry.details.left_out
        rest = [_words(count(more, f"more {entry.details.kind.noun}"), "dim")] if more else []
        yield _cell(entry.term)
        yield from (
            Padding(_whole(each), (0, 0, 0, _INDENT), expand=False)
            for each in (*map(_cell, entry.details.entries), *rest)
        )


@dataclass(frozen=True)
class _FittedTable:
    """A table that never breaks a name or a number.

    Where it is too wide, minor columns are left out; a row that is still too wide is a name with its values below.
    """

    table: Table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        room = options.max_width
        every = [number for number, column in enumerate(self.table.columns) if column.holds != "bars"]
        major = [number for number in every if not self.table.columns[number].minor]
        columns = next((each for each in (every, major) if self._length(each) <= room), major)
        narrow = [row for row in self.table.entries if sum(self._widths(columns, [row])) + _gaps(columns) <= room]
        widths = self._widths(columns, narrow)
        if sum(widths) + _gaps(columns) > room:
            narrow = []
        if narrow:
            titles = [_words(self.table.columns[number].title, "dim") for number in columns]
            yield self._aligned(titles, columns, widths)
        for group, rows in self.table.groups.items():
            if group:
                yield _whole(_span(Name(group), "dim", _NAME))
            for row in rows:
                is_narrow = any(row is each for each in narrow)
                yield from (
                    [self._aligned(self._cells(row, columns), columns, widths)]
                    if is_narrow
                    else self._stacked(row, columns)
                )

    def _cells(self, row: Row, columns: Sequence[int]) -> list[RichText]:
        cells = [row.cells[number] for number in columns]
        return [_cell(()) if isinstance(cell, Bar) else _cell(cell) for cell in cells]

    def _length(self, columns: Sequence[int]) -> int:
        return sum(self._widths(columns, self.table.entries)) + _gaps(columns)

    def _widths(self, columns: Sequence[int], rows: Sequence[Row]) -> list[int]:
        titles = [len(self.table.columns[number].title) for number in columns]
        lengths = [[cell.cell_len for cell in self._cells(row, columns)] for row in rows]
        return [max(of_column) for of_column in zip(titles, *lengths, strict=True)]

    def _aligned(self, cells: Sequence[RichText], columns: Sequence[int], widths: Sequence[int]) -> RichText:
        padded = []
        for cell, number, width in zip(cells, columns, widths, strict=True):
            space = _words(" " * (width - cell.cell_len))
            before = self.table.columns[number].holds == "numbers"
            padded.append(_join("", (space, cell) if before else (cell, space)))
        line = _join(" " * _INDENT, padded)
        line.rstrip()
        return _whole(line)

    def _stacked(self, row: Row, columns: Sequence[int]) -> Iterator[RenderableType]:
        from rich.padding import Padding  # noqa: PLC0415 - loaded only when something is printed

        first, *others = self._cells(row, columns)
        titles = [self.table.columns[number].title for number in columns[1:]]
        yield _whole(first)
        for title, cell in zip(titles, others, strict=True):
            if cell.plain:
                named = _join(" ", (_words(title, "dim"), cell)) if title else cell
                yield Padding(_whole(named), (0, 0, 0, _INDENT), expand=False)


def _gaps(columns: Sequence[int]) -> int:
    return _INDENT * (len(columns) - 1)


def _whole(text: RichText) -> RichText:
    """The text, of which a long word is never broken."""
    text.overflow = "ignore"
    return text


def _line(content: Inline, style: str = "") -> RichText:
    return _join("", map(_span, content), style)


def _cell(content: Inline) -> RichText:
    """A line in a table, where the middle of a long name gives way."""
    return _join("", (_span(span, names=_NAME) for span in content))


def _span(span: Span, style: str = "", names: int = SENTENCE_LIMIT) -> RichText:  # noqa: PLR0911 - one line for each span
    match span:
        case Words():
            words = " ".join(filter(None, (MARKS.get(span.tone), span.text)))
            return _words(words, style or _STYLES.get(span.tone, ""))
        case Value():
            return _words(span.within(EXCERPT), style, EXCERPT)
        case Version():
            return _words(span.within(_NAME), style)
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

    joined = _whole(RichText(separator).join(parts))
    joined.stylize_before(style)
    return joined
