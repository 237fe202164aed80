"""Curves cut at the edge of what a zoomed picture shows.

Vega can clip, but the rasteriser then draws the whole curve on a layer of its own, which takes thirty times longer than
a curve that was cut beforehand.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.draw.specification.scales import Scale

Point = tuple[float, float]


def cut(points: Sequence[Point], x: Scale, y: Scale) -> list[Point | None]:
    """Give the parts of a curve within both scales; ``None`` stands between two parts."""
    if all(x.low <= px <= x.high and y.low <= py <= y.high for px, py in points):
        return list(points)
    kept: list[Point | None] = []
    for start, end in _segments(points, x, y):
        if not kept or kept[-1] != start:
            kept += [None, start] if kept else [start]
        kept.append(end)
    return kept


def _segments(points: Sequence[Point], x: Scale, y: Scale) -> Iterator[tuple[Point, Point]]:
    for start, end in pairwise(points):
        inside = _inside(start, end, x, y)
        if inside:
            yield _at(start, end, inside[0]), _at(start, end, inside[1])


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
