"""Charts as typed, already reduced data: what ``draw`` makes of a plot and what report.json carries.

A chart holds no drawing program (only :class:`VegaChart` does, for a team's own template) and no number
that is NaN or infinite: such points are left out and counted in a footnote. Every chart has a base and a
head; either may be ``None`` where that side has no such plot.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Value = float | str
"""A position on an axis: a number, or a category's name, or an ISO 8601 time."""

AxisType = Literal["quantitative", "nominal", "temporal"]


class Points(msgspec.Struct, frozen=True):
    """Points in drawing order, as two columns of equal length.

    ``area`` is the area under a ROC or precision-recall curve, taken before its points were reduced.
    """

    x: tuple[Value, ...]
    y: tuple[Value, ...]
    area: float | None = None


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """One curve or cloud on both sides. ``name`` is empty where the chart has only one series."""

    name: str
    base: Points | None = None
    head: Points | None = None


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """One category's value on both sides; ``group`` names the series where there are several."""

    label: str
    group: str = ""
    base: float | None = None
    head: float | None = None


class _Chart(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every chart has.

    Attributes:
        id: the plot's id, unique in a report.
        title: the heading above the picture.
        alt: the picture in words, with the numbers that matter, for readers who do not see it.
        image: path of the PNG beside report.json; ``None`` where it could not be drawn.
        image_dark: the same for dark pages.
    """

    id: str
    title: str
    alt: str
    image: str | None = None
    image_dark: str | None = None


class LineChart(_Chart, frozen=True, kw_only=True, tag="line"):
    """Curves over an axis. ``diagonal`` asks for the y = x line (calibration, ROC)."""

    series: tuple[Series, ...]
    x_label: str
    y_label: str
    x_type: AxisType = "quantitative"
    diagonal: bool = False


class ScatterChart(_Chart, frozen=True, kw_only=True, tag="scatter"):
    """Points without an order. ``jitter`` spreads nominal positions so that points do not hide each other."""

    series: tuple[Series, ...]
    x_label: str
    y_label: str
    x_type: AxisType = "quantitative"
    y_type: AxisType = "quantitative"
    jitter: bool = False


class BarChart(_Chart, frozen=True, kw_only=True, tag="bar"):
    """Horizontal bars in drawing order, from top to bottom."""

    bars: tuple[Bar, ...]
    value_label: str
    category_label: str


class ConfusionChart(_Chart, frozen=True, kw_only=True, tag="confusion"):
    """Counts of (actual, predicted) pairs.

    Attributes:
        labels_x, labels_y: the classes along each axis, the union of both sides, sorted.
        base, head: counts as rows over ``labels_y`` and columns over ``labels_x``.
        normalized: whether the reader asked for shares of each row (as in DVC, of a class of ``labels_y``).
    """

    labels_x: tuple[str, ...]
    labels_y: tuple[str, ...]
    base: tuple[tuple[int, ...], ...] | None
    head: tuple[tuple[int, ...], ...] | None
    x_label: str
    y_label: str
    normalized: bool = False


class ImageChart(_Chart, frozen=True, kw_only=True, tag="image"):
    """A picture of the repository's own on both sides, each a path beside report.json."""

    base: str | None
    head: str | None


class VegaChart(_Chart, frozen=True, kw_only=True, tag="vega"):
    """A team's own template, filled with data: a program from the repository, so not to be trusted.

    Whoever renders it gives it neither network nor files.
    """

    spec: dict[str, Any]


Chart = LineChart | ScatterChart | BarChart | ConfusionChart | ImageChart | VegaChart
