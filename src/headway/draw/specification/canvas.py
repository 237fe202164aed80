"""The one width of an image: texts are measured and wrapped to fit it, and an invisible frame holds it open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.draw.specification import parts
from headway.draw.theme import IMAGE_WIDTH, TEXT_SIZE, TITLE_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headway.draw.specification.parts import Json, Page
    from headway.draw.specification.scales import Scale
    from headway.draw.theme import Theme
    from headway.values.revision import Side

PADDING = 10
WIDTH = IMAGE_WIDTH - 2 * PADDING
"""The points from the left end of the labels to the right end of all that an image shows."""
AXIS_ROOM = 38
"""Points beside a plot for the numbers of its vertical axis."""
RIGHT_ROOM = 8
"""Points beside a plot for half a number of its horizontal axis."""
TITLE_ROOM = 18
"""Points for the title of a vertical axis."""
MANY_POINTS = 400
"""From more points of one side on, each is small and faint."""
ONE_PLOT = parts.Grid(WIDTH, WIDTH)
"""Of an image whose only plot has a size of its own."""
_LARGE, _SMALL = 1e4, 1e-3  # numbers from and below which an axis writes all of them short: 20k, 5e-4
_BOLD_TITLE = 1.1 * TITLE_SIZE / TEXT_SIZE
_NARROW, _WIDE = frozenset(" !'(),-./:;I[]fijlrt|·"), frozenset("%@MWmw…—→")
_MOST_LINES = 4


def text_width(text: str) -> float:
    """Estimate the points that a text takes in our font, rather too many than too few."""
    return TEXT_SIZE * sum(map(_letter_width, text))


def _letter_width(letter: str) -> float:
    if letter in _NARROW:
        return 0.32
    if letter in _WIDE or ord(letter) > 0x2E7F:  # noqa: PLR2004  from there on letters are as wide as high
        return 1.0
    return 0.7 if letter.isupper() else 0.56


def program(
    page: Page, title: str, remarks: Iterable[str], datasets: Mapping[str, Sequence[Json]], plots: Sequence[Json]
) -> Json:
    """Put an image together that is exactly ``IMAGE_WIDTH`` wide, if its first plot is framed.

    The remarks are short texts below the title, which share lines where they fit.
    """
    spec = parts.program(page, title, "", datasets, plots)
    heading: Json = {"text": _wrapped(title, _BOLD_TITLE)[:2], "limit": WIDTH}
    if lines := _packed(remarks)[:_MOST_LINES]:
        heading["subtitle"] = lines
    return spec | {"padding": PADDING, "title": heading}


def framed(plot: Json, left: float) -> Json:
    """Hold the full width open around the first plot of a row, beside which the labels take some points."""
    place = {"x": {"value": -left}, "x2": {"value": WIDTH - left}, "y": {"value": 0}, "y2": {"value": 1}}
    frame = {"data": {"name": "one"}, "mark": {"type": "rect", "opacity": 0}, "encoding": place}
    return {**plot, "layer": [frame, *plot["layer"]]}


def dot(side: Side, points: int, theme: Theme) -> Json:
    """Choose how each of so many points looks."""
    color = theme.head if side == "head" else theme.base
    look = {"fillOpacity": 0.3, "size": 6} if points > MANY_POINTS else {"fillOpacity": 0.7, "size": 18}
    return {"type": "circle", "color": color, "opacity": 1, **look}


def _packed(remarks: Iterable[str]) -> list[str]:
    """Join texts to as few lines as they fit."""
    lines: list[str] = []
    for remark in filter(None, remarks):
        joined = f"{lines[-1]} · {remark}" if lines else ""
        if lines and text_width(joined) <= WIDTH:
            lines[-1] = joined
        else:
            lines += _wrapped(remark)
    return lines


def _wrapped(text: str, scale: float = 1.0) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and scale * text_width(longer) > WIDTH:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def number_axis(scale: Scale, length: float) -> Json:
    """Choose the ticks of an axis of numbers, which are written in at most five letters."""
    largest = max(-10 * scale.low, abs(scale.high))  # a minus takes the room of a digit
    thousands = {"format": "~s", "labelExpr": "datum.value ? datum.label : '0'"}  # else it reads 0k
    short = thousands if largest >= _LARGE else {"format": "~e"} if largest < _SMALL else {}
    ticks = (
        {"values": scale.ticks(int(length // 50))} if scale.kind == "log" else {"tickCount": max(int(length // 50), 3)}
    )
    return {**ticks, **short, "labelLimit": AXIS_ROOM - 6, "labelBound": RIGHT_ROOM}
