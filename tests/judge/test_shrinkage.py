"""Shrunk values: the extremes of many slices owe a part to chance, and the intervals hold what they promise."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from headway.judge.shrinkage import Shrunk, shrink_means, shrink_shares

if TYPE_CHECKING:
    from random import Random

COUNTS = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=2, max_size=8)


class Simulated(NamedTuple):
    """Slices with their true shares, their shares of some rows, and those shrunk."""

    truth: np.ndarray
    shares: np.ndarray
    shrunk: list[Shrunk]


@cache
def simulated(spread: float, seed: int, slices: int) -> Simulated:
    draw = np.random.default_rng(seed)
    truth = np.clip(0.85 + spread * draw.standard_normal(slices), 0.01, 0.99)
    rows = draw.integers(10, 300, slices)
    hits = draw.binomial(rows, truth)
    return Simulated(truth, hits / rows, shrink_shares(hits.tolist(), rows.tolist()))


@pytest.mark.parametrize("spread", [0.0, 0.02, 0.1])
@pytest.mark.slow
def test_the_worst_of_forty_slices_is_less_bad_than_it_looks(spread: float) -> None:
    raw, shrunk = [], []
    for seed in range(30):
        found = simulated(spread, seed, 40)
        worst = int(found.shares.argmin())
        raw.append(found.shares[worst] - found.truth[worst])
        shrunk.append(found.shrunk[worst].value - found.truth[worst])
    assert np.mean(raw) < -0.03
    assert abs(np.mean(shrunk)) < 0.02


@pytest.mark.parametrize("spread", [0.0, pytest.param(0.02, marks=pytest.mark.slow), 0.1])
@pytest.mark.parametrize("slices", [5, pytest.param(40, marks=pytest.mark.slow)])
def test_each_bound_holds_with_a_probability_of_about_95_percent(spread: float, slices: int) -> None:
    held: list[tuple[bool, bool]] = []
    for seed in range(600 // slices):
        found = simulated(spread, seed, slices)
        held += [(each.low <= true, true <= each.high) for each, true in zip(found.shrunk, found.truth, strict=True)]
    assert min(np.mean(held, axis=0)) > 0.9


def test_the_mixture_is_the_beta_binomial_posterior() -> None:
    """With the center known, as it is where both slices are alike, each degree is a conjugate posterior."""
    hits, rows = [30, 30], [40, 40]
    center = 30.5 / 41

    def strength(degree: float) -> float:
        return 40 * degree / (1 - degree)

    def likelihood(degree: float) -> float:
        a, b = strength(degree) * center, strength(degree) * (1 - center)
        return float(np.prod(stats.betabinom.pmf(hits, rows, a, b)))

    def weighted(degree: float) -> float:
        return likelihood(degree) * (30 + strength(degree) * center) / (40 + strength(degree))

    expected = integrate.quad(weighted, 0, 1)[0] / integrate.quad(likelihood, 0, 1)[0]
    assert shrink_shares(hits, rows)[0].value == pytest.approx(expected, rel=1e-4)


def test_many_rows_are_hardly_shrunk_and_few_rows_are() -> None:
    few, many = shrink_shares([2, 90_000, 80_000], [4, 100_000, 100_000])[:2]
    assert many.value == pytest.approx(0.9, abs=1e-3)
    assert few.value > 0.6
    assert few.high - few.low > 20 * (many.high - many.low)


def test_means_that_differ_by_no_more_than_their_errors_become_alike() -> None:
    draw = np.random.default_rng(5)
    values = draw.standard_normal(30)
    found = shrink_means(values.tolist(), [1.0] * 30)
    assert np.std([each.value for each in found]) < 0.5 * np.std(values)
    apart = shrink_means((values * 100).tolist(), [1.0] * 30)
    assert [each.value for each in apart] == pytest.approx(values * 100, abs=0.5)
    assert np.mean([each.high - each.low for each in apart]) == pytest.approx(2 * 1.645, rel=0.02)


def test_known_values_are_left_alone() -> None:
    assert shrink_means([0.1, 0.4], [0.0, 0.0]) == [Shrunk(0.1, 0.1, 0.1), Shrunk(0.4, 0.4, 0.4)]
    exact, vague = shrink_means([0.1, 0.4], [0.0, 0.2])
    assert exact.value == pytest.approx(0.1)
    assert 0.1 < vague.value < 0.4


@given(COUNTS)
def test_a_shrunk_share_lies_between_its_own_and_those_of_all(counts: list[tuple[int, int]]) -> None:
    hits, rows = [min(each) for each in counts], [each[1] for each in counts]
    shares = [(hit + 0.5) / (row + 1) for hit, row in zip(hits, rows, strict=True)]
    for each, hit, row in zip(shrink_shares(hits, rows), hits, rows, strict=True):
        assert min(*shares, hit / row) - 1e-9 <= each.value <= max(*shares, hit / row) + 1e-9
        assert 0 <= each.low <= each.value <= each.high <= 1


@given(COUNTS, st.randoms(use_true_random=False))
def test_the_order_of_slices_does_not_matter(counts: list[tuple[int, int]], order: Random) -> None:
    shuffled = list(counts)
    order.shuffle(shuffled)
    both = [shrink_shares([min(each) for each in some], [each[1] for each in some]) for some in (counts, shuffled)]
    assert np.array(sorted(both[0])) == pytest.approx(np.array(sorted(both[1])), abs=1e-9)
