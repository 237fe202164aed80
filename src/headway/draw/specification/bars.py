"""Values by category as two dots joined by a line, with the numbers beside them: base hollow and grey, head solid blue.

Dots instead of bars, because a bar has to begin at zero and hides a change from 0.96 to 0.97.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.draw.key_numbers import Reading, latest
from headway.draw.specification.parts import Grid, Json, Page, label_at, program, shortened, text_at, tooltip
from headway.draw.specification.scales import Scale, dot_scale, share_if_similar
from headway.numbers import format_change, format_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.draw.theme import Theme
    from headway.values.chart import Bar, BarChart

_ALONE = Grid(width=380, height=22)
_FEW = Grid(width=180, height=20, columns=2, gap=260)
_DENSE_HEIGHT = 16  # of a row, in pixels; a grid's height is one row here
_MANY_BARS = 24
_SHORT = 6  # letters of a value that is not a number
_VALUE_AT, _CHANGE_AT = 14, 68  # pixels right of the plot


def bar_specification(chart: BarChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw one row for each category, one plot for each group."""
    groups: dict[str, list[Bar]] = {}
    for bar in chart.bars:
        groups.setdefault(bar.group, []).append(bar)
    every = _values(chart.bars)
    scales = share_if_similar([dot_scale(_values(bars) or every) for bars in groups.values()], dot_scale(every))
    page = Page(theme, _ALONE if len(groups) == 1 else _FEW, interactive)
    plots = [
        _draw(chart, index, group, scale, page) for index, (group, scale) in enumerate(zip(groups, scales, strict=True))
    ]
    named = "" if chart.value_label == "y" else f"{shortened(chart.value_label)} "
    remark = f"{named}by {shortened(chart.category_label)}"
    datasets = {f"bars{index}": [_row(bar) for bar in bars] for index, bars in enumerate(groups.values())}
    return program(page, chart.title, remark, datasets, plots)


def _values(bars: Sequence[Bar]) -> list[float]:
    return [value for bar in bars for value in (bar.base, bar.head) if value is not None]


def _row(bar: Bar) -> Json:
    """Give a category's values, and the texts of both columns."""
    read = Reading(bar.base, bar.head)
    shown = _written(bar.head, bar.head_holds) if bar.head_holds else format_value(latest(bar))
    if bar.base is None and not bar.base_holds:
        change = "new"
    elif bar.base_holds or bar.head_holds:
        change = f"was {_written(bar.base, bar.base_holds)}"
    else:
        change = "gone" if bar.head is None else format_change(read.change)
    return {"label": bar.label, "base": bar.base, "head": bar.head, "value": shown, "change": change}


def _written(value: float | None, holds: str) -> str:
    """Write a value, or what a side holds in place of a number if it fits its column: ``NaN``, ``∞``."""
    return holds if holds and len(holds) <= _SHORT else format_value(value)


def _draw(chart: BarChart, index: int, group: str, scale: Scale, page: Page) -> Json:
    bars = [bar for bar in chart.bars if bar.group == group]
    theme, dense = page.theme, len(bars) > _MANY_BARS
    size = 40 if dense else 64
    link = {"type": "rule", "color": theme.head, "strokeOpacity": 0.35, "strokeWidth": 3}
    base = {"type": "point", "filled": True, "fill": theme.background, "stroke": theme.base, "strokeWidth": 2}
    head = {"type": "point", "filled": True, "color": theme.head}
    pointer = tooltip("base", "head", "change", label=chart.category_label) if page.interactive else {}
    layers: list[Json] = [
        {
            "mark": link,
            "transform": [{"filter": _BOTH}],
            "encoding": {"x": _x("base", scale, page), "x2": {"field": "head"}},
        },
        {"mark": {**base, "opacity": 1, "size": size}, "encoding": {"x": _x("base", scale, page), **pointer}},
        {"mark": {**head, "opacity": 1, "size": size}, "encoding": {"x": _x("head", scale, page), **pointer}},
        _column("value", _VALUE_AT, theme.head, page, fontWeight="bold"),
        _column("change", _CHANGE_AT, theme.muted, page),
        *_header(group, page),
    ]
    y = {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": _Y_AXIS}
    height = {"step": _DENSE_HEIGHT if dense else page.grid.height}
    data = {"name": f"bars{index}"}
    return {"data": data, "width": page.grid.width, "height": height, "encoding": {"y": y}, "layer": layers}


_BOTH = "datum.base !== null && datum.head !== null"
_Y_AXIS = {"grid": True, "labelLimit": 170, "labelFontSize": 12}


def _x(field: str, scale: Scale, page: Page) -> Json:
    axis = {"tickCount": page.grid.width // 70}
    return {"field": field, "type": "quantitative", "title": None, "scale": scale.vega(), "axis": axis}


def _column(field: str, at: int, color: str, page: Page, **mark: str) -> Json:
    text = {"type": "text", "align": "left", "baseline": "middle", "color": color, **mark}
    return {"mark": text, "encoding": {"x": {"value": page.grid.width + at}, "text": {"field": field}}}


def _header(group: str, page: Page) -> list[Json]:
    """Label the dots and the columns in their colours; above them the group's name."""
    theme, right = page.theme, page.grid.width
    header = [
        label_at(0, -12, "base", "\N{WHITE CIRCLE} base", theme, fontSize=11),
        label_at(54, -12, "head", "\N{BLACK CIRCLE} head", theme, fontSize=11),
        label_at(right + _VALUE_AT, -12, "head", "head", theme, fontSize=11),
        text_at(right + _CHANGE_AT, -12, "change", theme.muted, fontSize=11, fontWeight="normal"),
    ]
    name = text_at(0, -32, shortened(group, 40), theme.text, fontWeight="bold")
    return [*header, name] if group else header
