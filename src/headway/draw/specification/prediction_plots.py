"""Predicted against actual values: a square for each side with equal axes and the line y = x, and the errors below.

The errors, predicted minus actual, are drawn as their mean and the span of the middle 80%, by ranges of the actual
value. Many points are faint, with the mean in front of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.draw.key_numbers import prediction_errors
from headway.draw.specification import canvas, parts
from headway.draw.specification.canvas import AXIS_ROOM, RIGHT_ROOM, TITLE_ROOM, WIDTH
from headway.draw.specification.parts import Grid, Json, Page
from headway.draw.specification.scales import Scale, dot_scale

if TYPE_CHECKING:
    from headway.draw.theme import Theme
    from headway.values.chart import Points, PredictionErrors, ScatterChart
    from headway.values.revision import Side

_LEFT = AXIS_ROOM + TITLE_ROOM
_GAP = 14
_SQUARE = (WIDTH - _LEFT - _GAP - RIGHT_ROOM) // 2
_ALONE = 220
_ERROR_HEIGHT = 80
_ROW_GAP = 12
_BEYOND = 0.25  # of the range of nearly all actual values: how far from it points are shown
_OUTERMOST = 500  # of so many points one at each end does not count as nearly all


def prediction_specification(chart: ScatterChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw one square if one side alone has points, else both and the errors."""
    pairs = {side: _pairs(chart, points) for side, points in chart.series[0].sides.items() if side in chart.errors}
    every = [pair for of_side in pairs.values() for pair in of_side]
    scale = _scale(every)
    size = _SQUARE if len(pairs) > 1 else _ALONE
    page = Page(theme, Grid(size, size), interactive)
    squares = [_square(chart, side, scale, page, is_first=not index) for index, side in enumerate(pairs)]
    squares[0] = canvas.framed(squares[0], _LEFT)
    plots = squares
    if len(squares) > 1:
        plots = [{"hconcat": squares, "spacing": _GAP, "bounds": "flush"}]
    if len(squares) > 1 and all(errors.bins for errors in chart.errors.values()):
        plots = [{"vconcat": [*plots, canvas.framed(_error_plot(chart, page), _LEFT)], "spacing": _ROW_GAP}]
    datasets: dict[str, list[Json]] = {"equal": [{"actual": end, "predicted": end} for end in (scale.low, scale.high)]}
    datasets["zero"] = [{"bias": 0}]
    datasets |= {f"{side}0": _rows(pairs[side], scale) for side in pairs}
    datasets |= {f"{side}bins": _bins(errors) for side, errors in chart.errors.items()}
    cut = "" if all(_is_inside(pair, scale) for pair in every) else "points beyond the axes are cut off"
    return canvas.program(page, chart.title, [*prediction_errors(chart), cut], datasets, plots)


def _pairs(chart: ScatterChart, points: Points) -> list[tuple[float, float]]:
    """Give the points as actual and predicted value."""
    columns = (points.x, points.y) if chart.actual == "x" else (points.y, points.x)
    return [(float(actual), float(predicted)) for actual, predicted in zip(*columns, strict=True)]


def _scale(points: list[tuple[float, float]]) -> Scale:
    """Choose one range for both axes of both sides: of nearly all actual values, and of what lies not far from it."""
    actual = sorted(pair[0] for pair in points)
    outermost = len(actual) // _OUTERMOST
    low, high = actual[outermost], actual[-1 - outermost]
    room = _BEYOND * (high / 2 - low / 2) * 2
    return dot_scale([min(max(value, low - room), high + room) for pair in points for value in pair])


def _rows(pairs: list[tuple[float, float]], scale: Scale) -> list[Json]:
    return [{"actual": pair[0], "predicted": pair[1]} for pair in pairs if _is_inside(pair, scale)]


def _is_inside(pair: tuple[float, float], scale: Scale) -> bool:
    return all(scale.low <= value <= scale.high for value in pair)


