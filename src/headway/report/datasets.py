"""The inside of the data in words: what every rendering says of a folder or a table, and how much of it.

Sentences name what comes from a repository between backticks; the renderings escape both parts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from headway.numbers import MISSING, format_bytes, format_change, format_pair, format_share, format_value
from headway.report.folder_images import image_classes, image_findings, image_lines
from headway.report.formatting import Cells, Finding, and_more, count, first, name, such_as, was
from headway.report.literals import form_of
from headway.values.dataset import FolderChange, TableChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headway.values.chart import Chart
    from headway.values.dataset import (
        Check,
        ClassCount,
        ColumnChange,
        DatasetChange,
        Duplicates,
        Leak,
        RowChanges,
        RowExample,
        RowsWithoutId,
        Summary,
    )

_MOVED = 0.01
"""The population stability index from which a column is worth a row of the table."""
_LARGE = 0.25
"""The index from which a shift is called large (Siddiqi 2006), whatever the test says of so few rows."""
_SIGNIFICANT = 0.05
_MOST_CLASSES = 12


class DatasetView(NamedTuple):
    """A folder or a table, ready to print.

    Attributes:
        path: what it is called.
        lead: one sentence with the counts that matter.
        findings: broken rules first, then warnings.
        lines: further sentences.
        tables: what is shown at once; folded: the same for what a reader may open.
        chart: the picture of its distributions, or of what is new.
        tested: whether its numbers are those of statistical tests, which need a legend.
    """

    path: str
    lead: str
    findings: tuple[Finding, ...] = ()
    lines: tuple[str, ...] = ()
    tables: tuple[Cells, ...] = ()
    folded: tuple[tuple[str, Cells], ...] = ()
    chart: Chart | None = None
    tested: bool = False


def dataset_view(
    dataset: DatasetChange, charts: Mapping[str, Chart], rows: int, *, sized: bool = False
) -> DatasetView | None:
    """Put a dataset in words.

    Args:
        dataset: the folder or table.
        charts: the report's charts, by id.
        rows: the most that each of its tables shows.
        sized: whether the report tells its sizes elsewhere.

    Returns:
        ``None`` where nothing but its sizes is known, and those are told elsewhere.
    """
    if sized and _is_closed(dataset):
        return None
    if isinstance(dataset, FolderChange):
        return _folder(dataset, charts, rows, sized=sized)
    return _table(dataset, charts, rows)


def _is_closed(dataset: DatasetChange) -> bool:
    """Whether nothing but its sizes is known."""
    if isinstance(dataset, FolderChange):
        return dataset.added is None and dataset.images is None
    return dataset.base_rows is None and dataset.head_rows is None


def picture_of(dataset: DatasetChange) -> str | None:
    """The id of the chart that shows it; ``None`` where none does."""
    if isinstance(dataset, TableChange):
        return dataset.chart
    return dataset.images.sheet.chart if dataset.images and dataset.images.sheet else None


def findings(dataset: DatasetChange) -> tuple[Finding, ...]:
    """The rules that a table breaks, then the leaks that no rule speaks of; for pictures, copies where none belong."""
    if isinstance(dataset, FolderChange):
        return image_findings(dataset.images) if dataset.images else ()
    failed = [Finding(_check(check), is_failure=True) for check in dataset.checks]
    declared = any(check.rule == "splits" for check in dataset.checks)
    return (*failed, *(Finding(_leak(leak)) for leak in dataset.leaks if not declared))


def _check(check: Check) -> str:
    where = "" if check.rows is None or check.rule == "splits" else f" in {count(check.rows, 'row')}"
    return f"`{check.rule}`: {check.what}{where}{such_as(check.examples)}"


def _leak(leak: Leak) -> str:
    by = f"by {name(leak.id)}" if leak.id else "with all their cells"
    rows = f"{count(leak.rows, 'row')} of {name(leak.path)}"
    stand = "stands" if leak.rows == 1 else "stand"
    return f"Leakage: {rows} also {stand} in {name(leak.other)}, {by}{such_as(leak.examples)}"


def _folder(folder: FolderChange, charts: Mapping[str, Chart], rows: int, *, sized: bool) -> DatasetView:
    files = tuple((one.path, one.status, format_bytes(one.base), format_bytes(one.head)) for one in folder.files[:rows])
    total = sum(number or 0 for number in (folder.added, folder.removed, folder.changed))
    table = Cells(("File", "", "Base>", "Head>"), files, max(total - len(files), 0), "file")
    tables = (image_classes(folder.images, max(rows, _MOST_CLASSES)), table) if folder.images else (table,)
    return DatasetView(
        folder.path,
        _folder_lead(folder, sized=sized),
        findings=findings(folder),
        lines=tuple(image_lines(folder.images, folder)) if folder.images else (),
        tables=tuple(cells for cells in tables if cells.rows),
        chart=charts.get(picture_of(folder) or ""),
    )


def _folder_lead(folder: FolderChange, *, sized: bool) -> str:
    sides = ((folder.base_files, folder.base_size), (folder.head_files, folder.head_size))
    known = [f"{count(files, 'file')}, {format_bytes(size)}" for files, size in sides if files is not None]
    lead = " → ".join(known)
    if folder.added is None or folder.removed is None or folder.changed is None:
        return f"{lead}. Which files differ is not known"
    counts = _counted((folder.added, "added"), (folder.removed, "removed"), (folder.changed, "changed"))
    return counts if sized else f"{lead}: {counts}"


def _counted(*counts: tuple[int, str]) -> str:
    return ", ".join(f"{number:,} {word}" for number, word in counts if number) or "nothing differs"


def _table(table: TableChange, charts: Mapping[str, Chart], rows: int) -> DatasetView:
    moved = [column for column in table.columns if _is_news(column)]
    on_both_sides = table.base_rows is not None and table.head_rows is not None
    numbers = _numbers(moved, rows)
    if not numbers.rows:
        numbers = _numbers(table.columns, rows)
    tables = (_classes(table.classes if on_both_sides else (), rows), _columns(moved, rows))
    return DatasetView(
        path=table.path,
        lead=_table_lead(table),
        findings=findings(table),
        lines=(
            *_schema(table.columns),
            *_row_lines(table.rows),
            *_without_id(table.without_id),
            *_duplicates(table.duplicates),
            *_drift(table, moved),
        ),
        tables=tuple(cells for cells in tables if cells.rows),
        folded=(("The numbers in full", numbers),) if numbers.rows else (),
        chart=charts.get(picture_of(table) or ""),
        tested=table.tested > 0,
    )


def _table_lead(table: TableChange) -> str:
    if table.base_rows is None and table.head_rows is None:
        sizes = [format_bytes(size) for size in (table.base_size, table.head_size)]
        return {"added": f"new, {sizes[1]}", "removed": f"removed, {sizes[0]}"}.get(table.status, " → ".join(sizes))
    if table.base_rows is None or table.head_rows is None:
        rows = table.head_rows if table.base_rows is None else table.base_rows
        word = "new" if table.base_rows is None else "removed"
        return f"{word}, {count(rows or 0, 'row')} in {count(table.columns_total, 'column')}"
    return f"{table.base_rows:,} → {count(table.head_rows, 'row')}{_row_counts(table.rows)}"


def _row_counts(rows: RowChanges | None) -> str:
    if rows is None:
        return ""
    counted = _counted((rows.added, "added"), (rows.removed, "removed"), (rows.edited, "edited"))
    return (
        f": {counted}, by {name(rows.id)}" if rows.id else f": {counted}; no id is unique, so whole rows were counted"
    )


def _schema(columns: Sequence[ColumnChange]) -> Iterator[str]:
    types = [(name(column.name), column.base_type, column.head_type) for column in columns]
    new = [f"{column} ({head})" for column, base, head in types if base is None and head]
    gone = [f"{column} ({base})" for column, base, head in types if head is None and base]
    other = [f"{column} was {base}, is {head}" for column, base, head in types if base and head and base != head]
    one_sided = len(new) == len(columns) or len(gone) == len(columns)
    for words, names in (("New column", new), ("Removed column", gone), ("Another type", other)):
        if names and not (one_sided and len(columns) > 1):
            plural = "s" if len(names) > 1 and words.endswith("column") else ""
            yield f"{words}{plural}: {first(names)}"


def _row_lines(rows: RowChanges | None) -> Iterator[str]:
    if rows is None:
        return
    if rows.edited_columns:
        yield f"Edited cells: {first([f'{name(one.name)} {one.rows:,}' for one in rows.edited_columns], 8)}"
    edited = [_edited(row) for row in rows.examples if row.status == "edited"]
    if edited:
        yield f"Edited: {'; '.join(edited[:3])}{and_more(rows.edited - min(len(edited), 3))}"
    for status, total in (("removed", rows.removed), ("added", rows.added)):
        names = [name(row.id) for row in rows.examples if row.status == status]
        if names:
            yield f"{status.capitalize()}: {', '.join(names)}{and_more(total - len(names))}"


def _edited(row: RowExample) -> str:
    cells = [f"{name(cell.column)} {' → '.join(_cells(cell.base, cell.head))}" for cell in row.cells]
    return f"{name(row.id)} {', '.join(cells)}{and_more(row.more)}"


def _cells(base: str | None, head: str | None) -> tuple[str, ...]:
    """Both values, fractions with no more digits than tell them apart, and texts in quotes where they look the same."""
    fractions = [float(text) for text in (base, head) if text and _FRACTION.fullmatch(text)]
    if len(fractions) == 2:  # noqa: PLR2004 - both sides
        return tuple(name(text) for text in format_pair(*fractions))
    form = form_of(base or "", head or "")
    return tuple("empty" if text is None else name(form.text(text)) for text in (base, head))


_FRACTION = re.compile(r"-?\d{1,15}\.\d+")


def _without_id(found: RowsWithoutId | None) -> Iterator[str]:
    if found is None:
        return
    changed = (
        () if found.added is None or found.removed is None else ((found.added, "added"), (found.removed, "removed"))
    )
    as_rows = f", compared as whole rows: {_counted(*changed)}" if changed else ""
    yield f"Rows without an id: {was(found.base, found.head)}{as_rows}"


def _duplicates(found: Duplicates) -> Iterator[str]:
    sides = (("rows", found.base_rows, found.head_rows), ("ids", found.base_ids, found.head_ids))
    parts = [f"{was(base, head)} repeated {what}" for what, base, head in sides if base or head]
    if parts:
        yield f"Duplicates: {' and '.join(parts)}"


def _drift(table: TableChange, moved: Sequence[ColumnChange]) -> Iterator[str]:
    indices = {column.name: column.drift.psi for column in table.columns if column.drift}
    if not indices:
        return
    drifted = sum(map(_has_drifted, moved))
    family = f"p is adjusted for {count(table.tested, 'test')} by Benjamini and Hochberg"
    if drifted:
        yield f"Drift: {drifted} of {count(table.tested, 'tested column')}; {family}"
        return
    most = max(indices, key=indices.__getitem__)
    still = f"No drift detected in {count(table.tested, 'tested column')}"
    yield f"{still}; the largest PSI is {format_value(indices[most])} ({name(most)}), {family}"


def _is_news(column: ColumnChange) -> bool:
    """Whether a column's type, missing cells or distribution changed enough to be told."""
    if column.base_type is None or column.head_type is None:
        return False
    if column.base_type != column.head_type or column.base_missing != column.head_missing:
        return True
    return _has_drifted(column) or (column.drift is not None and column.drift.psi >= _MOVED)


