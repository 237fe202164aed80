"""What changed in a table that both sides have: its rows, classes, columns and their distributions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from headway.judge.movement import has_changed, has_drifted
from headway.numbers import MISSING, format_bytes, format_change, format_pair, format_share, format_value
from headway.report.blocks import Column, Details, Kind, Row, Table, line, text_row
from headway.report.formatting import count, counted, name, was
from headway.report.literals import form_of
from headway.text import and_more, first_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.report.blocks import Block
    from headway.values.dataset import (
        ClassCount,
        ColumnChange,
        Duplicates,
        RowChanges,
        RowExample,
        RowsWithoutId,
        Summary,
        TableChange,
    )

COLUMNS = Kind(noun="column", rank=7, least=2, markdown=8, page=50, terminal=8)
CLASSES = Kind(noun="class", rank=7, least=12, markdown=12, page=50, terminal=12)
NUMBERS = Kind(noun="row", rank=19, markdown=16, page=100, terminal=0)
_FRACTION = re.compile(r"-?\d{1,15}\.\d+")


def change_lead(table: TableChange) -> str:
    """The rows of both sides, or the sizes where the rows are unknown."""
    if table.base_rows is None and table.head_rows is None:
        sizes = [format_bytes(size) for size in (table.base_size, table.head_size)]
        return {"added": f"new, {sizes[1]}", "removed": f"removed, {sizes[0]}"}.get(table.status, " → ".join(sizes))
    if table.base_rows is None or table.head_rows is None:
        rows = table.head_rows if table.base_rows is None else table.base_rows
        word = "new" if table.base_rows is None else "removed"
        return f"{word}, {count(rows or 0, 'row')} in {count(table.columns_total, 'column')}"
    of_model = "model predictions, " if table.predicted else ""
    return f"{of_model}{table.base_rows:,} → {count(table.head_rows, 'row')}{_row_counts(table.rows)}"


def change_lines(table: TableChange) -> Iterator[str]:
    """What changed in a table, one sentence each without its full stop."""
    yield from _schema(table.columns)
    yield from _row_lines(table.rows, edits=not table.predicted)
    yield from rows_without_id(table.without_id)
    if not table.predicted:
        yield from _duplicates(table.duplicates)
    yield from _drift(table)


def change_tables(table: TableChange) -> Iterator[Block]:
    """The classes and columns that changed, and all statistics of its columns."""
    changed = [column for column in table.columns if has_changed(column)]
    if table.base_rows is not None and table.head_rows is not None:
        yield _classes(table.classes)
    yield _columns(changed)
    numbers = _numbers(changed)
    numbers = numbers if numbers.entries else _numbers(table.columns)
    yield Details(summary=line("All statistics"), blocks=(numbers,), optional=True)


def _row_counts(rows: RowChanges | None) -> str:
    if rows is None:
        return ""
    counts = counted((rows.added, "added"), (rows.removed, "removed"), (rows.edited, "edited"))
    how = f"matched by {name(rows.id)}" if rows.id else "compared as whole rows, because no column is a unique id"
    return f": {counts or 'no changes'}, {how}"


def _schema(columns: Sequence[ColumnChange]) -> Iterator[str]:
    types = [(name(column.name), column.base_type, column.head_type) for column in columns]
    new = [f"{column} ({head})" for column, base, head in types if base is None and head]
    gone = [f"{column} ({base})" for column, base, head in types if head is None and base]
    other = [f"{column} {base} → {head}" for column, base, head in types if base and head and base != head]
    one_sided = len(new) == len(columns) or len(gone) == len(columns)
    for noun, names in (("New column", new), ("Removed column", gone), ("Changed type", other)):
        if names and not (one_sided and len(columns) > 1):
            yield f"{noun}{'s' if len(names) > 1 else ''}: {first_names(names)}"


def _row_lines(rows: RowChanges | None, *, edits: bool) -> Iterator[str]:
    if rows is None:
        return
    if rows.edited_columns and edits:
        yield f"Edited cells: {first_names([f'{name(one.name)} {one.rows:,}' for one in rows.edited_columns], 8)}"
    edited = [_edited(row) for row in rows.examples if row.status == "edited"]
    if edited and edits:
        yield f"Edited: {'; '.join(edited[:3])}{and_more(rows.edited - min(len(edited), 3))}"
    for status, total in (("removed", rows.removed), ("added", rows.added)):
        names = [name(row.id) for row in rows.examples if row.status == status]
        if names:
            yield f"{status.capitalize()}: {', '.join(names)}{and_more(total - len(names))}"


def _edited(row: RowExample) -> str:
    cells = [f"{name(cell.column)} {' → '.join(_cells(cell.base, cell.head))}" for cell in row.cells]
    return f"{name(row.id)} {', '.join(cells)}{and_more(row.more)}"


def _cells(base: str | None, head: str | None) -> tuple[str, ...]:
    """Both values: fractions with as many digits as they need to differ, texts in quotes if they look the same."""
    fractions = [float(text) for text in (base, head) if text and _FRACTION.fullmatch(text)]
    if len(fractions) == 2:  # noqa: PLR2004 - both sides
        return tuple(name(text) for text in format_pair(*fractions))
    form = form_of(base or "", head or "")
    return tuple("empty" if text is None else name(form.text(text)) for text in (base, head))


def rows_without_id(found: RowsWithoutId | None) -> Iterator[str]:
    """How many rows have no id, and how many of those changed."""
    if found is None:
        return
    changes = ""
    if found.added is not None and found.removed is not None:
        counts = counted((found.added, "added"), (found.removed, "removed")) or "no changes"
        changes = f", compared as whole rows: {counts}"
    yield f"Rows without an id: {was(found.base, found.head)}{changes}"


def _duplicates(found: Duplicates) -> Iterator[str]:
    sides = (("rows", found.base_rows, found.head_rows), ("ids", found.base_ids, found.head_ids))
    parts = [f"{was(base, head)} repeated {what}" for what, base, head in sides if base or head]
    if parts:
        yield f"Duplicates: {' and '.join(parts)}"


def _drift(table: TableChange) -> Iterator[str]:
    indices = {column.name: column.drift.psi for column in table.columns if column.drift}
    if not indices:
        return
    drifted = sum(map(has_drifted, table.columns))
    tested = count(table.tested, "tested column")
    corrected = f"p-values are adjusted for {count(table.tested, 'test')} (Benjamini-Hochberg)"
    if drifted:
        yield f"Drift in {drifted} of {tested}; {corrected}"
        return
    most = max(indices, key=indices.__getitem__)
    yield f"No drift detected in {tested}; the largest PSI is {format_value(indices[most])} ({name(most)}); {corrected}"


def _columns(changed: Sequence[ColumnChange]) -> Table:
    titles = ("Missing", "Mean", "PSI", "Distance", "p")
    columns = (Column("Column"), *(Column(title, "numbers") for title in titles))
    return Table(kind=COLUMNS, columns=columns, entries=tuple(map(_column_row, changed)))


def _column_row(column: ColumnChange) -> Row:
    mean = f"{format_value(column.base.mean)} → {format_value(column.head.mean)}" if column.base and column.head else ""
    missing = was(column.base_missing, column.head_missing)
    if column.drift is None:
        return text_row(column.name, missing, mean, "", "", "")
    drift = column.drift
    letter = "D" if drift.test == "Kolmogorov-Smirnov" else "V"
    distance = f"{letter} {_brief(drift.effect)}"
    return text_row(column.name, missing, mean, _brief(drift.psi), distance, format_p(drift.adjusted))


def _brief(value: float) -> str:
    least = 0.001
    return f"<{least}" if 0 < value < least else format_value(round(value, 3))


def format_p(value: float) -> str:
    """A p-value with two or three decimals, never 0."""
    least = 0.001
    return f"<{least}" if value < least else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"  # noqa: PLR2004 - two digits


def _classes(classes: Sequence[ClassCount]) -> Table:
    """All classes by name; if there are many, those whose share changed most come first."""
    base, head = (sum(getattr(one, side) for one in classes) or 1 for side in ("base", "head"))
    moves = {one.name: one.head / head - one.base / base for one in classes}
    ordered = classes if len(classes) <= CLASSES.markdown else sorted(classes, key=lambda one: -abs(moves[one.name]))
    rows = tuple(
        text_row(one.name, f"{one.base:,}", f"{one.head:,}", format_share(one.head / head), _points(moves[one.name]))
        for one in ordered
    )
    columns = (Column("Class"), *(Column(title, "numbers") for title in ("Base", "Head", "Share", "Change")))
    return Table(kind=CLASSES, columns=columns, entries=rows)


def _points(change: float) -> str:
    """A change of a share in percentage points."""
    rounded = round(change * 100, 2)
    return f"{format_change(rounded)} pt" if rounded else "0"


def _numbers(columns: Sequence[ColumnChange]) -> Table:
    titles = ("Min", "Lower quartile", "Median", "Upper quartile", "Max", "Mean", "SD")
    rows = tuple(
        text_row(column.name, side, *_summary(getattr(column, side)))
        for column in columns
        if column.base or column.head
        for side in ("base", "head")
    )
    numbers = (Column(title, "numbers") for title in titles)
    return Table(kind=NUMBERS, columns=(Column("Column"), Column("Side"), *numbers), entries=rows)


def _summary(summary: Summary | None) -> tuple[str, ...]:
    if summary is None:
        return (MISSING,) * 7
    ends = summary.minimum, summary.lower, summary.median, summary.upper, summary.maximum
    return tuple(map(format_value, (*ends, summary.mean, summary.deviation)))