def _square(chart: ScatterChart, side: Side, scale: Scale, page: Page, *, is_first: bool) -> Json:
    theme, size = page.theme, page.grid.width
    points = len(chart.series[0].sides[side].x)
    pointer = parts.tooltip("actual", "predicted") if page.interactive else {}
    cloud = {"data": {"name": f"{side}0"}, "mark": canvas.dot(side, points, theme), "encoding": pointer}
    equal = {"type": "line", "color": theme.muted, "strokeDash": [4, 3], "strokeWidth": 1}
    layers: list[Json] = [cloud, {"data": {"name": "equal"}, "mark": equal}]
    if points > canvas.MANY_POINTS:
        mean = {"type": "line", "color": theme.text, "strokeWidth": 1.5}
        layers.append({"data": {"name": f"{side}bins"}, "mark": mean, "encoding": {"y": {"field": "mean"}}})
    layers.append(parts.label_at(0, -10, side, f"\N{BLACK CIRCLE} {side}", theme))
    y = (
        {"title": parts.shortened(_labels(chart)[1], size // 6)}
        if is_first
        else {"title": None, "labels": False, "ticks": False}
    )
    axis = {**canvas.number_axis(scale, size), "grid": True}
    room = {"minExtent": AXIS_ROOM, "maxExtent": AXIS_ROOM} if is_first else {}
    encoding = {
        "x": _encoding("actual", scale, {**axis, "title": parts.shortened(_labels(chart)[0], size // 6)}),
        "y": _encoding("predicted", scale, {**axis, **room, **y}),
    }
    return {"width": size, "height": size, "encoding": encoding, "layer": layers}


def _labels(chart: ScatterChart) -> tuple[str, str]:
    """Name the axes of actual and of predicted values."""
    return (chart.x_label, chart.y_label) if chart.actual == "x" else (chart.y_label, chart.x_label)


def _encoding(field: str, scale: Scale, axis: Json) -> Json:
    return {"field": field, "type": "quantitative", "scale": scale.vega(), "axis": axis}


def _bins(errors: PredictionErrors) -> list[Json]:
    return [
        {"actual": one.actual, "bias": one.bias, "lower": one.lower, "upper": one.upper, "mean": one.actual + one.bias}
        | {"from": one.low, "to": one.high, "points": one.points}
        for one in errors.bins
    ]


def _error_plot(chart: ScatterChart, page: Page) -> Json:
    """Draw the mean error and the middle 80% of both sides around zero."""
    theme, width = page.theme, WIDTH - _LEFT - RIGHT_ROOM
    bins = [one for errors in chart.errors.values() for one in errors.bins]
    scale = dot_scale([one.actual for one in bins])
    y_scale = dot_scale([0.0, *(value for one in bins for value in (one.lower, one.upper, one.bias))])
    zero = {"type": "rule", "color": theme.muted, "strokeDash": [4, 3], "strokeWidth": 1}
    layers: list[Json] = [
        {"data": {"name": "zero"}, "mark": zero, "encoding": {"x": {"value": 0}, "x2": {"value": width}}}
    ]
    for side in chart.errors:
        layers += _spread(side, page)
    layers += [
        parts.text_at(0, -10, "predicted \N{MINUS SIGN} actual", theme.text, fontWeight="bold"),
        parts.text_at(width, -10, "line: mean, band: middle 80%", theme.muted, align="right"),
    ]
    room = {"minExtent": AXIS_ROOM, "maxExtent": AXIS_ROOM}
    encoding = {
        "x": _encoding(
            "actual", scale, {**canvas.number_axis(scale, width), "title": parts.shortened(_labels(chart)[0], 40)}
        ),
        "y": _encoding("bias", y_scale, {**canvas.number_axis(y_scale, _ERROR_HEIGHT), **room, "title": None}),
    }
    return {"width": width, "height": _ERROR_HEIGHT, "encoding": encoding, "layer": layers}


def _spread(side: Side, page: Page) -> list[Json]:
    color = page.theme.head if side == "head" else page.theme.base
    data = {"name": f"{side}bins"}
    band = {"type": "area", "color": color, "fillOpacity": 0.22, "line": False}
    edge = {"type": "line", "color": color, "strokeWidth": 1, "strokeOpacity": 0.8}
    mean = {
        "type": "line",
        "color": color,
        "strokeWidth": 2.5,
        "point": {"color": color, "filled": True, "opacity": 1, "size": 22},
    }
    pointer = parts.tooltip("from", "to", "points", "bias", "lower", "upper") if page.interactive else {}
    return [
        {"data": data, "mark": band, "encoding": {"y": {"field": "lower"}, "y2": {"field": "upper"}}},
        *({"data": data, "mark": edge, "encoding": {"y": {"field": end}}} for end in ("lower", "upper")),
        {"data": data, "mark": mean, "encoding": pointer},
    ]
