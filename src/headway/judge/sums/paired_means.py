"""The sums of a value of each row on both sides, which a paired t-test needs and nothing else."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from typing import TYPE_CHECKING

import msgspec

from headway.judge.sums.exact import exact_sum

if TYPE_CHECKING:
    from headway.judge.sums.exact import Floats

    Right = tuple[int, int, int, int]


class PairedMeans(msgspec.Struct, frozen=True, kw_only=True):
    """The values of paired rows, added without rounding.

    Attributes:
        rows: the number of rows.
        base, head: the sum of each side.
        change, squares: the sums of the differences and of their squares.
        right: if all values are 0 or 1, how many rows have 1 on both sides, on head's, on base's and on neither; else
            ``None``.
        are_identical: whether both sides predict the same for every row.
    """

    rows: int
    base: Fraction
    head: Fraction
    change: Fraction
    squares: Fraction
    right: tuple[int, int, int, int] | None
    are_identical: bool

    def means(self) -> tuple[float, float]:
        """The mean of each side; there is at least one row."""
        return float(self.base / self.rows), float(self.head / self.rows)

    def standard_error(self) -> float:
        """Of the mean difference; there are at least two rows."""
        deviations = self.squares - self.change**2 / self.rows
        return sqrt(float(max(deviations, Fraction(0)) / (self.rows * (self.rows - 1))))

    def __add__(self, other: PairedMeans) -> PairedMeans:
        """The sums of the rows of both."""
        return PairedMeans(
            rows=self.rows + other.rows,
            base=self.base + other.base,
            head=self.head + other.head,
            change=self.change + other.change,
            squares=self.squares + other.squares,
            right=_add_right(self.right, other.right),
            are_identical=self.are_identical and other.are_identical,
        )


def _add_right(one: Right | None, two: Right | None) -> Right | None:
    if one is None or two is None:
        return None
    return one[0] + two[0], one[1] + two[1], one[2] + two[2], one[3] + two[3]


NO_PAIRS = PairedMeans(
    rows=0,
    base=Fraction(0),
    head=Fraction(0),
    change=Fraction(0),
    squares=Fraction(0),
    right=(0, 0, 0, 0),
    are_identical=True,
)


def sum_pairs(base: Floats, head: Floats, right: Right | None, *, are_identical: bool) -> PairedMeans:
    """Add the values of paired rows, each of shape (rows,)."""
    change = head - base
    return PairedMeans(
        rows=len(change),
        base=exact_sum(base),
        head=exact_sum(head),
        change=exact_sum(change),
        squares=exact_sum(change, change),
        right=right,
        are_identical=are_identical,
    )
