"""Tests and intervals of proportions against published answers and statsmodels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from headway.judge.statistics.proportions import (
    PairedCounts,
    independent_p,
    mcnemar,
    newcombe_independent,
    newcombe_paired,
    wilson,
)

counts = st.integers(0, 200)
tables = st.builds(PairedCounts, counts, counts, counts, counts).filter(any)
levels = st.sampled_from([0.9, 0.95, 0.99])


@pytest.mark.parametrize(
    ("fixed", "broken", "p"), [(86, 150, 2.89339e-5), (25, 15, 0.117275), (0, 0, 1), (3, 3, 1), (5, 0, 0.03125)]
)
def test_mid_p_of_the_literature(fixed: int, broken: int, p: float) -> None:
    assert mcnemar(fixed, broken) == pytest.approx(p, rel=1e-5)


@given(fixed=counts, broken=counts)
def test_mid_p_is_the_exact_p_without_half_of_the_observed_tables(fixed: int, broken: int) -> None:
    from statsmodels.stats.contingency_tables import mcnemar as exact_mcnemar  # noqa: PLC0415 - takes two seconds in each process of the suite

    exact = exact_mcnemar([[0, broken], [fixed, 0]], exact=True).pvalue
    observed = stats.binom.pmf(fixed, fixed + broken, 0.5)
    expected = 1 if fixed == broken else exact - observed
    assert mcnemar(fixed, broken) == pytest.approx(expected, rel=1e-9)


def test_the_exact_p_of_the_literature() -> None:
    assert mcnemar(59, 121) < 0.000004 < mcnemar(59, 121) + stats.binom.pmf(59, 180, 0.5)


def test_many_rows_neither_overflow_nor_vanish() -> None:
    assert mcnemar(5_000_000, 5_010_000) == pytest.approx(2 * stats.norm.sf(10_000 / 10_010_000**0.5), rel=1e-3)
    low, high = newcombe_paired(PairedCounts(5_000_000_000, 10_000_000, 10_000_000, 5_000_000_000))
    assert high == -low == pytest.approx(1.96 * 20_000_000**0.5 / 10_020_000_000, rel=1e-3)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [((20, 2, 12, 16), -0.3292, -0.0562), ((59, 16, 6, 80), 0.0046, 0.1186)],
    ids=["Newcombe 1998", "Fagerland 2014"],
)
def test_paired_interval_of_the_literature(table: tuple[int, int, int, int], low: float, high: float) -> None:
    assert newcombe_paired(PairedCounts(*table)) == pytest.approx((low, high), abs=5e-5)


def test_a_paired_interval_is_never_a_point() -> None:
    assert newcombe_paired(PairedCounts(1, 0, 0, 1)) == pytest.approx((-0.57, 0.57), abs=0.005)
    assert newcombe_paired(PairedCounts(2, 0, 0, 0)) == pytest.approx((-0.66, 0.66), abs=0.005)
    assert newcombe_paired(PairedCounts(14_997, 2, 1, 5_000)) == pytest.approx((-0.0002, 0.0003), abs=5e-5)


@given(table=tables, level=levels)
def test_swapped_sides_turn_the_paired_interval_round(table: PairedCounts, level: float) -> None:
    low, high = newcombe_paired(table, level)
    assert newcombe_paired(table._replace(fixed=table.broken, broken=table.fixed), level) == (-high, -low)
    assert -1 <= low < high <= 1
    assert low <= (table.fixed - table.broken) / sum(table) <= high
    assert mcnemar(table.fixed, table.broken) == mcnemar(table.broken, table.fixed) <= 1


def test_independent_interval_of_the_literature() -> None:
    assert newcombe_independent(48, 80, 56, 70) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@given(
    base=st.tuples(counts, counts).filter(lambda pair: pair[1] > 0),
    head=st.tuples(counts, counts).filter(lambda pair: pair[1] > 0),
    level=levels,
)
def test_independent_interval_is_that_of_statsmodels(
    base: tuple[int, int], head: tuple[int, int], level: float
) -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint  # noqa: PLC0415 - takes two seconds in each process of the suite

    (base_right, base_rows), (head_right, head_rows) = ((min(pair), max(pair)) for pair in (base, head))
    expected = confint_proportions_2indep(
        head_right, head_rows, base_right, base_rows, method="newcomb", compare="diff", alpha=1 - level
    )
    assert newcombe_independent(base_right, base_rows, head_right, head_rows, level) == pytest.approx(expected)
    wilsons = proportion_confint(head_right, head_rows, 1 - level, method="wilson")
    assert wilson(head_right, head_rows, level) == pytest.approx(wilsons, abs=1e-12)


@given(base=st.tuples(counts, counts).filter(any), head=st.tuples(counts, counts).filter(any))
def test_independent_p_is_a_chi_squared_test_of_one_row_less(base: tuple[int, int], head: tuple[int, int]) -> None:
    rows, right = sum(base) + sum(head), base[0] + head[0]
    p = independent_p(base[0], sum(base), head[0], sum(head))
    if right in {0, rows}:
        assert p == 1
        return
    statistic = stats.chi2_contingency([base, head], correction=False).statistic
    assert p == pytest.approx(stats.chi2.sf(statistic * (rows - 1) / rows, 1), rel=1e-6)
