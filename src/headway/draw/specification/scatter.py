"""Clouds of points: base grey below, head blue on top; side by side within a category."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from headway.draw.sorting import sorted_names
from headway.draw.specification.parts import Grid, Json, heading, program, shortened, side_by_side, text_at, zoom
from headway.draw.specification.scales import Scale, dot_scale

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.draw.theme import Theme
    from headway.values.chart import AxisType, Points, ScatterChart, Series

_ALONE = Grid(width=460, height=300)
_FEW = Grid(width=300, height=200, columns=2, gap=110)
_MANY_POINTS = 300
_JITTER_WIDTH = 0.42  # of a category's band, for each side
_GOLDEN = 0.6180339887498949  # multiples of it, modulo 1, fill an interval evenly and look random enough
_PLASTIC = 0.7548776662466927  # the same for the second axis


@dataclass(frozen=True)
class _Panel:
    """One series with all that its drawing needs; a scale is ``None`` where its axis holds no numbers."""

    chart: ScatterChart
    index: int
    x: Scale | None
    y: Scale | None
    grid: Grid
    theme: Theme
    interactive: bool

    @property
    def series(self) -> Series:
        return self.chart.series[self.index]


def scatter_specification(chart: ScatterChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw clouds, one plot for each series, on shared axes."""
    points = [side for series in chart.series for _, side in _sides(series)]
    x = _scale([value for side in points for value in side.x], chart.x_type)
    y = _scale([value for side in points for value in side.y], chart.y_type)
    grid = _ALONE if len(chart.series) == 1 else _FEW
    panels = [_Panel(chart, index, x, y, grid, theme, interactive) for index in range(len(chart.series))]
    datasets = {
        f"{side}{panel.index}": _rows(chart, side, points) for panel in panels for side, points in _sides(panel.series)
    }
    return program(theme, chart.title, chart.y_label, datasets, side_by_side([_draw(panel) for panel in panels], grid))


def _sides(series: Series) -> Iterator[tuple[str, Points]]:
    yield from ((name, side) for name, side in (("base", series.base), ("head", series.head)) if side)


def _scale(values: list[float | str], axis_type: AxisType) -> Scale | None:
    return dot_scale([float(value) for value in values]) if axis_type == "quantitative" else None


def _rows(chart: ScatterChart, side: str, points: Points) -> list[Json]:
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
    layers: list[Json] = [_cloud(panel, side, points) for side, points in _sides(panel.series)]
    if panel.interactive and panel.x and panel.y:
        layers[0] = {**layers[0], "params": zoom(f"zoom{panel.index}")}
    words = {"base": (theme.base_text, "normal"), "head": (theme.head, "bold")}
    layers += [
        text_at(grid.width + 12, 8 + 16 * row, f"\N{BLACK CIRCLE} {side}", words[side][0], fontWeight=words[side][1])
        for row, (side, _) in enumerate(_sides(panel.series))
    ]
    if panel.series.name:
        layers += heading(panel.series.name, "", theme)
    is_lowest = panel.index + grid.columns >= len(chart.series)
    x, y = _axis("x", chart, panel.x), _axis("y", chart, panel.y)
    x["title"] = shortened(chart.x_label, grid.width // 6) if is_lowest else None
    encoding = {"x": x, "y": y, **(_jitter(chart) if chart.jitter else {})}
    return {"width": grid.width, "height": grid.height, "layer": [_encoded(layer, encoding) for layer in layers]}


def _encoded(layer: Json, encoding: Json) -> Json:
    """Lay the axes under the points; words keep the place they have."""
    if layer["mark"]["type"] == "text":
        return layer
    return {**layer, "encoding": {**encoding, **layer.get("encoding", {})}}


def _cloud(panel: _Panel, side: str, points: Points) -> Json:
    many = len(points.x) > _MANY_POINTS
    color = panel.theme.head if side == "head" else panel.theme.base
    look = {"fillOpacity": 0.55, "size": 14} if many else {"fillOpacity": 0.8, "size": 34}
    mark = {"type": "circle", "color": color, "opacity": 1, **look}
    layer: Json = {"data": {"name": f"{side}{panel.index}"}, "mark": mark}
    if not panel.interactive:
        return layer
    tooltip = [{"field": "side"}, {"field": "x"}, {"field": "y"}]
    named = [{"calculate": f"'{side}'", "as": "side"}]
    return {**layer, "transform": named, "encoding": {"tooltip": tooltip}}


def _axis(channel: Literal["x", "y"], chart: ScatterChart, scale: Scale | None) -> Json:
    axis_type = chart.x_type if channel == "x" else chart.y_type
    encoding: Json = {"field": channel, "type": axis_type, "title": None}
    if scale:
        return {**encoding, "scale": scale.vega(), "axis": {"tickCount": 6}}
    if axis_type == "temporal":
        return {**encoding, "scale": {"type": "utc"}, "axis": {"tickCount": 5}}
    names = {str(name) for series in chart.series for _, side in _sides(series) for name in getattr(side, channel)}
    axis = {"labelLimit": 110, "labelOverlap": True, "grid": True, "labelAngle": 0}
    return {**encoding, "scale": {"type": "band", "domain": sorted_names(names)}, "axis": axis}


def _jitter(chart: ScatterChart) -> Json:
    offsets: Json = {}
    for channel, field, axis_type in (("xOffset", "jx", chart.x_type), ("yOffset", "jy", chart.y_type)):
        if axis_type == "nominal":
            offsets[channel] = {"field": field, "type": "quantitative", "scale": {"domain": [0, 1]}}
    return offsets
