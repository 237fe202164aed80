"""Curves: base grey and thin, head blue and strong, both numbers above the plot, which takes the image's whole width.

Several series become small multiples, one plot each, because base against head is the comparison, and two colours that
always mean the same need no legend. ROC and precision-recall curves are shown whole, on axes from 0 to 1; where all of
them hug their corner, a second plot beside each enlarges it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from headway.draw.key_numbers import AT_THE_END, measure
from headway.draw.specification import parts
from headway.draw.specification.canvas import LABEL_GAP, axis_room
from headway.draw.specification.headings import LINE_HEIGHT, Row, draw_rows, head_series
from headway.draw.specification.parts import INNER_WIDTH, Grid, Json, Page
from headway.draw.specification.scales import UNIT, Scale, corner, cut, position_scale, share_if_similar, value_scale
from headway.numbers import format_share, format_value

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from headway.draw.theme import Theme
    from headway.values.chart import LineChart, OperatingPoint, Points, Series
    from headway.values.revision import Side

    Axes = tuple[Scale | None, Scale]
    """x, which is ``None`` where it holds no numbers, and y."""

_MARK_SPACE = 12  # points of the plot's width for each point of a curve from which all are marked
_DENSE = 1.5  # points per pixel column ...
_NOISY = 4  # ... and ways up or down the whole plot from which a curve is a band of noise that would hide the other
_INSET = 5  # from the plot's edges to the first and the last point, for their marks
_CLIPPED = 3  # from an edge that cuts lines off to those that run along it
_FLUSH = 12  # from the edge within which a number on the x axis is aligned to its tick
_GAP = 8  # between two columns
_SLANTED = 0.2  # letters of a slanted name for each point that it may reach to the left
_STRIP = 30  # below a calibration curve, for the sizes of its bins
_BAR_WIDTH = 3
_MOST_STACKED = 3  # series below each other; more share rows
_MOST_CORNERS = 2  # series whose corner is enlarged
_HEIGHTS = {1: 160, 2: 90, 3: 80, 4: 84, 5: 70, 6: 70}  # by the number of series
_LOWEST, _CURVE_HEIGHT, _SMALL_CURVE_HEIGHT, _CORNER_HEIGHT = 54, 190, 90, 140


@dataclass(frozen=True)
class _Panel:
    """One plot: a series, whole or its corner."""

    chart: LineChart
    index: int
    series: Series
    x: Scale | None
    y: Scale
    corner: tuple[Scale, Scale] | None  # what the image enlarges, here or in the next panel
    rows: Sequence[Row]  # the text above
    is_lowest: bool  # no panel is below
    of: str
    page: Page
    axis_width: int

    @property
    def is_corner(self) -> bool:
        return (self.x, self.y) == self.corner

    @property
    def has_sizes(self) -> bool:
        return any(points.sizes for points in self.chart.points)

    @property
    def zooms(self) -> bool:
        """Whether the reader can zoom: not into names, nor away from the bars below a calibration curve."""
        return self.page.interactive and self.chart.x_type != "nominal" and not self.has_sizes

    def shows(self, point: OperatingPoint) -> bool:
        x, y = self.x or UNIT, self.y
        return x.low <= point.x <= x.high and y.low <= point.y <= y.high


def line_specification(chart: LineChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw one plot for each series, or two where its corner is enlarged."""
    of = measure(chart)
    enlarged = corner(chart) if len(chart.series) <= _MOST_CORNERS else None
    scales = _scales(chart)
    is_common = len({y for _, y in scales}) == 1
    own = ["" if is_common else y.remark for _, y in scales]
    views = [(series, axes) for series, own in enumerate(scales) for axes in ((own, enlarged) if enlarged else (own,))]
    height = _height(chart, has_corner=enlarged is not None)
    axis_width = max(axis_room(y, height) for _, (_, y) in views)
    columns = 2 if enlarged or len(chart.series) > _MOST_STACKED else 1
    width = (INNER_WIDTH - _GAP) // 2 - axis_width if columns > 1 else INNER_WIDTH - axis_width
    page = Page(theme, Grid(width, height, columns, gap=INNER_WIDTH - axis_width - columns * width), interactive)
    room = INNER_WIDTH if enlarged or columns == 1 else axis_width + width
    above = head_series(chart, of, own, room / page.stretch)
    lines = max(map(len, above.rows)) + (enlarged is not None)
    page = replace(page, grid=replace(page.grid, row_gap=LINE_HEIGHT * (lines + 1) + 2))
    panels = [
        _Panel(
            chart=chart,
            index=index,
            series=chart.series[one],
            x=axes[0],
            y=axes[1],
            corner=enlarged,
            rows=_rows(chart, above.rows[one], axes, enlarged),
            is_lowest=index >= len(views) - columns,
            of=of,
            page=page,
            axis_width=axis_width,
        )
        for index, (one, axes) in enumerate(views)
    ]
    plots = [_draw(panel) for panel in panels]
    remark = _remark(panels[0], is_common=is_common, is_brief=above.is_brief)
    return parts.program(page, chart.title, remark, _datasets(panels), plots)


