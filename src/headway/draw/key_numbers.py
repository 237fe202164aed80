"""The one number of each curve, matrix or bar that the image quotes, and the alternative text that quotes it too.

The text is one or two sentences with the numbers that matter, for readers who do not see the image.
"""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from headway.numbers import format_change, format_pair, format_value
from headway.text import shortened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headway.values.chart import Bar, BarChart, ConfusionChart, LineChart, Points, ScatterChart, Series
    from headway.values.revision import Side

AT_THE_END = "at the end"
_AVERAGE_PRECISION = "the average precision of this curve"
_AREA = "the area under this curve"
_MEAN_GAP = "the mean distance from the diagonal"
_MEAN_GAP_OF_ROWS = f"{_MEAN_GAP}, weighted by rows"
_LONG_PLACE = 20  # letters of an x, such as a time, beyond which it is not written beside a curve
_MOST_NAMED = 6
_NAME_LETTERS = 24  # of a class or a column within a sentence
_RARE = 0.1  # the share of rows below which a class is rare
_NOTABLE = 0.1  # of the mean error: by how much it has to grow in a range that the words name
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

    @property
    def texts(self) -> dict[Side, str]:
        """The numbers as written, with digits enough to differ if they do."""
        sides: dict[Side, float | None] = {"base": self.base, "head": self.head}
        written = format_pair(self.base, self.head)
        return {side: text for (side, value), text in zip(sides.items(), written, strict=True) if value is not None}


class CurveReading(NamedTuple):
    """The number of one side of a curve, if there is one, with the words around it."""

    value: float | None
    before: str = ""
    after: str = ""
    comparable: bool = True  # with the other side's number


CurveReadings = dict["Side", CurveReading]
"""By side, base first; without a side that the chart does not have."""


def measure(chart: LineChart) -> str:
    """Choose what to read off a chart's curves, in words that continue "numbers are".

    The area is called that of this curve, because a metric of the same project may be computed in another way, such as
    by class; a metric that is known to measure it is quoted instead. A calibration curve (one with a diagonal that is
    not a ROC curve) is read by its mean distance from the diagonal. A point counts by the rows in its bin (the expected
    calibration error: Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities Using Bayesian Binning",
    AAAI 2015), or all alike where the plot has none.
    """
    if chart.metric:
        return shortened(chart.metric, _NAME_LETTERS)
    if chart.curve in ("roc", "precision-recall", "rates"):
        return _AVERAGE_PRECISION if chart.curve == "precision-recall" else _AREA
    if not chart.diagonal:
        return AT_THE_END
    return _MEAN_GAP_OF_ROWS if all(any(points.sizes) for points in chart.points) else _MEAN_GAP


def read_curves(series: Series, of: str) -> CurveReadings:
    """Read the sides of a curve that exist, even without a single number."""
    both: dict[Side, Points | None] = {"base": series.base, "head": series.head}
    sides = {side: points for side, points in both.items() if points}
    if of == AT_THE_END:
        return _ends(sides)
    if of in (_MEAN_GAP, _MEAN_GAP_OF_ROWS):
        return _mean_gaps(sides, by_rows=of == _MEAN_GAP_OF_ROWS)
    return {side: CurveReading(points.area, "no area" * (points.area is None)) for side, points in sides.items()}


def curve_texts(read: CurveReadings) -> dict[Side, str]:
    """Write each side: ``0.5``, ``0.5 at 4``, ``NaN (last 0.3 at 1)``."""
    values = [one.value for one in read.values()]
    numbers = zip(read.items(), format_pair(values[0], values[-1]), strict=False)
    return {side: f"{one.before}{number * (one.value is not None)}{one.after}" for (side, one), number in numbers}


def without_places(read: CurveReadings) -> CurveReadings:
    """Leave out where numbers were read, for want of space; a number that says more keeps its words."""

    def is_place(one: CurveReading) -> bool:
        return one.comparable and one.after.startswith(" at ")

    return {side: one._replace(after="") if is_place(one) else one for side, one in read.items()}


