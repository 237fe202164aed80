"""A report without images: what they show is said in words, and curves are drawn with block characters.

The words are the charts' own alternative texts, which hold the numbers that matter.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import msgspec

from headway.report.outline import has_moved
from headway.values.chart import LineChart
from headway.values.report import Include

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.values.chart import Chart, Points
    from headway.values.report import Report

_BLOCKS: Final = "▁▂▃▄▅▆▇█"
_WIDTH: Final = 24
_MOST_SERIES: Final = 6
_FLAT: Final = 3
"""The block of a curve that does not rise or fall: neither at the top nor at the bottom."""
_TITLE: Final = "Charts in words"


def in_words(report: Report) -> Report:
    """The report with its charts as a section of text instead of pictures, those that moved first."""
    if not report.charts:
        return report
    charts = sorted(report.charts, key=has_moved, reverse=True)
    text = "\n\n".join("\n".join(_lines(chart)) for chart in charts)
    section = Include(path=_TITLE, title=_TITLE, form="text", base=None, head=f"{text}\n")
    return msgspec.structs.replace(report, charts=(), includes=(section, *report.includes))


def sparkline(values: Sequence[float], low: float, high: float) -> str:
    """A curve in one line of block characters, from ``low`` to ``high``; means of neighbours where not all fit."""
    return "".join(_BLOCKS[_level(value, low, high)] for value in _narrowed(values))


def _lines(chart: Chart) -> Iterator[str]:
    yield chart.title
    yield f"  {chart.alt}"
    if isinstance(chart, LineChart):
        for series in chart.series[:_MOST_SERIES]:
            yield from _curves(series.name, series.base, series.head)


def _curves(name: str, base: Points | None, head: Points | None) -> Iterator[str]:
    """Both sides of a series, one above the other, to the same scale."""
    sides = {"base": _numbers(base), "head": _numbers(head)}
    every = [value for values in sides.values() for value in values]
    for side, values in sides.items():
        if values:
            label = f"{side} {name}".rstrip()
            yield f"  {sparkline(values, min(every), max(every))}  {label}"


def _numbers(points: Points | None) -> list[float]:
    return [value for value in points.y if isinstance(value, float | int)] if points else []


def _narrowed(values: Sequence[float]) -> list[float]:
    if len(values) <= _WIDTH:
        return list(values)
    bounds = [round(index * len(values) / _WIDTH) for index in range(_WIDTH + 1)]
    return [sum(values[a:b]) / (b - a) for a, b in pairwise(bounds)]


def _level(value: float, low: float, high: float) -> int:
    if high <= low:
        return _FLAT
    return min(int((value - low) / (high - low) * len(_BLOCKS)), len(_BLOCKS) - 1)
