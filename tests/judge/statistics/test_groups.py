"""Standard errors over groups of rows."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.judge.statistics.groups import group_sums
from headway.judge.statistics.sample import TooFewRowsError

MILLER = np.array([1, 1, 1, 0, 0, 1, 0, 0, 1, 1]) - 0.6
PAIRS = np.repeat(np.arange(5, dtype=np.int32), 2)


def test_known_answer_of_miller() -> None:
    error, freedom, groups = group_sums(MILLER, PAIRS)
    assert error == pytest.approx(0.187083, abs=5e-7)
    assert error / sqrt(5 / 4) == pytest.approx(0.167332, abs=5e-7), "the source has no factor for few groups"
    assert (freedom, groups) == (4, 5)


def test_groups_of_one_row_are_independent_rows() -> None:
    error, freedom, groups = group_sums(MILLER, np.arange(10, dtype=np.int32))
    assert error == pytest.approx(np.std(MILLER, ddof=1) / sqrt(10))
    assert (freedom, groups) == (9, 10)


@given(st.permutations(range(10)), st.permutations(range(8)))
def test_neither_the_order_of_rows_nor_the_codes_of_groups_matter(rows: list[int], codes: list[int]) -> None:
    renamed = np.array(codes, np.int32)[PAIRS]
    assert group_sums(MILLER[rows], renamed[rows]) == pytest.approx(group_sums(MILLER, PAIRS), rel=1e-12)


def test_one_group_says_nothing() -> None:
    with pytest.raises(TooFewRowsError, match="only 1 group"):
        group_sums(MILLER, np.zeros(10, np.int32))


def test_groups_that_have_most_of_the_weight_count_as_few() -> None:
    equal, unequal = np.ones(10), np.repeat([9.0, 9, 1, 1, 1], 2)
    assert group_sums(MILLER, PAIRS, equal).freedom == pytest.approx(4)
    assert group_sums(MILLER, PAIRS, unequal).freedom == pytest.approx(21**2 / 165 - 1)
    assert group_sums(MILLER, PAIRS, np.eye(10)[0]).freedom == 1
    assert group_sums(MILLER, PAIRS, np.zeros(10)).freedom == 4


def test_a_guard_is_one_more_group_as_large_as_any() -> None:
    sums = np.array([0.8, -0.2, -0.2, -1.2, 0.8])
    expected = sqrt(5 / 4 * (sums @ sums + 1.2**2)) / 10
    assert group_sums(MILLER, PAIRS, is_guarded=True).standard_error == pytest.approx(expected)
