"""Metrics of a regression that are functions of means: the root mean squared error, and R squared.

Their influence values are those of the means, times the derivatives of the function (the delta method; van der Vaart,
"Asymptotic Statistics", 1998, chapter 3). Each metric is scikit-learn's.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from headway.judge.statistics.estimate import Estimate
from headway.judge.statistics.means import errors, squared_rounding
from headway.judge.statistics.printed import rounding_error
from headway.judge.statistics.sample import CannotEstimateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway import settings
    from headway.judge.statistics.sample import Floats, Sample
    from headway.settings import EstimatorName


def _rmse(_: settings.Estimator, sample: Sample) -> Estimate:
    squares = errors(sample) ** 2
    mse = float(squares.mean())
    root = sqrt(mse)
    return Estimate(root, (squares - mse) / (2 * root) if root else squares, len(squares))


def _rmse_rounding(_: settings.Estimator, sample: Sample) -> float:
    """The error is a norm, so it moves by no more than the norm of the rounding."""
    return float(np.sqrt(np.mean(np.square(rounding_error(sample.predictions())))))


def _r2(_: settings.Estimator, sample: Sample) -> Estimate:
    squares, deviations = errors(sample) ** 2, _deviations(sample)
    mse, variance = float(squares.mean()), float(deviations.mean())
    influence = mse * (deviations - variance) / variance**2 - (squares - mse) / variance
    return Estimate(1 - mse / variance, influence, len(squares))


def _r2_rounding(estimator: settings.Estimator, sample: Sample) -> float:
    return squared_rounding(estimator, sample) / float(_deviations(sample).mean())


def _deviations(sample: Sample) -> Floats:
    """The squared deviations of the targets from their mean."""
    targets = sample.targets()
    deviations: Floats = (targets - targets.mean()) ** 2
    if not deviations.any():
        raise CannotEstimateError("is undefined: every row has the same target")
    return deviations


ESTIMATORS: dict[EstimatorName, Callable[[settings.Estimator, Sample], Estimate]] = {"rmse": _rmse, "r2": _r2}
"""How each metric is estimated."""
ROUNDING: dict[EstimatorName, Callable[[settings.Estimator, Sample], float]] = {
    "rmse": _rmse_rounding,
    "r2": _r2_rounding,
}
"""The most by which the rounding of printed predictions moves each metric."""
