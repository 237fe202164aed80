"""The ratio of two sets of runs, with intervals and a test that assume no distribution.

One slow run, such as one beside a backup, moves a mean and hardly a rank. The estimate is that of Hodges and Lehmann
("Estimates of location based on rank tests", 1963) on the logarithms of the numbers. Its interval holds every ratio
that the test of Mann and Whitney does not reject ("On a test of whether one of two random variables is stochastically
larger than the other", 1947; Hollander and Wolfe, "Nonparametric Statistical Methods", chapter 4).
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist, median
from typing import TYPE_CHECKING

from headway.values.speed import LARGEST, Ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXACT = 1_200
"""Pairs of runs up to which the distribution is counted; beyond, it is normal for all purposes."""
_SMALLEST = 1 / LARGEST
"""Smaller numbers count as zero: a ratio to one could overflow."""
_WORDS, _GATES = 0.95, 0.90


def ratio_of(first: Sequence[float], second: Sequence[float]) -> Ratio | None:
    """The second set of runs by the first; ``None`` if a number is not positive and finite, or if runs are too few."""
    if not all(_SMALLEST <= value <= LARGEST for value in (*first, *second)):
        return None
    ones, twos = ([math.log(value) for value in runs] for runs in (first, second))
    differences = sorted(two - one for one in ones for two in twos)
    ranks = [_rank(len(first), len(second), level) for level in (_WORDS, _GATES)]
    if not all(ranks):
        return None
    (low, high), (gate_low, gate_high) = (
        (math.exp(differences[rank - 1]), math.exp(differences[-rank])) for rank in ranks
    )
    estimate = math.exp(median(differences))
    return Ratio(estimate=estimate, low=low, high=high, gate_low=gate_low, gate_high=gate_high)


def p_value(first: Sequence[float], second: Sequence[float]) -> float:
    """The two-sided p-value of the Mann-Whitney test; exact where there are few runs and no ties."""
    from scipy.stats import mannwhitneyu  # noqa: PLC0415 - loads scipy, which a comparison without runs does not need

    values = {*first, *second}
    if len(values) == 1:  # a test of numbers that are all equal divides by zero
        return 1.0
    has_ties = len(values) < len(first) + len(second)
    is_exact = not has_ties and len(first) * len(second) <= _EXACT
    return float(mannwhitneyu(first, second, method="exact" if is_exact else "asymptotic").pvalue)


def median_interval(runs: Sequence[float]) -> tuple[float, float] | None:
    """The 90% interval of the median of runs, between two of them; ``None`` if they are too few.

    The number of runs below the median is binomial (Hollander and Wolfe, chapter 3).
    """
    ordered, count = sorted(runs), len(runs)
    below, rank = 0.0, 0
    while below + math.comb(count, rank) / 2**count <= (1 - _GATES) / 2:
        below += math.comb(count, rank) / 2**count
        rank += 1
    return (ordered[rank - 1], ordered[-rank]) if rank else None


@cache
def _rank(first: int, second: int, level: float) -> int:
    """The place of the interval's ends among all pairs, from each end; 0 if there are too few runs for the level."""
    tail, pairs = (1 - level) / 2, first * second
    if pairs > _EXACT:
        deviation = math.sqrt(pairs * (first + second + 1) / 12)
        return max(0, math.floor(pairs / 2 + NormalDist().inv_cdf(tail) * deviation))
    counts = _counts(first, second)
    total, below, rank = math.comb(first + second, second), 0, 0
    while below + counts[rank] <= tail * total:
        below += counts[rank]
        rank += 1
    return rank


def _counts(first: int, second: int) -> list[int]:
    """In how many orders of the runs each number of pairs is inverted, from none to half of all pairs.

    These are the coefficients of the Gaussian binomial: the product of ``(1 - q^(first+i)) / (1 - q^i)``.
    """
    counts = [1] + [0] * (first * second // 2)
    for step in range(1, second + 1):
        for place in range(len(counts) - 1, first + step - 1, -1):
            counts[place] -= counts[place - first - step]
        for place in range(step, len(counts)):
            counts[place] += counts[place - step]
    return counts