def _has_drifted(column: ColumnChange) -> bool:
    return column.drift is not None and (column.drift.psi >= _LARGE or column.drift.adjusted < _SIGNIFICANT)


def _columns(moved: Sequence[ColumnChange], rows: int) -> Cells:
    titles = ("Column", "Missing>", "Mean>", "PSI>", "Distance>", "p>")
    return Cells(titles, tuple(map(_column_row, moved[:rows])), max(len(moved) - rows, 0), "column")


def _column_row(column: ColumnChange) -> tuple[str, ...]:
    mean = f"{format_value(column.base.mean)} → {format_value(column.head.mean)}" if column.base and column.head else ""
    missing = was(column.base_missing, column.head_missing)
    if column.drift is None:
        return column.name, missing, mean, "", "", ""
    drift = column.drift
    letter = "D" if drift.test == "Kolmogorov-Smirnov" else "V"
    return column.name, missing, mean, _brief(drift.psi), f"{letter} {_brief(drift.effect)}", format_p(drift.adjusted)


def _brief(value: float) -> str:
    least = 0.001
    return f"<{least}" if 0 < value < least else format_value(round(value, 3))


def format_p(value: float) -> str:
    """A p value as a reader wants it: never 0."""
    least = 0.001
    return f"<{least}" if value < least else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"  # noqa: PLR2004 - two digits


