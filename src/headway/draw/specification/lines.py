"""Curves: base grey and thin, head blue and strong, each named with its number where it ends.

Several series become small multiples, one small picture each, because base against head is the comparison, and two
colours that always mean the same need no legend.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from headway.draw.key_numbers import Measure, measure, reading
from headway.draw.specification import parts
from headway.draw.specification.parts import Grid, Json
from headway.draw.specification.scales import (
    UNIT,
    Scale,
    corner,
    cut,
    position_scale,
    share_if_similar,
    thin,
    value_scale,
)
from headway.numbers import format_change, format_pair, format_value

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from headway.draw.theme import Theme
    from headway.values.chart import LineChart, Points, Series
    from headway.values.revision import Side

_MARKED_POINTS = 25  # curves with no more points than this show them
_DENSE = 1.5  # points per pixel column from which a curve is a band of noise that would hide the other
_LINE_HEIGHT = 15
_LABEL_GAP = 9
_AXIS_WIDTH = 46  # with its numbers
_LETTER_WIDTH = 6.4
_GAP: Json = {"x": None, "y": None}  # where a curve leaves the picture

_ALONE = Grid(width=460, height=260)
_SQUARE = Grid(width=340, height=300)
_FEW = Grid(width=245, height=160, columns=2)
_MANY = Grid(width=145, height=120, columns=3)
_MOST_OF_FEW = 6


@dataclass(frozen=True)
class _Panel:
    """One series with all that its drawing needs.

    ``x`` is ``None`` where x holds no numbers; ``is_common`` says that all panels have the same y axis.
    """

    chart: LineChart
    index: int
    series: Series
    x: Scale | None
    y: Scale
    is_common: bool
    grid: Grid
    of: Measure
    theme: Theme
    interactive: bool

    @property
    def alone(self) -> bool:
        return len(self.chart.series) == 1


def line_specification(chart: LineChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw curves, one small picture for each series."""
    of = measure(chart)
    grid = _grid(chart, of)
    scales = _scales(chart)
    is_common = len({y for _, y in scales}) == 1
    panels = [
        _Panel(chart, index, one, *axes, is_common, grid, of, theme, interactive)
        for index, (one, axes) in enumerate(zip(chart.series, scales, strict=True))
    ]
    drawn = [_draw(panel) for panel in panels]
    return parts.program(theme, chart.title, _remark(panels[0]), _datasets(panels), parts.side_by_side(drawn, grid))


def _grid(chart: LineChart, of: Measure) -> Grid:
    if len(chart.series) == 1:
        return _SQUARE if chart.diagonal or corner(chart) else _ALONE
    letters = max(len(label) for series in chart.series for label in _words(series, of).values())
    gap = _LABEL_GAP + round(_LETTER_WIDTH * letters) + _AXIS_WIDTH
    return replace(_FEW if len(chart.series) <= _MOST_OF_FEW else _MANY, gap=gap)


def _scales(chart: LineChart) -> list[tuple[Scale | None, Scale]]:
    """Choose the x and y axis of each series; series of the same size share one y axis, so that they compare."""
    if zoomed := corner(chart):
        return [zoomed] * len(chart.series)
    if chart.diagonal:
        return [(UNIT, UNIT)] * len(chart.series)
    x = None
    if chart.x_type == "quantitative":
        edges = [float(x) for points in chart.points for x in (points.x[0], points.x[-1])]
        x = position_scale(min(edges), max(edges))
    own = [value_scale(*_ys(series.sides.values()), zoomable=x is not None) for series in chart.series]
    shared = value_scale(*_ys(chart.points), zoomable=x is not None)
    return [(x, y) for y in share_if_similar(own, shared)]


def _ys(curves: Collection[Points]) -> tuple[list[float], list[float]]:
    """Give every y, and the y of every end."""
    return [float(y) for points in curves for y in points.y], [float(points.y[-1]) for points in curves]


def _remark(first: _Panel) -> str:
    chart = first.chart
    named = chart.y_label if first.alone or chart.y_label != "y" else ""
    numbers = "" if first.of.words == "at the end" else f"numbers: {first.of.words}"
    common = first.y.remark if first.is_common else ""
    return " · ".join(remark for remark in (named, common, numbers) if remark)


def _draw(panel: _Panel) -> Json:
    layers: list[Json] = []
    if panel.chart.diagonal and panel.x == panel.y:
        guide = {"type": "line", "color": panel.theme.guide, "strokeDash": [4, 4], "strokeWidth": 1}
        layers.append({"data": {"name": "diagonal"}, "mark": guide})
    for side, points in panel.series.sides.items():
        layers += _curve(panel, side, points)
    layers += _labels(panel)
    if not panel.alone:
        layers += parts.heading(panel.series.name, "" if panel.is_common else panel.y.remark, panel.theme)
    if panel.interactive:
        layers += [_hover(f"{side}{panel.index}", side) for side in panel.series.sides]
        if panel.chart.x_type != "nominal":
            layers[0] = {**layers[0], "params": parts.zoom(f"zoom{panel.index}")}
    encoding = {"x": _x_encoding(panel), "y": _y_encoding(panel)}
    return {"width": panel.grid.width, "height": panel.grid.height, "encoding": encoding, "layer": layers}


