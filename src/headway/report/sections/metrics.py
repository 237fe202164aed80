"""The metrics: changed ones with base, head and change, the others folded."""

from __future__ import annotations

import math
import posixpath
from collections import Counter
from typing import TYPE_CHECKING

from headway.judge.movement import movement
from headway.numbers import format_change, format_relative
from headway.report.blocks import Bar, Column, Details, Kind, Name, Row, Section, Table, Text, Words, line
from headway.report.formatting import count, metric_values
from headway.values.typed import integer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from headway.report.blocks import Block, Tone
    from headway.values.comparison import Metric
    from headway.values.report import Report

CHANGED = Kind(noun="changed metric", rank=0, glance=20, markdown=500, page=2000, terminal=200)
UNCHANGED = Kind(noun="unchanged metric", rank=21, markdown=200, page=2000, terminal=0)
_MANY_FILES = 4
"""Metrics files in one folder from which on the folder is one table."""
_COLUMNS = (
    Column("Metric"),
    Column("Base", "numbers"),
    Column("Head", "numbers"),
    Column("Change", "numbers"),
    Column("Relative", "numbers", minor=True),
    Column("", "bars", minor=True),
)
_LEGEND = "▲ better, ▼ worse: only for metrics whose direction the settings declare."
_MACHINE = "Metrics that depend on the machine are compared only if one job measures both sides."


def build(report: Report) -> Iterator[Section]:
    """The section on metrics."""
    if any(metric.withheld != "machine" for metric in report.metrics):
        yield Section(anchor="metrics", title="Metrics", blocks=tuple(_blocks(report.metrics)))


def _blocks(metrics: Sequence[Metric]) -> Iterator[Block]:
    changed = sorted((metric for metric in metrics if metric.status != "unchanged"), key=_prominence)
    unchanged = [metric for metric in metrics if metric.status == "unchanged"]
    heading = _headings(metrics)
    largest = max((abs(_weight(metric)) for metric in changed), default=0.0)
    rows = tuple(_row(metric, heading(metric), largest) for metric in changed[: CHANGED.most])
    left_out = len(changed) - len(rows)
    yield Table(kind=CHANGED, columns=_COLUMNS, entries=rows, left_out=left_out, searchable=True)
    if any(movement(metric) != "neutral" for metric in changed):
        yield Text(content=line(_LEGEND), role="small")
    if any(metric.withheld == "machine" for metric in metrics):
        yield Text(content=line(_MACHINE), role="small")
    table = Table(
        kind=UNCHANGED,
        columns=(Column("Metric"), Column("Value", "numbers")),
        entries=tuple(
            Row((line(Name(_name(metric, heading(metric)))), line(metric_values(metric)[1])), heading(metric))
            for metric in unchanged[: UNCHANGED.most]
        ),
        left_out=len(unchanged[UNCHANGED.most :]),
        searchable=True,
    )
    yield Details(
        summary=line(count(len(unchanged), UNCHANGED.noun)), blocks=(table,), optional=True, opened=not changed
    )


def _headings(metrics: Sequence[Metric]) -> Callable[[Metric], str]:
    """The group of each metric: none in a report with one file, else its file, or a folder of many files."""
    files = {metric.file for metric in metrics}
    in_folder = Counter(map(posixpath.dirname, files))

    def heading(metric: Metric) -> str:
        folder = posixpath.dirname(metric.file)
        if len(files) == 1:
            return ""
        return f"{folder}/" if folder and in_folder[folder] >= _MANY_FILES else metric.file

    return heading


def _name(metric: Metric, heading: str) -> str:
    """The name of a metric under its heading."""
    if heading in {"", metric.file}:
        return metric.key
    return f"{metric.file.removeprefix(heading)}:{metric.key}"


def _prominence(metric: Metric) -> tuple[int, float, float, str, str]:
    """The sort key of changed metrics: by status, by the settings' rules, by relative change; last the machine's."""
    place = ("changed", "unavailable", "removed", "added").index(metric.status) + 4 * (metric.withheld == "machine")
    rank = math.inf if metric.rank is None else metric.rank
    return place, rank, -abs(metric.relative or 0), metric.file, metric.key


def _weight(metric: Metric) -> float:
    """The length of a metric's bar; only metrics that can be better or worse have one, or epochs would dwarf them."""
    return metric.relative or 0.0 if metric.direction and not metric.withheld else 0.0


def _row(metric: Metric, heading: str, largest: float) -> Row:
    base, head = metric_values(metric)
    moved = movement(metric)
    tone: Tone = "plain" if moved == "neutral" else moved
    extent = _weight(metric) / largest if largest else 0.0
    change, relative = line(Words(_change(metric), tone)), line(_relative(metric))
    return Row(
        (line(Name(_name(metric, heading))), line(base), line(head), change, relative, Bar(extent, tone)), heading
    )


def _change(metric: Metric) -> str:
    if metric.status == "changed" and metric.withheld == "machine":
        return "not compared"
    if metric.status == "changed":
        change = integer(metric.exact_change or "") or metric.change
        return "changed" if change is None else format_change(change)
    return metric.status


def _relative(metric: Metric) -> str:
    if metric.relative is not None:
        return format_relative(metric.relative)
    return "?" if metric.change and metric.base == 0 else ""
