"""The ratio of two sets of runs: scipy's test, turned around, gives the same interval."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binom, mannwhitneyu

from headway.judge.speed.ratios import median_interval, p_value, ratio_of
from headway.values.speed import LEAST_ROUNDS

PERMEABILITY = (0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46), (1.15, 0.88, 0.90, 0.74, 1.21)
"""Hollander and Wolfe, "Nonparametric Statistical Methods", table 4.1, as R's ``wilcox.test`` shows it."""


def draw(seed: int, count: int, scale: float = 1.0) -> list[float]:
    return list(np.random.default_rng(seed).lognormal(math.log(scale), 0.1, count))


def rejected(first: list[float], second: list[float], ratio: float, level: float) -> bool:
    """Whether the exact test rejects that the second runs are the first ones by a ratio."""
    shifted = [value / ratio for value in second]
    return bool(mannwhitneyu(first, shifted, method="exact").pvalue <= 1 - level)


@pytest.mark.parametrize(
    ("first", "second"),
    [(12, 6), (18, 9), (9, 9), pytest.param(24, 12, marks=pytest.mark.slow)],  # scipy counts all orders each time
)
def test_the_interval_holds_every_ratio_that_the_exact_test_does_not_reject(first: int, second: int) -> None:
    one, two = draw(first, first), draw(second + 50, second, 1.2)
    found = ratio_of(one, two)
    assert found
    jumps = sorted(b / a for a in one for b in two)
    for low, high in pairwise(jumps):
        middle = math.sqrt(low * high)
        assert rejected(one, two, middle, 0.95) == (middle < found.low or middle > found.high)
        assert rejected(one, two, middle, 0.90) == (middle < found.gate_low or middle > found.gate_high)
    assert found.low <= found.gate_low <= found.estimate <= found.gate_high <= found.high


def test_the_estimate_is_that_of_hodges_and_lehmann() -> None:
    one, two = (list(map(math.exp, each)) for each in PERMEABILITY)
    assert p_value(one, two) == pytest.approx(0.2544, abs=5e-5)  # twice R's one-sided 0.1272
    found = ratio_of(two, one)
    assert found
    assert math.log(found.estimate) == pytest.approx(0.305)


@pytest.mark.parametrize(("count", "least"), [(5, 0.0079), (6, 0.0022)])
def test_the_least_p_value_is_known(count: int, least: float) -> None:
    one = draw(1, count)
    assert p_value(one, [value * 9 for value in one]) == pytest.approx(least, abs=5e-5)


def test_equal_numbers_have_no_difference_and_ties_are_no_error() -> None:
    assert p_value([1.0] * 6, [1.0] * 6) == 1
    found = ratio_of([2.0] * 12, [2.0] * 6)
    assert found
    assert (found.low, found.estimate, found.high) == (1, 1, 1)
    assert p_value([1.0, 1.0, 2.0] * 4, [5.0, 5.0, 6.0] * 2) < 0.01


@pytest.mark.slow  # scipy counts all orders of 120 runs, again and again
def test_many_rounds_are_close_to_the_exact_interval() -> None:
    one, two = draw(3, 80), draw(4, 40, 1.05)
    found = ratio_of(one, two)
    assert found
    middle = [math.sqrt(low * high) for low, high in pairwise(sorted(b / a for a in one for b in two))]
    kept = [each for each in middle if not mannwhitneyu(one, [v / each for v in two], method="exact").pvalue <= 0.05]
    assert found.low == pytest.approx(min(kept), rel=2e-3)
    assert found.high == pytest.approx(max(kept), rel=2e-3)


@pytest.mark.parametrize("number", [0.0, -1.0, math.inf, math.nan])
def test_a_number_that_is_not_positive_has_no_ratio(number: float) -> None:
    assert ratio_of(draw(1, 12), [*draw(2, 5), number]) is None
    assert ratio_of([*draw(1, 11), number], draw(2, 6)) is None


def test_too_few_runs_have_no_interval() -> None:
    assert ratio_of([1.0, 2.0], [1.0, 2.0]) is None
    assert median_interval([1.0] * 4) is None
    assert median_interval(range(1, LEAST_ROUNDS + 1)) == (1, 6)


@pytest.mark.parametrize("count", [6, 9, 20, 200])
def test_the_interval_of_a_median_is_that_of_the_binomial_distribution(count: int) -> None:
    found = median_interval([float(run) for run in range(1, count + 1)])
    assert found
    rank = int(found[0])
    assert found[1] == count + 1 - rank
    assert binom.cdf(rank - 1, count, 0.5) <= 0.05 < binom.cdf(rank, count, 0.5)


@pytest.mark.slow  # a simulation; the exact test above judges the same code
def test_the_interval_covers_the_true_ratio_as_often_as_it_says() -> None:
    draws = np.random.default_rng(8)
    trials, covered = 2000, 0
    for _ in range(trials):
        one, two = draws.lognormal(0, 0.2, 18), draws.lognormal(math.log(1.1), 0.2, 9)
        found = ratio_of(list(one), list(two))
        assert found
        covered += found.low <= 1.1 <= found.high
    assert 0.94 <= covered / trials <= 0.97
