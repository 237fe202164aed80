"""The lines of text above the plots of curves: the name of a series, and the numbers of both sides in their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from headway.draw.key_numbers import curve_decimals, curve_texts, read_curves, without_places
from headway.draw.specification import parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.draw.specification.parts import Json, Page
    from headway.values.chart import LineChart, Series

Role = Literal["base", "head", "name", "remark"]
Line = list[tuple[str, Role]]
"""Texts beside each other."""

LINE_HEIGHT = 15
_ABOVE = 16  # from the plot's edge to the middle of the lowest line
_SPACE = 4  # between two texts
_APART = 16  # between a name and the numbers at the other end of the line
_SLACK = 4  # by which the last text of a line that ends at an edge may be wider than estimated
_SHORTEST = 2  # the numbers without "base" and "head"
_NAME_WIDTH = 170


class Row(NamedTuple):
    """A line of text above a plot, from both ends."""

    left: Line
    right: Line


class Headings(NamedTuple):
    """The lines above the plot of each series, from the lowest up, and whether they do not name the sides."""

    rows: list[list[Row]]
    is_brief: bool


def head_series(chart: LineChart, of: str, remarks: Sequence[str], room: float) -> Headings:
    """Choose the longest wording of the numbers that fits ``room`` points in the plots of all series alike.

    A name and its numbers share a line where that fits all series.
    """
    names = [_name(one.name, remark) for one, remark in zip(chart.series, remarks, strict=True)]
    decimals = curve_decimals(chart, of)
    wordings = [[_numbers(one, of, decimals, level) for one in chart.series] for level in range(_SHORTEST + 1)]
    for share_line in (True, False):
        for level, numbers in enumerate(wordings):
            used = (_APART + _width(name) if share_line and name else 0 for name in names)
            fits = all(_width(line) + left <= room for line, left in zip(numbers, used, strict=True))
            if fits and not (share_line and level == _SHORTEST):
                return Headings(_rows(names, numbers, share_line=share_line), is_brief=level == _SHORTEST)
    return Headings(_rows(names, wordings[-1], share_line=False), is_brief=True)


def _name(name: str, remark: str) -> Line:
    line: Line = [(parts.fitted(name, _NAME_WIDTH, bold=True), "name"), (remark, "remark")]
    return line[: bool(name) + bool(name and remark)]


def _rows(names: Sequence[Line], numbers: Sequence[Line], *, share_line: bool) -> list[list[Row]]:
    pairs = zip(names, numbers, strict=True)
    if share_line:
        return [[Row(name, line) if name else Row(line, [])] for name, line in pairs]
    return [[Row(line, []), *([Row(name, [])] if name else [])] for name, line in pairs]


def _numbers(series: Series, of: str, decimals: int | None, level: int) -> Line:
    """Write the numbers of a series; on higher levels without their places, then without the names of the sides."""
    read = read_curves(series, of)
    texts, change = curve_texts(without_places(read) if level else read, decimals)
    if series.base == series.head:
        return [(f"base and head {texts['head']}", "head")]
    if len(texts) == 1:
        return [(f"{side} only: {text}", side) for side, text in texts.items()]
    base, head = ("", "") if level == _SHORTEST else ("base ", "head ")
    moved = f" ({change})" if change else ""
    arrow: Line = [("\N{RIGHTWARDS ARROW}", "remark")]
    return [(f"{base}{texts['base']}", "base"), *arrow, (f"{head}{texts['head']}{moved}", "head")]


def draw_rows(rows: Sequence[Row], left: float, room: float, page: Page) -> list[Json]:
    """Write lines above a plot, from the lowest up, between ``left`` and ``room`` points further right."""
    layers: list[Json] = []
    for number, row in enumerate(rows):
        y = -_ABOVE - LINE_HEIGHT * number
        edge = left + room
        layers += _draw(row.left, (left, edge), y, page)
        layers += _draw(row.right, (edge - _width(row.right) * page.stretch, edge), y, page, flush=True)
    return layers


def _draw(line: Line, ends: tuple[float, float], y: float, page: Page, *, flush: bool = False) -> list[Json]:
    """Write one line; a text that is much wider than estimated is cut off at the edge, with an ellipsis.

    The last text of a ``flush`` line ends at the edge, whatever its true width, so that it never widens the image.
    """
    x, edge = ends
    theme = page.theme
    colors = {"base": theme.base_text, "head": theme.head, "name": theme.text, "remark": theme.muted}
    layers: list[Json] = []
    for place, (text, role) in enumerate(line, 1):
        weight = "bold" if _is_bold(role) else "normal"
        at_edge = flush and place == len(line)
        limit = {} if page.interactive else {"limit": max(round(edge - x), 1) + _SLACK * at_edge}
        end = {"align": "right"} if at_edge else {}
        layers.append(parts.text_at(edge if at_edge else x, y, text, colors[role], fontWeight=weight, **limit, **end))
        x = round(x + _SPACE + parts.text_width(text, bold=_is_bold(role)) * page.stretch, 1)
    return layers


def _width(line: Line) -> float:
    return sum(parts.text_width(text, bold=_is_bold(role)) + _SPACE for text, role in line) - _SPACE * bool(line)


def _is_bold(role: Role) -> bool:
    return role in ("head", "name")
