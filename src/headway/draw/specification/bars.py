"""Values by category as two dots joined by a line, with numbers beside them: base a grey ring, head a blue dot.

Dots instead of bars, because a bar has to begin at zero and hides a change from 0.96 to 0.97. The dot is smaller than
the ring, so that both are seen where they are equal.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from headway.draw.key_numbers import Reading, bar_decimals
from headway.draw.specification import canvas
from headway.draw.specification.canvas import LABEL_GAP
from headway.draw.specification.parts import (
    INNER_WIDTH,
    Grid,
    Json,
    Page,
    fitted,
    label_at,
    shortened,
    text_at,
    text_width,
    tooltip,
)
from headway.draw.specification.scales import Scale, dot_scale, share_if_similar
from headway.numbers import MISSING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.draw.theme import Theme
    from headway.values.chart import Bar, BarChart
    from headway.values.revision import Side

_HEIGHT, _DENSE_HEIGHT, _MANY_BARS = 20, 15, 12
_LABEL_ROOM = 112  # points of all labels at the most
_COLUMN_GAP = 14
_LEGEND = 46  # points from one side's name to the next
_ROW_GAP = 58
_SHORT = 6  # letters of a value that is not a number
_DWARFS = 10  # times a value has to be larger than all others to be cut off
_DECADES, _FLOOR = 100, 0.05  # the range, and the share of the largest value for half of all, of a logarithmic axis


class _Columns(NamedTuple):
    """The points that the texts beside the dots take."""

    labels: int
    value: int
    change: int


def bar_specification(chart: BarChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw one row for each category, one plot for each group."""
    groups: dict[str, list[Bar]] = {}
    for bar in chart.bars:
        groups.setdefault(bar.group, []).append(bar)
    sides = _sides(chart.bars)
    datasets = {f"bars{index}": _rows(bars, is_compared=len(sides) > 1) for index, bars in enumerate(groups.values())}
    columns = _columns([row for rows in datasets.values() for row in rows], sides)
    height = _HEIGHT if len(chart.bars) <= _MANY_BARS else _DENSE_HEIGHT
    page = Page(theme, Grid(INNER_WIDTH - sum(columns), height, row_gap=_ROW_GAP), interactive)
    every = dot_scale(_values(chart.bars))
    own = [_scale(bars) if _values(bars) else every for bars in groups.values()]
    scales = share_if_similar(own, every) if not any(scale.remark for scale in own) else own
    plots = [_draw(f"bars{index}", chart.category_label, scale, page, columns) for index, scale in enumerate(scales)]
    for plot, group in zip(plots, groups, strict=True):
        plot["layer"] += _header(group, sides, page, columns)
    plots[0] = canvas.framed(plots[0], columns.labels)
    remarks = [*_remarks(chart), *dict.fromkeys(scale.remark for scale in scales)]
    return canvas.program(page, chart.title, remarks, datasets, plots)


def _remarks(chart: BarChart) -> list[str]:
    named = "" if chart.value_label == "y" else f"{shortened(chart.value_label)} "
    axes = f"{named}by {shortened(chart.category_label)}"
    shown = len({bar.label for bar in chart.bars})
    most = f"the {shown} of {shown + chart.left_out} that changed most" if chart.left_out else ""
    return ["" if axes.lower() == chart.title.lower() else axes, most]


def _values(bars: Sequence[Bar]) -> list[float]:
    return [value for bar in bars for value in (bar.base, bar.head) if value is not None]


def _sides(bars: Sequence[Bar]) -> list[Side]:
    """The sides that have any bar."""
    sides: dict[Side, bool] = {
        "base": any(bar.base is not None or bar.base_holds for bar in bars),
        "head": any(bar.head is not None or bar.head_holds for bar in bars),
    }
    return [side for side, is_there in sides.items() if is_there]


def _rows(bars: Sequence[Bar], *, is_compared: bool) -> list[Json]:
    decimals = bar_decimals(bars)
    return [_row(bar, decimals, is_compared=is_compared) for bar in bars]


def _row(bar: Bar, decimals: int | None, *, is_compared: bool) -> Json:
    """Give a category's values, and the texts of both columns."""
    read = Reading(bar.base, bar.head)
    texts, moved = read.texts(decimals)
    base, head = _text(texts.get("base"), bar.base_holds), _text(texts.get("head"), bar.head_holds)
    if not is_compared:
        change = ""
    elif bar.base is None and not bar.base_holds:
        change = "new"
    elif bar.base_holds or bar.head_holds:
        change = f"was {base}"
    elif bar.head is None:
        change = "gone"
    else:
        change = moved if read.change else "0"
    shown = base if bar.head is None and not bar.head_holds else head
    name = fitted(bar.label, _LABEL_ROOM)
    return {"label": bar.label, "name": name, "base": bar.base, "head": bar.head, "value": shown, "change": change}


