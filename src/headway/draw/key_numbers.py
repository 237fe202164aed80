"""The one number of each curve, matrix or bar that the image quotes, and the alternative text that quotes it too.

The text is one or two sentences with the numbers that matter, for readers who do not see the image.
"""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from headway.compare.arithmetic import difference
from headway.numbers import common_decimals, format_change, format_decimals, format_pair, format_value
from headway.text import shortened
from headway.values.typed import SIDES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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


class Texts(NamedTuple):
    """A reading as it is written.

    Attributes:
        sides: the number of each side that has one, base first.
        change: head minus base with its sign, or "no change"; empty where a side is missing or must not be compared.
    """

    sides: dict[Side, str]
    change: str


class Reading(NamedTuple):
    """A number on both sides; ``None`` where a side has none."""

    base: float | None
    head: float | None

    @property
    def change(self) -> float | None:
        """Head minus base, free of the noise of binary fractions."""
        change = difference(self.base, self.head)
        if change is None or abs(change) > _FLOAT_NOISE * max(abs(self.base or 0), abs(self.head or 0)):
            return change
        return 0.0

    @property
    def numbers(self) -> list[float]:
        """The numbers of the sides, and the change."""
        return [number for number in (self.base, self.head, self.change) if number is not None]

    def texts(self, decimals: int | None = None) -> Texts:
        """Write the numbers with the same decimals: those that readings of one kind share, or else their own.

        Both sides differ as written if they do. Where decimals do not suit the numbers, each gets its own digits.
        """
        own = common_decimals([self.numbers])
        decimals = own if own is None or decimals is None else decimals
        pair = format_pair(self.base, self.head)
        if decimals is not None:
            pair = format_decimals(self.base or 0, decimals), format_decimals(self.head or 0, decimals)
        sides: dict[Side, str] = {}
        if self.base is not None:
            sides["base"] = pair[0]
        if self.head is not None:
            sides["head"] = pair[1]
        if self.change is None:
            return Texts(sides, "")
        return Texts(sides, format_change(self.change, decimals) if self.change else "no change")


def shared_decimals(reads: Iterable[Reading]) -> int | None:
    """The decimals of readings of one kind, if some suit them."""
    return common_decimals(read.numbers for read in reads)


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


def curve_decimals(chart: LineChart, of: str) -> int | None:
    """The decimals that areas and distances of all curves share; where curves end, each has its own scale."""
    reads = (_reading(read_curves(series, of)) for series in chart.series if of != AT_THE_END)
    return shared_decimals(reads)


def curve_texts(read: CurveReadings, decimals: int | None) -> Texts:
    """Write each side, such as ``0.5``, ``0.5 at 4``, ``NaN (last 0.3 at 1)``, and the change between them."""
    numbers, change = _reading(read).texts(decimals)
    sides = {side: f"{one.before}{numbers.get(side, '')}{one.after}" for side, one in read.items()}
    return Texts(sides, change if all(one.comparable for one in read.values()) else "")


def _reading(read: CurveReadings) -> Reading:
    return Reading(*(read[side].value if side in read else None for side in SIDES))


def without_places(read: CurveReadings) -> CurveReadings:
    """Leave out where numbers were read, for want of space; a number that says more keeps its words."""

    def is_place(one: CurveReading) -> bool:
        return one.comparable and one.after.startswith(" at ")

    return {side: one._replace(after="") if is_place(one) else one for side, one in read.items()}


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
    sides, change = read.texts()
    texts = list(sides.values())
    if len(texts) == 1 or not read.change:
        return f"{texts[-1]}{' on both sides' if len(texts) > 1 else ''}"
    return f"{texts[0]} → {texts[1]} ({change})"


def latest(bar: Bar) -> float:
    """Head's value, or base's where head has none."""
    return bar.head if bar.head is not None else bar.base or 0.0


def bar_decimals(bars: Iterable[Bar]) -> int | None:
    """The decimals that the numbers of a group of bars share."""
    return shared_decimals(Reading(bar.base, bar.head) for bar in bars)


def line_alt(chart: LineChart) -> str:
    """Describe each curve by its number on both sides: where it ends, or the area under it."""
    of = measure(chart)
    decimals = curve_decimals(chart, of)
    moved = [_moved(curve_texts(read_curves(one, of), decimals)) for one in chart.series]
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
    decimals = bar_decimals(other for other in chart.bars if other.group == bar.group)
    name = f"{bar.group} {bar.label}".strip()
    largest = f"Largest{' change' if changes else ''}: {name} {_moved(read.texts(decimals))}."
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
        texts = read.texts()
        sentences.append(f"Errors: {_moved(texts if chart.comparable else texts._replace(change=''))}.")
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


def _moved(texts: Texts) -> str:
    """Write both sides and the change: ``0.094 to 0.081 (-0.013)``, or each side alone where there is no change."""
    sides, change = texts
    if len(sides) == 1:
        return "".join(f"{text} ({side} only)" for side, text in sides.items())
    if not change:
        return ", ".join(f"{side} {text}" for side, text in sides.items())
    return f"{' to '.join(dict.fromkeys(sides.values()))} ({change})"


def _lost(what: str, base: int, head: int) -> list[str]:
    return [f"{what}: {_by_side(base, head)}."] if base or head else []


def _by_side(base: int | str | None, head: int | str | None) -> str:
    return " and ".join(f"{value} on {side}" for side, value in (("base", base), ("head", head)) if value)


def _listed(texts: Sequence[str]) -> str:
    rest = len(texts) - _MOST_NAMED
    return "; ".join(texts[:_MOST_NAMED]) + (f"; and {rest} more" if rest > 0 else "")
