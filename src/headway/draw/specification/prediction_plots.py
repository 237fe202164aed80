"""Predicted against actual values: a square for each side with equal axes and the line y = x, and the errors below.

The errors, predicted minus actual, are drawn as their mean and the span of the middle 80%, by ranges of the actual
value. Many points are faint, with the mean in front of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.draw.key_numbers import prediction_errors
from headway.draw.specification import canvas, parts
from headway.draw.specification.canvas import WIDTH
from headway.draw.specification.parts import Grid, Json, Page
from headway.draw.specification.scales import Scale, dot_scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.draw.theme import Theme
    from headway.values.chart import ErrorBin, Points, ScatterChart
    from headway.values.revision import Side

    Pairs = list[tuple[float, float]]
    """Actual and predicted values."""

_GAP, _ROW_GAP = 14, 12
_ALONE, _ERROR_HEIGHT = 220, 80
_BEYOND = 0.25  # of the range of nearly all actual values: how far from it points are shown
_OUTERMOST = 500  # of so many points one at each end does not count as nearly all
_BAND = 0.22  # its opacity


@dataclass(frozen=True)
class _View:
    """What all plots of an image share."""

    chart: ScatterChart
    pairs: dict[Side, Pairs]
    bins: Sequence[ErrorBin]
    scale: Scale  # of both axes of the squares
    errors: Scale
    page: Page
    room: int  # for the numbers of the vertical axes

    @property
    def labels(self) -> tuple[str, str]:
        """The names of actual and of predicted values."""
        labels = self.chart.x_label, self.chart.y_label
        return labels if self.chart.actual == "x" else (labels[1], labels[0])


def prediction_specification(chart: ScatterChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw one square if one side alone has points, else both and the errors."""
    view = _view(chart, theme, interactive=interactive)
    left = view.room + canvas.TITLE_ROOM
    squares = [_square(view, side, is_first=not index) for index, side in enumerate(view.pairs)]
    squares[0] = canvas.framed(squares[0], left)
    plots = squares
    if len(squares) > 1:
        rows: list[Json] = [{"hconcat": squares, "spacing": _GAP, "bounds": "flush"}]
        rows += [canvas.framed(_error_plot(view), left)] if view.bins else []
        plots = [{"vconcat": rows, "spacing": _ROW_GAP}]
    shown = {
        f"{side}0": [_row(pair) for pair in pairs if _is_inside(pair, view.scale)] for side, pairs in view.pairs.items()
    }
    is_cut = sum(map(len, shown.values())) < sum(map(len, view.pairs.values()))
    bins = {f"{side}bins": [_bin_row(one) for one in errors.bins] for side, errors in chart.errors.items()}
    guides = {"equal": [_row((end, end)) for end in (view.scale.low, view.scale.high)], "zero": [{"bias": 0}]}
    remarks = [*prediction_errors(chart), "points beyond the axes are cut off" * is_cut]
    return canvas.program(view.page, chart.title, remarks, {**guides, **shown, **bins}, plots)


def _view(chart: ScatterChart, theme: Theme, *, interactive: bool) -> _View:
    sides = {side: points for side, points in chart.series[0].sides.items() if side in chart.errors}
    pairs = {side: _pairs(chart, points) for side, points in sides.items()}
    scale = _scale([pair for of_side in pairs.values() for pair in of_side])
    bins = [one for errors in chart.errors.values() for one in errors.bins]
    errors = dot_scale([0.0, *(value for one in bins for value in (one.lower, one.upper, one.bias))])
    room = max(canvas.axis_room(scale, _ALONE), canvas.axis_room(errors, _ERROR_HEIGHT))
    size = (WIDTH - room - canvas.TITLE_ROOM - _GAP) // 2 if len(pairs) > 1 else _ALONE
    return _View(chart, pairs, bins, scale, errors, Page(theme, Grid(size, size), interactive), room)


def _pairs(chart: ScatterChart, points: Points) -> Pairs:
    columns = (points.x, points.y) if chart.actual == "x" else (points.y, points.x)
    return [(float(actual), float(predicted)) for actual, predicted in zip(*columns, strict=True)]


def _scale(points: Pairs) -> Scale:
    """Choose one range for both axes of both sides: of nearly all actual values, and of what lies not far from it."""
    actual = sorted(pair[0] for pair in points)
    outermost = len(actual) // _OUTERMOST
    low, high = actual[outermost], actual[-1 - outermost]
    room = 2 * _BEYOND * (high / 2 - low / 2)  # halves, as the whole range might overflow
    return dot_scale([min(max(value, low - room), high + room) for pair in points for value in pair])


