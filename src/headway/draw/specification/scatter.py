"""Clouds of points: base grey below, head blue on top; side by side within a category."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from headway.draw.specification import parts
from headway.draw.specification.parts import Grid, Json, Page
from headway.draw.specification.scales import FLOAT_NOISE, VALUE_NOISE, dot_scale
from headway.sorting import sorted_names

if TYPE_CHECKING:
    from headway.draw.theme import Theme
    from headway.values.chart import Points, ScatterChart
    from headway.values.revision import Side

_ALONE = Grid(width=460, height=300)
_FEW = Grid(width=300, height=200, columns=2, gap=110)
_MANY_POINTS = 300
_JITTER_WIDTH = 0.42  # of a category's band, for each side
_GOLDEN = 0.6180339887498949  # multiples of it, modulo 1, fill an interval evenly and look random enough
_PLASTIC = 0.7548776662466927  # the same for the second axis


def scatter_specification(chart: ScatterChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw clouds, one plot for each series, on shared axes."""
    page = Page(theme, _ALONE if len(chart.series) == 1 else _FEW, interactive)
    encoding = {"x": _axis("x", chart), "y": _axis("y", chart), **_offsets(chart)}
    datasets = {
        f"{side}{index}": _rows(chart, side, points)
        for index, series in enumerate(chart.series)
        for side, points in series.sides.items()
    }
    plots = [_draw(chart, index, encoding, page) for index in range(len(chart.series))]
    return parts.program(page, chart.title, chart.y_label, datasets, plots)


def _rows(chart: ScatterChart, side: Side, points: Points) -> list[Json]:
    """Give the points; with jitter, also their place within a category's band, base in its first half."""
    rows: list[Json] = [{"x": x, "y": y} for x, y in zip(points.x, points.y, strict=True)]
    if chart.jitter:
        start = 0.0 if side == "base" else 1 - _JITTER_WIDTH
        for index, row in enumerate(rows):
            row["jx"] = round(start + _JITTER_WIDTH * (index * _GOLDEN % 1), 4)
            row["jy"] = round(0.1 + 0.8 * (index * _PLASTIC % 1), 4)
    return rows


def _draw(chart: ScatterChart, index: int, encoding: Json, page: Page) -> Json:
    series, theme, grid = chart.series[index], page.theme, page.grid
    is_lowest = index + grid.columns >= len(chart.series)
    x_title = parts.shortened(chart.x_label, grid.width // 6) if is_lowest else None
    encoding = {**encoding, "x": {**encoding["x"], "title": x_title}}
    layers = [
        {"data": {"name": f"{side}{index}"}, **_cloud(chart, side, points, encoding, page)}
        for side, points in series.sides.items()
    ]
    if page.interactive and chart.x_type == chart.y_type == "quantitative":
        layers[0] |= parts.zoom(index)
    layers += [
        parts.label_at(grid.width + 12, 8 + 16 * row, side, f"\N{BLACK CIRCLE} {side}", theme)
        for row, side in enumerate(series.sides)
    ]
    if series.name:
        layers += parts.heading(series.name, "", theme)
    return {"width": grid.width, "height": grid.height, "layer": layers}


def _cloud(chart: ScatterChart, side: Side, points: Points, encoding: Json, page: Page) -> Json:
    many = len(points.x) > _MANY_POINTS
    color = page.theme.head if side == "head" else page.theme.base
    look = {"fillOpacity": 0.55, "size": 14} if many else {"fillOpacity": 0.8, "size": 34}
    mark = {"type": "circle", "color": color, "opacity": 1, **look}
    pointer = parts.tooltip(x=chart.x_label, y=side) if page.interactive else {}
    return {"mark": mark, "encoding": {**encoding, **pointer}}


def _axis(channel: Literal["x", "y"], chart: ScatterChart) -> Json:
    axis_type = chart.x_type if channel == "x" else chart.y_type
    encoding: Json = {"field": channel, "type": axis_type, "title": None}
    values = [value for points in chart.points for value in getattr(points, channel)]
    if axis_type == "quantitative":
        scale = dot_scale(list(map(float, values)), FLOAT_NOISE if channel == "x" else VALUE_NOISE)
        return {**encoding, "scale": scale.vega(), "axis": {"tickCount": 6}}
    if axis_type == "temporal":
        return {**encoding, "scale": {"type": "utc"}, "axis": {"tickCount": 5}}
    axis = {"labelLimit": 110, "labelOverlap": True, "grid": True, "labelAngle": 0}
    return {**encoding, "scale": {"type": "band", "domain": sorted_names(set(map(str, values)))}, "axis": axis}


def _offsets(chart: ScatterChart) -> Json:
    """Place points within the bands of an axis of names, if they are jittered."""
    axes = (("xOffset", "jx", chart.x_type), ("yOffset", "jy", chart.y_type)) if chart.jitter else ()
    place = {"type": "quantitative", "scale": {"domain": [0, 1]}}
    return {channel: {"field": field, **place} for channel, field, kind in axes if kind == "nominal"}
