"""The one number of each curve, matrix or bar that the picture quotes, and the picture in words that quotes it too.

The words are one or two sentences with the numbers that matter, for readers who do not see the picture.
"""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from headway.numbers import format_change, format_pair, format_value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headway.values.chart import Bar, BarChart, ConfusionChart, LineChart, Points, ScatterChart, Series

    _Drawn = TypeVar("_Drawn", LineChart, ScatterChart, BarChart, ConfusionChart)

_MOST_NAMED = 6
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


def line_alt(chart: LineChart) -> LineChart:
    """Say what each curve reads on both sides: where it ends, or the area under it."""
    of = measure(chart)
    read = [f"{series.name} {moved(reading(series, of))}".strip() for series in chart.series]
    words = f"{of.words[0].upper()}{of.words[1:]}"
    return _with_alt(chart, f"Curves of {chart.y_label} over {chart.x_label}, base and head. {words}: {_listed(read)}.")


def scatter_alt(chart: ScatterChart) -> ScatterChart:
    """Say how many points each cloud shows."""
    counts = [f"{series.name} {_count(series)}".strip() for series in chart.series]
    return _with_alt(chart, f"Points of {chart.y_label} over {chart.x_label}: {_listed(counts)}.")


def bar_alt(chart: BarChart) -> BarChart:
    """Name the bar that changed most."""
    count = f"{len(chart.bars)} value{'s' if len(chart.bars) != 1 else ''}"
    paired = [(bar, read) for bar in chart.bars if (read := Reading(bar.base, bar.head)).change is not None]
    says = f"{chart.value_label} by {chart.category_label}, {count}, base and head."
    if not paired:
        bar = max(chart.bars, key=lambda bar: abs(latest(bar)))
        found = f"Only one side has it. Largest: {bar.label} {format_value(latest(bar))}."
    else:
        bar, read = max(paired, key=lambda pair: abs(pair[1].change or 0.0))
        name = f"{bar.group} {bar.label}".strip()
        found = f"Largest change: {name} {moved(read)}." if read.change else "No value changed."
    return _with_alt(chart, f"{says} {found}")


def confusion_alt(chart: ConfusionChart) -> ConfusionChart:
    """Count the errors on both sides and name the cell that changed most."""
    square = chart.labels_x == chart.labels_y
    sentences = [f"Counts of {chart.y_label} (rows) by {chart.x_label} (columns), {len(chart.labels_y)} classes."]
    if read := errors(chart):
        sentences.append(f"Errors: {moved(read)}.")
    if chart.base and chart.head:
        sentences.append(_largest_cell(chart, chart.base, chart.head, square=square))
    return _with_alt(chart, " ".join(sentences))


def _largest_cell(
    chart: ConfusionChart, base: Sequence[Sequence[int]], head: Sequence[Sequence[int]], *, square: bool
) -> str:
    cells = [
        (abs(head[row][column] - base[row][column]), row, column)
        for row in range(len(chart.labels_y))
        for column in range(len(chart.labels_x))
        if not (square and row == column)
    ]
    size, row, column = max(cells, key=lambda cell: cell[0], default=(0, 0, 0))
    if not size:
        return "No confusion changed." if square else "No count changed."
    where = f"{chart.y_label} {chart.labels_y[row]}, {chart.x_label} {chart.labels_x[column]}"
    return f"Largest change: {where}: {moved(Reading(base[row][column], head[row][column]))}."


def _count(series: Series) -> str:
    return " and ".join(f"{len(points.x)} on {side}" for side, points in series.sides.items())


def latest(bar: Bar) -> float:
    """Give head's value, or base's where head has none."""
    return bar.head if bar.head is not None else bar.base or 0.0


def _listed(texts: Sequence[str]) -> str:
    rest = len(texts) - _MOST_NAMED
    return "; ".join(texts[:_MOST_NAMED]) + (f"; and {rest} more" if rest > 0 else "")


def _with_alt(chart: _Drawn, alt: str) -> _Drawn:
    return msgspec.structs.replace(chart, alt=alt)


def _mean_gap(points: Points) -> float:
    return fmean(abs(float(y) - float(x)) for x, y in zip(points.x, points.y, strict=True))
