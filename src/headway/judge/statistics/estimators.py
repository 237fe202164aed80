"""Every metric that predictions give: its value, how rows move it, and how far printed predictions can be off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.judge.statistics import confusion, means, ranks, regression
from headway.judge.statistics.sample import TooFewRowsError

if TYPE_CHECKING:
    from headway.judge.statistics.estimate import Estimate
    from headway.judge.statistics.sample import Sample
    from headway.settings import Estimator

_ESTIMATORS = {**confusion.ESTIMATORS, **means.ESTIMATORS, **ranks.ESTIMATORS, **regression.ESTIMATORS}
_ROUNDING = {**means.ROUNDING, **ranks.ROUNDING, **regression.ROUNDING}


def estimate(estimator: Estimator, sample: Sample) -> Estimate:
    """A metric of one side, as scikit-learn defines it, with the influence of each row.

    Raises:
        MissingColumnError: the settings do not name a column that the metric needs.
        CannotEstimateError: the metric is undefined, or the settings do not say enough.
    """
    if not sample.rows:
        raise TooFewRowsError("no row")
    return _ESTIMATORS[estimator.name](estimator, sample)


def value(estimator: Estimator, sample: Sample) -> float:
    """A metric of one side, to compare with the committed one; raises what ``estimate`` raises."""
    return estimate(estimator, sample).value


def tolerance(estimator: Estimator, sample: Sample) -> float:
    """The most by which the rounding of the printed predictions can have moved the metric; 0 for counts of rows."""
    return _ROUNDING[estimator.name](estimator, sample) if estimator.name in _ROUNDING else 0.0
