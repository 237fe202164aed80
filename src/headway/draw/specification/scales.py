"""Chooses which part of an axis to show, so that the difference between two curves is what the reader sees."""

from __future__ import annotations

import math
from itertools import groupby, pairwise
from statistics import median, quantiles
from sys import float_info
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from headway.numbers import format_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.values.chart import LineChart

_COLLAPSED = 0.2  # a curve lies on the floor if half of its points lie within this share of the height
_LOG_SPAN = 10  # ... and a logarithmic axis lifts it if the values span at least this factor
_LOG_MOST = 1e12  # what a logarithmic axis can span and still be read
_FLAT = 0.35  # else the axis shows only the middle 80% of the points if they take less than this share of the height
VALUE_NOISE = 1e-6  # a relative spread of values below this says nothing, and must not look like a mountain range
_FEW_VALUES = 10  # too few to say what is usual
_PAD = 0.06
_SIMILAR = 0.4  # of a shared axis each series must fill
_NEAR_ZERO = 0.4  # of the way from zero to the farthest dot
_DOT_PAD = 0.08
_CORNERS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3)
_CORNER_MARGIN = 3  # a corner is shown this many times wider than the curve's distance from it

_LARGEST_PLAIN, _LARGEST_PREFIXED, _SMALLEST_PLAIN = 1e5, 1e15, 1e-5

Point = tuple[float, float]