def _x_encoding(panel: _Panel) -> Json:
    chart, width = panel.chart, panel.grid.width
    is_lowest = panel.index + panel.grid.columns >= len(chart.series)
    title = parts.shortened(chart.x_label, width // 6) if is_lowest else None
    encoding: Json = {"field": "x", "type": chart.x_type, "title": title}
    if panel.x:
        step = {"tickMinStep": 1} if _whole_numbers(chart) else {}
        return {**encoding, "scale": panel.x.vega(), "axis": {"tickCount": width // 60, **step}}
    if chart.x_type == "temporal":
        return {**encoding, "scale": {"type": "utc"}, "axis": {"tickCount": width // 80}}
    names = dict.fromkeys(x for points in panel.series.sides.values() for x in points.x)
    letters = sum(len(str(x)) + 2 for x in names)
    angle = -40 if letters * _LETTER_WIDTH > width else 0
    return {**encoding, "sort": None, "axis": {"labelAngle": angle, "labelLimit": 120, "labelOverlap": True}}


def _whole_numbers(chart: LineChart) -> bool:
    """Tell whether x counts something (steps, epochs), by its first values."""
    return all(float(x).is_integer() for points in chart.points for x in points.x[:50])


def _y_encoding(panel: _Panel) -> Json:
    height = panel.grid.height
    axis = {"values": panel.y.ticks(height // 40)} if panel.y.kind == "log" else {"tickCount": height // 50}
    return {"field": "y", "type": "quantitative", "title": None, "scale": panel.y.vega(), "axis": axis}


def _curve(panel: _Panel, side: Side, points: Points) -> list[Json]:
    """Draw a line, the points of a short one, and its end."""
    color, width = (panel.theme.head, 2) if side == "head" else (panel.theme.base, 1.5)
    dense = len(_visible(panel, points)) > _DENSE * panel.grid.width
    look = {"strokeWidth": 1, "strokeOpacity": 0.7} if dense else {"strokeWidth": width, "strokeJoin": "round"}
    line: Json = {"type": "line", "clip": panel.interactive, "color": color, **look}
    if len(points.x) <= _MARKED_POINTS:
        line["point"] = {"color": color, "filled": True, "opacity": 1, "size": 24}
    layers: list[Json] = [{"data": {"name": f"{side}{panel.index}"}, "mark": line}]
    if panel.of.words == "at the end":
        dot = {"type": "circle", "color": color, "opacity": 1, "size": 36}
        layers.append({"data": {"name": f"{side}{panel.index}end"}, "mark": dot})
    return layers


def _labels(panel: _Panel) -> list[Json]:
    """Name both curves beside their ends, apart from each other where the ends meet."""
    series, theme, height = panel.series, panel.theme, panel.grid.height
    ends = {side: height * (1 - panel.y.share(float(points.y[-1]))) for side, points in series.sides.items()}
    places = _apart(ends, height)
    return [
        parts.label_at(panel.grid.width + _LABEL_GAP, places[side], side, text, theme)
        for side, text in _words(series, panel.of).items()
        if side in places
    ]


def _words(series: Series, of: Measure) -> dict[Side, str]:
    """Write the label of each side; of two equal curves only one is seen, and gets both names."""
    read = reading(series, of)
    if series.base == series.head:
        return {"head": f"base and head {format_value(read.head)}"}
    base, head = format_pair(read.base, read.head)
    change = "no change" if read.change == 0 else format_change(read.change)
    return {"base": f"base {base}", "head": f"head {head}" + ("" if read.change is None else f" ({change})")}


def _apart(ends: dict[Side, float], height: float) -> dict[Side, float]:
    if len(ends) == 1 or abs(ends["base"] - ends["head"]) >= _LINE_HEIGHT:
        return ends
    middle = min(max((ends["base"] + ends["head"]) / 2, _LINE_HEIGHT / 2), height - _LINE_HEIGHT / 2)
    half = _LINE_HEIGHT / 2 if ends["base"] >= ends["head"] else -_LINE_HEIGHT / 2
    return {"base": middle + half, "head": middle - half}


def _hover(dataset: str, side: Side) -> Json:
    """Lay invisible points over a curve, for the pointer to find."""
    return {
        "data": {"name": dataset},
        "transform": parts.side_column(side),
        "mark": {"type": "circle", "opacity": 0, "size": 80, "clip": True},
        "encoding": parts.tooltip("side", "x", "y"),
    }


def _datasets(panels: Sequence[_Panel]) -> dict[str, list[Json]]:
    """Give each curve and its end; on an interactive page whole, as the reader can zoom out there."""
    datasets: dict[str, list[Json]] = {}
    if panels[0].chart.diagonal:
        datasets["diagonal"] = [{"x": 0, "y": 0}, {"x": 1, "y": 1}]
    for panel in panels:
        for side, points in panel.series.sides.items():
            datasets[f"{side}{panel.index}"] = _rows(panel, points)
            datasets[f"{side}{panel.index}end"] = [{"x": points.x[-1], "y": points.y[-1]}]
    return datasets


def _rows(panel: _Panel, points: Points) -> list[Json]:
    if panel.interactive or panel.x is None:
        return [{"x": _brief(x), "y": _brief(y)} for x, y in zip(points.x, points.y, strict=True)]
    return _visible(panel, points)


def _visible(panel: _Panel, points: Points) -> list[Json]:
    """Give the points that a still picture needs, with gaps where the curve leaves it."""
    if panel.x is None:
        return []
    pixel = (panel.x.high - panel.x.low) / panel.grid.width, (panel.y.high - panel.y.low) / panel.grid.height
    pieces = cut([(float(x), float(y)) for x, y in zip(points.x, points.y, strict=True)], panel.x, panel.y)
    drawn = [thin(piece, pixel) for piece in pieces] if panel.y.kind == "linear" else pieces
    return [row for piece in drawn for row in (*({"x": _brief(x), "y": _brief(y)} for x, y in piece), _GAP)][:-1]


def _brief(value: float | str) -> float | str:
    """Keep the digits that a picture or a tooltip can show; all others only make the page larger."""
    return float(f"{value:.9g}") if isinstance(value, float) else value
