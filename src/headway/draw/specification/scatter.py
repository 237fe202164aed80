"""Clouds of points: base grey below, head blue on top; side by side within a category."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from headway.draw.specification import parts
from headway.draw.specification.parts import Grid, Json
from headway.draw.specification.scales import FLOAT_NOISE, Scale, dot_scale
from headway.sorting import sorted_names

if TYPE_CHECKING:
    from headway.draw.theme import Theme
    from headway.values.chart import Points, ScatterChart, Series
    from headway.values.revision import Side

_ALONE = Grid(width=460, height=300)
_FEW = Grid(width=300, height=200, columns=2, gap=110)
_MANY_POINTS = 300
_JITTER_WIDTH = 0.42  # of a category's band, for each side
_GOLDEN = 0.6180339887498949  # multiples of it, modulo 1, fill an interval evenly and look random enough
_PLASTIC = 0.7548776662466927  # the same for the second axis


@dataclass(frozen=True)
class _Panel:
    """One plot of one series."""

    chart: ScatterChart
    index: int
    series: Series
    x: Scale | None  # ``None`` where x holds no numbers; likewise y
    y: Scale | None
    grid: Grid
    theme: Theme
    interactive: bool


def scatter_specification(chart: ScatterChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw clouds, one plot for each series, on shared axes."""
    x = y = None
    if chart.x_type == "quantitative":
        x = dot_scale([float(value) for points in chart.points for value in points.x], FLOAT_NOISE)
    if chart.y_type == "quantitative":
        y = dot_scale([float(value) for points in chart.points for value in points.y])
    grid = _ALONE if len(chart.series) == 1 else _FEW
    panels = [_Panel(chart, index, one, x, y, grid, theme, interactive) for index, one in enumerate(chart.series)]
    datasets = {
        f"{side}{panel.index}": _rows(chart, side, points)
        for panel in panels
        for side, points in panel.series.sides.items()
    }
    return parts.program(theme, chart.title, chart.y_label, datasets, [_draw(panel) for panel in panels], grid)


def _rows(chart: ScatterChart, side: Side, points: Points) -> list[Json]:
    """Give the points; with jitter, also their place within a category's band, base in its first half."""
    rows: list[Json] = [{"x": x, "y": y} for x, y in zip(points.x, points.y, strict=True)]
    if chart.jitter:
        start = 0.0 if side == "base" else 1 - _JITTER_WIDTH
        for index, row in enumerate(rows):
            row["jx"] = round(start + _JITTER_WIDTH * (index * _GOLDEN % 1), 4)
            row["jy"] = round(0.1 + 0.8 * (index * _PLASTIC % 1), 4)
    return rows


def _draw(panel: _Panel) -> Json:
    chart, theme, grid = panel.chart, panel.theme, panel.grid
    is_lowest = panel.index + grid.columns >= len(chart.series)
    x, y = _axis("x", chart, panel.x), _axis("y", chart, panel.y)
    x["title"] = parts.shortened(chart.x_label, grid.width // 6) if is_lowest else None
    encoding = {"x": x, "y": y, **_offsets(chart)}
    layers = [_cloud(panel, side, points, encoding) for side, points in panel.series.sides.items()]
    if panel.interactive and panel.x and panel.y:
        layers[0] |= parts.zoom(panel.index)
    layers += [
        parts.label_at(grid.width + 12, 8 + 16 * row, side, f"\N{BLACK CIRCLE} {side}", theme)
        for row, side in enumerate(panel.series.sides)
    ]
    if panel.series.name:
        layers += parts.heading(panel.series.name, "", theme)
    return {"width": grid.width, "height": grid.height, "layer": layers}


def _cloud(panel: _Panel, side: Side, points: Points, encoding: Json) -> Json:
    many = len(points.x) > _MANY_POINTS
    color = panel.theme.head if side == "head" else panel.theme.base
    look = {"fillOpacity": 0.55, "size": 14} if many else {"fillOpacity": 0.8, "size": 34}
    mark = {"type": "circle", "color": color, "opacity": 1, **look}
    pointer = parts.tooltip("x", y=side) if panel.interactive else {}
    return {"data": {"name": f"{side}{panel.index}"}, "mark": mark, "encoding": {**encoding, **pointer}}


def _axis(channel: Literal["x", "y"], chart: ScatterChart, scale: Scale | None) -> Json:
    axis_type = chart.x_type if channel == "x" else chart.y_type
    encoding: Json = {"field": channel, "type": axis_type, "title": None}
    if scale:
        return {**encoding, "scale": scale.vega(), "axis": {"tickCount": 6}}
    if axis_type == "temporal":
        return {**encoding, "scale": {"type": "utc"}, "axis": {"tickCount": 5}}
    names = {str(name) for points in chart.points for name in getattr(points, channel)}
    axis = {"labelLimit": 110, "labelOverlap": True, "grid": True, "labelAngle": 0}
    return {**encoding, "scale": {"type": "band", "domain": sorted_names(names)}, "axis": axis}


def _offsets(chart: ScatterChart) -> Json:
    """Place points within the bands of an axis of names, if they are jittered."""
    axes = (("xOffset", "jx", chart.x_type), ("yOffset", "jy", chart.y_type)) if chart.jitter else ()
    place = {"type": "quantitative", "scale": {"domain": [0, 1]}}
    return {channel: {"field": field, **place} for channel, field, kind in axes if kind == "nominal"}
