"""Distributions of a table's columns, one small plot each: base a grey area, head a blue outline.

Categories are bars: base wide and grey, head narrow and blue in front of it, so that both tops can be read.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from headway.draw.specification.parts import Grid, Json, Page, heading, program, tooltip
from headway.numbers import format_share, format_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.draw.theme import Theme
    from headway.values.chart import DistributionChart, DistributionPanel

_GRID = Grid(width=215, height=96, columns=3, gap=64, row_gap=66)
_ALONE = Grid(width=380, height=160, row_gap=66)
_HEAD_SHARE = 0.44  # of a category's band
_BASE_SHARE = 0.82
_LETTER = 6.2  # pixels of a label's letter


def distribution_specification(chart: DistributionChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw one small plot for each column."""
    page = Page(theme, _GRID if len(chart.panels) > 1 else _ALONE, interactive)
    datasets = {f"rows{index}": list(_rows(panel)) for index, panel in enumerate(chart.panels)}
    plots = [_draw(index, panel, page) for index, panel in enumerate(chart.panels)]
    return program(page, chart.title, "share of rows, base grey and head blue", datasets, plots)


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
        "layer": [*layers, *heading(panel.name, panel.remark, page.theme)],
    }


def _y(field: str, grid: Grid) -> Json:
    axis = {"format": ".0%", "tickCount": grid.height // 40}
    return {"field": field, "type": "quantitative", "title": None, "axis": axis, "scale": {"zero": True, "nice": True}}


def _histogram(panel: DistributionPanel, grid: Grid, theme: Theme) -> list[Json]:
    low, high = panel.edges[0], panel.edges[-1]
    scale = {"domain": [low, high], "nice": False, "zero": False}
    x = {"field": "low", "type": "quantitative", "title": None, "scale": scale, "axis": {"tickCount": grid.width // 50}}
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


def _bars(panel: DistributionPanel, grid: Grid, theme: Theme) -> list[Json]:
    band = grid.width / max(len(panel.labels), 1)
    letters = max((len(label) for label in panel.labels), default=0)
    angle = 0 if letters * _LETTER < band else -40
    axis = {"labelAngle": angle, "labelLimit": 70, "labelOverlap": False, "ticks": False}
    x = {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": axis}
    sides = (("base", theme.base, 0.5, _BASE_SHARE), ("head", theme.head, 1, _HEAD_SHARE))
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
