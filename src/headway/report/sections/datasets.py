"""Inside the data: what changed in each folder and table."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from headway.numbers import format_bytes
from headway.paths import PathIndex
from headway.report.blocks import (
    Charts,
    Column,
    Details,
    Items,
    Kind,
    Name,
    Parts,
    Section,
    Table,
    Text,
    Words,
    line,
    prose,
    text_row,
)
from headway.report.formatting import count, counted, name, such_as
from headway.report.sections.description import folder_lead, is_new, other_files, table_lead, table_lines, table_tables
from headway.report.sections.folder_images import image_classes, image_counts, image_lines, image_warnings, tells_all
from headway.report.sections.table_changes import CLASSES, change_lead, change_lines, change_tables, rows_without_id
from headway.values.dataset import FolderChange, TableChange

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from headway.report.blocks import Block, Inline
    from headway.values.chart import Chart
    from headway.values.dataset import Check, DatasetChange, Leak
    from headway.values.report import Report

KIND = Kind(noun="data set", rank=6, glance=2, markdown=20, page=100, terminal=20)
FILES = Kind(noun="file", rank=7, least=2, markdown=8, page=50, terminal=8)
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
        lines = chain(table_lines(dataset), rows_without_id(dataset.without_id))
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
    return _blocks(dataset, charts, change_lead(dataset), change_lines(dataset), change_tables(dataset))


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
    counts = counted((folder.added, "added"), (folder.removed, "removed"), (folder.changed, "changed")) or "no changes"
    if folder.images and tells_all(folder.images, folder):
        counts = image_counts(folder.images) or counts
    return counts if sized else f"{lead}: {counts}"
