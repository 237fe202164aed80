"""The cells of metrics: the name, both sides, the change with its sign, and what is said about it."""

from __future__ import annotations

import posixpath
from collections import Counter
from typing import TYPE_CHECKING

from headway.judge.movement import movement, says_otherwise, verdict
from headway.numbers import format_relative
from headway.report.blocks import Bar, Name, Words, line
from headway.report.escaping import NAME_LIMIT, shorten
from headway.report.formatting import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from headway.report.blocks import Inline
    from headway.report.formatting import Notation
    from headway.values.comparison import Metric

_MANY_FILES = 4
"""Metrics files in one folder from which on the folder is one table."""
_OUTLIER = 4
"""How many times as long as most other bars a bar may be."""


def sides(metric: Metric, notation: Notation) -> Inline:
    """Base and head, or the one value of both."""
    base, head = notation.values(metric)
    if metric.status == "unchanged":
        return line(head if base == NOTHING or metric.head is not None else base)
    return line(Words(base.text, "quiet") if isinstance(base, Words) else base, " → ", head)


def change(metric: Metric, notation: Notation) -> str:
    """The change with its sign, or what happened to the metric."""
    if metric.status == "changed":
        return "not compared" if metric.withheld == "machine" else notation.change(metric)
    return metric.status


def said(metric: Metric) -> str:
    """What is said about a metric; where its evidence moved the other way, also what that is about."""
    if movement(metric) == "neutral" or not metric.evidence or not says_otherwise(metric):
        return verdict(metric)
    where = "runs" if metric.evidence.covers == "seeds" else "common classes" if metric.evidence.note else "common rows"
    return f"{verdict(metric)} on the {where}"


def judged(metric: Metric, text: str) -> Words:
    """A change, followed by what is said about it."""
    moved, word = movement(metric), verdict(metric)
    says_more = word not in {metric.status, "not compared", "run-to-run variation", "not comparable"}
    return Words(f"{text} {said(metric)}".strip() if says_more else text, "plain" if moved == "neutral" else moved)


def relative(metric: Metric) -> str:
    """The change as a share of the base; nothing for a percentage, whose change is in points."""
    if metric.written.percent or metric.status == "unchanged":
        return ""
    if metric.relative is not None:
        return format_relative(metric.relative)
    return "?" if metric.change and metric.base == 0 else ""


def bar(metric: Metric, longest: float) -> Bar:
    """The relative change as a bar."""
    extent = _weight(metric) / longest if longest else 0.0
    return Bar(max(-1.0, min(1.0, extent)), judged(metric, "").tone, clipped=abs(extent) > 1)


def longest_bar(metrics: Iterable[Metric]) -> float:
    """The relative change whose bar is as long as its column: the largest, but no outlier."""
    weights = sorted(abs(weight) for metric in metrics if (weight := _weight(metric)))
    return min(weights[-1], _OUTLIER * weights[3 * (len(weights) - 1) // 4]) if weights else 0.0


def _weight(metric: Metric) -> float:
    """The length of a metric's bar; only metrics that can be better or worse have one, or epochs would dwarf them."""
    return metric.relative or 0.0 if metric.direction and not metric.withheld else 0.0


def distinct_names(metrics: Iterable[Metric]) -> dict[tuple[str, str], Words | Name]:
    """The title or the key of each metric, by file and key; with the file where several metrics have that one."""
    listed = {(metric.file, metric.key): metric for metric in metrics}.values()
    labels = Counter(metric.written.title or metric.key for metric in listed)
    return {(metric.file, metric.key): _distinct_name(metric, labels) for metric in listed}


def _distinct_name(metric: Metric, labels: Counter[str]) -> Words | Name:
    title = metric.written.title
    if labels[title or metric.key] > 1:
        return Name(f"{metric.file}:{metric.key}")
    return Words(shorten(title, NAME_LIMIT)) if title else Name(metric.key)


class MetricNames:
    """The name of each metric, and the heading that it is shown under."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._files = {metric.file for metric in metrics}
        self._in_folder = Counter(map(posixpath.dirname, self._files))
        self._titles = Counter((metric.file, metric.written.title) for metric in metrics)

    def heading(self, metric: Metric) -> str:
        """Nothing in a report with one file, else the metric's file, or a folder of many files."""
        folder = posixpath.dirname(metric.file)
        if len(self._files) == 1:
            return ""
        return f"{folder}/" if folder and self._in_folder[folder] >= _MANY_FILES else metric.file

    def group(self, name: str) -> str:
        """The heading of a group."""
        return "" if self._files == {name} else name

    def name(self, metric: Metric, *, family: bool = False) -> Inline:
        """The declared title, or the key under its heading; both where several metrics have that title."""
        heading, title = self.heading(metric), metric.written.title
        key = metric.key if heading in {"", metric.file} else f"{metric.file.removeprefix(heading)}:{metric.key}"
        if title and (family or self._titles[metric.file, title] == 1):
            return line(shorten(title, NAME_LIMIT))
        return line(*([f"{shorten(title, NAME_LIMIT)} "] if title else []), Name(key))