def curve_change(read: CurveReadings) -> float | None:
    """Head minus base; ``None`` where a side is missing or must not be compared."""
    if len(read) == 1 or not all(one.comparable for one in read.values()):
        return None
    return Reading(*(one.value for one in read.values())).change


def _ends(sides: Mapping[Side, Points]) -> CurveReadings:
    """Read the ends of curves, and where these are if that is not at the same x."""
    xs = [points.x[-1] if points.x else None for points in sides.values()]
    written = [place.removesuffix("T00:00:00Z") for place in format_pair(xs[0], xs[-1])]
    places = [f" at {place}" if len(place) <= _LONG_PLACE else "" for place in written]
    ends = {side: _end(points, at) for (side, points), at in zip(sides.items(), places, strict=False)}
    alike = len(set(map(format_value, xs))) == 1
    return {side: one._replace(after="") if alike and one.comparable else one for side, one in ends.items()}


def _end(points: Points, at: str) -> CurveReading:
    if not points.x:
        return CurveReading(None, f"no number ({points.end})")
    last = float(points.y[-1])
    if points.end:
        return CurveReading(last, f"{points.end} (last ", f"{at})", comparable=False)
    return CurveReading(last, after=at)


def _mean_gaps(sides: Mapping[Side, Points], *, by_rows: bool) -> CurveReadings:
    """Read the mean distance from the diagonal; means are not compared where one side lacks more points."""
    alike = len({points.lost for points in sides.values()}) == 1
    read: CurveReadings = {}
    for side, points in sides.items():
        gaps = [abs(float(y) - float(x)) for x, y in zip(points.x, points.y, strict=True)]
        after = f" over {len(gaps)} of {len(gaps) + points.lost} points" if gaps and points.lost else ""
        mean = fmean(gaps, points.sizes if by_rows else None) if gaps else None
        read[side] = CurveReading(mean, "" if gaps else "no number", after, alike)
    return read


def errors(chart: ConfusionChart) -> Reading | None:
    """Count what is off the diagonal on both sides; ``None`` where the axes hold different classes."""
    if chart.labels_x != chart.labels_y:
        return None
    wrong = (
        None if counts is None else sum(sum(row) - row[index] for index, row in enumerate(counts))
        for counts in (chart.base, chart.head)
    )
    return Reading(*wrong)


def error_counts(chart: ConfusionChart) -> list[str]:
    """Count the errors in short texts; by kind where one of two classes is rare, as a sum of both would mislead."""
    read = errors(chart)
    if read is None:
        return []
    if read.base is not None and read.head is not None and not chart.comparable:
        return [f"base {_errors(read.base)}, head {_errors(read.head)}"]
    if (rare := _rare_class(chart)) is not None:
        return [f"{kind} {arrow(count)}" for kind, count in _errors_by_kind(chart, rare)]
    if read.base is None or read.head is None:
        return [
            f"{side} {_errors(count)}"
            for side, count in (("base", read.base), ("head", read.head))
            if count is not None
        ]
    if chart.base == chart.head:
        return [f"base and head: {_errors(read.head)}"]
    moved = format_change(read.change) if read.change else "no change in sum"
    return [f"base {_errors(read.base)} → head {format_value(read.head)} ({moved})"]


def _errors(count: float) -> str:
    return f"{format_value(count)} error{'' if count == 1 else 's'}"


def _rare_class(chart: ConfusionChart) -> int | None:
    """The rarer of two classes, if few rows are of it."""
    counts = chart.head or chart.base
    if not counts or len(chart.labels_y) != 2:  # noqa: PLR2004  a binary problem
        return None
    totals = [sum(row) for row in (zip(*counts, strict=True) if chart.actual == "x" else counts)]
    return totals.index(min(totals)) if min(totals) < _RARE * sum(totals) else None


def _errors_by_kind(chart: ConfusionChart, rare: int) -> Iterator[tuple[str, Reading]]:
    """Count the rows of the rare class that are missed, and the false alarms, if the axes' names tell them apart."""
    name = shortened(chart.labels_y[rare], _NAME_LETTERS)
    kinds = (f"“{name}” missed", "false alarms") if chart.actual else ("", "")
    for kind, actual in zip(kinds, (rare, 1 - rare), strict=True):
        y, x = (1 - actual, actual) if chart.actual == "x" else (actual, 1 - actual)
        count = Reading(*(None if side is None else side[y][x] for side in (chart.base, chart.head)))
        yield kind or f"{_cell_name(chart, chart.labels_y[y], chart.labels_x[x])}:", count


