"""Curves: base grey and thin, head blue and strong, each labelled with its number where it ends.

Several series become small multiples, one plot each, because base against head is the comparison, and two colours that
always mean the same need no legend. ROC and precision-recall curves are shown whole, on axes from 0 to 1; where all of
them hug their corner, a second plot beside each enlarges it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from headway.draw.key_numbers import AT_THE_END, curve_change, curve_texts, measure, read_curves
from headway.draw.specification import parts
from headway.draw.specification.parts import Grid, Json, Page
from headway.draw.specification.scales import UNIT, Scale, corner, cut, position_scale, share_if_similar, value_scale
from headway.numbers import format_change

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from headway.draw.theme import Theme
    from headway.values.chart import LineChart, Points, Series
    from headway.values.revision import Side

    Axes = tuple[Scale | None, Scale]
    """x, which is ``None`` where it holds no numbers, and y."""

_MARKED_POINTS = 25  # curves with no more points than this show them
_DENSE = 1.5  # points per pixel column ...
_NOISY = 4  # ... and ways up or down the whole plot from which a curve is a band of noise that would hide the other
_LINE_HEIGHT = 15
_LABEL_GAP = 9
_AXIS_WIDTH = 46  # with its numbers
_LETTER_WIDTH = 6.4

_ALONE = Grid(width=460, height=260)
_SQUARE = Grid(width=340, height=300)
_FEW = Grid(width=245, height=160, columns=2)
_MANY = Grid(width=145, height=120, columns=3)
_MOST_OF_FEW = 6
_WITH_CORNER = Grid(width=210, height=210, columns=2, gap=78)
_FEW_WITH_CORNERS = Grid(width=150, height=150, columns=4, gap=54)


@dataclass(frozen=True)
class _Panel:
    """One plot: a series, whole or its corner."""

    chart: LineChart
    index: int
    series: Series
    x: Scale | None
    y: Scale
    corner: tuple[Scale, Scale] | None  # what the image enlarges, here or in the next panel
    is_common: bool  # all panels have the same y axis
    is_lowest: bool  # no panel is below
    of: str
    page: Page

    @property
    def alone(self) -> bool:
        return len(self.chart.series) == 1

    @property
    def is_corner(self) -> bool:
        return (self.x, self.y) == self.corner


def line_specification(chart: LineChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw one plot for each series, or two where its corner is enlarged."""
    of = measure(chart)
    enlarged = corner(chart)
    page = Page(theme, _grid(chart, of, has_corner=enlarged is not None), interactive)
    scales = _scales(chart)
    is_common = len({y for _, y in scales}) == 1
    views = [
        (series, axes)
        for series, own in zip(chart.series, scales, strict=True)
        for axes in ((own, enlarged) if enlarged else (own,))
    ]
    lowest = len(views) - page.grid.columns
    panels = [
        _Panel(chart, index, one, *axes, enlarged, is_common, index >= lowest, of, page)
        for index, (one, axes) in enumerate(views)
    ]
    plots = [_draw(panel) for panel in panels]
    return parts.program(page, chart.title, _remark(panels[0]), _datasets(panels), plots)


def _grid(chart: LineChart, of: str, *, has_corner: bool) -> Grid:
    alone = len(chart.series) == 1
    if has_corner:
        return _WITH_CORNER if alone else _FEW_WITH_CORNERS
    if alone:
        return _SQUARE if chart.curve else _ALONE
    letters = max(len(label) for series in chart.series for label in _words(series, of).values())
    gap = _LABEL_GAP + round(_LETTER_WIDTH * letters) + _AXIS_WIDTH
    return replace(_FEW if len(chart.series) <= _MOST_OF_FEW else _MANY, gap=gap)


def _scales(chart: LineChart) -> list[Axes]:
    """Choose the axes of each series; series of the same size share one y axis, so that they compare."""
    if chart.curve or chart.diagonal:
        return [(UNIT, UNIT)] * len(chart.series)
    x = None
    if chart.x_type == "quantitative":
        edges = [float(x) for points in chart.points for x in (points.x[0], points.x[-1])]
        x = position_scale(min(edges), max(edges))
    shared = value_scale(*_ys(chart.points), zoomable=x is not None)
    sides = [series.sides.values() for series in chart.series]
    own = [value_scale(*_ys(both), zoomable=x is not None) if both else shared for both in sides]
    return [(x, y) for y in share_if_similar(own, shared)]


def _ys(curves: Collection[Points]) -> tuple[list[float], list[float]]:
    """Give every y, and the y of every end."""
    return [float(y) for points in curves for y in points.y], [float(points.y[-1]) for points in curves]


def _remark(first: _Panel) -> str:
    chart = first.chart
    on_axis = first.alone and first.corner
    named = chart.y_label if not on_axis and (first.alone or chart.y_label != "y") else ""
    numbers = "" if first.of == AT_THE_END else f"numbers: {first.of}"
    common = first.y.remark if first.is_common else ""
    return " · ".join(remark for remark in (named, common, numbers) if remark)


