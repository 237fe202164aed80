"""A confusion matrix: in each cell head's count, and below it the signed change where base's count was another one.

Blue errors became fewer and vermilion ones more. Errors that did not change are grey by their share of the row, and the
diagonal is quiet. With many classes only changes are written, where they fit, and words above the matrix name the
largest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from headway.draw.key_numbers import Reading, error_counts, largest_cells, lost_classes
from headway.draw.specification import canvas
from headway.draw.specification.canvas import LABEL_GAP, TITLE_ROOM
from headway.draw.specification.parts import INNER_WIDTH, Json, Page, fitted, text_width, tooltip
from headway.draw.theme import TEXT_SIZE
from headway.numbers import format_change, format_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.draw.theme import Theme
    from headway.values.chart import ConfusionChart

_FEW, _COUNTED = 3, 12  # classes up to which a cell has both counts, and head's
_HEIGHTS = {_FEW: 50, 8: 34, _COUNTED: 28}  # of a cell with up to so many classes
_MOST_HEIGHT = 350  # of a matrix of more
_LINE = 6  # points from the middle of a cell to the middle of each of its two lines
_FAINTEST = 0.14  # the share of the full color that the smallest change gets
_STRONG = 0.6  # the share of the full color from which on text has the page's color
_QUIET = 0.4  # the opacity of the most frequent unchanged error
_SMALL_CHANGES = 3, 0.03  # a count and a share: what changes less never gets the full color
_LEAST_ROOM, _MOST_ROOM = 48, 96  # for the labels beside the matrix, which give way to the numbers in it
_MOST_LETTERS = 70  # points of a turned label below the matrix
_LEAST_TITLE = 104  # points of an axis title, even if the axis is shorter
_TURNED = 0.71  # the horizontal share of a label at 45 degrees


class _Size(NamedTuple):
    """The size of each cell, and of the labels beside the matrix, in points."""

    width: int
    height: int
    left: int

    def holds(self, text: str) -> bool:
        return text_width(text, bold=True) + 2 < self.width and self.height > TEXT_SIZE


def confusion_specification(chart: ConfusionChart, theme: Theme, *, interactive: bool) -> Json:
    """Draw one matrix for both sides."""
    size = _size(chart)
    texts = [
        _text("count", "datum.below !== ''", theme, dy=-_LINE),
        _text("below", "datum.below !== ''", theme, dy=_LINE),
        _text("count", "datum.below === ''", theme, dy=0),
    ]
    hover = [
        {"mark": {"type": "rect", "opacity": 0}, "encoding": tooltip("base", "head", y=chart.y_label, x=chart.x_label)}
    ]
    plot = {
        "data": {"name": "cells"},
        "width": size.width * len(chart.labels_x),
        "height": size.height * len(chart.labels_y),
        "view": {"fill": theme.cell, "stroke": None},
        "encoding": {"x": _axis("x", chart, size, theme), "y": _axis("y", chart, size, theme)},
        "layer": [_tones(theme), *texts, *(hover if interactive else [])],
    }
    page = Page(theme, canvas.ONE_PLOT, interactive)
    return canvas.program(
        page, chart.title, _remarks(chart), {"cells": list(_cells(chart, size))}, [canvas.framed(plot, size.left)]
    )


def _size(chart: ConfusionChart) -> _Size:
    rows, columns = max(len(chart.labels_y), 1), max(len(chart.labels_x), 1)
    widest = max(map(text_width, chart.labels_y), default=0)
    rest = INNER_WIDTH - TITLE_ROOM - LABEL_GAP - columns * round(_widest_number(chart))
    left = TITLE_ROOM + LABEL_GAP + round(min(widest, max(_LEAST_ROOM, min(rest, _MOST_ROOM))))
    height = next((height for most, height in _HEIGHTS.items() if _classes(chart) <= most), _MOST_HEIGHT // rows)
    return _Size((INNER_WIDTH - 1 - left) // columns, min(height, max(_HEIGHTS.values())), left)


def _widest_number(chart: ConfusionChart) -> float:
    """The room that all counts and changes need, if they are written."""
    if _classes(chart) > _COUNTED:
        return 0
    texts = [text for _, read in _reads(chart) for text in _exact_texts(chart, read)]
    return max(map(text_width, texts), default=0) + 4


def _classes(chart: ConfusionChart) -> int:
    return max(len(chart.labels_x), len(chart.labels_y))


def _remarks(chart: ConfusionChart) -> list[str]:
    """Say what changed in sum, the largest changes where cells are too small for them, and what the colors mean."""
    unit = ["percent of each row"] if chart.normalized else []
    if chart.base is None or chart.head is None or chart.base == chart.head:
        return [*error_counts(chart), *unit, *lost_classes(chart)]
    if not chart.comparable:
        return [*error_counts(chart), *unit, "the lower count of a cell is base's", *lost_classes(chart)]
    largest = largest_cells(chart, 3) if _classes(chart) > _COUNTED else []
    words = "blue: fewer errors, orange: more" if _is_judged(chart) else "blue: more, orange: fewer"
    return [*error_counts(chart), *unit, words, *largest, *lost_classes(chart)]


def _is_judged(chart: ConfusionChart) -> bool:
    """Whether cells off the diagonal are errors, of which fewer are wanted."""
    return chart.judged and chart.labels_x == chart.labels_y


def _cells(chart: ConfusionChart, size: _Size) -> Iterator[Json]:
    """Give each cell that is not zero on both sides, with what it says, its tone, and how opaque its color is."""
    reads = {place: read for place, read in _reads(chart) if read.base or read.head}
    square, shares = chart.labels_x == chart.labels_y, _shares(chart.head or chart.base or ())
    errors = {place: shares[place[0]][place[1]] for place in reads if not (square and place[0] == place[1])}
    full = max([abs(reads[place].change or 0) for place in errors] + [_SMALL_CHANGES[chart.normalized]])
    for place, read in reads.items():
        change = (read.change or 0) if place in errors and chart.comparable else 0
        is_blue = (change > 0) != _is_judged(chart)
        tone = (_FAINTEST + (1 - _FAINTEST) * abs(change) / full) * (1 if is_blue else -1) if change else 0
        quiet = _QUIET * errors[place] / (max(errors.values()) or 1) if place in errors and not change else 0
        y, x = place
        count, below = _texts(chart, read, size)
        yield {
            "x": chart.labels_x[x],
            "y": chart.labels_y[y],
            "base": chart.base[y][x] if chart.base else None,
            "head": chart.head[y][x] if chart.head else None,
            "count": count,
            "below": below,
            "tone": round(tone, 3),
            "opacity": round(abs(tone) or quiet, 3),
            "error": place in errors,
        }


def _reads(chart: ConfusionChart) -> Iterator[tuple[tuple[int, int], Reading]]:
    """Give each cell's row, column, and value on both sides: a count or a share of its row."""
    base, head = (_shares(side) if side and chart.normalized else side for side in (chart.base, chart.head))
    for y in range(len(chart.labels_y)):
        for x in range(len(chart.labels_x)):
            yield (y, x), Reading(base[y][x] if base else None, head[y][x] if head else None)