def arrow(read: Reading) -> str:
    """Write both sides with the change: ``46.1 → 38.2 (+7.9)`` with a minus for less; a side alone as it is."""
    texts = list(read.texts.values())
    if len(texts) == 1 or not read.change:
        return f"{texts[-1]}{' on both sides' if len(texts) > 1 else ''}"
    return f"{texts[0]} → {texts[1]} ({format_change(read.change)})"


def latest(bar: Bar) -> float:
    """Head's value, or base's where head has none."""
    return bar.head if bar.head is not None else bar.base or 0.0


def line_alt(chart: LineChart) -> str:
    """Describe each curve by its number on both sides: where it ends, or the area under it."""
    of = measure(chart)
    read = [read_curves(one, of) for one in chart.series]
    moved = [_moved(curve_texts(one), curve_change(one)) for one in read]
    named = [f"{series.name} {words}".strip() for series, words in zip(chart.series, moved, strict=True)]
    words = of if chart.metric else f"{of[0].upper()}{of[1:]}"
    text = f"Curves of {chart.y_label} over {chart.x_label}, base and head. {words}: {_listed(named)}."
    base = sum(one.base.lost for one in chart.series if one.base)
    head = sum(one.head.lost for one in chart.series if one.head)
    return " ".join([text, *_lost("Rows left out", base, head)])


def scatter_alt(chart: ScatterChart) -> str:
    """Measure predictions; of other charts count the points of each cloud."""
    if chart.errors:
        points = _by_side(*(one.points if one else None for one in (chart.base_errors, chart.head_errors)))
        return f"{chart.title}: predicted against actual values, {points}. {'; '.join(prediction_errors(chart))}."
    counts = [f"{one.name} {_by_side(_size(one.base), _size(one.head))}".strip() for one in chart.series]
    return f"Points of {chart.y_label} over {chart.x_label}: {_listed(counts)}."


def prediction_errors(chart: ScatterChart) -> list[str]:
    """Say how large the errors are in short texts: their mean, the bias, where they are largest and where they grew."""
    sides = chart.base_errors, chart.head_errors
    biases = [format_change(one.bias) for one in sides if one]
    mean = Reading(*(one.mae if one else None for one in sides))
    return [
        f"mean absolute error {arrow(mean)}",
        f"bias {' → '.join(dict.fromkeys(biases))}",
        *_worst_ranges(chart, mean),
        *(
            [f"of {chart.paired:,} ids head is closer for {chart.closer:,}, farther for {chart.farther:,}"]
            if chart.paired
            else []
        ),
    ]


def _worst_ranges(chart: ScatterChart, mean: Reading) -> Iterator[str]:
    """Name the range of actual values with the largest error, and another where it grew notably."""
    base, head = (
        {(bin_.low, bin_.high): bin_.mae for bin_ in one.bins} if one else {}
        for one in (chart.base_errors, chart.head_errors)
    )
    reads = {place: Reading(base.get(place), head.get(place)) for place in {**base, **head}}
    if not reads:
        return
    worst = max(head or base, key=lambda place: (head or base)[place])
    grown = max(reads, key=lambda place: reads[place].change or 0.0)
    yield f"largest where {_range(chart, worst)}: {arrow(reads[worst])}"
    if grown != worst and (reads[grown].change or 0.0) > _NOTABLE * (mean.base or 0.0):
        yield f"grew most where {_range(chart, grown)}: {arrow(reads[grown])}"


def _range(chart: ScatterChart, place: tuple[float, float]) -> str:
    label = chart.x_label if chart.actual == "x" else chart.y_label
    return f"{shortened(label, _NAME_LETTERS)} is {' to '.join(format_pair(*place))}"


def _size(points: Points | None) -> int:
    return len(points.x) if points else 0


