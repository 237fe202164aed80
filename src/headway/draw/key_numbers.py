"""The one number of each curve, matrix or bar that the picture quotes, and the picture in words that quotes it too.

The words are one or two sentences with the numbers that matter, for readers who do not see the picture.
"""

from __future__ import annotations

from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec

from headway.numbers import format_change, format_pair, format_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from headway.values.chart import Bar, BarChart, ConfusionChart, CurveKind, LineChart, Points, ScatterChart, Series
    from headway.values.revision import Side

    _Drawn = TypeVar("_Drawn", LineChart, ScatterChart, BarChart, ConfusionChart)

AT_THE_END = "at the end"
_NO_AREA: dict[CurveKind, str] = {
    "roc": "the curve does not reach from 0 to 1",
    "precision-recall": "it holds no point",
    "rates": "its axes are not named as those of a known curve",
}
"""The curves that have an area, and why one without a lost row has none."""
_LONG_PLACE = 12  # letters of an x that is not written beside a curve
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


class CurveReading(NamedTuple):
    """What is read off one side of a curve, as words around a number.

    Attributes:
        value: the number; ``None`` where there is none.
        before, after: the words.
        comparable: whether the number may be set against the other side's.
    """

    value: float | None
    before: str = ""
    after: str = ""
    comparable: bool = True


CurveReadings = dict["Side", CurveReading]
"""By side, base first; without a side that the chart does not have."""


class Measure(NamedTuple):
    """What is read off a curve, in words that continue "numbers are".

    ``read`` takes the sides there are and the x axis' label; without a label it gives the short words of a picture.
    """

    words: str
    read: Callable[[Mapping[Side, Points], str], CurveReadings]


def measure(chart: LineChart) -> Measure:
    """Choose what to read off a chart's curves: their ends, unless these say nothing.

    A calibration curve (the one with a diagonal that is no ROC curve) is read by its mean distance from the diagonal,
    every point counting alike, as the points' weights are not in the plot.
    """
    if chart.curve in _NO_AREA:
        words = "the average precision" if chart.curve == "precision-recall" else "the area under the curve"
        return Measure(words, partial(_areas, _NO_AREA[chart.curve]))
    if chart.diagonal:
        return Measure("the mean distance from the diagonal", _mean_gaps)
    return Measure(AT_THE_END, _ends)


def read_curves(series: Series, of: Measure, x_label: str = "") -> CurveReadings:
    """Read the sides of a curve that there are; one without a single number counts."""
    sides: dict[Side, Points | None] = {"base": series.base, "head": series.head}
    return of.read({side: points for side, points in sides.items() if points}, x_label)


def curve_texts(read: CurveReadings) -> dict[Side, str]:
    """Write each side: ``0.5``, ``0.5 at 4``, ``NaN (last 0.3 at 1)``."""
    values = [one.value for one in read.values()]
    numbers = zip(read.items(), format_pair(values[0], values[-1]), strict=False)
    return {side: f"{one.before}{number * (one.value is not None)}{one.after}" for (side, one), number in numbers}


def curve_change(read: CurveReadings) -> float | None:
    """Give head minus base; ``None`` where a side is missing or must not be compared."""
    if len(read) == 1 or not all(one.comparable for one in read.values()):
        return None
    return Reading(*(one.value for one in read.values())).change


def _ends(sides: Mapping[Side, Points], x_label: str) -> CurveReadings:
    """Read where curves end; they say where, if that is not at the same x."""
    xs = [points.x[-1] if points.x else None for points in sides.values()]
    places = zip(sides.items(), format_pair(xs[0], xs[-1]), strict=False)
    at = f"at {x_label}".rstrip()
    ends = {
        side: _end(points, f" {at} {place}" if x_label or len(place) <= _LONG_PLACE else "", "ends in " * bool(x_label))
        for (side, points), place in places
    }
    alike = len(set(map(format_value, xs))) == 1
    return {side: one._replace(after="") if alike and one.comparable else one for side, one in ends.items()}


def _end(points: Points, at: str, verb: str) -> CurveReading:
    if not points.x:
        return CurveReading(None, f"no number ({verb}{points.end})")
    last = float(points.y[-1])
    if points.end:
        return CurveReading(last, f"{verb}{points.end} (last ", f"{at})", comparable=False)
    return CurveReading(last, after=at)


def _areas(otherwise: str, sides: Mapping[Side, Points], x_label: str) -> CurveReadings:
    """Read areas; a side without one says why, in a picture only that it has none."""
    return {
        side: CurveReading(points.area, "" if points.area is not None else _no_area(points, otherwise, x_label))
        for side, points in sides.items()
    }


def _no_area(points: Points, otherwise: str, x_label: str) -> str:
    lost = f"{points.lost} row{'s are' if points.lost != 1 else ' is'} left out"
    return f"no area ({lost if points.lost else otherwise})" if x_label else "no area"


