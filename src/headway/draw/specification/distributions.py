"""Distributions of a table's columns, one small plot each: base a grey area, head a blue outline.

Categories are bars: base wide and grey, head narrow and blue in front of it, so that both tops can be read.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from headway.draw.specification import canvas
from headway.draw.specification.canvas import WIDTH
from headway.draw.specification.parts import Grid, Json, Page, fitted, text_at, text_width, tooltip
from headway.draw.specification.scales import Scale
from headway.numbers import format_share, format_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.draw.theme import Theme
    from headway.values.chart import DistributionChart, DistributionPanel

_LEFT = 36  # points for the shares beside a plot
_GAP = 16
_PAIR = Grid((WIDTH - _GAP) // 2 - _LEFT, 54, 2, _GAP + _LEFT, 58)
_ALONE = Grid(WIDTH - _LEFT, 110)
_HEAD_SHARE = 0.44  # of a category's band
_BASE_SHARE = 0.82
_TURNED_LENGTH, _TURNED_ROOM = 44, 20  # points of a turned label at the most, and below a plot for it
_HALF = 0.5
_CLOSE = 15  # points from one turned label to the next, below which they would overlap


def distribution_specification(chart: DistributionChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw one small plot for each column."""
    page = Page(theme, _grid(chart.panels), interactive)
    datasets = {f"rows{index}": list(_rows(panel)) for index, panel in enumerate(chart.panels)}
    plots = [_draw(index, panel, page) for index, panel in enumerate(chart.panels)]
    plots[:1] = [canvas.framed(plot, _LEFT) for plot in plots[:1]]
    sides = ", base grey and head blue" if any(panel.base and panel.head for panel in chart.panels) else ""
    return canvas.program(page, chart.title, [f"share of rows{sides}"], datasets, plots)


def _grid(panels: Sequence[DistributionPanel]) -> Grid:
    if len(panels) == 1:
        return _ALONE
    turned = any(_is_turned(panel, _PAIR) for panel in panels)
    return replace(_PAIR, row_gap=_PAIR.row_gap + _TURNED_ROOM * turned)


def _rows(panel: DistributionPanel) -> Iterator[Json]:
    """Give each bin's limits or category's name, with both shares and how they are written."""
    places: list[Json] = [{"low": low, "high": high} for low, high in pairwise(panel.edges)]
    places = places or [{"label": label} for label in panel.labels]
    for index, place in enumerate(places):
        row: Json = dict(place)
        for side in ("base", "head"):
            shares = getattr(panel, side)
            share = shares[index] if shares else None
            row |= {side: share, f"{side} share": "none" if share is None else format_share(share)}
        if panel.edges:
            row["values"] = f"{format_value(place['low'])} to {format_value(place['high'])}"
        yield row


def _draw(index: int, panel: DistributionPanel, page: Page) -> Json:
    layers = (_histogram if panel.edges else _bars)(panel, page.grid, page.theme)
    if page.interactive:
        layers.append(_hover(panel))
    return {
        "data": {"name": f"rows{index}"},
        "width": page.grid.width,
        "height": page.grid.height,
        "layer": [*layers, *_heading(panel, page)],
    }


def _heading(panel: DistributionPanel, page: Page) -> list[Json]:
    """Name the column, and its remark below, if it has any, at places that all plots share."""
    width, theme = page.grid.width, page.theme
    name = text_at(0, -26, fitted(panel.name, width, bold=True), theme.text, fontWeight="bold")
    return [name, text_at(0, -11, fitted(panel.remark, width), theme.muted)]


def _y(field: str, grid: Grid) -> Json:
    axis = {"format": ".1~%", "tickCount": max(grid.height // 30, 2), "labelBound": 6, **canvas.fixed(_LEFT)}
    return {"field": field, "type": "quantitative", "title": None, "axis": axis, "scale": {"zero": True, "nice": True}}


def _histogram(panel: DistributionPanel, grid: Grid, theme: Theme) -> list[Json]:
    scale = Scale("linear", panel.edges[0], panel.edges[-1])
    axis = canvas.flush_axis(scale, grid.width)
    if all(edge % 1 == _HALF for edge in panel.edges):  # each bin is one whole number
        axis["tickMinStep"] = 1
    x = {"field": "low", "type": "quantitative", "title": None, "scale": scale.vega(), "axis": axis}
    if panel.base is None:
        bar = {"type": "rect", "color": theme.head, "stroke": theme.background, "strokeWidth": 0.5}
        return [{"mark": bar, "encoding": {"x": x, "x2": {"field": "high"}, "y": _y("head", grid), "y2": {"datum": 0}}}]
    area = {"type": "rect", "color": theme.base, "opacity": 0.5}
    base = {"mark": area, "encoding": {"x": x, "x2": {"field": "high"}, "y": _y("base", grid), "y2": {"datum": 0}}}
    # Head is a line: the top of each bin, and the steps between neighbours.
    line = {"type": "rule", "color": theme.head, "strokeWidth": 2, "strokeCap": "square"}
    tops = {"mark": line, "encoding": {"x": x, "x2": {"field": "high"}, "y": _y("head", grid)}}
    before = {"window": [{"op": "lag", "field": "head", "as": "before"}], "sort": [{"field": "low"}]}
    steps = {
        "transform": [before, {"calculate": "datum.before === null ? 0 : datum.before", "as": "before"}],
        "mark": line,
        "encoding": {"x": x, "y": _y("head", grid), "y2": {"field": "before"}},
    }
    return [base, tops, steps]


def _is_turned(panel: DistributionPanel, grid: Grid) -> bool:
    """Whether the names of categories need more room than beside each other."""
    return max(map(text_width, panel.labels), default=0) * len(panel.labels) > grid.width


def _bars(panel: DistributionPanel, grid: Grid, theme: Theme) -> list[Json]:
    turned = {"labelAngle": -45, "labelLimit": _TURNED_LENGTH} if _is_turned(panel, grid) else {"labelAngle": 0}
    axis = {**turned, "labelOverlap": grid.width < _CLOSE * len(panel.labels), "ticks": False}
    x = {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": axis}
    head_share = _BASE_SHARE if panel.base is None else _HEAD_SHARE
    sides = (("base", theme.base, 0.5, _BASE_SHARE), ("head", theme.head, 1, head_share))
    return [
        {
            "mark": {"type": "bar", "color": color, "opacity": opacity, "width": {"band": width}},
            "encoding": {"x": x, "y": _y(side, grid)},
        }
        for side, color, opacity, width in sides
    ]


def _hover(panel: DistributionPanel) -> Json:
    """Lay an invisible full-height mark over each bin, for the pointer to find."""
    pointer = tooltip("base share", "head share", **{"values" if panel.edges else "label": panel.name})
    if panel.edges:
        place: Json = {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}}
    else:
        place = {"x": {"field": "label", "type": "nominal", "sort": None}}
    mark = {"type": "bar", "opacity": 0}
    return {"mark": mark, "encoding": {**place, "y": {"value": 0}, "y2": {"value": "height"}, **pointer}}