def _classes(classes: Sequence[ClassCount], rows: int) -> Cells:
    """All classes by name where they are few, else those whose share moved most."""
    base, head = (sum(getattr(one, side) for one in classes) or 1 for side in ("base", "head"))
    moves = {one.name: one.head / head - one.base / base for one in classes}
    most = max(rows, _MOST_CLASSES)
    shown = classes if len(classes) <= most else sorted(classes, key=lambda one: -abs(moves[one.name]))[:most]
    cells = tuple(
        (one.name, f"{one.base:,}", f"{one.head:,}", format_share(one.head / head), _points(moves[one.name]))
        for one in shown
    )
    return Cells(("Class", "Base>", "Head>", "Share>", "Change>"), cells, len(classes) - len(cells), "class")


def _points(change: float) -> str:
    """A change of a share in percentage points."""
    rounded = round(change * 100, 2)
    return f"{format_change(rounded)} pt" if rounded else "0"


def _numbers(columns: Sequence[ColumnChange], rows: int) -> Cells:
    titles = ("Column", "", "Min>", "Lower quartile>", "Median>", "Upper quartile>", "Max>", "Mean>", "SD>")
    numeric = [column for column in columns if column.base or column.head]
    cells = [
        (column.name, side, *_summary(getattr(column, side))) for column in numeric[:rows] for side in ("base", "head")
    ]
    return Cells(titles, tuple(cells), max(len(numeric) - rows, 0), "column")


def _summary(summary: Summary | None) -> tuple[str, ...]:
    if summary is None:
        return (MISSING,) * 7
    ends = summary.minimum, summary.lower, summary.median, summary.upper, summary.maximum
    return tuple(map(format_value, (*ends, summary.mean, summary.deviation)))
