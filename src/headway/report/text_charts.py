"""The charts of a report as text, if images cannot be published: alternative texts, and sparklines of curves."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import msgspec

from headway.draw.specification.scales import is_flat
from headway.judge.movement import has_moved
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
"""The level of a constant curve."""
_TITLE: Final = "Charts as text"


def charts_as_text(report: Report) -> Report:
    """The report with its charts as a section of text, changed charts first."""
    if not report.charts:
        return report
    charts = sorted(report.charts, key=has_moved, reverse=True)
    text = "\n\n".join("\n".join(_lines(chart)) for chart in charts)
    section = Include(path="", title=_TITLE, form="text", base=None, head=f"{text}\n")
    return msgspec.structs.replace(report, charts=(), includes=(section, *report.includes))


def sparkline(values: Sequence[float | None], low: float, high: float) -> str:
    """A curve as one line of block characters from ``low`` to ``high``; ``None`` is a gap.

    If there are too many values, each character shows the mean of several.
    """
    return "".join(" " if value is None else _BLOCKS[_level(value, low, high)] for value in _narrowed(values))


def _lines(chart: Chart) -> Iterator[str]:
    yield chart.title
    yield f"  {chart.alt}"
    if isinstance(chart, LineChart):
        for series in chart.series[:_MOST_SERIES]:
            yield from _curves(series.name, series.base, series.head)


def _curves(name: str, base: Points | None, head: Points | None) -> Iterator[str]:
    """Both sides of a series at the same scale."""
    sides = {side: points for side, points in (("base", base), ("head", head)) if points}
    values = {side: list(_with_gaps(points)) for side, points in sides.items()}
    every = [value for one in values.values() for value in one if value is not None] or [0.0]
    for side, points in sides.items():
        label = f"{side} {name}".rstrip() + (f", ends in {points.end}" if points.end else "")
        if values[side] or points.end:
            yield f"  {sparkline(values[side], min(every), max(every)) or 'no number'}  {label}"


def _with_gaps(points: Points) -> Iterator[float | None]:
    breaks = set(points.breaks)
    for index, value in enumerate(points.y):
        if index in breaks:
            yield None
        if isinstance(value, float | int):
            yield value


def _narrowed(values: Sequence[float | None]) -> list[float | None]:
    if len(values) <= _WIDTH:
        return list(values)
    bounds = [round(index * len(values) / _WIDTH) for index in range(_WIDTH + 1)]
    return [_mean([value for value in values[a:b] if value is not None]) for a, b in pairwise(bounds)]


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _level(value: float, low: float, high: float) -> int:
    if is_flat(low, high):
        return _FLAT
    return min(int((value - low) / (high - low) * len(_BLOCKS)), len(_BLOCKS) - 1)
