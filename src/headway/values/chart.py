"""Charts as typed, reduced data, as ``draw`` creates them and report.json stores them.

A chart contains no drawing program, except :class:`VegaChart`, and no NaN or infinite number: such points are left out,
counted in a footnote, and leave a gap in their curve. Either side of a chart may be ``None``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from headway.values.count import Count

if TYPE_CHECKING:
    from headway.values.revision import Side

Value = float | str
"""A position on an axis: a number, a category's name, or an ISO 8601 time."""

AxisType = Literal["quantitative", "nominal", "temporal"]

ActualAxis = Literal["", "x", "y"]

CurveKind = Literal["", "roc", "precision-recall", "rates", "calibration"]
"""The recognized type of curve; ``"rates"`` is a ROC or precision-recall curve whose axes are swapped or unknown."""

USUAL_THRESHOLD = 0.5
"""The decision threshold where the settings name none."""


class OperatingPoint(msgspec.Struct, frozen=True):
    """The point of a ROC or precision-recall curve that a decision threshold gives.

    Attributes:
        x, y: its place.
        threshold: the threshold in the file that is nearest to ``wanted``.
        wanted: the decision threshold that the settings name.
    """

    x: float
    y: float
    threshold: float
    wanted: float = USUAL_THRESHOLD


class Points(msgspec.Struct, frozen=True):
    """The points of one side of a series, in drawing order.

    Attributes:
        x, y: two columns of equal length; empty if no value of the side is a number.
        area: the area under a ROC curve, or the average precision of a precision-recall curve, computed from all rows
            or quoted from the chart's ``metric``.
        breaks: indices of the points that no line connects to the previous point, because a value between them is not a
            number.
        lost: the number of rows left out because their x or y is missing or not a number.
        end: what follows the last point in the file: ``"NaN"``, ``"∞"``, ``"empty cells"``, or a word in quotes; empty
            if the curve ends with a number.
        sizes: the number of rows in the bin of each point of a calibration curve; empty if the file does not give it.
        positives: the share of positives among the rows of a precision-recall curve; ``None`` if the file does not give
            it.
        operating: the operating point; ``None`` if the file gives no thresholds between 0 and 1.
    """

    x: tuple[Value, ...]
    y: tuple[Value, ...]
    area: float | None = None
    breaks: tuple[Count, ...] = ()
    lost: Count = 0
    end: str = ""
    sizes: tuple[Count, ...] = ()
    positives: float | None = None
    operating: OperatingPoint | None = None


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One curve, or one group of points, on both sides.

    Attributes:
        name: the series' name; empty if the chart has only one series.
        base, head: its points; ``None`` if the side has none.
    """

    name: str
    base: Points | None = None
    head: Points | None = None

    @property
    def sides(self) -> dict[Side, Points]:
        """The sides that have points, base first, so that head is drawn on top."""
        sides: dict[Side, Points | None] = {"base": self.base, "head": self.head}
        return {side: points for side, points in sides.items() if points and (points.x or points.y)}


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One category's value on both sides.

    Attributes:
        label: the category.
        group: the series' name if there are several series, else empty.
        base, head: the value; ``None`` if the side has no number.
        base_holds, head_holds: what the side's file contains instead of a number, such as ``"NaN"``; else empty.
    """

    label: str
    group: str = ""
    base: float | None = None
    head: float | None = None
    base_holds: str = ""
    head_holds: str = ""