def _draw(panel: _Panel) -> Json:
    layers: list[Json] = []
    if panel.chart.diagonal and panel.x == panel.y:
        guide = {"type": "line", "color": panel.page.theme.guide, "strokeDash": [4, 4], "strokeWidth": 1}
        layers.append({"data": {"name": "diagonal"}, "mark": guide})
    if panel.corner and not panel.is_corner:
        frame = {"type": "rect", "fillOpacity": 0, "stroke": panel.page.theme.guide, "strokeWidth": 1}
        far = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
        layers.append({"data": {"name": "corner"}, "mark": frame, "encoding": far})
    for side, points in panel.series.sides.items():
        layers += _curve(panel, side, points)
    layers += [] if panel.is_corner else _labels_inside(panel) if panel.corner else _labels(panel)
    layers += _heading(panel)
    if panel.page.interactive and panel.chart.x_type != "nominal":
        layers[0] |= parts.zoom(panel.index)
    encoding = {"x": _x_encoding(panel), "y": _y_encoding(panel)}
    return {"width": panel.page.grid.width, "height": panel.page.grid.height, "encoding": encoding, "layer": layers}


def _heading(panel: _Panel) -> list[Json]:
    """Name a series, or the part of it that is enlarged."""
    if panel.is_corner:
        side = "left" if panel.chart.curve == "roc" else "right"
        times = round(1 / (panel.y.high - panel.y.low))
        return parts.heading(f"part: top {side}, {times}\N{MULTIPLICATION SIGN}", "", panel.page.theme)
    if panel.alone:
        return parts.heading("whole", "", panel.page.theme) if panel.corner else []
    return parts.heading(panel.series.name, "" if panel.is_common else panel.y.remark, panel.page.theme)