def _row(pair: tuple[float, float]) -> Json:
    return {"actual": pair[0], "predicted": pair[1]}


def _is_inside(pair: tuple[float, float], scale: Scale) -> bool:
    return all(scale.low <= value <= scale.high for value in pair)


def _bin_row(one: ErrorBin) -> Json:
    numbers = {"actual": one.actual, "from": one.low, "to": one.high, "predicted": one.actual + one.bias}
    numbers |= {"bias": one.bias, "lower": one.lower, "upper": one.upper}
    return {"points": one.points, **{name: float(f"{number:.6g}") for name, number in numbers.items()}}


def _square(view: _View, side: Side, *, is_first: bool) -> Json:
    theme, size, points = view.page.theme, view.page.grid.width, len(view.pairs[side])
    pointer = parts.tooltip(actual=view.labels[0], predicted=view.labels[1]) if view.page.interactive else {}
    equal = {"type": "line", "color": theme.muted, "strokeDash": [4, 3], "strokeWidth": 1}
    mean = {"type": "line", "color": theme.text, "strokeWidth": 1.5}
    layers: list[Json] = [
        {"data": {"name": f"{side}0"}, "mark": canvas.dot(side, points, theme), "encoding": pointer},
        {"data": {"name": "equal"}, "mark": equal},
        *([{"data": {"name": f"{side}bins"}, "mark": mean}] if points > canvas.MANY_POINTS else []),
        parts.label_at(0, -10, side, f"\N{BLACK CIRCLE} {side}", theme),
    ]
    titles = [parts.fitted(label, size) for label in view.labels]
    beside = {**canvas.fixed(view.room), "title": titles[1]} if is_first else {"labels": False, "title": None}
    encoding = {
        "x": _encoding("actual", view.scale, {**canvas.flush_axis(view.scale, size), "title": titles[0], "grid": True}),
        "y": _encoding("predicted", view.scale, {**view.scale.axis(size), **beside}),
    }
    return {"width": size, "height": size, "encoding": encoding, "layer": layers}


def _encoding(field: str, scale: Scale, axis: Json) -> Json:
    return {"field": field, "type": "quantitative", "scale": scale.vega(), "axis": axis}


def _error_plot(view: _View) -> Json:
    """Draw the mean error and the middle 80% of both sides around zero."""
    theme, width = view.page.theme, WIDTH - view.room - canvas.TITLE_ROOM
    zero = {"type": "rule", "color": theme.muted, "strokeDash": [4, 3], "strokeWidth": 1}
    across = {"x": {"value": 0}, "x2": {"value": width}}
    layers: list[Json] = [
        {"data": {"name": "zero"}, "mark": zero, "encoding": across},
        *(layer for side in view.chart.errors for layer in _spread(side, view.page)),
        parts.text_at(0, -10, "predicted \N{MINUS SIGN} actual", theme.text, fontWeight="bold"),
        parts.text_at(width, -10, "line: mean, band: middle 80%", theme.muted, align="right"),
    ]
    scale = dot_scale([one.actual for one in view.bins])
    beside = {**view.errors.axis(_ERROR_HEIGHT), **canvas.fixed(view.room), "title": None}
    below = {**canvas.flush_axis(scale, width), "title": parts.fitted(view.labels[0], width)}
    encoding = {"x": _encoding("actual", scale, below), "y": _encoding("bias", view.errors, beside)}
    return {"width": width, "height": _ERROR_HEIGHT, "encoding": encoding, "layer": layers}


def _spread(side: Side, page: Page) -> list[Json]:
    color = page.theme.head if side == "head" else page.theme.base
    data = {"name": f"{side}bins"}
    edge = {"type": "line", "color": color, "strokeWidth": 1, "strokeOpacity": 0.8}
    point = {"color": color, "filled": True, "opacity": 1, "size": 22}
    ends = {"y": {"field": "lower"}, "y2": {"field": "upper"}}
    titles = {"bias": f"mean error of {side}", "lower": "10% are below", "upper": "10% are above"}
    pointer = parts.tooltip("from", "to", "points", **titles) if page.interactive else {}
    return [
        {"data": data, "mark": {"type": "area", "color": color, "fillOpacity": _BAND}, "encoding": ends},
        *({"data": data, "mark": edge, "encoding": {"y": {"field": end}}} for end in ("lower", "upper")),
        {
            "data": data,
            "mark": {"type": "line", "color": color, "strokeWidth": 2.5, "point": point},
            "encoding": pointer,
        },
    ]