def _text(number: str | None, holds: str) -> str:
    """A number as written, or what a side holds in its place if that fits the column: ``NaN``, ``∞``."""
    return holds if holds and len(holds) <= _SHORT else number or MISSING


def _columns(rows: Sequence[Json], sides: Sequence[Side]) -> _Columns:
    titles = ("name", ""), ("value", sides[-1]), ("change", "change" * (len(sides) > 1))
    widest = (
        max(text_width(text, bold=True) for text in [title, *(row[field] for row in rows)]) for field, title in titles
    )
    labels, value, change = (round(width) + _COLUMN_GAP if width else 0 for width in widest)
    return _Columns(labels, value, change)


def _scale(bars: Sequence[Bar]) -> Scale:
    """Choose an axis that no single value flattens."""
    sizes = sorted((max(map(abs, _values([bar])), default=0.0), index) for index, bar in enumerate(bars))
    values = _values(bars)
    if len(sizes) > 2 and sizes[-1][0] > _DWARFS * sizes[-2][0] > 0:  # noqa: PLR2004  one, and others to compare
        others = [bar for index, bar in enumerate(bars) if index != sizes[-1][1]]
        remark = f"{shortened(bars[sizes[-1][1]].label)} is beyond the axis"
        return dot_scale(_values(others))._replace(remark=remark)
    low, high = min(values), max(values)
    if low > 0 and high / low > _DECADES and median(values) < _FLOOR * high:
        return Scale("log", low / 2, high * 2, "logarithmic axis")
    return dot_scale(values)


def _draw(name: str, category: str, scale: Scale, page: Page, columns: _Columns) -> Json:
    theme, width = page.theme, page.grid.width
    ring = {"type": "point", "filled": False, "color": theme.base, "strokeWidth": 2, "opacity": 1}
    head = {"type": "point", "filled": True, "color": theme.head, "opacity": 1, "size": 34}
    pointer = tooltip("base", "head", "change", label=category) if page.interactive else {}
    link = {"type": "rule", "color": theme.head, "strokeOpacity": 0.35, "strokeWidth": 3}
    layers: list[Json] = [
        {
            "mark": link,
            "transform": [{"filter": "datum.base !== null && datum.head !== null"}],
            "encoding": {"x": _x("base", scale, page), "x2": {"field": "head"}},
        },
        {"mark": {**ring, "size": 70}, "encoding": {"x": _x("base", scale, page), **_shape("base", scale), **pointer}},
        {"mark": head, "encoding": {"x": _x("head", scale, page), **_shape("head", scale), **pointer}},
        _column("name", -LABEL_GAP, theme.text),
        _column("value", width + columns.value, theme.text, fontWeight="bold"),
        _column("change", width + columns.value + columns.change, theme.muted),
    ]
    axis = {"grid": True, "labels": False, "ticks": False, "domain": False, "minExtent": columns.labels}
    y = {"field": "label", "type": "nominal", "sort": None, "title": None, "axis": axis}
    height = {"step": page.grid.height}
    return {"data": {"name": name}, "width": width, "height": height, "encoding": {"y": y}, "layer": layers}


def _x(field: str, scale: Scale, page: Page) -> Json:
    axis = {**canvas.flush_axis(scale, page.grid.width), "grid": False}
    return {
        "field": field,
        "type": "quantitative",
        "title": None,
        "scale": {**scale.vega(), "clamp": True},
        "axis": axis,
    }


def _shape(field: str, scale: Scale) -> Json:
    """Point to a value beyond the axis."""
    ends = ((f"datum.{field} > {scale.high}", "triangle-right"), (f"datum.{field} < {scale.low}", "triangle-left"))
    return {"shape": {"condition": [{"test": test, "value": shape} for test, shape in ends], "value": "circle"}}


def _column(field: str, right: float, color: str, **mark: str) -> Json:
    text = {"type": "text", "align": "right", "baseline": "middle", "color": color, **mark}
    return {"mark": text, "encoding": {"x": {"value": right}, "text": {"field": field}}}


def _header(group: str, sides: Sequence[Side], page: Page, columns: _Columns) -> list[Json]:
    """Label the dots and the columns in their colors; above them the group's name."""
    theme, right = page.theme, page.grid.width + columns.value
    signs = {"base": "\N{WHITE CIRCLE} base", "head": "\N{BLACK CIRCLE} head"}
    header = [
        *(label_at(_LEGEND * place, -10, side, signs[side], theme) for place, side in enumerate(sides)),
        label_at(right, -10, sides[-1], sides[-1], theme, align="right"),
    ]
    if columns.change:
        header.append(text_at(right + columns.change, -10, "change", theme.muted, align="right"))
    if group:
        header.append(
            text_at(-columns.labels, -26, fitted(group, INNER_WIDTH, bold=True), theme.text, fontWeight="bold")
        )
    return header
