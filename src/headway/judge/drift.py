"""How far a distribution moved between two samples, and whether chance can explain it.

Samples are sorted arrays or counts by category. The tests treat the two samples as independent. Two revisions of a
table share most of their rows, so the p-values are conservative: a difference exists in spite of the common rows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

PSI_BINS = 10
_HALF = 0.5  # rows that an empty bin counts as, because the logarithm of an empty share is infinite
_LEAST_EXPECTED = 5  # rows per cell below which the chi-squared distribution is a poor approximation (Cochran, 1954)


class Test(NamedTuple):
    """A two-sample test's effect size, from 0 (the same) to 1, and its p-value."""

    effect: float
    p: float


def quantile_edges(values: Numbers) -> Numbers:
    """The inner edges that divide sorted values into bins of equal counts; fewer edges if values repeat."""
    places = np.ceil(np.arange(1, PSI_BINS) / PSI_BINS * len(values)).astype(int) - 1
    return np.unique(values[np.clip(places, 0, None)])


def counts_between(values: Numbers, edges: Numbers) -> NDArray[np.int64]:
    """The number of sorted values in each bin; a value on an edge belongs to the bin below it."""
    return np.diff(np.searchsorted(values, edges, side="right"), prepend=0, append=len(values))


def stability_index(base: Sequence[int] | NDArray[np.int64], head: Sequence[int] | NDArray[np.int64]) -> float:
    """The population stability index: the sum of (h - b) * ln(h / b) over the shares b and h of each bin.

    The sum of the Kullback-Leibler divergences in both directions; 0 if the shares are equal. Usual reading: below 0.1
    stable, up to 0.25 a moderate shift, above 0.25 a large one (Siddiqi, "Credit Risk Scorecards", 2006). An empty bin
    counts as half a row. ``base`` and ``head`` are the counts of each bin; neither side is empty.
    """
    old, new = (np.where(counts == 0, _HALF, counts) / np.sum(counts) for counts in map(np.asarray, (base, head)))
    seen = (np.asarray(base) > 0) | (np.asarray(head) > 0)
    return float(np.sum(((new - old) * np.log(new / old))[seen]))


def kolmogorov_smirnov(base: Numbers, head: Numbers) -> Test:
    """The two-sample Kolmogorov-Smirnov test.

    The effect is the largest distance between the two distribution functions. The p-value is Kolmogorov's limit at the
    effective size nm / (n + m), with the correction for small samples of Stephens ("Use of the Kolmogorov-Smirnov,
    Cramer-von Mises and related statistics without extensive tables", 1970). Ties can only make it larger. Both samples
    are sorted, and neither is empty.
    """
    distance = max(_ahead(base, head), _ahead(head, base), 0.0)
    if distance == 0:
        return Test(0.0, 1.0)
    root = math.sqrt(len(base) * len(head) / (len(base) + len(head)))
    return Test(distance, float(special.kolmogorov((root + 0.12 + 0.11 / root) * distance)))


def _ahead(first: Numbers, second: Numbers) -> float:
    """How far the first distribution function rises above the second; the maximum is at a value of the first."""
    most = -1.0
    for start in range(0, len(first), _CHUNK):
        chunk = first[start : start + _CHUNK]
        reached = np.arange(start + 1, start + len(chunk) + 1) / len(first)
        most = max(most, float(np.max(reached - np.searchsorted(second, chunk, side="right") / len(second))))
    return most


_CHUNK = 1_000_000
"""Values per step, which limits the size of temporary arrays."""


def chi_squared(base: Sequence[int], head: Sequence[int]) -> Test:
    """Pearson's chi-squared test of homogeneity of two rows of counts, with Cramer's V as the effect.

    Categories with fewer than five expected rows on either side are merged (Cochran, "Some methods for strengthening
    the common chi-squared tests", 1954). ``base`` and ``head`` have the same categories in the same order; neither is
    empty.
    """
    table = _without_rare(np.asarray([base, head], dtype=float))
    if table.shape[1] < 2:  # noqa: PLR2004 - one category is no distribution
        return Test(0.0, 1.0)
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    statistic = float(np.sum((table - expected) ** 2 / expected))
    return Test(math.sqrt(statistic / table.sum()), float(special.chdtrc(table.shape[1] - 1, statistic)))


def _without_rare(table: Numbers) -> Numbers:
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    rare = expected.min(axis=0) < _LEAST_EXPECTED
    merged = table[:, rare].sum(axis=1, keepdims=True)
    kept = table[:, ~rare]
    return np.hstack([kept, merged]) if merged.sum() else kept