def _x_encoding(panel: _Panel) -> Json:
    chart, width = panel.chart, panel.page.grid.width
    title = parts.shortened(chart.x_label, width // 6) if panel.is_lowest else None
    encoding: Json = {"field": "x", "type": chart.x_type, "title": title}
    if panel.x:
        counts = all(float(x).is_integer() for points in chart.points for x in points.x[:50])  # steps, epochs
        count = min(width // 60, max(int(panel.x.high - panel.x.low), 1)) if counts else width // 60
        return {**encoding, "scale": panel.x.vega(), "axis": {"tickCount": count, **_type(panel)}}
    if chart.x_type == "temporal":
        return {**encoding, "scale": {"type": "utc"}, "axis": {"tickCount": width // 80}}
    names = _names(panel.series)
    letters = sum(len(name) + 2 for name in names)
    angle = -40 if letters * _LETTER_WIDTH > width else 0
    return {**encoding, "sort": names, "axis": {"labelAngle": angle, "labelLimit": 120, "labelOverlap": True}}


def _names(series: Series) -> list[str]:
    """Give the names of both sides in head's order; one that only base has keeps its predecessor."""
    base, head = (list(dict.fromkeys(map(str, side.x))) if side else [] for side in (series.base, series.head))
    for before, name in pairwise(["", *base]):
        if name not in head:
            head.insert(head.index(before) + 1 if before in head else 0, name)
    return head


def _type(panel: _Panel) -> Json:
    """Enlarge the axis labels of two plots that share an image's width, so that they stay legible."""
    return {"labelFontSize": 13, "titleFontSize": 13} if panel.corner and panel.alone else {}


def _y_encoding(panel: _Panel) -> Json:
    height = panel.page.grid.height
    axis = {"values": panel.y.ticks(height // 40)} if panel.y.kind == "log" else {"tickCount": height // 50}
    title = parts.shortened(panel.chart.y_label, height // 6) if panel.corner and panel.alone else None
    axis |= _type(panel)
    return {"field": "y", "type": "quantitative", "title": title, "scale": panel.y.vega(), "axis": axis}


def _curve(panel: _Panel, side: Side, points: Points) -> list[Json]:
    """Draw a line, the points of a short one, and its end."""
    color, width = (panel.page.theme.head, 2) if side == "head" else (panel.page.theme.base, 1.5)
    thin = {"strokeWidth": 1, "strokeOpacity": 0.7}
    look = thin if _is_dense(panel, points) else {"strokeWidth": width, "strokeJoin": "round"}
    # A point between two gaps is a line without a length, which only a round cap makes visible.
    line: Json = {"type": "line", "clip": panel.page.interactive, "color": color, "strokeCap": "round", **look}
    curve = {"data": {"name": f"{side}{panel.index}"}, "mark": line}
    if len(points.x) <= _MARKED_POINTS:
        line["point"] = {"color": color, "filled": True, "opacity": 1, "size": 24}
    layers: list[Json] = [curve]
    if panel.of == AT_THE_END:
        cross = {"type": "point", "shape": "cross", "angle": 45, "filled": True, "size": 110}
        mark = {**(cross if points.end else {"type": "circle", "size": 36}), "color": color, "opacity": 1}
        layers.append({"data": {"name": f"{side}{panel.index}end"}, "mark": mark})
    if panel.page.interactive:  # invisible points for the pointer to find
        hover = {"type": "circle", "opacity": 0, "size": 80, "clip": True}
        layers.append({"data": curve["data"], "mark": hover, "encoding": parts.tooltip(x=panel.chart.x_label, y=side)})
    return layers


def _is_dense(panel: _Panel, points: Points) -> bool:
    if panel.chart.curve or len(points.x) <= _DENSE * panel.page.grid.width:
        return False
    heights = [panel.y.share(float(y)) for y in points.y]
    return sum(abs(after - before) for before, after in pairwise(heights)) > _NOISY


def _labels(panel: _Panel) -> list[Json]:
    """Label both curves beside their ends, apart from each other where the ends meet; in the middle without an end."""
    words = _words(panel.series, panel.of)
    last = {side: float(points.y[-1]) for side, points in panel.series.sides.items()}
    height = panel.page.grid.height
    ends = {side: height * (1 - panel.y.share(last[side]) if side in last else 0.5) for side in words}
    places = _apart(ends, height)
    left = panel.page.grid.width + _LABEL_GAP
    return [parts.label_at(left, places[side], side, text, panel.page.theme) for side, text in words.items()]


def _labels_inside(panel: _Panel) -> list[Json]:
    """Label both curves in the corner across from the one that they hug."""
    left = panel.chart.curve == "precision-recall"
    x, align = (8, "left") if left else (panel.page.grid.width - 6, "right")
    size = 14 if panel.alone else 11
    lowest = panel.page.grid.height - size
    words = reversed(_words(panel.series, panel.of).items())
    return [
        parts.label_at(x, lowest - 1.4 * size * row, side, text, panel.page.theme, align=align, fontSize=size)
        for row, (side, text) in enumerate(words)
    ]


def _words(series: Series, of: str) -> dict[Side, str]:
    """Write the label of each side; of two equal curves only one is visible, and gets both names."""
    read = read_curves(series, of)
    texts, change = curve_texts(read), curve_change(read)
    if series.base == series.head:
        return {"head": f"base and head {texts['head']}"}
    words: dict[Side, str] = {side: f"{side} {text}" for side, text in texts.items()}
    if change is not None:
        words["head"] += f" ({format_change(change) if change else 'no change'})"
    return words


def _apart(ends: dict[Side, float], height: float) -> dict[Side, float]:
    if len(ends) == 1 or abs(ends["base"] - ends["head"]) >= _LINE_HEIGHT:
        return ends
    half = _LINE_HEIGHT / 2
    middle = min(max((ends["base"] + ends["head"]) / 2, half), height - half)
    below = half if ends["base"] >= ends["head"] else -half
    return {"base": middle + below, "head": middle - below}


def _datasets(panels: Sequence[_Panel]) -> dict[str, list[Json]]:
    """Give each curve and its end."""
    datasets: dict[str, list[Json]] = {}
    if panels[0].chart.diagonal:
        datasets["diagonal"] = [{"x": 0, "y": 0}, {"x": 1, "y": 1}]
    if enlarged := panels[0].corner:
        x, y = enlarged
        datasets["corner"] = [{"x": x.low, "x2": x.high, "y": y.low, "y2": y.high}]
    for panel in panels:
        for side, points in panel.series.sides.items():
            datasets[f"{side}{panel.index}"] = _rows(panel, points)
            datasets[f"{side}{panel.index}end"] = [{"x": points.x[-1], "y": points.y[-1]}]
    return datasets


def _rows(panel: _Panel, points: Points) -> list[Json]:
    """Give the points of a curve, with a row without y wherever it is broken; its x keeps it in place when Vega sorts.

    A still image gets only what it shows; on an interactive page the reader can zoom out.
    """
    pairs = list(zip(points.x, map(float, points.y), strict=True))
    pieces = [pairs[start:end] for start, end in pairwise((0, *points.breaks, len(pairs)))]
    if panel.x and not panel.page.interactive:
        numbers = [[(float(x), y) for x, y in piece] for piece in pieces]
        pieces = [list(part) for piece in numbers for part in cut(piece, panel.x, panel.y)]
    rows: list[Json] = []
    for piece in pieces:
        rows += ({"x": _brief(x), "y": _brief(y)} for x, y in piece)
        rows.append({"x": rows[-1]["x"], "y": None})
    return rows[:-1]


def _brief(value: float | str) -> float | str:
    """Keep the digits that an image or a tooltip can show; all others only make the page larger."""
    return float(f"{value:.9g}") if isinstance(value, float) else value
