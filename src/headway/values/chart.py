"""Charts as typed, already reduced data: what ``draw`` makes of a plot and what report.json carries.

A chart holds no drawing program (only :class:`VegaChart` does, for a team's own template) and no number
that is NaN or infinite: such points are left out, counted in a footnote, and leave a gap in their curve.
Every chart has a base and a head; either may be ``None`` if that side has no such plot.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from headway.values.count import Count

if TYPE_CHECKING:
    from headway.values.revision import Side

Value = float | str
"""A position on an axis: a number, or a category's name, or an ISO 8601 time."""

AxisType = Literal["quantitative", "nominal", "temporal"]

CurveKind = Literal["", "roc", "precision-recall", "rates", "calibration"]
"""What curves are known to be; ``"rates"`` are a ROC or precision-recall curve whose axes are not told apart."""


class Points(msgspec.Struct, frozen=True):
    """Points in drawing order, as two columns of equal length.

    Attributes:
        x, y: the positions along each axis; empty if no value of the side is a number.
        area: the area under a ROC curve, or the average precision of a precision-recall curve, taken before its
            points were reduced.
        breaks: the points that no line joins with the previous point, because a value between them is not a number.
        lost: the number of rows that the curve omits, because they have no number or no position.
        end: what follows the last point: ``"NaN"``, ``"∞"``, ``"empty cells"``, or a word in quotes; empty if the
            curve ends with a number.
    """

    x: tuple[Value, ...]
    y: tuple[Value, ...]
    area: float | None = None
    breaks: tuple[Count, ...] = ()
    lost: Count = 0
    end: str = ""


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One curve or cloud on both sides.

    Attributes:
        name: the series' name; empty if the chart has only one.
        base, head: its points; ``None`` if a side has none.
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
        group: the series' name if there are several.
        base, head: the values; ``None`` if a side has none.
        base_holds, head_holds: what a side has instead of a number, such as ``"NaN"``.
    """

    label: str
    group: str = ""
    base: float | None = None
    head: float | None = None
    base_holds: str = ""
    head_holds: str = ""


class _Chart(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every chart has.

    Attributes:
        id: the plot's id, unique in a report.
        title: the heading above the image.
        alt: the alternative text, with the most important numbers.
        image: the path of the PNG, relative to report.json; ``None`` if it could not be drawn.
        image_dark: the same in the dark version.
    """

    id: str
    title: str
    alt: str
    image: str | None = None
    image_dark: str | None = None


class _SeriesChart(_Chart, frozen=True, kw_only=True):
    """What curves and clouds have."""

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
        x_label, y_label: what the axes show.
        x_type: whether x holds numbers, categories or times.
        diagonal: whether the line y = x is drawn (calibration, ROC).
        curve: what the curves are known to be; empty for any other.
    """

    diagonal: bool = False
    curve: CurveKind = ""


class ScatterChart(_SeriesChart, frozen=True, kw_only=True, tag="scatter"):
    """Points without an order.

    Attributes:
        series: the clouds.
        x_label, y_label: what the axes show.
        x_type, y_type: whether an axis holds numbers, categories or times.
        jitter: whether points at the same category are spread so that they do not hide each other.
    """

    y_type: AxisType = "quantitative"
    jitter: bool = False


class BarChart(_Chart, frozen=True, kw_only=True, tag="bar"):
    """Horizontal bars.

    Attributes:
        bars: from top to bottom.
        value_label, category_label: what the axes show.
    """

    bars: tuple[Bar, ...]
    value_label: str
    category_label: str


class ConfusionChart(_Chart, frozen=True, kw_only=True, tag="confusion"):
    """Counts of (actual, predicted) pairs.

    Attributes:
        labels_x, labels_y: the classes along each axis, the union of both sides, sorted.
        base, head: counts as rows over ``labels_y`` and columns over ``labels_x``.
        x_label, y_label: what the axes show.
        normalized: whether the plot's template asks for shares of each row (as in DVC, of a class of ``labels_y``).
        judged: whether the change may be called better or worse.
        base_lost, head_lost: the number of rows that lack one of the two classes and are not counted.
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

    @property
    def comparable(self) -> bool:
        """Whether the sides may be set against each other: not if one lost more rows, which looks like fewer errors."""
        return self.base_lost == self.head_lost


class DistributionPanel(msgspec.Struct, frozen=True, kw_only=True):
    """One column's distribution on both sides: a histogram if it has edges, else bars by category.

    Attributes:
        name: the column.
        edges: the bins' limits, one more than there are bins; empty for categories.
        labels: the categories; empty for numbers.
        base, head: the share of the side's values in each bin or category; ``None`` if a side has no values.
        remark: a few words below the name.
    """

    name: str
    edges: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()
    base: tuple[float, ...] | None = None
    head: tuple[float, ...] | None = None
    remark: str = ""


class DistributionChart(_Chart, frozen=True, kw_only=True, tag="distribution"):
    """The distributions of a table's columns, in one small chart per column.

    Attributes:
        panels: from left to right and top to bottom.
    """

    panels: tuple[DistributionPanel, ...]


class ImageChart(_Chart, frozen=True, kw_only=True, tag="image"):
    """An image that the repository itself contains.

    Attributes:
        base, head: the path of its copy, relative to report.json; ``None`` if a side has no such image.
    """

    base: str | None
    head: str | None


class VegaChart(_Chart, frozen=True, kw_only=True, tag="vega"):
    """A custom template of the repository, filled with data. The program is untrusted.

    Render it without network and files.

    Attributes:
        spec: the Vega-Lite program, including the data.
    """

    spec: dict[str, Any]


Chart = LineChart | ScatterChart | BarChart | ConfusionChart | DistributionChart | ImageChart | VegaChart
