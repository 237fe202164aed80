"""Rows that belong together, such as those of one user, are not independent: groups of rows are."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from headway.judge.statistics.sample import TooFewRowsError

if TYPE_CHECKING:
    from headway.judge.statistics.sample import Codes, Floats


class GroupedError(NamedTuple):
    """The standard error of a mean over rows that are not independent.

    Attributes:
        standard_error: of the mean.
        freedom: its degrees of freedom for Student's t distribution, at least 1.
        groups: the number of groups.
    """

    standard_error: float
    freedom: float
    groups: int


def group_sums(
    influence: Floats, groups: Codes, weights: Floats | None = None, *, is_guarded: bool = False
) -> GroupedError:
    """The standard error of a change by the sums of its influence values within groups.

    Liang and Zeger, "Longitudinal data analysis using generalized linear models", 1986; for means of scores Miller,
    "Adding error bars to evals", 2024. The factor G / (G - 1) and the t distribution with G - 1 degrees of freedom keep
    the interval right for few groups (Cameron and Miller, "A practitioner's guide to cluster-robust inference", 2015).
    If a few groups have most of the weight, there are in effect fewer groups: Carter, Schnepel and Steigerwald,
    "Asymptotic behavior of a t-test robust to cluster heterogeneity", 2017.

    Args:
        influence: shape (rows,): how far each row moves the change; it sums to zero.
        groups: shape (rows,): the code of each row's group, from 0.
        weights: shape (rows,): how much of the metric's variance is each row's; by default, groups have equal weights.
        is_guarded: whether one more group is added, whose sum is as large as any.

    Raises:
        TooFewRowsError: there is a single group, which says nothing about others.
    """
    count = int(np.count_nonzero(np.bincount(groups)))
    if count == 1:
        raise TooFewRowsError("only 1 group")
    squares = np.bincount(groups, weights=influence) ** 2
    total = float(squares.sum()) + is_guarded * float(squares.max())
    effective = count if weights is None else _effective(weights, groups, count)
    return GroupedError(sqrt(count / (count - 1) * total) / len(influence), max(effective - 1, 1), count)


def _effective(weights: Floats, groups: Codes, count: int) -> float:
    sums = np.bincount(groups, weights=weights)
    squares = float(sums @ sums)
    return float(sums.sum()) ** 2 / squares if squares else count