def bar_alt(chart: BarChart) -> str:
    """Name the bar that changed most, or the largest where no side can be compared, and those without a number."""
    reads = [(bar, Reading(bar.base, bar.head)) for bar in chart.bars]
    changes = [(abs(read.change), bar, read) for bar, read in reads if read.change is not None]
    sizes = [(abs(latest(bar)), bar, read) for bar, read in reads]
    size, bar, read = max(changes or sizes, key=lambda one: one[0])
    name = f"{bar.group} {bar.label}".strip()
    largest = f"Largest{' change' if changes else ''}: {name} {_moved(read.texts, read.change)}."
    count = f"{len(chart.bars)} value{'s' if len(chart.bars) != 1 else ''}"
    text = f"{chart.value_label} by {chart.category_label}, {count}, base and head."
    held = {f"{bar.group} {bar.label}".strip(): _by_side(bar.base_holds, bar.head_holds) for bar in chart.bars}
    lost = [f"{name} {holds}" for name, holds in held.items() if holds]
    found = "No value changed." if changes and not size else largest
    return f"{text} {found}" + (f" No numbers: {_listed(lost)}." if lost else "")


def confusion_alt(chart: ConfusionChart) -> str:
    """Count the errors on both sides and name the cell that changed most."""
    sentences = [f"Counts of {chart.y_label} (rows) by {chart.x_label} (columns), {len(chart.labels_y)} classes."]
    if read := errors(chart):
        sentences.append(f"Errors: {_moved(read.texts, read.change if chart.comparable else None)}.")
    if chart.base and chart.head and chart.comparable:
        largest = largest_cells(chart, 1)
        unchanged = "No confusion changed." if read else "No count changed."
        sentences += [f"Largest change: {cell}." for cell in largest] or [unchanged]
    return " ".join([*sentences, *lost_classes(chart)])


def lost_classes(chart: ConfusionChart) -> list[str]:
    """Say how many rows the counts leave out, if any."""
    return _lost("Rows without both classes", chart.base_lost, chart.head_lost)


def largest_cells(chart: ConfusionChart, most: int) -> list[str]:
    """Name the cells that changed most, without the diagonal: ``7 predicted as 1: 3 → 9 (+6)``."""
    square = chart.labels_x == chart.labels_y
    reads = [
        (_cell_name(chart, y, x), Reading(before, after))
        for row, (y, *rows) in enumerate(zip(chart.labels_y, chart.base or (), chart.head or (), strict=True))
        for column, (x, before, after) in enumerate(zip(chart.labels_x, *rows, strict=True))
        if before != after and not (square and row == column)
    ]
    reads.sort(key=lambda cell: -abs(cell[1].change or 0))
    return [f"{name}: {arrow(read)}" for name, read in reads[:most]]


def _cell_name(chart: ConfusionChart, y: str, x: str) -> str:
    y, x = shortened(y, _NAME_LETTERS), shortened(x, _NAME_LETTERS)
    if not chart.actual:
        return f"{chart.y_label} {y}, {chart.x_label} {x}"
    return f"{y} predicted as {x}" if chart.actual == "y" else f"{x} predicted as {y}"


def _moved(texts: Mapping[Side, str], change: float | None) -> str:
    """Write both sides and the change: ``0.094 to 0.081 (-0.013)``, or each side alone where there is no change."""
    if len(texts) == 1:
        return "".join(f"{text} ({side} only)" for side, text in texts.items())
    if change is None:
        return ", ".join(f"{side} {text}" for side, text in texts.items())
    if not change and texts["base"] == texts["head"]:
        return f"{texts['head']} (no change)"
    return f"{texts['base']} to {texts['head']} ({format_change(change) if change else 'no change'})"


def _lost(what: str, base: int, head: int) -> list[str]:
    return [f"{what}: {_by_side(base, head)}."] if base or head else []


def _by_side(base: int | str | None, head: int | str | None) -> str:
    return " and ".join(f"{value} on {side}" for side, value in (("base", base), ("head", head)) if value)


def _listed(texts: Sequence[str]) -> str:
    rest = len(texts) - _MOST_NAMED
    return "; ".join(texts[:_MOST_NAMED]) + (f"; and {rest} more" if rest > 0 else "")
