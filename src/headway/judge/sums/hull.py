"""The corners of a cloud of points, which decide where any linear function of them is largest."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from headway.judge.sums.exact import Floats

    Point = tuple[float, float]
    Corners = tuple[Point, ...]

_BLOCK = 1_000_000
_FEW = 100
_ROUNDING = 3.4e-16
"""Shewchuk, "Adaptive precision floating-point arithmetic and fast robust geometric predicates", 1997, section 4.2."""


def corners(x: Floats, y: Floats) -> Corners:
    """The vertices of the convex hull, sorted: those of several hulls' vertices are those of all points, to the bit."""
    if np.array_equal(x, y):
        x = y = np.array([x.min(), x.max()])
    found: Corners = ()
    for start in range(0, len(x), _BLOCK):
        points = np.stack([x[start : start + _BLOCK], y[start : start + _BLOCK]], axis=1)
        first, last = points[np.argmin(points[:, 0])], points[np.argmax(points[:, 0])]
        outer = [first[None], last[None], *_outside(points, first, last), *_outside(points, last, first)]
        found = hull((*found, *map(tuple, np.concatenate(outer).tolist())))
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


def _outside(points: Floats, a: Floats, b: Floats) -> Iterator[Floats]:
    """The points left of the way from ``a`` to ``b`` that may be corners.

    Barber, Dobkin and Huhdanpaa, "The Quickhull algorithm for convex hulls", 1996. A point that is left out is surely
    inside, whatever rounding does.
    """
    left, right = (b[0] - a[0]) * (points[:, 1] - a[1]), (b[1] - a[1]) * (points[:, 0] - a[0])
    distance, error = left - right, _ROUNDING * (np.abs(left) + np.abs(right))
    is_outside = (distance >= -error) & (points != a).any(axis=1) & (points != b).any(axis=1)
    points, distance, error = points[is_outside], distance[is_outside], error[is_outside]
    furthest = int(np.argmax(distance)) if len(points) > _FEW else -1
    if furthest < 0 or distance[furthest] <= error[furthest]:
        yield points
    else:
        corner = points[furthest]
        yield corner[None]
        yield from _outside(points, a, corner)
        yield from _outside(points, corner, b)
