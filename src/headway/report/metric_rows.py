"""Metrics as rows: what changed and by how much, under the files or folders that they come from."""

from __future__ import annotations

import math
import posixpath
from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

from headway.numbers import format_change, format_relative
from headway.report.formatting import metric_values
from headway.values.typed import integer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headway.report.formatting import Shown
    from headway.values.comparison import Metric

_MANY_FILES = 4
"""From so many metrics files in one folder on, the folder is shown as one table."""

NOT_COMPARED = "not compared"
"""In the place of a change: the metric depends on the machine."""

Movement = Literal["better", "worse", "neutral"]


class MetricRow(NamedTuple):
    """A metric, ready to print.

    Attributes:
        metric: the metric itself.
        name: what the reader calls it under the heading of its file or folder.
        base, head: its values.
        change, relative: its change; empty where there is none to tell.
        movement: whether it got better or worse.
        extent: its relative change as a share of the largest one shown, from -1 to 1; 0 without a direction.
    """

    metric: Metric
    name: str
    base: Shown
    head: Shown
    change: str
    relative: str
    movement: Movement
    extent: float


class FileRows(NamedTuple):
    """The metrics of one file, or of a folder (``models/``) whose files hold few each."""

    file: str
    rows: tuple[MetricRow, ...]


def by_file(rows: Sequence[MetricRow]) -> tuple[FileRows, ...]:
    """Rows under their files, folder by folder, in the order in which folders and files first appear.

    A folder of many files, as ``foreach`` stages write them, is one group: a table for each file would be a page of
    headings.
    """
    files = list(dict.fromkeys(row.metric.file for row in rows))
    in_folder = Counter(map(posixpath.dirname, files))
    place = {folder: number for number, folder in enumerate(in_folder)}
    by_folder = sorted(files, key=lambda file: place[posixpath.dirname(file)])
    headings = {file: _heading(file, in_folder) for file in by_folder}
    groups: dict[str, list[MetricRow]] = {heading: [] for heading in headings.values()}
    for row in rows:
        file, heading = row.metric.file, headings[row.metric.file]
        under = row if heading == file else row._replace(name=f"{file.removeprefix(heading)}:{row.metric.key}")
        groups[heading].append(under)
    return tuple(FileRows(heading, tuple(group)) for heading, group in groups.items())


def _heading(file: str, in_folder: Mapping[str, int]) -> str:
    folder = posixpath.dirname(file)
    return f"{folder}/" if folder and in_folder[folder] >= _MANY_FILES else file


def movement(metric: Metric) -> Movement:
    """Whether a metric got better or worse; neutral where that cannot be said, or it did not move."""
    if metric.direction is None or metric.withheld or not metric.change:
        return "neutral"
    return "better" if (metric.change > 0) == (metric.direction == "higher") else "worse"


def prominence(metric: Metric) -> tuple[int, float, float, str, str]:
    """In the order of the settings' rules, then by relative change; then come one-sided ones, then the machine's."""
    place = ("changed", "unavailable", "removed", "added").index(metric.status) + 4 * (metric.withheld == "machine")
    rank = math.inf if metric.rank is None else metric.rank
    return place, rank, -abs(metric.relative or 0), metric.file, metric.key


def metric_rows(shown: Sequence[Metric]) -> tuple[MetricRow, ...]:
    """Metrics, ready to print."""
    largest = max((abs(_weight(metric)) for metric in shown), default=0.0)
    return tuple(_metric_row(metric, largest) for metric in shown)


def _weight(metric: Metric) -> float:
    """The relative change where it means better or worse; a count of epochs would dwarf everything that does."""
    return metric.relative or 0.0 if metric.direction and not metric.withheld else 0.0


def _metric_row(metric: Metric, largest: float) -> MetricRow:
    base, head = metric_values(metric)
    return MetricRow(
        metric=metric,
        name=metric.key,
        base=base,
        head=head,
        change=_change(metric),
        relative=_relative(metric),
        movement=movement(metric),
        extent=_weight(metric) / largest if largest else 0.0,
    )


def _change(metric: Metric) -> str:
    if metric.status == "changed" and metric.withheld == "machine":
        return NOT_COMPARED
    if metric.status == "changed":
        change = integer(metric.exact_change or "") or metric.change
        return "changed" if change is None else format_change(change)
    return "" if metric.status == "unchanged" else metric.status


def _relative(metric: Metric) -> str:
    if metric.relative is not None:
        return format_relative(metric.relative)
    return "?" if metric.change and metric.base == 0 else ""
