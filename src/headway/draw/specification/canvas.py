"""The frame that holds an image exactly as wide as every other, the short remarks below its title, and its axes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from headway.draw.specification import parts
from headway.draw.specification.parts import INNER_WIDTH
from headway.draw.theme import TEXT_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headway.draw.specification.parts import Json, Page
    from headway.draw.specification.scales import Scale
    from headway.draw.theme import Theme
    from headway.values.revision import Side

ONE_PLOT = parts.Grid(INNER_WIDTH, INNER_WIDTH)
"""Of an image whose only plot has a size of its own."""
TITLE_ROOM = 18
"""Points for the title of a vertical axis."""
LABEL_GAP = 8
"""Points from the labels of a vertical axis to its plot."""
WIDTH = INNER_WIDTH - 2
"""The points of labels and plots: the last number of an axis, and the ends of lines, reach a little further."""
MANY_POINTS = 400
"""From more points of one side on, each is small and faint."""
_AXIS_ROOM = 36  # at the least, so that axes of most images are aligned
_FLUSH = 12  # from the end of an axis within which a number is aligned to its tick
_MOST_LINES = 5


def program(
    page: Page, title: str, remarks: Iterable[str], datasets: Mapping[str, Sequence[Json]], plots: Sequence[Json]
) -> Json:
    """Put an image together that is exactly ``IMAGE_WIDTH`` wide, if its first plot is framed.

    The remarks are short texts below the title, which share lines where they fit.
    """
    spec = parts.program(page, title, "", datasets, plots)
    heading = {"text": spec["title"]["text"], "limit": INNER_WIDTH}
    lines = _packed(remarks)[:_MOST_LINES]
    return spec | {"title": {**heading, **({"subtitle": lines} if lines else {})}}


def _packed(remarks: Iterable[str]) -> list[str]:
    """Join texts to as few lines as they fit."""
    lines: list[str] = []
    for remark in filter(None, remarks):
        if lines and parts.text_width(f"{lines[-1]}{parts.BETWEEN}{remark}") <= INNER_WIDTH:
            lines[-1] += f"{parts.BETWEEN}{remark}"
        else:
            wrapped = parts.wrapped(remark, size=TEXT_SIZE)
            lines += [wrapped] if isinstance(wrapped, str) else wrapped
    return lines


def framed(plot: Json, left: float) -> Json:
    """Hold the full width open around the first plot of a row, beside which the labels take some points."""
    place = {"x": {"value": -left}, "x2": {"value": INNER_WIDTH - left}, "y": {"value": 0}, "y2": {"value": 1}}
    frame = {"data": {"name": "one"}, "mark": {"type": "rect", "opacity": 0}, "encoding": place}
    return {**plot, "layer": [frame, *plot["layer"]]}


def dot(side: Side, points: int, theme: Theme) -> Json:
    """Choose how each of so many points looks."""
    color = theme.head if side == "head" else theme.base
    look = {"fillOpacity": 0.3, "size": 6} if points > MANY_POINTS else {"fillOpacity": 0.7, "size": 18}
    return {"type": "circle", "color": color, "opacity": 1, **look}


def axis_room(scale: Scale, length: int) -> int:
    """The points that the numbers of a vertical axis take."""
    return max(_AXIS_ROOM, math.ceil(parts.text_width(scale.widest_label(length)) + LABEL_GAP))


def fixed(room: int) -> Json:
    """Give a vertical axis exactly so much room."""
    return {"minExtent": room, "maxExtent": room}


def flush_axis(scale: Scale, length: int) -> Json:
    """Choose the numbers of a horizontal axis, none of which reaches beyond it."""
    return {**scale.axis(length), "labelFlush": _FLUSH, "labelBound": True}
