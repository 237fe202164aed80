"""Write tables as HTML, with the bars that show how much each metric changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from headway.report.blocks import Bar, text_of
from headway.report.escaping import NAME_LIMIT, html_text
from headway.report.html_inline import classed, join, toned, write_line, write_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.report.blocks import Column, Row, Table

_CUT_OFF = Markup('<span class="spoken">more than the bar can show</span>')


def write_table(table: Table, *, focusable: bool = False) -> Markup:
    """A table that scrolls sideways where it is too wide; rows of one group share a heading.

    Keys scroll a ``focusable`` one. The page has a script that makes those focusable that are too wide.
    """
    bodies = (_table_body(table, group, rows) for group, rows in table.groups.items())
    kind = "metrics" if table.searchable else ""
    focus = Markup(' tabindex="0"') if focusable else ""
    whole = Markup('<div class="scroll"{}><table{}>\n<thead><tr>{}</tr></thead>\n{}\n</table></div>')
    return whole.format(focus, classed(kind), join("", map(_column_title, table.columns)), join("\n", bodies))


def _column_title(column: Column) -> Markup:
    """A heading; a column without a title, such as one of bars, has an empty cell there."""
    cell = Markup('<th scope="col"{}>{}</th>') if column.title else Markup("<td{}>{}</td>")
    return cell.format(_column_class(column), html_text(column.title))


def _table_body(table: Table, group: str, rows: Iterable[Row]) -> Markup:
    heading = Markup('<tr class="file"><th scope="rowgroup" colspan="{}"><code>{}</code></th></tr>\n')
    above = heading.format(len(table.columns), write_name(group, NAME_LIMIT)) if group else ""
    return Markup("<tbody>\n{}{}\n</tbody>").format(above, join("\n", (_table_row(table, row) for row in rows)))


def _table_row(table: Table, row: Row) -> Markup:
    first, *others = (_bar(cell) if isinstance(cell, Bar) else write_line(cell) for cell in row.cells)
    name = Markup("")
    if table.searchable and not isinstance(row.cells[0], Bar):
        found_by = f"{text_of(row.cells[0])} {row.keywords}".strip()
        name = Markup(' data-name="{}"').format(html_text(found_by.lower()))
    cell = Markup("<td{}>{}</td>")
    cells = (cell.format(_column_class(column), each) for column, each in zip(table.columns[1:], others, strict=True))
    return Markup('<tr{}><th scope="row">{}</th>{}</tr>').format(name, first, join("", cells))


def _column_class(column: Column) -> Markup:
    kinds = (
        {"numbers": "number", "bars": "bar", "names": ""}[column.holds],
        "minor" if column.minor else "",
        "quiet" if column.title == "Base" else "",
    )
    return classed(" ".join(filter(None, kinds)))


def _bar(bar: Bar) -> Markup:
    """A bar from the middle; one that is cut off has a gap before its end, and says so to those who do not see it."""
    if not bar.extent:
        return Markup("")
    width, towards = 2 + 46 * abs(bar.extent), 1 if bar.extent > 0 else -1
    start = 50 if bar.extent > 0 else 50 - width
    gap = Markup('<svg x="{}%"><path d="m-4 13 4-14"/></svg>').format(50 + 40 * towards) if bar.clipped else ""
    return Markup(
        '{}<svg{} width="100%" height="12" aria-hidden="true"><rect class="zero" x="50%" width="1" height="12"/>'
        '<rect x="{:.1f}%" y="2" width="{:.1f}%" height="8"/>{}</svg>'
    ).format(_CUT_OFF if bar.clipped else "", toned(bar.tone), start, width, gap)