class Scale(NamedTuple):
    """What an axis shows, and a remark where that is unusual."""

    kind: Literal["linear", "log"]
    low: float
    high: float
    remark: str = ""

    def share(self, value: float) -> float:
        """A value's place between low (0) and high (1), clamped to them."""
        inside = min(max(value, self.low), self.high)
        if self.kind == "log":
            low, high = math.log(self.low), math.log(self.high)  # a ratio of the values themselves could overflow
            return (math.log(inside) - low) / (high - low)
        return (inside - self.low) / (self.high - self.low)

    def travel(self, values: Sequence[float | str]) -> float:
        """How far a curve goes up and down in all, in heights of the plot; beyond its edges it does not move."""
        low, high = self.low, self.high
        inside = [low if value < low else min(value, high) for value in map(float, values)]
        if self.kind == "log":
            inside, low, high = list(map(math.log, inside)), math.log(low), math.log(high)
        return sum(abs(after - before) for before, after in pairwise(inside)) / (high - low)

    def vega(self) -> dict[str, Any]:
        """Give the scale as Vega-Lite has it."""
        zero = {} if self.kind == "log" else {"zero": False}
        return {"type": self.kind, "domain": [self.low, self.high], "nice": False, **zero}

    def axis(self, height: int) -> dict[str, Any]:
        """Give the ticks of an axis of so many points, and how their numbers are written, as Vega-Lite has it."""
        if self.kind == "log":
            return {"values": self.ticks(max(height // 40, 2)), "format": "~g"}
        style = self._style()
        return {"tickCount": _tick_count(height), **({"format": f"~{style}"} if style else {})}

    def widest_label(self, height: int) -> str:
        """Write a number as wide as the widest on the axis."""
        if self.kind == "log":
            return max(map(_plain, self.ticks(max(height // 40, 2))), key=len)
        largest, minus = max(abs(self.low), abs(self.high)), "-" * (self.low < 0)
        match self._style():
            case "s":
                return f"{minus}0.000M"
            case "g":
                return f"{minus}{largest:.2e}"
        decimals = max(-math.floor(math.log10(_tick_step(self.low, self.high, _tick_count(height)))), 0)
        return f"{minus}{largest:,.{decimals}f}"

    def _style(self) -> Literal["", "s", "g"]:
        """Choose how numbers are written that would be long: ``1.5M``, ``2e-7``; empty for all others."""
        largest = max(abs(self.low), abs(self.high))
        if _LARGEST_PLAIN <= largest < _LARGEST_PREFIXED and self.high - self.low > largest / 100:
            return "s"
        return "" if _SMALLEST_PLAIN <= largest < _LARGEST_PREFIXED else "g"

    def ticks(self, most: int) -> list[float]:
        """Round values for a logarithmic axis: 1, 2, 5, 10, or only 1, 10, 100."""
        decades = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for digits in ((1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
            values = [float(f"{digit}e{decade}") for decade in decades for digit in digits]
            shown = [value for value in values if self.low <= value <= self.high]
            if len(shown) <= most:
                break
        return shown


UNIT = Scale("linear", 0.0, 1.0)
FLOAT_NOISE = 1e-12
"""The relative difference of two positions that are the same."""


def _tick_count(height: int) -> int:
    return max(height // 45, 3)


def _tick_step(low: float, high: float, count: int) -> float:
    """Give the step between ticks that Vega chooses: 1, 2 or 5 times a power of ten (d3-array's ``tickIncrement``)."""
    step = (high - low) / count
    power = 10.0 ** math.floor(math.log10(step))
    factors = ((math.sqrt(50), 10), (math.sqrt(10), 5), (math.sqrt(2), 2), (0, 1))
    return power * next(factor for least, factor in factors if step / power >= least)


def _plain(value: float) -> str:
    """Write a power of ten, or a few times one, as d3-format's ``~g`` does."""
    exponent = math.floor(math.log10(value))
    return f"{value:.0e}" if not -7 < exponent < 6 else f"{value:.{max(-exponent, 0)}f}"  # noqa: PLR2004  d3-format's


def position_scale(low: float, high: float) -> Scale:
    """Choose the x axis of curves: from the first to the last point."""
    return _flat_scale(low, high) if is_flat(low, high, FLOAT_NOISE) else Scale("linear", low, high)


def value_scale(values: Sequence[float], ends: Sequence[float], *, zoomable: bool = True) -> Scale:
    """Choose the y axis of curves: logarithmic where they collapse on the floor, else zoomed to where most points are.

    The ``ends`` of the curves are always shown; ``zoomable`` says whether other points may lie outside.
    """
    low, high = min(values), max(values)
    if is_flat(low, high):
        return _flat_scale(low, high)
    if low > 0 and low <= high / _LOG_SPAN and median(values) - low < _COLLAPSED * (high - low):
        shown = min(max(low, high / _LOG_MOST), *ends)
        margin = math.exp((math.log(high) - math.log(shown)) * _PAD)
        below = f", points below {format_value(shown)} are cut off" if low < shown else ""
        bottom, top = max(shown / margin, math.ulp(0.0)), min(high * margin, float_info.max)
        return Scale("log", bottom, top, f"logarithmic axis{below}")
    shown_low, shown_high = _usual(values, ends, low, high) if zoomable else (low, high)
    pad = _PAD * (shown_high - shown_low)
    bottom, top = _padded(shown_low, shown_high, pad)
    bottom, top = max(bottom, 0.0) if low >= 0 else bottom, min(top, 1.0) if high <= 1 else top
    lost = [
        f"points {where} {format_value(edge)} are cut off"
        for where, edge, is_cut in (("below", bottom, low < bottom), ("above", top, high > top))
        if is_cut
    ]
    return Scale("linear", bottom, top, ", ".join(lost))


def share_if_similar(own: Sequence[Scale], shared: Scale) -> list[Scale]:
    """Draw series of the same size on one axis, so that they compare; else each keeps its own."""
    similar = all(one.kind == shared.kind and shared.share(one.high) - shared.share(one.low) >= _SIMILAR for one in own)
    return [shared] * len(own) if similar else list(own)


def dot_scale(values: Sequence[float], noise: float = VALUE_NOISE) -> Scale:
    """Choose the axis of dots: all with a margin, and zero where it is near; a spread up to ``noise`` is flat."""
    low, high = min(values), max(values)
    if 0 < low < _NEAR_ZERO * high:
        low = 0.0
    elif _NEAR_ZERO * low < high < 0:
        high = 0.0
    pad = (abs(low) if is_flat(low, high, noise) else high - low) * _DOT_PAD or 0.5
    bottom, top = _padded(low, high, pad)
    return Scale("linear", max(bottom, 0.0) if low >= 0 else bottom, min(top, 1.0) if low >= 0 and high <= 1 else top)


def corner(chart: LineChart) -> tuple[Scale, Scale] | None:
    """Choose the corner to enlarge of ROC curves (top left) or precision-recall curves (top right) that all hug it.

    A curve's distance from its corner is where it crosses the diagonal through it (for a ROC, the equal error rate).
    ``None`` where a curve does not hug the corner, or all turn exactly in it.
    """
    if chart.curve not in ("roc", "precision-recall"):
        return None
    left = chart.curve == "roc"
    sides = [[float(x) if left else 1 - float(x) for x in points.x] for points in chart.points]
    tops = [[1 - float(y) for y in points.y] for points in chart.points]
    distance = max((min(map(max, *curve)) for curve in zip(sides, tops, strict=True)), default=0.0)
    size = next((size for size in _CORNERS if size >= _CORNER_MARGIN * distance), None)
    if size is None or not distance:
        return None
    x = Scale("linear", 0.0, size) if left else Scale("linear", 1 - size, 1.0)
    return x, Scale("linear", 1 - size, 1.0)


def _usual(values: Sequence[float], ends: Sequence[float], low: float, high: float) -> tuple[float, float]:
    if len(values) < _FEW_VALUES:
        return low, high
    tenths = quantiles(values, n=10)
    size = tenths[-1] - tenths[0]
    if size >= _FLAT * (high - low) or is_flat(tenths[0], tenths[-1]):
        return low, high
    return max(low, min(tenths[0] - size, *ends)), min(high, max(tenths[-1] + size, *ends))


def is_flat(low: float, high: float, noise: float = VALUE_NOISE) -> bool:
    """Tell whether nothing but noise lies between two values."""
    return high - low <= noise * max(abs(low), abs(high))


def _flat_scale(low: float, high: float) -> Scale:
    pad = abs(low) * _PAD or 0.5
    return Scale("linear", low - pad, high + pad)


def _padded(low: float, high: float, pad: float) -> tuple[float, float]:
    """Move both edges outwards by the padding and on to a short number, by less than the padding again."""
    step = 10.0 ** math.floor(math.log10(pad))
    bottom, top = math.floor((low - pad) / step), math.ceil((high + pad) / step)
    return float(f"{bottom * step:.12g}"), float(f"{top * step:.12g}")


def cut(points: Sequence[Point], x: Scale, y: Scale) -> list[list[Point]]:
    """Give the parts of a curve that lie within both scales.

    Vega can clip as well, but then the rasteriser draws the whole curve on a layer of its own, which takes several
    times longer.
    """

    def is_inside(point: Point) -> bool:
        return x.low <= point[0] <= x.high and y.low <= point[1] <= y.high

    if all(map(is_inside, points)):
        return [list(points)]
    for axis, scale in enumerate((x, y)):
        for edge in (scale.low, scale.high):
            points = _with_crossings(points, axis, edge)
    return [list(run) for inside, run in groupby(points, is_inside) if inside]


def _with_crossings(points: Sequence[Point], axis: int, edge: float) -> list[Point]:
    """Insert a point wherever a curve crosses an edge."""
    result = list(points[:1])
    for before, after in pairwise(points):
        start, end = before[axis], after[axis]
        if min(start, end) < edge < max(start, end):
            share = (edge - start) / (end - start)
            other = before[1 - axis] + share * (after[1 - axis] - before[1 - axis])
            result.append((other, edge) if axis else (edge, other))
        result.append(after)
    return result
