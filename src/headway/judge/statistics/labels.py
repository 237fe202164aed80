"""Metrics of rows with several labels, computed label by label, so that one label is in memory at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headway.judge.statistics.classes import one_class, rests_on, share_function
from headway.judge.statistics.estimate import Estimate
from headway.judge.statistics.sample import CannotEstimateError
from headway.judge.statistics.shares import Shares, gradient

if TYPE_CHECKING:
    from headway.judge.statistics.sample import Booleans, Floats, Sample
    from headway.settings import Estimator


def estimate(estimator: Estimator, sample: Sample, counted: Booleans | None = None) -> Estimate:
    """A metric of all labels, or of one, as scikit-learn defines it; ``accuracy`` wants all labels of a row right.

    Raises:
        CannotEstimateError: the settings do not say which label is meant, or the metric is not defined for such rows.
    """
    if estimator.name in {"accuracy", "error"}:
        right = all_right(sample)
        return _mean((right if estimator.name == "accuracy" else ~right).astype(np.float64))
    shares = shares_of(estimator, sample)
    function = share_function(estimator, sample, shares, counted)
    influence = _influences(gradient(function, shares), sample)
    positives = round(rests_on(estimator, sample, shares) * sample.rows)
    return Estimate(float(function(shares)), influence - influence.mean(), positives)


def _mean(values: Floats) -> Estimate:
    return Estimate(float(values.mean()), values - values.mean(), len(values))


def all_right(sample: Sample) -> Booleans:
    """Whether each row has all of its labels right, and no other."""
    right = np.ones(sample.rows, np.bool_)
    for code in range(len(sample.classes)):
        right &= sample.has_label(code) == sample.has_predicted_label(code)
    return right


def shares_of(estimator: Estimator, sample: Sample) -> Shares:
    """The shares of each label; of a metric of one label, zero for all others.

    Raises:
        CannotEstimateError: the metric is not defined for rows with several labels.
    """
    if estimator.name not in {"precision", "recall", "f1"}:
        raise CannotEstimateError(f"is not defined for rows with several labels: {estimator.name}")
    only = one_class(estimator, sample)
    found = np.zeros((len(sample.classes), 3))
    for code in range(len(sample.classes)) if only is None else (only,):
        actual, predicted = sample.has_label(code), sample.has_predicted_label(code)
        found[code] = [np.count_nonzero(rows) for rows in (actual & predicted, actual, predicted)]
    return Shares(*(found / sample.rows).T)


def _influences(slopes: Shares, sample: Sample) -> Floats:
    total = np.zeros(sample.rows)
    for code in np.flatnonzero(np.any(slopes, axis=0)):
        actual, predicted = sample.has_label(int(code)), sample.has_predicted_label(int(code))
        total += slopes.hit[code] * (actual & predicted)
        total += slopes.actual[code] * actual + slopes.predicted[code] * predicted
    return total
