"""The corners of a cloud of points, which decide where any linear function of them is largest."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import pi
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.judge.statistics.sample import Floats

    Point = tuple[float, float]
    Corners = tuple[Point, ...]

_BLOCK = 1_000_000
_FEW = 5000
_DIRECTIONS = (16, 64, 256)
_MARGIN = 1e-9
"""How far inside, relatively, a point must be to be no corner in spite of rounding."""
_ROUNDING = 3.4e-16
"""Shewchuk, "Adaptive precision floating-point arithmetic and fast robust geometric predicates", 1997, section 4.2."""


def corners(x: Floats, y: Floats) -> Corners:
    """The vertices of the convex hull, sorted: those of several hulls' vertices are those of all points, to the bit."""
    if np.array_equal(x, y):
        x = y = np.array([x.min(), x.max()])
    found: Corners = ()
    for start in range(0, len(x), _BLOCK):
        points = np.stack([x[start : start + _BLOCK], y[start : start + _BLOCK]], axis=1)
        for directions in _DIRECTIONS:
            if len(points) > _FEW:
                points = _outer(points, directions)
        found = hull((*found, *map(tuple, points.tolist())))
    return found


def hull(points: Iterable[Point]) -> Corners:
    """The vertices of the convex hull of few points.

    Andrew, "Another efficient algorithm for convex hulls in two dimensions", 1979.
    """
    ordered = sorted(set(points))
    return tuple(sorted({*_chain(ordered), *_chain(ordered[::-1])}))


def _chain(points: Iterable[Point]) -> list[Point]:
    """The hull's lower half, from left to right, or its upper half, from right to left."""
    found: list[Point] = []
    for point in points:
        while len(found) > 1 and _turn(found[-2], found[-1], point) <= 0:
            found.pop()
        found.append(point)
    return found


def _turn(a: Point, b: Point, c: Point) -> float | Fraction:
    """Positive if the way from ``a`` over ``b`` to ``c`` turns left; its sign is exact."""
    left, right = (b[0] - a[0]) * (c[1] - a[1]), (b[1] - a[1]) * (c[0] - a[0])
    if abs(left - right) > _ROUNDING * (abs(left) + abs(right)):
        return left - right
    (ax, ay), (bx, by), (cx, cy) = (map(Fraction, point) for point in (a, b, c))
    return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)


def _outer(points: Floats, directions: int) -> Floats:
    """The points that are not clearly inside the hull of those that are furthest in some directions."""
    scale = np.maximum(np.abs(points).max(axis=0), np.finfo(np.float64).tiny)
    scaled = points / scale
    angles = np.arange(directions) * (2 * pi / directions)
    furthest = {int(np.argmax(scaled @ direction)) for direction in np.stack([np.cos(angles), np.sin(angles)], axis=1)}
    ordered = sorted({(float(x), float(y)) for x, y in scaled[sorted(furthest)]})
    polygon = [*_chain(ordered)[:-1], *_chain(ordered[::-1])]
    is_inside = np.full(len(points), len(polygon) > 3)  # noqa: PLR2004 - a line has no inside, and the first comes twice
    for (ax, ay), (bx, by) in pairwise(polygon):
        is_inside &= (bx - ax) * (scaled[:, 1] - ay) - (by - ay) * (scaled[:, 0] - ax) > _MARGIN
    outer: Floats = points[~is_inside]
    return outer
