"""Curves made cheap to draw without a visible difference: cut at the picture's edge, and without superfluous points.

Vega can clip, but the rasteriser then draws the whole curve on a layer of its own, which takes thirty times longer than
a curve that was cut beforehand. And hundreds of points on one straight line cost it more than a wild curve.
"""

from __future__ import annotations

from itertools import pairwise
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.draw.specification.scales import Scale

Point = tuple[float, float]

_TOLERANCE = 0.2  # pixels


def cut(points: Sequence[Point], x: Scale, y: Scale) -> list[list[Point]]:
    """Give the parts of a curve that lie within both scales."""
    if all(x.low <= px <= x.high and y.low <= py <= y.high for px, py in points):
        return [list(points)]
    parts: list[list[Point]] = []
    for start, end in pairwise(points):
        visible = _inside(start, end, x, y)
        if visible is None:
            continue
        entry, exit_ = (_at(start, end, share) for share in visible)
        if not parts or parts[-1][-1] != entry:
            parts.append([entry])
        parts[-1].append(exit_)
    return parts


def thin(points: Sequence[Point], size: Point) -> list[Point]:
    """Leave out points that are within a fifth of a pixel of the straight line between their kept neighbours.

    The cone of Sklansky and Gonzalez ("Fast polygonal approximation of digitized curves", 1980): from the last kept
    point, the directions that pass all points since within the tolerance; a point outside begins a new line.

    Args:
        points: a curve from left to right.
        size: what one pixel is in x and in y.
    """
    kept = list(points[:1])
    lowest, highest = -inf, inf
    for before, point in pairwise(points):
        along, up = (point[0] - kept[-1][0]) / size[0], (point[1] - kept[-1][1]) / size[1]
        if before is not kept[-1] and not (along > 0 and lowest <= up / along <= highest):
            kept.append(before)
            lowest, highest = -inf, inf
            along, up = (point[0] - before[0]) / size[0], (point[1] - before[1]) / size[1]
        if along > 0:
            lowest, highest = max(lowest, (up - _TOLERANCE) / along), min(highest, (up + _TOLERANCE) / along)
        else:
            lowest, highest = inf, -inf  # straight up or down: its end is a corner
    return [*kept, points[-1]] if len(points) > 1 else kept


def _inside(start: Point, end: Point, x: Scale, y: Scale) -> tuple[float, float] | None:
    """Find from which to which share of its length a segment is visible (Liang and Barsky, 1984)."""
    enters, leaves = 0.0, 1.0
    for begin, finish, scale in ((start[0], end[0], x), (start[1], end[1], y)):
        step = finish - begin
        if step == 0:
            if not scale.low <= begin <= scale.high:
                return None
            continue
        crossings = sorted(((scale.low - begin) / step, (scale.high - begin) / step))
        enters, leaves = max(enters, crossings[0]), min(leaves, crossings[1])
    return (enters, leaves) if enters <= leaves else None


def _at(start: Point, end: Point, share: float) -> Point:
    if share in (0.0, 1.0):
        return end if share else start
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
