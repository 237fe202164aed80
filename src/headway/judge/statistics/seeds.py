"""Evidence from several training runs a side: it covers another seed of the training."""

from __future__ import annotations

from math import isfinite, sqrt
from typing import TYPE_CHECKING

import numpy as np

from headway.judge.statistics.sample import CannotEstimateError, TooFewRowsError
from headway.judge.statistics.t_test import satterthwaite, t_evidence

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.judge.statistics.sample import Floats
    from headway.values.evidence import Evidence

_LEAST_RUNS = 2


def compare_seeds(base: Mapping[str, float], head: Mapping[str, float]) -> Evidence:
    """The evidence for the change of the mean over runs.

    If both sides have the same runs, the t-test is of their differences; else it is Welch's, "The generalization of
    Student's problem when several different population variances are involved", 1947.

    Args:
        base, head: the value of each run by its name; the same name is the same seed.

    Raises:
        TooFewRowsError: a side has fewer than two runs.
        CannotEstimateError: the value of a run is not finite.
    """
    _check(base, "base")
    _check(head, "head")
    old, new = (np.array([side[name] for name in sorted(side)]) for side in (base, head))
    if base.keys() == head.keys():
        error, freedom = _error(new - old), len(old) - 1.0
    else:
        error, freedom = satterthwaite((_error(old), len(old) - 1), (_error(new), len(new) - 1))
    rows = min(len(old), len(new))
    means = float(old.mean()), float(new.mean())
    return t_evidence(*means, error, freedom, method="seeds", covers="seeds", rows=rows)


def _check(runs: Mapping[str, float], side: str) -> None:
    if len(runs) < _LEAST_RUNS:
        raise TooFewRowsError(
            f"only {len(runs)} run{'' if len(runs) == 1 else 's'} of {side}, and at least 2 are needed"
        )
    if broken := [name for name, value in runs.items() if not isfinite(value)]:
        raise CannotEstimateError(f"is not finite in the run {min(broken)} of {side}")


def _error(values: Floats) -> float:
    """The standard error of the mean."""
    return float(np.std(values, ddof=1)) / sqrt(len(values))
