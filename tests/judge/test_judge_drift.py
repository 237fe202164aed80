"""Drift statistics against known answers and scipy's own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from headway.judge.drift import chi_squared, counts_between, kolmogorov_smirnov, quantile_edges, stability_index
from headway.judge.multiplicity import benjamini_hochberg

numbers = st.lists(st.integers(-20, 20), min_size=1, max_size=60).map(lambda values: np.sort(np.array(values, float)))
counts = st.lists(st.integers(0, 500), min_size=2, max_size=8)


def test_the_stability_index_of_a_worked_example() -> None:
    """0.1 * ln(0.6 / 0.5) + -0.1 * ln(0.4 / 0.5), by hand."""
    assert stability_index([50, 50], [60, 40]) == pytest.approx(0.04054651)


def test_the_stability_index_is_zero_for_equal_shares_and_finite_for_empty_bins() -> None:
    assert stability_index([10, 20], [100, 200]) == 0
    assert 0 < stability_index([0, 20], [10, 10]) < 10
    assert stability_index([0, 20], [0, 20]) == 0


def test_deciles_of_a_hundred_numbers() -> None:
    values = np.arange(1.0, 101.0)
    edges = quantile_edges(values)
    assert edges.tolist() == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert counts_between(values, edges).tolist() == [10] * 10


def test_repeated_values_make_fewer_bins() -> None:
    edges = quantile_edges(np.zeros(50))
    assert edges.tolist() == [0]
    assert counts_between(np.array([-1.0, 0.0, 1.0]), edges).tolist() == [2, 1]


@given(numbers, numbers)
def test_the_distance_is_scipys(base: np.ndarray, head: np.ndarray) -> None:
    expected = stats.ks_2samp(base, head, method="asymp")
    assert kolmogorov_smirnov(base, head).effect == pytest.approx(expected.statistic)


@pytest.mark.parametrize(("sizes", "shift"), [((40, 50), 0.5), ((300, 200), 0.2), ((5000, 4000), 0.05)])
def test_the_p_value_is_near_the_exact_distributions(sizes: tuple[int, int], shift: float) -> None:
    rng = np.random.default_rng(0)
    base, head = np.sort(rng.normal(size=sizes[0])), np.sort(rng.normal(shift, size=sizes[1]))
    assert kolmogorov_smirnov(base, head).p == pytest.approx(stats.ks_2samp(base, head).pvalue, abs=0.02)


def test_equal_samples_cannot_be_told_apart() -> None:
    values = np.array([1.0, 2.0, 2.0])
    assert kolmogorov_smirnov(values, values) == (0.0, 1.0)


def test_the_distance_does_not_depend_on_the_size_of_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    base, head = np.sort(rng.integers(0, 30, 500).astype(float)), np.sort(rng.integers(2, 33, 400).astype(float))
    whole = kolmogorov_smirnov(base, head)
    monkeypatch.setattr("headway.judge.drift._CHUNK", 7)
    assert kolmogorov_smirnov(base, head) == whole


def test_chi_squared_is_scipys() -> None:
    table = [[30, 40, 50], [20, 60, 55]]
    expected = stats.chi2_contingency(table, correction=False)
    found = chi_squared(*table)
    assert found.p == pytest.approx(expected.pvalue)
    assert found.effect == pytest.approx(stats.contingency.association(np.array(table)))


def test_rare_categories_are_taken_together() -> None:
    assert chi_squared([100, 1, 2, 1], [100, 2, 1, 1]) == (0.0, 1.0)


@given(counts, counts)
def test_chi_squared_stays_in_its_range(base: list[int], head: list[int]) -> None:
    length = min(len(base), len(head))
    old, new = [each + 1 for each in base[:length]], [each + 1 for each in head[:length]]
    found = chi_squared(old, new)
    assert 0 <= found.effect <= 1 + 1e-12
    assert 0 <= found.p <= 1


def test_benjamini_hochberg_of_the_definition() -> None:
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert benjamini_hochberg([0.005, 0.03, 0.04, 0.01]) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert benjamini_hochberg([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_is_scipys(values: list[float]) -> None:
    assert benjamini_hochberg(values) == pytest.approx(list(stats.false_discovery_control(values)))
