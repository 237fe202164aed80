"""Resampling from counts of cells gives what resampling rows gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from headway.judge.statistics.cells import Cells, tabulate
from headway.judge.statistics.proportions import mcnemar
from headway.judge.statistics.resampling import bootstrap, swap_labels
from headway.judge.statistics.shares import accuracy, mcc, of_one_class

F1 = of_one_class("f1", 1)


def codes(*lists: Any) -> list[Any]:
    return [np.array(values, np.int32) for values in lists]


def drawn(rows: int = 200, changed: float = 0.1) -> list[Any]:
    rng = np.random.default_rng(1)
    actual = rng.integers(0, 2, rows)
    base = np.where(rng.random(rows) < 0.8, actual, 1 - actual)
    head = np.where(rng.random(rows) < changed, actual, base)
    return codes(actual, base, head)


def swapped(cells: Cells) -> Cells:
    order = np.lexsort((cells.base, cells.head, cells.actual))
    return Cells(cells.actual[order], cells.head[order], cells.base[order], cells.counts[order])


def count(rows: list[Any], classes: int = 2) -> Cells:
    actual, base, head = rows
    return tabulate(actual, base, head, classes)


def test_cells_hold_each_combination_once_however_they_are_counted() -> None:
    rows = codes([1, 0, 1, 1], [1, 0, 0, 1], [1, 0, 1, 1])
    few, many = count(rows, 3), count([np.tile(code, 50) for code in rows], 3)
    for cells, times in ((few, 1), (many, 50)):
        assert list(zip(cells.actual, cells.base, cells.head, cells.counts, strict=True)) == [
            (0, 0, 0, times),
            (1, 0, 1, times),
            (1, 1, 1, 2 * times),
        ]
        assert (cells.rows, cells.differing, cells.right().fixed) == (4 * times, times, times)


def test_the_interval_is_that_of_rows_drawn_one_by_one() -> None:
    rows = drawn()

    def change(*sides: Any) -> float:
        base, head = (2 * np.sum(sides[0] * side) / np.sum(sides[0] + side) for side in sides[1:])
        return float(head - base)

    rng = np.random.default_rng(2)
    draws = [change(*(side[order] for side in rows)) for order in rng.integers(0, 200, (400, 200))]
    (interval,) = bootstrap(F1, count(rows), 2, (0.9,))
    assert interval == pytest.approx(np.quantile(draws, [0.05, 0.95]), abs=0.006)


@pytest.mark.parametrize(("fixed", "broken"), [(6, 0), (8, 3), (4, 4), (1, 0)])
def test_the_p_value_of_a_proportion_is_that_of_mcnemar(fixed: int, broken: int) -> None:
    actual, base, head = codes([1, 1, 1, 0], [0, 1, 1, 0], [1, 0, 1, 0])
    cells = Cells(actual, base, head, np.array([fixed, broken, 40, 50]))
    assert swap_labels(accuracy, cells, 2) == pytest.approx(mcnemar(fixed, broken), abs=0.02)


def test_the_p_value_is_that_of_scipys_permutation() -> None:
    rows = drawn(60, 0.5)
    sides = [(side == rows[0]).astype(float) for side in rows[1:]]
    expected = stats.permutation_test(
        sides,
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        rng=1,
        n_resamples=1999,
    ).pvalue
    observed = stats.binom.pmf(0, int(np.sum(sides[0] != sides[1])), 0.5)  # all rows that differ are fixed
    assert swap_labels(accuracy, count(rows), 2) == pytest.approx(expected - observed, abs=0.005)


@pytest.mark.parametrize("function", [F1, mcc])
def test_swapped_sides_change_the_sign_alone(function: Any) -> None:
    cells = count(drawn())
    intervals = bootstrap(function, cells, 2, (0.95, 0.9))
    assert bootstrap(function, swapped(cells), 2, (0.95, 0.9)) == [(-high, -low) for low, high in intervals]
    assert swap_labels(function, swapped(cells), 2) == swap_labels(function, cells, 2)