def _mean_gaps(sides: Mapping[Side, Points], _x_label: str) -> CurveReadings:
    """Read the mean distance from the diagonal; means are not compared where one side lacks more points."""
    alike = len({points.lost for points in sides.values()}) == 1
    return {side: _mean_gap(points)._replace(comparable=alike) for side, points in sides.items()}


def _mean_gap(points: Points) -> CurveReading:
    if not points.x:
        return CurveReading(None, "no number")
    gap = fmean(abs(float(y) - float(x)) for x, y in zip(points.x, points.y, strict=True))
    rows = len(points.x)
    return CurveReading(gap, after=f" over {rows} of {rows + points.lost} points" if points.lost else "")


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
    read = [f"{one.name} {_curves_moved(read_curves(one, of, chart.x_label))}".strip() for one in chart.series]
    words = f"{of.words[0].upper()}{of.words[1:]}"
    told = f"Curves of {chart.y_label} over {chart.x_label}, base and head. {words}: {_listed(read)}."
    return _with_alt(chart, told + _lost(chart))


def _curves_moved(read: CurveReadings) -> str:
    """Write both sides and the change as for :func:`moved`, or each side on its own where they must not be compared."""
    texts, change = curve_texts(read), curve_change(read)
    if len(read) == 1:
        return "".join(f"{text} ({side} only)" for side, text in texts.items())
    if change is None:
        return ", ".join(f"{side} {text}" for side, text in texts.items())
    if not change and texts["base"] == texts["head"]:
        return f"{texts['head']} (no change)"
    return f"{texts['base']} to {texts['head']} ({format_change(change) if change else 'no change'})"


def _lost(chart: LineChart) -> str:
    rows: dict[Side, int] = {
        "base": sum(one.base.lost for one in chart.series if one.base),
        "head": sum(one.head.lost for one in chart.series if one.head),
    }
    counts = [f"{count} on {side}" for side, count in rows.items() if count]
    return f" Rows left out: {' and '.join(counts)}." if counts else ""


def scatter_alt(chart: ScatterChart) -> ScatterChart:
    """Say how many points each cloud shows."""
    counts = [f"{series.name} {_count(series)}".strip() for series in chart.series]
    return _with_alt(chart, f"Points of {chart.y_label} over {chart.x_label}: {_listed(counts)}.")


def bar_alt(chart: BarChart) -> BarChart:
    """Name the bar that changed most."""
    count = f"{len(chart.bars)} value{'s' if len(chart.bars) != 1 else ''}"
    paired = [(bar, read) for bar in chart.bars if (read := Reading(bar.base, bar.head)).change is not None]
    says = f"{chart.value_label} by {chart.category_label}, {count}, base and head."
    lost = [_held(bar) for bar in chart.bars if bar.base_holds or bar.head_holds]
    if not paired:
        bar = max(chart.bars, key=lambda bar: abs(latest(bar)))
        alone = "No value is a number on both sides." if lost else "Only one side has it."
        found = f"{alone} Largest: {bar.label} {format_value(latest(bar))}."
    else:
        bar, read = max(paired, key=lambda pair: abs(pair[1].change or 0.0))
        name = f"{bar.group} {bar.label}".strip()
        found = f"Largest change: {name} {moved(read)}." if read.change else "No value changed."
    return _with_alt(chart, f"{says} {found}" + (f" No numbers: {_listed(lost)}." if lost else ""))


def _held(bar: Bar) -> str:
    sides = {"base": bar.base_holds, "head": bar.head_holds}
    holds = " and ".join(f"{text} on {side}" for side, text in sides.items() if text)
    return f"{bar.group} {bar.label} {holds}".strip()


def confusion_alt(chart: ConfusionChart) -> ConfusionChart:
    """Count the errors on both sides and name the cell that changed most."""
    square = chart.labels_x == chart.labels_y
    sentences = [f"Counts of {chart.y_label} (rows) by {chart.x_label} (columns), {len(chart.labels_y)} classes."]
    if read := errors(chart):
        sentences.append(f"Errors: {moved(read) if chart.comparable else _apart(read)}.")
    if chart.base and chart.head and chart.comparable:
        sentences.append(_largest_cell(chart, chart.base, chart.head, square=square))
    return _with_alt(chart, " ".join([*sentences, *lost_classes(chart)]))


def lost_classes(chart: ConfusionChart) -> list[str]:
    """Say how many rows the counts leave out, if any."""
    lost = {"base": chart.base_lost, "head": chart.head_lost}
    counts = " and ".join(f"{count} on {side}" for side, count in lost.items() if count)
    return [f"Rows without both classes: {counts}."] if counts else []


def _apart(read: Reading) -> str:
    sides = {"base": read.base, "head": read.head}
    return ", ".join(f"{side} {format_value(value)}" for side, value in sides.items() if value is not None)


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
