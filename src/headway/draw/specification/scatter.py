"""Clouds of points: base grey and head blue, beside each other where one would cover the other."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from headway.draw.specification import canvas, parts
from headway.draw.specification.canvas import LABEL_GAP, WIDTH
from headway.draw.specification.parts import Grid, Json, Page
from headway.draw.specification.prediction_plots import prediction_specification
from headway.draw.specification.scales import FLOAT_NOISE, VALUE_NOISE, Scale, dot_scale
from headway.sorting import sorted_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headway.draw.theme import Theme
    from headway.values.chart import Points, ScatterChart, Series
    from headway.values.revision import Side

    Channel = Literal["x", "y"]

_GAP, _ROW_GAP = 14, 48
_ALONE_HEIGHT, _HEIGHT = 210, 120
_NAME_ROOM, _TIME_ROOM = 92, 56  # points for names beside a plot at the most, and for times
_CELLS = 40  # of each axis; points of both sides in one cell cover each other
_COVERED = 0.15  # of base's points from which on the sides are drawn apart
_JITTER_WIDTH = 0.42  # of a category's band, for each side
_GOLDEN = 0.6180339887498949  # multiples of it, modulo 1, fill an interval evenly and look random enough
_PLASTIC = 0.7548776662466927  # the same for the second axis


def scatter_specification(chart: ScatterChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw clouds, one row for each series, on shared axes."""
    if chart.errors:
        return prediction_specification(chart, theme, interactive=interactive)
    apart = any(_covers(chart, series) for series in chart.series)
    height = _ALONE_HEIGHT if len(chart.series) == 1 else _HEIGHT
    room = _room(chart, height)
    width = WIDTH - room
    grid = Grid((width - _GAP) // 2, height, 2, _GAP, _ROW_GAP) if apart else Grid(width, height, 1, 0, _ROW_GAP)
    page = Page(theme, grid, interactive)
    encoding = {
        "x": _encoding("x", chart, _axis("x", chart, grid.width)),
        "y": _encoding("y", chart, {**_axis("y", chart, height), **canvas.fixed(room)}),
    }
    plots = [
        _plot(chart, index, sides, encoding, page)
        for index, series in enumerate(chart.series)
        for sides in _plots(series, apart=apart)
    ]
    datasets: dict[str, list[Json]] = {"zero": [{"y": 0}]}
    datasets |= {
        f"{side}{index}": _rows(chart, side, points)
        for index, series in enumerate(chart.series)
        for side, points in series.sides.items()
    }
    plots[0] = canvas.framed(plots[0], room)
    label = "" if chart.y_label == "y" else chart.y_label
    return canvas.program(page, chart.title, [label], datasets, plots)


def _room(chart: ScatterChart, height: int) -> int:
    """The points that the labels of the vertical axis take."""
    if chart.y_type == "quantitative":
        return canvas.axis_room(_scale("y", chart), height)
    if chart.y_type == "temporal":
        return _TIME_ROOM
    return round(min(max(parts.text_width(str(value)) for value in _values("y", chart)), _NAME_ROOM)) + LABEL_GAP


def _covers(chart: ScatterChart, series: Series) -> bool:
    """Whether head hides many points of base; not if both are equal, or lie apart within each category."""
    if not series.base or not series.head or series.base == series.head or chart.jitter:
        return False
    places = _cell("x", chart), _cell("y", chart)
    base, head = (
        [(places[0](x), places[1](y)) for x, y in zip(side.x, side.y, strict=True)]
        for side in (series.base, series.head)
    )
    hidden = set(head)
    return sum(point in hidden for point in base) > _COVERED * len(base)


def _cell(channel: Channel, chart: ScatterChart) -> Callable[[Any], object]:
    """Give a function from a value of an axis to the cell that it lies in."""
    kind = chart.x_type if channel == "x" else chart.y_type
    if kind == "nominal":
        return str
    read = float if kind == "quantitative" else _seconds
    values = [read(value) / 2 for value in _values(channel, chart)]  # halves, as the whole range might overflow
    low, size = min(values), (max(values) - min(values)) or 1.0
    return lambda value: int((read(value) / 2 - low) / size * _CELLS)


def _seconds(time: str) -> float:
    return datetime.fromisoformat(time).timestamp()


def _values(channel: Channel, chart: ScatterChart) -> list[Any]:
    return [value for points in chart.points for value in getattr(points, channel)]


def _rows(chart: ScatterChart, side: Side, points: Points) -> list[Json]:
    """Give the points; with jitter, also their place within a category's band, base in its first half."""
    rows: list[Json] = [{"x": x, "y": y} for x, y in zip(points.x, points.y, strict=True)]
    if chart.jitter:
        start = 0.0 if side == "base" else 1 - _JITTER_WIDTH
        for index, row in enumerate(rows):
            row["jx"] = round(start + _JITTER_WIDTH * (index * _GOLDEN % 1), 4)
            row["jy"] = round(0.1 + 0.8 * (index * _PLASTIC % 1), 4)
    return rows


def _plots(series: Series, *, apart: bool) -> list[list[Side]]:
    """The sides that share a plot."""
    if apart:
        return [["base"], ["head"]]
    return [["head"] if series.base == series.head else list(series.sides)]


def _plot(chart: ScatterChart, index: int, sides: Sequence[Side], encoding: Json, page: Page) -> Json:
    series, grid = chart.series[index], page.grid
    layers = [_cloud(chart, index, side, page) for side in sides if side in series.sides]
    if page.interactive and layers and chart.x_type == chart.y_type == "quantitative":
        layers[0] |= parts.zoom(2 * index + (sides[0] == "head"))
    layers += [*_zero_line(chart, page), *_names(series, sides, page)]
    is_first, is_lowest = grid.columns == 1 or sides[0] == "base", index == len(chart.series) - 1
    x, y = dict(encoding["x"]), dict(encoding["y"])
    x["title"] = parts.fitted(chart.x_label, grid.width) if is_lowest else None
    if not is_first:
        y["axis"] = {**y["axis"], "labels": False, "minExtent": 0}
    return {"width": grid.width, "height": grid.height, "encoding": {**encoding, "x": x, "y": y}, "layer": layers}


def _zero_line(chart: ScatterChart, page: Page) -> list[Json]:
    """Mark zero among values of both signs, such as residuals."""
    if chart.y_type != "quantitative" or not _scale("y", chart).low < 0 < _scale("y", chart).high:
        return []
    line = {"type": "rule", "color": page.theme.guide, "strokeDash": [4, 3], "strokeWidth": 1}
    across = {"x": {"value": 0}, "x2": {"value": page.grid.width}}
    return [{"data": {"name": "zero"}, "mark": line, "encoding": across}]


def _names(series: Series, sides: Sequence[Side], page: Page) -> list[Json]:
    """Write the series' name above its first plot, and the names of the sides at its right."""
    right, labels = page.grid.width, []
    for side in reversed(sides):
        text = "\N{BLACK CIRCLE} base and head" if series.base == series.head else f"\N{BLACK CIRCLE} {side}"
        labels.append(parts.label_at(right, -10, side, text, page.theme, align="right"))
        right -= round(parts.text_width(text, bold=True)) + 10
    if series.name and sides != ["head"]:
        name = parts.fitted(series.name, right, bold=True)
        labels.append(parts.text_at(0, -10, name, page.theme.text, fontWeight="bold"))
    return labels


def _cloud(chart: ScatterChart, index: int, side: Side, page: Page) -> Json:
    pointer = parts.tooltip(x=chart.x_label, y=f"{chart.y_label} ({side})") if page.interactive else {}
    mark = canvas.dot(side, len(chart.series[index].sides[side].x), page.theme)
    return {"data": {"name": f"{side}{index}"}, "mark": mark, "encoding": {**_offsets(chart), **pointer}}


def _encoding(channel: Channel, chart: ScatterChart, axis: Json) -> Json:
    kind, values = chart.x_type if channel == "x" else chart.y_type, _values(channel, chart)
    if kind == "quantitative":
        scale = _scale(channel, chart).vega()
    else:
        names = {"type": "band", "domain": sorted_names(set(map(str, values)))}
        scale = {"type": "utc"} if kind == "temporal" else names
    return {"field": channel, "type": kind, "title": None, "scale": scale, "axis": axis}


def _scale(channel: Channel, chart: ScatterChart) -> Scale:
    return dot_scale(list(map(float, _values(channel, chart))), FLOAT_NOISE if channel == "x" else VALUE_NOISE)


def _axis(channel: Channel, chart: ScatterChart, length: int) -> Json:
    kind = chart.x_type if channel == "x" else chart.y_type
    if kind == "quantitative":
        scale = _scale(channel, chart)
        return canvas.flush_axis(scale, length) if channel == "x" else scale.axis(length)
    if kind == "temporal":
        return {"tickCount": max(length // 80, 2), "labelFlush": 12, "labelBound": True}
    return {"labelLimit": _NAME_ROOM, "labelOverlap": True, "grid": True, "labelAngle": 0}


def _offsets(chart: ScatterChart) -> Json:
    """Place points within the bands of an axis of names, if they are jittered."""
    axes = (("xOffset", "jx", chart.x_type), ("yOffset", "jy", chart.y_type)) if chart.jitter else ()
    place = {"type": "quantitative", "scale": {"domain": [0, 1]}}
    return {channel: {"field": field, **place} for channel, field, kind in axes if kind == "nominal"}
