"""Metrics of a regression that are functions of means: the root mean squared error, and R squared.

Their influence values are those of the means, times the derivatives of the function (the delta method; van der Vaart,
"Asymptotic Statistics", 1998, chapter 3). Each metric is scikit-learn's.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from headway.judge.statistics.estimate import Estimate
from headway.judge.statistics.means import errors, squared_rounded
from headway.judge.statistics.printed import rounding_error
from headway.judge.statistics.sample import CannotEstimateError
from headway.judge.sums.exact import exact_mean, exact_sum
from headway.judge.sums.paired_squares import variance_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from headway import settings
    from headway.judge.statistics.means import ErrorOf
    from headway.judge.statistics.sample import Floats, Sample
    from headway.settings import EstimatorName


def _rmse(_: settings.Estimator, sample: Sample) -> Estimate:
    squares = errors(sample) ** 2
    mse = exact_mean(squares)
    root = sqrt(mse)
    return Estimate(root, (squares - mse) / (2 * root) if root else squares, len(squares))


def _rmse_rounding(estimator: settings.Estimator, sample: Sample) -> float:
    """The error is a norm, so it moves by no more than the norm of the rounding."""
    return sqrt(exact_mean(rounded(estimator, sample)))


def rounded(estimator: settings.Estimator, sample: Sample, error_of: ErrorOf = rounding_error) -> Floats:
    """As :func:`headway.judge.statistics.means.rounded`, what both tolerances are functions of."""
    if estimator.name == "r2":
        return squared_rounded(estimator, sample, error_of)
    return np.broadcast_to(np.square(error_of(sample.predictions())), sample.rows)


def _r2(_: settings.Estimator, sample: Sample) -> Estimate:
    squares, targets = errors(sample) ** 2, sample.targets()
    exact_variance = _variance(targets)
    mse, variance = exact_mean(squares), float(exact_variance)
    deviations = (targets - exact_mean(targets)) ** 2
    influence = mse * (deviations - variance) / variance**2 - (squares - mse) / variance
    return Estimate(float(1 - exact_sum(squares) / len(squares) / exact_variance), influence, len(squares))


def _r2_rounding(estimator: settings.Estimator, sample: Sample) -> float:
    return float(exact_sum(rounded(estimator, sample)) / sample.rows / _variance(sample.targets()))


def _variance(targets: Floats) -> Fraction:
    return check_variance(variance_of(len(targets), exact_sum(targets), exact_sum(targets, targets)))


def check_variance(variance: Fraction) -> Fraction:
    """The variance of the targets; raises ``CannotEstimateError`` if it is zero."""
    if not variance:
        raise CannotEstimateError("is undefined: every row has the same target")
    return variance


ESTIMATORS: dict[EstimatorName, Callable[[settings.Estimator, Sample], Estimate]] = {"rmse": _rmse, "r2": _r2}
"""How each metric is estimated."""
ROUNDING: dict[EstimatorName, Callable[[settings.Estimator, Sample], float]] = {
    "rmse": _rmse_rounding,
    "r2": _r2_rounding,
}
"""The most by which the rounding of printed predictions moves each metric."""
