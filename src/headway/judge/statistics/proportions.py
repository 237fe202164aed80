"""Proportions: tests and intervals that hold for any number of rows, also where no row or every row differs.

Counts stay Python's integers, so that no product of them overflows.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

from scipy.special import bdtr, ndtr, ndtri


class Interval(NamedTuple):
    """A two-sided interval."""

    low: float
    high: float


class PairedCounts(NamedTuple):
    """How many rows both sides have right, only head, only base, and neither."""

    both: int
    fixed: int
    broken: int
    neither: int


def mcnemar(fixed: int, broken: int) -> float:
    """The two-sided p-value of paired proportions: McNemar's exact test at mid-p, 1 if no row differs.

    The exact p-value minus the probability of the observed table. Fagerland, Lydersen and Laake, "The McNemar test for
    binary matched-pairs data: mid-p and asymptotic are better than exact conditional", 2013.
    """
    rows, fewer = fixed + broken, min(fixed, broken)
    at_most = float(bdtr(fewer, rows, 0.5))
    below = float(bdtr(fewer - 1, rows, 0.5)) if fewer else 0.0
    return min(at_most + below, 1.0)  # twice P(at most) minus P(observed)


def newcombe_paired(counts: PairedCounts, level: float = 0.95) -> Interval:
    """The interval of head's proportion minus base's on the same rows, of which there is at least one.

    Method 10 of Newcombe, "Improved confidence intervals for the difference between binomial proportions based on
    paired data", 1998: Wilson's intervals of both proportions, squared and added with their correlation phi, which is
    corrected for continuity.
    """
    both, fixed, broken, _ = counts
    rows = sum(counts)
    head, base = (both + fixed) / rows, (both + broken) / rows
    head_low, head_high = wilson(both + fixed, rows, level)
    base_low, base_high = wilson(both + broken, rows, level)
    phi = _phi(counts)
    return Interval(
        head - base - _joined(head - head_low, base_high - base, phi),
        head - base + _joined(head_high - head, base - base_low, phi),
    )


def _phi(counts: PairedCounts) -> float:
    both, fixed, broken, neither = counts
    product = (both + fixed) * (broken + neither) * (both + broken) * (fixed + neither)
    excess = both * neither - fixed * broken
    corrected = max(excess - sum(counts) / 2, 0.0) if excess > 0 else excess
    return corrected / sqrt(product) if product else 0.0


def _joined(first: float, second: float, phi: float = 0.0) -> float:
    return sqrt(max(first**2 + second**2 - 2 * phi * (first * second), 0.0))


def wilson(right: int, rows: int, level: float = 0.95) -> Interval:
    """Wilson's score interval of one proportion. "Probable inference", 1927."""
    z = float(ndtri((1 + level) / 2))
    share, spread = right / rows, z * z / rows
    middle = (share + spread / 2) / (1 + spread)
    half = sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    low = 0.0 if right == 0 else middle - half
    return Interval(low, 1.0 if right == rows else middle + half)


def newcombe_independent(
    base_right: int, base_rows: int, head_right: int, head_rows: int, level: float = 0.95
) -> Interval:
    """The interval of head's proportion minus base's on different rows, of which each side has at least one.

    Method 10 of Newcombe, "Interval estimation for the difference between independent proportions", 1998.
    """
    head, base = head_right / head_rows, base_right / base_rows
    head_low, head_high = wilson(head_right, head_rows, level)
    base_low, base_high = wilson(base_right, base_rows, level)
    return Interval(
        head - base - _joined(head - head_low, base_high - base),
        head - base + _joined(head_high - head, base - base_low),
    )


def independent_p(base_right: int, base_rows: int, head_right: int, head_rows: int) -> float:
    """The two-sided p-value of two proportions on different rows, 1 if all rows are right or all are wrong.

    The "N - 1" chi-squared test. Campbell, "Chi-squared and Fisher-Irwin tests of two-by-two tables with small sample
    recommendations", 2007, prefers it to Pearson's, which is too liberal, and to Fisher's, which is too conservative.
    """
    rows, right = base_rows + head_rows, base_right + head_right
    if right in {0, rows}:
        return 1.0
    excess = head_right * base_rows - base_right * head_rows
    z = abs(excess) * sqrt((rows - 1) / (right * (rows - right) * base_rows * head_rows))
    return float(2 * ndtr(-z))
