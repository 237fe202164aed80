"""The one number of each curve, matrix or bar that the picture and its text both quote."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from headway.numbers import format_change, format_pair, format_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.values.chart import ConfusionChart, LineChart, Points, Series


_FLOAT_NOISE = 1e-12  # relative; what arithmetic on binary fractions leaves behind


class Reading(NamedTuple):
    """A number on both sides; ``None`` where a side has none."""

    base: float | None
    head: float | None

    @property
    def change(self) -> float | None:
        """Head minus base, free of the noise of binary fractions."""
        if self.base is None or self.head is None:
            return None
        change = self.head - self.base
        return change if abs(change) > _FLOAT_NOISE * max(abs(self.base), abs(self.head)) else 0.0


class Measure(NamedTuple):
    """What is read off a curve, in words that continue "numbers are"."""

    words: str
    read: Callable[[Points], float]


def measure(chart: LineChart) -> Measure:
    """Choose what to read off a chart's curves: their ends, unless these say nothing.

    A ROC or precision-recall curve is read by its area. A calibration curve (the other one with a diagonal) is read by
    its mean distance from the diagonal, every point counting alike, as the points' weights are not in the plot.
    """
    if all(points.area is not None for points in chart.points):
        return Measure("the area under the curve", lambda points: points.area or 0.0)
    if chart.diagonal:
        return Measure("the mean distance from the diagonal", _mean_gap)
    return Measure("at the end", lambda points: float(points.y[-1]))


def reading(series: Series, of: Measure) -> Reading:
    """Read both sides of a curve."""
    return Reading(*(of.read(side) if side else None for side in (series.base, series.head)))


def errors(chart: ConfusionChart) -> Reading | None:
    """Count what lies off the diagonal on both sides; ``None`` where the axes hold different classes."""
    if chart.labels_x != chart.labels_y:
        return None
    return Reading(*(None if counts is None else _off_diagonal(counts) for counts in (chart.base, chart.head)))


def _off_diagonal(counts: tuple[tuple[int, ...], ...]) -> int:
    return sum(sum(row) - row[index] for index, row in enumerate(counts))


def moved(read: Reading) -> str:
    """Write both sides and the change: ``0.094 to 0.081 (-0.013)``; a lone side and a standstill are named."""
    if read.base is None or read.head is None:
        side, value = ("head", read.head) if read.base is None else ("base", read.base)
        return f"{format_value(value)} ({side} only)"
    base, head = format_pair(read.base, read.head)
    return f"{base} to {head} ({format_change(read.change)})" if read.change else f"{head} (no change)"


def _mean_gap(points: Points) -> float:
    return fmean(abs(float(y) - float(x)) for x, y in zip(points.x, points.y, strict=True))