def _shares(counts: Sequence[Sequence[int]]) -> list[list[float]]:
    """Each cell's share of its row."""
    return [[count / (sum(row) or 1) for count in row] for row in counts]


def _exact_texts(chart: ConfusionChart, read: Reading) -> tuple[str, str]:
    """Write what a cell holds, and how it changed if it did."""
    write = _percent if chart.normalized else _count
    text = write((read.base if read.head is None else read.head) or 0)
    if not read.change:
        return text, ""
    change = _points(read.change) if chart.normalized else format_change(read.change)
    return text, change if chart.comparable else write(read.base or 0)


def _texts(chart: ConfusionChart, read: Reading, size: _Size) -> tuple[str, str]:
    """Choose what a cell says in its lines: as much as fits, and exact if that fits."""
    text, change = _exact_texts(chart, read)
    below = change if size.holds(change) else ""
    if _classes(chart) > _COUNTED:
        return below, ""
    if below and chart.comparable and _classes(chart) <= _FEW:
        both = f"{_exact_texts(chart, Reading(None, read.base))[0]} → {text}"
        text = both if size.holds(both) else text
    return (text if size.holds(text) else _short(read.head or read.base or 0)), below


def _count(count: float) -> str:
    return format_value(int(count))


def _short(count: float) -> str:
    """Write a count in at most four letters: ``812``, ``1.2k``, ``34k``, ``5.6M``."""
    for size, unit in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            scaled = count / size
            return f"{scaled:.1f}{unit}" if scaled < 9.95 else f"{scaled:.0f}{unit}"  # noqa: PLR2004  else it reads 10.0
    return str(int(count))


