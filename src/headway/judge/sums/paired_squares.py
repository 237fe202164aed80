"""The sums of squared errors on both sides that a test of RMSE or R squared needs, and nothing else.

Both are functions of means, and an influence value of either is a linear function of a row's squared errors and of the
squared deviation of its target. So sums of products of these give the variance, as exactly as sums over rows would.
"""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import numpy as np

from headway.judge.sums.exact import exact_sum
from headway.judge.sums.hull import corners, hull

if TYPE_CHECKING:
    from headway.judge.sums.exact import Floats

_ZERO = Fraction(0)


class Tested(NamedTuple):
    """A metric of both sides, and the standard error of its change."""

    base: float
    head: float
    standard_error: float


class PairedSquares(msgspec.Struct, frozen=True, kw_only=True):
    """The squared errors of paired rows, added without rounding.

    Attributes:
        rows: the number of rows.
        base, head: the sum of each side.
        squares: the sums of the squares of base, of the products of both, and of the squares of head.
        targets: the sums of the first four powers of the targets; for R squared only, as is the next one.
        changes: the sums of the differences of both sides, of their squares, and of their products with the targets and
            with the squares of these.
        corners: the convex hull of the rows as points; for RMSE only.
        are_identical: whether both sides predict the same for every row.
    """

    rows: int
    base: Fraction
    head: Fraction
    squares: tuple[Fraction, Fraction, Fraction]
    targets: tuple[Fraction, Fraction, Fraction, Fraction]
    changes: tuple[Fraction, Fraction, Fraction, Fraction]
    corners: tuple[tuple[float, float], ...]
    are_identical: bool

    def __add__(self, other: PairedSquares) -> PairedSquares:
        """The sums of the rows of both."""
        s0, s1, s2 = (one + two for one, two in zip(self.squares, other.squares, strict=True))
        t0, t1, t2, t3 = (one + two for one, two in zip(self.targets, other.targets, strict=True))
        c0, c1, c2, c3 = (one + two for one, two in zip(self.changes, other.changes, strict=True))
        return PairedSquares(
            rows=self.rows + other.rows,
            base=self.base + other.base,
            head=self.head + other.head,
            squares=(s0, s1, s2),
            targets=(t0, t1, t2, t3),
            changes=(c0, c1, c2, c3),
            corners=hull((*self.corners, *other.corners)),
            are_identical=self.are_identical and other.are_identical,
        )

    def rmse(self) -> Tested:
        """The root mean squared error, and what is known of its change with one more row that weighs most."""
        means = float(self.base / self.rows), float(self.head / self.rows)
        roots = sqrt(means[0]), sqrt(means[1])
        slopes = [1 / (2 * root) if root else 0.0 for root in roots]
        before, after = map(Fraction, slopes)
        of_base, of_both, of_head = self.squares
        total = after**2 * of_head - 2 * after * before * of_both + before**2 * of_base
        total -= (after * self.head - before * self.base) ** 2 / self.rows
        squares = np.array(self.corners)
        change = (squares[:, 1] - means[1]) * slopes[1] - (squares[:, 0] - means[0]) * slopes[0]
        return Tested(*roots, self._standard_error(total + Fraction(float(np.max(change**2)))))

    def variance(self) -> Fraction:
        """The variance of the targets."""
        return variance_of(self.rows, *self.targets[:2])

    def r2(self) -> Tested:
        """R squared, where targets vary."""
        rows = self.rows
        first, second, third, fourth = self.targets
        mean, variance = first / rows, self.variance()
        change, change_squares, change_targets, change_squared_targets = self.changes
        deviations = fourth - 4 * mean * third + 6 * mean**2 * second - 3 * rows * mean**4 - rows * variance**2
        errors = change_squares - change**2 / rows
        both = change_squared_targets - 2 * mean * change_targets + mean**2 * change - change * variance
        slope = change / rows / variance
        base, head = (float(1 - total / rows / variance) for total in (self.base, self.head))
        total = (slope**2 * deviations - 2 * slope * both + errors) / variance**2
        return Tested(base, head, self._standard_error(total))

    def _standard_error(self, total: Fraction) -> float:
        """By the sum of the squared influences of all rows, of which there are at least two."""
        return sqrt(float(max(total, _ZERO) / (self.rows * (self.rows - 1))))


NO_SQUARES = PairedSquares(
    rows=0,
    base=_ZERO,
    head=_ZERO,
    squares=(_ZERO,) * 3,
    targets=(_ZERO,) * 4,
    changes=(_ZERO,) * 4,
    corners=(),
    are_identical=True,
)


def variance_of(rows: int, total: Fraction, squares: Fraction) -> Fraction:
    """The variance of targets by their sum and that of their squares."""
    return squares / rows - (total / rows) ** 2


def sum_squares(base: Floats, head: Floats, targets: Floats | None, *, are_identical: bool) -> PairedSquares:
    """Add the squared errors of paired rows, each of shape (rows,); for R squared, with the ``targets``."""
    found = {
        "rows": len(head),
        "base": exact_sum(base),
        "head": exact_sum(head),
        "are_identical": are_identical,
    }
    if targets is None:
        squares = (exact_sum(base, base), exact_sum(base, head), exact_sum(head, head))
        return msgspec.structs.replace(NO_SQUARES, **found, squares=squares, corners=corners(base, head))
    change, t = head - base, targets
    powers = (exact_sum(t), exact_sum(t, t), exact_sum(t, t, t), exact_sum(t, t, t, t))
    changes = (exact_sum(change), exact_sum(change, change), exact_sum(change, t), exact_sum(change, t, t))
    return msgspec.structs.replace(NO_SQUARES, **found, targets=powers, changes=changes)