def _height(chart: LineChart, *, has_corner: bool) -> int:
    """Choose the height of each plot, so that an image with few of them is about as high as any other."""
    if has_corner:
        return _CORNER_HEIGHT
    if chart.curve or chart.diagonal:
        return _CURVE_HEIGHT if len(chart.series) == 1 else _SMALL_CURVE_HEIGHT
    return _HEIGHTS.get(len(chart.series), _LOWEST)


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


def _remark(first: _Panel, *, is_common: bool, is_brief: bool) -> str:
    chart = first.chart
    says_more = chart.y_label != chart.title and (len(chart.series) == 1 or chart.y_label != "y")
    named = chart.y_label if says_more else ""
    numbers = ["base \N{RIGHTWARDS ARROW} head"] * is_brief + [first.of] * (first.of != AT_THE_END)
    common = first.y.remark if is_common else ""
    largest = max((size for points in chart.points for size in points.sizes), default=0)
    bars = f"bars: rows per bin, up to {format_value(largest)}" if largest else ""
    told = f"numbers: {', '.join(numbers)}" if numbers else ""
    return parts.BETWEEN.join(remark for remark in (named, common, told, _threshold(chart), bars) if remark)


def _threshold(chart: LineChart) -> str:
    """Say what the marks of operating points are."""
    marked = [one.operating for one in chart.points if one.operating]
    if not marked:
        return ""
    found, wanted = (
        dict.fromkeys(format_value(round(value, 2)) for value in values)
        for values in ([one.threshold for one in marked], [one.wanted for one in marked])
    )
    words = next(iter(found)) if len(found) == 1 else "nearest to " + " \N{RIGHTWARDS ARROW} ".join(wanted)
    return f"diamonds: threshold {words}"


def _rows(chart: LineChart, rows: Sequence[Row], axes: Axes, enlarged: tuple[Scale, Scale] | None) -> Sequence[Row]:
    """Add the lines that name the two views of a curve whose corner is enlarged."""
    if enlarged is None:
        return rows
    if axes != enlarged:
        return [Row([("whole", "name")], []), *rows]
    side = "left" if chart.curve == "roc" else "right"
    times = round(1 / (enlarged[1].high - enlarged[1].low))
    return [Row([(f"top {side}, {times}\N{MULTIPLICATION SIGN}", "name")], [])]


def _draw(panel: _Panel) -> Json:
    theme, grid = panel.page.theme, panel.page.grid
    layers: list[Json] = []
    if panel.chart.diagonal and panel.x == panel.y:
        guide = {"type": "line", "color": theme.guide, "strokeDash": [4, 4], "strokeWidth": 1}
        layers.append({"data": {"name": "diagonal"}, "mark": guide})
    if panel.corner and not panel.is_corner:
        frame = {"type": "rect", "fillOpacity": 0, "stroke": theme.guide, "strokeWidth": 1}
        far = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
        layers.append({"data": {"name": "corner"}, "mark": frame, "encoding": far})
    layers += _positives(panel)
    for side, points in panel.series.sides.items():
        layers += _curve(panel, side, points)
    layers += _operating_points(panel)
    room = INNER_WIDTH if grid.columns == 1 or (panel.corner and not panel.is_corner) else panel.axis_width + grid.width
    layers += draw_rows(panel.rows, -panel.axis_width, room, panel.page)
    if panel.has_sizes:
        layers.append(parts.text_at(-LABEL_GAP, grid.height + _STRIP / 2 + 2, "rows", theme.muted, align="right"))
    if panel.zooms:
        layers[0] |= parts.zoom(panel.index)
    encoding = {"x": _x_encoding(panel), "y": _y_encoding(panel)}
    return {"width": grid.width, "height": grid.height, "encoding": encoding, "layer": layers}