class _Chart(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """The fields of every chart.

    Attributes:
        id: the plot's id, unique within a report.
        title: the heading above the image.
        alt: the alternative text of the image, with its key numbers.
        image: path of the PNG, relative to report.json; ``None`` if there is none.
        image_dark: path of the PNG for dark pages; ``None`` if there is none.
        width: the width in CSS pixels at which the text of the PNG has its natural size; ``None`` if there is no PNG.
    """

    id: str
    title: str
    alt: str
    image: str | None = None
    image_dark: str | None = None
    width: Count | None = None


class _SeriesChart(_Chart, frozen=True, kw_only=True):
    """The fields of charts with two axes."""

    series: tuple[Series, ...]
    x_label: str
    y_label: str
    x_type: AxisType = "quantitative"

    @property
    def points(self) -> list[Points]:
        """The points of every side of every series."""
        return [points for series in self.series for points in series.sides.values()]


class LineChart(_SeriesChart, frozen=True, kw_only=True, tag="line"):
    """Curves over an axis.

    Attributes:
        series: the curves.
        x_label, y_label: the axes' labels.
        x_type: whether x contains numbers, categories or times.
        diagonal: whether the line y = x is drawn, as for calibration and ROC curves.
        curve: the recognized type of curve; empty if none. ``rates`` is a ROC or precision-recall curve whose axes are
            swapped or unknown.
        metric: the name of the metric that measures the area under the curve, if the project has one: ``area`` is then
            its value. Empty for the area under the drawn points.
    """

    diagonal: bool = False
    curve: CurveKind = ""
    metric: str = ""


class ErrorBin(msgspec.Struct, frozen=True, kw_only=True):
    """The errors (predicted minus actual) of the points whose actual value lies in one range.

    Attributes:
        low, high: the range of the actual value.
        actual: the mean actual value.
        points: the number of points.
        bias: the mean error.
        lower, upper: the 10th and the 90th percentile of the error.
        mae: the mean absolute error.
    """

    low: float
    high: float
    actual: float
    points: Count
    bias: float
    lower: float
    upper: float
    mae: float


class PredictionErrors(msgspec.Struct, frozen=True, kw_only=True):
    """How far one side's predictions are from the actual values, computed from all rows, not only the drawn ones.

    Attributes:
        points: the number of rows.
        mae: the mean absolute error.
        bias: the mean error, predicted minus actual.
        bins: ranges of the actual value with about equally many points, the same on both sides; empty if there are few
            points.
    """

    points: Count
    mae: float
    bias: float
    bins: tuple[ErrorBin, ...] = ()


class ScatterChart(_SeriesChart, frozen=True, kw_only=True, tag="scatter"):
    """Points without an order.

    Attributes:
        series: the groups of points.
        x_label, y_label: the axes' labels.
        x_type, y_type: whether the axis contains numbers, categories or times.
        jitter: whether points of one category are spread so that they do not cover each other.
        actual: the axis of actual values, if the other axis contains predictions of them; else empty.
        base_errors, head_errors: the side's errors, if it has predictions. If the file has a column of ids, only the
            points whose id is on both sides count.
        paired: the number of ids that are on both sides.
        closer, farther: for how many of them head's error is smaller, and larger.
    """

    y_type: AxisType = "quantitative"
    jitter: bool = False
    actual: ActualAxis = ""
    base_errors: PredictionErrors | None = None
    head_errors: PredictionErrors | None = None
    paired: Count = 0
    closer: Count = 0
    farther: Count = 0

    @property
    def errors(self) -> dict[Side, PredictionErrors]:
        """The sides that have predictions, base first."""
        sides: dict[Side, PredictionErrors | None] = {"base": self.base_errors, "head": self.head_errors}
        return {side: errors for side, errors in sides.items() if errors}


class BarChart(_Chart, frozen=True, kw_only=True, tag="bar"):
    """Horizontal bars.

    Attributes:
        bars: the bars, from top to bottom.
        value_label, category_label: the axes' labels.
        left_out: the number of categories that changed less and are not among ``bars``.
    """

    bars: tuple[Bar, ...]
    value_label: str
    category_label: str
    left_out: Count = 0


class ConfusionChart(_Chart, frozen=True, kw_only=True, tag="confusion"):
    """A confusion matrix: counts of (actual, predicted) pairs.

    Attributes:
        labels_x, labels_y: the classes of both sides along each axis, sorted.
        base, head: the counts, one row per class of ``labels_y``, one column per class of ``labels_x``; ``None`` if the
            side has no such plot.
        x_label, y_label: the axes' labels.
        normalized: whether the image shows each count as a share of its row, as DVC's normalized template does.
        judged: whether the change may be called better or worse.
        base_lost, head_lost: the number of rows that lack one of the two classes and are not counted.
        actual: the axis of actual classes; empty if the axes' names do not say which it is.
    """

    labels_x: tuple[str, ...]
    labels_y: tuple[str, ...]
    base: tuple[tuple[Count, ...], ...] | None
    head: tuple[tuple[Count, ...], ...] | None
    x_label: str
    y_label: str
    normalized: bool = False
    judged: bool = True
    base_lost: Count = 0
    head_lost: Count = 0
    actual: ActualAxis = ""

    @property
    def comparable(self) -> bool:
        """Whether the sides can be compared: not if one lost more rows, which looks like fewer errors."""
        return self.base_lost == self.head_lost


class DistributionPanel(msgspec.Struct, frozen=True, kw_only=True):
    """One column's distribution on both sides: a histogram, or bars by category.

    Attributes:
        name: the column.
        edges: the bins' limits, one more than there are bins; empty for categories.
        labels: the categories; empty for numbers.
        base, head: the share of the side's values in each bin or category; ``None`` if the side has no values.
        remark: a short text below the name.
    """

    name: str
    edges: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    base: tuple[float, ...] | None = None
    head: tuple[float, ...] | None = None
    remark: str = ""


class DistributionChart(_Chart, frozen=True, kw_only=True, tag="distribution"):
    """The distributions of a table's columns, one panel per column.

    Attributes:
        panels: the panels, from left to right and top to bottom.
    """

    panels: tuple[DistributionPanel, ...]


class ImageChart(_Chart, frozen=True, kw_only=True, tag="image"):
    """An image file that the repository declares as a plot.

    Attributes:
        image, image_dark: the PNG that shows head, or the only side, or both if they are identical.
        base, head: path of the side's copy, relative to report.json; ``None`` if the side has no such image.
        before, before_dark: the PNG that shows base, if head differs from it.
        difference, difference_dark: the PNG that shows where they differ; ``None`` where it would say nothing, because
            the sizes differ or too many pixels do.
    """

    base: str | None
    head: str | None
    before: str | None = None
    before_dark: str | None = None
    difference: str | None = None
    difference_dark: str | None = None


class VegaChart(_Chart, frozen=True, kw_only=True, tag="vega"):
    """A plot with a custom template: a program from the repository, so do not trust it.

    Render it only without access to the network and to files.

    Attributes:
        spec: the Vega-Lite specification, including the data.
    """

    spec: dict[str, Any]


Chart = LineChart | ScatterChart | BarChart | ConfusionChart | DistributionChart | ImageChart | VegaChart
