"""Inside the data: what changed in each folder and table."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from headway.judge.movement import has_changed, has_drifted
from headway.numbers import MISSING, format_bytes, format_change, format_pair, format_share, format_value
from headway.paths import PathIndex
from headway.report.blocks import (
    Charts,
    Column,
    Details,
    Items,
    Kind,
    Name,
    Parts,
    Row,
    Section,
    Table,
    Text,
    Words,
    line,
    prose,
    text_row,
)
from headway.report.formatting import count, name, such_as, was
from headway.report.literals import form_of
from headway.report.sections.description import folder_lead, is_new, other_files, table_lead, table_lines, table_tables
from headway.report.sections.folder_images import image_classes, image_counts, image_lines, image_warnings, tells_all
from headway.text import and_more, first_names
from headway.values.dataset import FolderChange, TableChange

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from headway.report.blocks import Block, Inline
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
    from headway.values.report import Report

KIND = Kind(noun="data set", rank=6, glance=2, markdown=20, page=100, terminal=20)
COLUMNS = Kind(noun="column", rank=7, least=2, markdown=8, page=50, terminal=8)
FILES = Kind(noun="file", rank=7, least=2, markdown=8, page=50, terminal=8)
CLASSES = Kind(noun="class", rank=7, least=12, markdown=12, page=50, terminal=12)
NUMBERS = Kind(noun="row", rank=19, markdown=16, page=100, terminal=0)
FINDINGS = Kind(noun="finding", rank=7, least=20, markdown=100, page=500, terminal=50)
_MOST_OPEN = 1
"""New folders and tables that a comment shows unfolded."""
_CHART = Kind(noun="chart", rank=6, least=1, markdown=1, page=1, terminal=0)
_TESTS = (
    "PSI: population stability index. D: largest distance between the distribution functions (Kolmogorov-Smirnov)."
    " V: Cramer's V (chi-squared). The p-values treat the rows of both sides as independent samples."
)


class Finding(NamedTuple):
    """A failed check or a warning, as a sentence without its full stop."""

    what: str
    is_failure: bool = False

    @property
    def line(self) -> Inline:
        """The finding with its mark."""
        mark = Words("Failed check", "failed") if self.is_failure else Words("", "warning")
        return line(mark, " ", prose(self.what), ".")


def build(report: Report) -> Iterator[Section]:
    """The section on the content of the data, without files and folders of which only the sizes are known."""
    sized = PathIndex(change.path for change in report.data)
    charts = {chart.id: chart for chart in report.charts}
    known = [each for each in report.datasets if not (sized.holder(each.path) is not None and _is_closed(each))]
    new = [each for each in known if is_new(each)]
    if new:
        title = "Data" if report.scope == "description" else "New data"
        described = Parts(kind=KIND, entries=tuple(tuple(_described(each, charts, new)) for each in new))
        is_open = report.scope == "description" or any(map(findings, new))
        folds_as = "" if is_open else f"New data: {count(len(new), KIND.noun)}"
        yield Section(anchor="new-data", title=title, blocks=(described,), folds_as=folds_as)
    if report.scope == "description":
        yield from other_files(report)
        return
    changed = [each for each in known if not is_new(each)]
    parts = tuple(tuple(_compared(each, charts, sized=sized.holder(each.path) is not None)) for each in changed)
    if parts:
        tested = any(isinstance(each, TableChange) and each.tested for each in changed)
        legend = (Text(content=line(_TESTS), role="small"),) if tested else ()
        is_open = report.scope == "data" or any(map(findings, changed))
        yield Section(
            anchor="datasets",
            title="Inside the data",
            blocks=(Parts(kind=KIND, entries=parts), *legend),
            folds_as="" if is_open else f"Inside the data: {count(len(parts), KIND.noun)}",
        )


def _described(dataset: DatasetChange, charts: Mapping[str, Chart], new: Sequence[DatasetChange]) -> Iterator[Block]:
    """One of the folders and tables that only head has; a comment folds most of each if they are many."""
    if isinstance(dataset, FolderChange):
        lines = image_lines(dataset.images, dataset) if dataset.images else iter(())
        tables, lead = _new_folder_tables(dataset, {each.path for each in new}), folder_lead(dataset)
        subject = "Images" if dataset.images else "Files"
    else:
        lines = chain(table_lines(dataset), _without_id(dataset.without_id))
        tables, lead = table_tables(dataset), table_lead(dataset)
        subject = count(dataset.columns_total, "column")
    *summary, chart = _blocks(dataset, charts, lead, lines, ())
    yield from summary
    if len(new) > _MOST_OPEN:
        yield Details(summary=line(subject), blocks=(chart, *tables), opened=True)
    else:
        yield from (chart, *tables)


def _compared(dataset: DatasetChange, charts: Mapping[str, Chart], *, sized: bool) -> Iterator[Block]:
    """A folder or table of both sides; ``sized`` means that the section on tracked outputs shows its sizes."""
    if isinstance(dataset, FolderChange):
        lines = image_lines(dataset.images, dataset) if dataset.images else iter(())
        return _blocks(dataset, charts, _folder_lead(dataset, sized=sized), lines, _folder_tables(dataset))
    return _blocks(dataset, charts, _table_lead(dataset), _table_lines(dataset), _table_tables(dataset))


def _blocks(
    dataset: DatasetChange, charts: Mapping[str, Chart], lead: str, lines: Iterable[str], tables: Iterable[Block]
) -> Iterator[Block]:
    chart = charts.get(chart_of(dataset) or "")
    yield Text(content=line(Name(dataset.path, "strong"), ": ", prose(lead), "."))
    yield Items(kind=FINDINGS, entries=tuple(each.line for each in findings(dataset)), role="findings")
    yield Items(kind=FINDINGS, entries=tuple(line(prose(each), ".") for each in lines))
    yield Charts(kind=_CHART, entries=(chart,) if chart else ())
    yield from tables


def _is_closed(dataset: DatasetChange) -> bool:
    """Whether only the sizes are known."""
    if isinstance(dataset, FolderChange):
        return dataset.added is None and dataset.images is None
    return dataset.base_rows is None and dataset.head_rows is None


def chart_of(dataset: DatasetChange) -> str | None:
    """The id of the chart that shows a folder or table; ``None`` if there is none."""
    if isinstance(dataset, TableChange):
        return dataset.chart
    return dataset.images.sheet.chart if dataset.images and dataset.images.sheet else None


def findings(dataset: DatasetChange) -> tuple[Finding, ...]:
    """The rules that a table breaks and the leaks that no rule covers; the leaks of a folder of images."""
    if isinstance(dataset, FolderChange):
        return tuple(map(Finding, image_warnings(dataset.images))) if dataset.images else ()
    failed = [Finding(_check(check), is_failure=True) for check in dataset.checks]
    declared = any(check.rule == "splits" for check in dataset.checks)
    return (*failed, *(Finding(_leak(leak)) for leak in dataset.leaks if not declared))


def _check(check: Check) -> str:
    where = "" if check.rows is None or check.rule == "splits" else f" in {count(check.rows, 'row')}"
    return f"`{check.rule}`: {check.what}{where}{such_as(check.examples)}"


def _leak(leak: Leak) -> str:
    by = f"by {name(leak.id)}" if leak.id else "by all columns"
    rows = f"{count(leak.rows, 'row')} of {name(leak.path)} {'is' if leak.rows == 1 else 'are'}"
    return f"Leakage: {rows} also in {name(leak.other)}, matched {by}{such_as(leak.examples)}"


def _folder_tables(folder: FolderChange) -> Iterator[Block]:
    if folder.images:
        yield image_classes(folder.images, CLASSES)
    columns = (Column("File"), Column("Status"), Column("Base", "numbers"), Column("Head", "numbers"))
    files = tuple(
        text_row(one.path, one.status, format_bytes(one.base), format_bytes(one.head)) for one in folder.files
    )
    total = sum(number or 0 for number in (folder.added, folder.removed, folder.changed))
    moved = 2 * folder.images.moved if folder.images else 0
    yield Table(kind=FILES, columns=columns, entries=files, left_out=max(total - moved - len(files), 0))


def _new_folder_tables(folder: FolderChange, others: Collection[str]) -> Iterator[Block]:
    """The images per class, or the largest files that are not described themselves."""
    if folder.images:
        yield image_classes(folder.images, CLASSES, all_new=True)
        return
    listed = [one for one in folder.files if f"{folder.path}/{one.path}" not in others]
    files = tuple(text_row(one.path, format_bytes(one.head)) for one in listed)
    left_out = max((folder.added or 0) - len(folder.files), 0)
    yield Table(kind=FILES, columns=(Column("File"), Column("Size", "numbers")), entries=files, left_out=left_out)


def _folder_lead(folder: FolderChange, *, sized: bool) -> str:
    sides = ((folder.base_files, folder.base_size), (folder.head_files, folder.head_size))
    known = [f"{count(files, 'file')}, {format_bytes(size)}" for files, size in sides if files is not None]
    lead = " → ".join(known)
    if folder.added is None or folder.removed is None or folder.changed is None:
        return f"{lead}; the changed files are unknown"
    counts = _counted((folder.added, "added"), (folder.removed, "removed"), (folder.changed, "changed"))
    if folder.images and tells_all(folder.images, folder):
        counts = image_counts(folder.images) or counts
    return counts if sized else f"{lead}: {counts}"


def _counted(*counts: tuple[int, str]) -> str:
    return ", ".join(f"{number:,} {word}" for number, word in counts if number) or "no changes"


def _table_lines(table: TableChange) -> Iterator[str]:
    yield from _schema(table.columns)
    yield from _row_lines(table.rows, edits=not table.predicted)
    yield from _without_id(table.without_id)
    if not table.predicted:
        yield from _duplicates(table.duplicates)
    yield from _drift(table)


def _table_tables(table: TableChange) -> Iterator[Block]:
    changed = [column for column in table.columns if has_changed(column)]
    if table.base_rows is not None and table.head_rows is not None:
        yield _classes(table.classes)
    yield _columns(changed)
    numbers = _numbers(changed)
    numbers = numbers if numbers.entries else _numbers(table.columns)
    yield Details(summary=line("All statistics"), blocks=(numbers,), optional=True)


def _table_lead(table: TableChange) -> str:
    if table.base_rows is None and table.head_rows is None:
        sizes = [format_bytes(size) for size in (table.base_size, table.head_size)]
        return {"added": f"new, {sizes[1]}", "removed": f"removed, {sizes[0]}"}.get(table.status, " → ".join(sizes))
    if table.base_rows is None or table.head_rows is None:
        rows = table.head_rows if table.base_rows is None else table.base_rows
        word = "new" if table.base_rows is None else "removed"
        return f"{word}, {count(rows or 0, 'row')} in {count(table.columns_total, 'column')}"
    of_model = "model predictions, " if table.predicted else ""
    return f"{of_model}{table.base_rows:,} → {count(table.head_rows, 'row')}{_row_counts(table.rows)}"


def _row_counts(rows: RowChanges | None) -> str:
    if rows is None:
        return ""
    counted = _counted((rows.added, "added"), (rows.removed, "removed"), (rows.edited, "edited"))
    how = f"matched by {name(rows.id)}" if rows.id else "compared as whole rows, because no column is a unique id"
    return f": {counted}, {how}"


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


_FRACTION = re.compile(r"-?\d{1,15}\.\d+")


def _without_id(found: RowsWithoutId | None) -> Iterator[str]:
    if found is None:
        return
    changes = ""
    if found.added is not None and found.removed is not None:
        changes = f", compared as whole rows: {_counted((found.added, 'added'), (found.removed, 'removed'))}"
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