def _percent(share: float) -> str:
    """Write a share as a whole percentage that never reads 0 or 100 unless it is."""
    percent = share * 100
    if 0 < percent < 1:
        return "<1"
    return ">99" if 99 < percent < 100 else f"{percent:.0f}"  # noqa: PLR2004  a percentage


def _points(change: float) -> str:
    """Write a change of a share in percentage points."""
    points = change * 100
    return format_change(float(f"{points:.0f}") if abs(points) >= 1 else float(f"{points:.1g}"))


def _tones(theme: Theme) -> Json:
    """Fill the cells: grey where an error did not change, blue or vermilion where it did.

    Each is one colour, more or less opaque over the empty cell's: a mixed colour would have no dark partner.
    """
    rectangle = {"type": "rect", "stroke": theme.background, "strokeWidth": 1}
    conditions = [
        {"test": "datum.tone > 0", "value": theme.head},
        {"test": "datum.tone < 0", "value": theme.worse},
    ]
    scale = {"domain": [0, 1], "range": [0, 1]}
    opacity = {"field": "opacity", "type": "quantitative", "scale": scale, "legend": None}
    return {
        "mark": rectangle,
        "encoding": {"fill": {"condition": conditions, "value": theme.base}, "fillOpacity": opacity},
    }


def _text(field: Literal["count", "below"], only: str, theme: Theme, dy: int) -> Json:
    """Write a line of the cells that have one or two: strong where an error changed, else muted."""
    mark = {"type": "text", "baseline": "middle", "dy": dy, "fontWeight": "bold" if field == "below" else "normal"}
    conditions = [
        {"test": f"abs(datum.tone) > {_STRONG}", "value": theme.on_colour},
        {"test": "!datum.error", "value": theme.muted},
    ]
    color = {"condition": conditions, "value": theme.text}
    return {"mark": mark, "transform": [{"filter": only}], "encoding": {"text": {"field": field}, "color": color}}


def _axis(channel: Literal["x", "y"], chart: ConfusionChart, size: _Size, theme: Theme) -> Json:
    labels, name = (chart.labels_x, chart.x_label) if channel == "x" else (chart.labels_y, chart.y_label)
    lines = {"grid": True, "gridColor": theme.background, "tickBand": "extent", "domain": False, "ticks": False}
    if chart.actual == "x":  # the reverse of scikit-learn's matrix
        name = f"{'columns' if channel == 'x' else 'rows'} are {name}"
    axis = {**lines, "labelPadding": 4, "labelOverlap": size.height <= TEXT_SIZE, "labelLimit": _MOST_ROOM}
    if channel == "x":
        axis |= _turned(labels, size)
    else:
        axis |= {**canvas.fixed(size.left - TITLE_ROOM), "labelLimit": size.left - TITLE_ROOM - LABEL_GAP + 2}
    scale = {"domain": list(labels), "padding": 0}
    length = (size.width if channel == "x" else size.height) * len(labels)
    title = fitted(name, max(length, _LEAST_TITLE))
    return {"field": channel, "type": "nominal", "title": title, "scale": scale, "axis": axis}


def _turned(labels: Sequence[str], size: _Size) -> Json:
    """Turn the labels below the matrix as far as they need."""
    widest = max(map(text_width, labels), default=0)
    if widest < size.width:
        return {"labelAngle": 0, "labelOverlap": False}
    if size.width < TEXT_SIZE + 3:
        return {"labelAngle": -90, "labelLimit": _MOST_LETTERS, "labelOverlap": size.width <= TEXT_SIZE}
    room = round((size.left + size.width / 2) / _TURNED)
    return {"labelAngle": -45, "labelLimit": min(_MOST_LETTERS, room), "labelOverlap": False}