def _x_encoding(panel: _Panel) -> Json:
    chart, width = panel.chart, panel.page.grid.width
    title = parts.fitted(chart.x_label, width) if panel.is_lowest else None
    encoding: Json = {"field": "x", "type": chart.x_type, "title": title}
    axis: Json = {"labelFlush": _FLUSH, "labelBound": True, "offset": _STRIP if panel.has_sizes else 0}
    if not panel.is_lowest:
        axis |= {"labels": False, "ticks": False}
    if panel.x:
        counts = all(float(x).is_integer() for points in chart.points for x in points.x[:50])  # steps, epochs
        count = min(width // 60, max(int(panel.x.high - panel.x.low), 1)) if counts else width // 60
        written = {"format": ",~f"} if counts else {}  # 3, also where 3.0 is the only tick
        scale = {**panel.x.vega(), "padding": _INSET}
        return {**encoding, "scale": scale, "axis": {"tickCount": count, **written, **axis}}
    if chart.x_type == "temporal":
        scale = {"type": "utc", "domain": _time_span(chart), "padding": _INSET}
        return {**encoding, "scale": scale, "axis": {"tickCount": width // 80, **axis}}
    names = _names(chart)
    step = width / (len(names) + 1)
    is_flat = max(map(parts.text_width, names)) <= step - _GAP
    letters = round((panel.axis_width + step) * _SLANTED)
    shortened = f"truncate(datum.label, {letters}, 'center')"  # as names differ at their ends
    look = {"labelAngle": 0 if is_flat else -40, "labelOverlap": step < LINE_HEIGHT, "labelExpr": shortened}
    scale = {"type": "point", "padding": 1}
    return {**encoding, "sort": names, "scale": scale, "axis": {**axis, **look, "labelBound": False}}


def _time_span(chart: LineChart) -> list[str]:
    """The first and the last time: as all are written alike, in the order of the alphabet."""
    times = [str(x) for points in chart.points for x in (points.x[0], points.x[-1])]
    return [min(times), max(times)]


def _names(chart: LineChart) -> list[str]:
    """Give the names on the x axis, which all plots share."""
    return list(dict.fromkeys(name for series in chart.series for name in _names_of(series)))


def _names_of(series: Series) -> list[str]:
    """Give the names of both sides in head's order; one that only base has keeps its predecessor."""
    base, head = (list(dict.fromkeys(map(str, side.x))) if side else [] for side in (series.base, series.head))
    for before, name in pairwise(["", *base]):
        if name not in head:
            head.insert(head.index(before) + 1 if before in head else 0, name)
    return head


def _y_encoding(panel: _Panel) -> Json:
    axis = {**panel.y.axis(panel.page.grid.height), "minExtent": panel.axis_width}
    clipped = {"padding": _CLIPPED} if panel.zooms else {}
    scale = panel.y.vega() | clipped
    return {"field": "y", "type": "quantitative", "title": None, "scale": scale, "axis": axis}


def _curve(panel: _Panel, side: Side, points: Points) -> list[Json]:
    """Draw a line, its points if the chart marks any, its end, and the sizes of its bins."""
    color, width = (panel.page.theme.head, 2) if side == "head" else (panel.page.theme.base, 1.5)
    thin = {"strokeWidth": 1, "strokeOpacity": 0.7}
    look = thin if _is_dense(panel, points) else {"strokeWidth": width, "strokeJoin": "round"}
    # A point between two gaps is a line without a length, which only a round cap makes visible.
    line: Json = {"type": "line", "clip": panel.zooms, "color": color, "strokeCap": "round", **look}
    curve = {"data": {"name": f"{side}{panel.index}"}, "mark": line}
    if _marks_points(panel):
        line["point"] = {"color": color, "filled": True, "opacity": 1, "size": 24}
    layers: list[Json] = [curve]
    if panel.of == AT_THE_END:
        cross = {"type": "point", "shape": "cross", "angle": 45, "filled": True, "size": 70}
        mark = {**(cross if points.end else {"type": "circle", "size": 30}), "color": color, "opacity": 1}
        layers.append({"data": {"name": f"{side}{panel.index}end"}, "mark": mark})
    if points.sizes:
        offset = _BAR_WIDTH / 2 * (1 if side == "head" else -1)
        bar = {"type": "rule", "color": color, "strokeWidth": _BAR_WIDTH, "xOffset": offset}
        layers.append({"data": {"name": f"{side}{panel.index}sizes"}, "mark": bar, "encoding": {"y2": {"field": "y2"}}})
    if panel.page.interactive:  # invisible points for the pointer to find
        hover = {"type": "circle", "opacity": 0, "size": 80, "clip": True}
        layers.append({"data": curve["data"], "mark": hover, "encoding": parts.tooltip(x=panel.chart.x_label, y=side)})
    return layers


def _marks_points(panel: _Panel) -> bool:
    """Whether every point of every curve is marked: all or none, so that a short side does not look different."""
    return all(len(points.x) * _MARK_SPACE <= panel.page.grid.width for points in panel.chart.points)


def _is_dense(panel: _Panel, points: Points) -> bool:
    if panel.chart.curve or len(points.x) <= _DENSE * panel.page.grid.width:
        return False
    return panel.y.travel(points.y) > _NOISY


def _positives(panel: _Panel) -> list[Json]:
    """Draw the precision of calling every row positive, which a classifier has to exceed, where the file gives it."""
    theme, width = panel.page.theme, panel.page.grid.width
    shares = {side: points.positives for side, points in panel.series.sides.items() if points.positives is not None}
    if panel.x is None or not shares or min(shares.values()) < panel.y.low:
        return []
    texts = list(dict.fromkeys(map(format_share, shares.values())))
    layers: list[Json] = []
    for side in shares:
        color = getattr(theme, side) if len(texts) > 1 else theme.guide
        mark = {"type": "line", "color": color, "strokeWidth": 1, "strokeDash": [2, 3]}
        layers.append({"data": {"name": f"{side}{panel.index}positives"}, "mark": mark})
    words = "share of positives " + " \N{RIGHTWARDS ARROW} ".join(texts)
    if parts.text_width(words) > width:
        words = words.removeprefix("share of ")
    line = panel.page.grid.height * (1 - panel.y.share(max(shares.values())))
    return [*layers, parts.text_at(_INSET, line - LINE_HEIGHT / 2, words, theme.muted)]


def _operating_points(panel: _Panel) -> list[Json]:
    """Mark the point of each side at the threshold that the line below the title names."""
    theme = panel.page.theme
    look = {"type": "point", "shape": "diamond", "filled": True, "opacity": 1, "size": 100, "stroke": theme.background}
    return [
        {"data": {"name": f"{side}{panel.index}operating"}, "mark": {**look, "color": getattr(theme, side)}}
        for side, points in panel.series.sides.items()
        if points.operating and panel.shows(points.operating)
    ]


def _datasets(panels: Sequence[_Panel]) -> dict[str, list[Json]]:
    """Give each curve and what is marked on it."""
    datasets: dict[str, list[Json]] = {}
    if panels[0].chart.diagonal:
        datasets["diagonal"] = [{"x": 0, "y": 0}, {"x": 1, "y": 1}]
    if enlarged := panels[0].corner:
        x, y = enlarged
        datasets["corner"] = [{"x": x.low, "x2": x.high, "y": y.low, "y2": y.high}]
    for panel in panels:
        for side, points in panel.series.sides.items():
            name = f"{side}{panel.index}"
            datasets[name] = _rows_of(panel, points)
            datasets[f"{name}end"] = [{"x": points.x[-1], "y": points.y[-1]}]
            if points.sizes:
                datasets[f"{name}sizes"] = _bars(panel, points)
            if points.positives is not None and panel.x:
                ends = (panel.x.low, panel.x.high)
                datasets[f"{name}positives"] = [{"x": x, "y": points.positives} for x in ends]
            if one := points.operating:
                datasets[f"{name}operating"] = [{"x": one.x, "y": one.y}]
    return datasets


def _bars(panel: _Panel, points: Points) -> list[Json]:
    """Give a bar for each bin, on the scale of y, which goes on below the plot."""
    pixel = (panel.y.high - panel.y.low) / panel.page.grid.height
    largest = max(size for one in panel.chart.points for size in one.sizes)
    floor = panel.y.low - _STRIP * pixel
    heights = [max((_STRIP - _GAP) * size / largest, float(size > 0)) for size in points.sizes]
    return [
        {"x": x, "y": _brief(floor), "y2": _brief(floor + height * pixel)}
        for x, height in zip(points.x, heights, strict=True)
    ]


def _rows_of(panel: _Panel, points: Points) -> list[Json]:
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
        if panel.page.interactive:
            rows += ({"x": _brief(x), "y": _brief(y)} for x, y in piece)
        else:  # nobody stores the rows of a still image
            rows += ({"x": x, "y": y} for x, y in piece)
        rows.append({"x": rows[-1]["x"], "y": None})
    return rows[:-1]


def _brief(value: float | str) -> float | str:
    """Keep the digits that a tooltip can show; all others only make the page larger."""
    return float(f"{value:.9g}") if isinstance(value, float) else value
