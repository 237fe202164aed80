"""Values of many slices, pulled towards that of all as far as chance explains how they differ.

The smallest and the largest of many estimates are extreme by chance, too. How far the true values differ is unknown, so
every degree of it counts, weighted by how well it explains the estimates (Morris, "Parametric empirical Bayes
inference", 1983), under a prior by which each degree of shrinkage is as likely: Daniels, "A prior for the variance in
hierarchical models", 1999.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_DEGREES = special.expit(np.linspace(-14, 14, 57))
"""Degrees of shrinkage of a slice of average size, from none to all; the finest near both ends."""
_PRIOR = np.log(_DEGREES * (1 - _DEGREES))
"""The logarithm of how far apart they are."""
_NEGLIGIBLE = 1e-12
"""The weight of a degree up to which it moves no end of an interval, and costs as much as one that does."""
_TAIL = 0.05
_HALVINGS = 32


class Shrunk(NamedTuple):
    """A shrunk value, and the ends of its 90% credible interval, each of which holds with a probability of 95%."""

    value: float
    low: float
    high: float


def shrink_shares(hits: Sequence[int], rows: Sequence[int]) -> list[Shrunk]:
    """Shrink shares of rows by the beta-binomial model; Lee and Sabavala, "Bayesian estimation and prediction", 1987.

    Args:
        hits: the rows of each slice that count.
        rows: all of its rows, at least 1.
    """
    k, n = np.array(hits, float), np.array(rows, float)
    strength = (n.mean() * _DEGREES / (1 - _DEGREES))[:, None]  # shape (degrees, 1): so many rows is the whole worth
    weights = n / (n + strength)
    center = (weights * (k + 0.5) / (n + 1)).sum(1, keepdims=True) / weights.sum(1, keepdims=True)
    a, b = strength * center, strength * (1 - center)
    likelihood = (special.betaln(a + k, b + n - k) - special.betaln(a, b)).sum(1)
    means = (k + a) / (n + strength)
    uncertain = center * (1 - center) / (weights.sum(1, keepdims=True) * (strength + 1))  # the variance of the center
    variance = means * (1 - means) / (n + strength + 1) + (1 - weights) ** 2 * uncertain
    worth = means * (1 - means) / variance - 1  # the rows of a beta distribution with this mean and variance
    a, b = means * worth, (1 - means) * worth
    return _mixed(likelihood, means, (0.0, 1.0), lambda x, some: special.betainc(a[some], b[some], x))


def shrink_means(values: Sequence[float], errors: Sequence[float]) -> list[Shrunk]:
    """Shrink estimates with normal errors.

    Args:
        values: the estimate of each slice.
        errors: its standard error.
    """
    y, variance = np.array(values, float), np.array(errors, float) ** 2
    if not variance.any():
        return [Shrunk(value, value, value) for value in y.tolist()]
    variance = np.maximum(variance, variance.max() * 1e-12)
    between = (1 - _DEGREES)[:, None] / _DEGREES[:, None] / (1 / variance).mean()  # shape (degrees, 1)
    weights = 1 / (between + variance)
    center = (weights * y).sum(1, keepdims=True) / weights.sum(1, keepdims=True)
    likelihood = (np.log(weights).sum(1) - np.log(weights.sum(1)) - (weights * (y - center) ** 2).sum(1)) / 2
    share = variance * weights
    spread = np.sqrt(variance * (1 - share) + share**2 / weights.sum(1, keepdims=True))
    means = center * share + y * (1 - share)
    reach = 10 * np.sqrt(variance.max()) + np.ptp(y)
    ends = y.min() - reach, y.max() + reach
    return _mixed(likelihood, means, ends, lambda x, some: special.ndtr((x - means[some]) / spread[some]))


def _mixed(
    likelihood: Array, means: Array, ends: tuple[float, float], below: Callable[[Array, NDArray[np.bool_]], Array]
) -> list[Shrunk]:
    """The mean and the quantiles of all degrees together.

    Args:
        likelihood: shape (degrees,): the logarithm of how well each one explains the estimates.
        means: shape (degrees, slices): the shrunk values.
        ends: the range of all values.
        below: gives the probability that the true values are below some of shape (slices,), under some of the degrees.
    """
    likelihood = likelihood + _PRIOR
    weight = np.exp(likelihood - likelihood.max())
    weight /= weight.sum()
    some = weight > _NEGLIGIBLE

    def quantile(probability: float) -> Array:
        low, high = (np.full(means.shape[1], end) for end in ends)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            is_below = weight[some] @ below(middle, some) < probability
            low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
        return high

    columns = ((weight @ means).tolist(), quantile(_TAIL).tolist(), quantile(1 - _TAIL).tolist())
    return [Shrunk(*each) for each in zip(*columns, strict=True)]
