"""Metrics of the confusion table: of each row's class and the class that is predicted for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headway.judge.statistics import labels
from headway.judge.statistics.classes import rests_on, share_function
from headway.judge.statistics.estimate import Estimate
from headway.judge.statistics.shares import Shares, gradient

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.judge.statistics.sample import Booleans, Classed, Codes, Floats, Sample
    from headway.settings import Estimator, EstimatorName

    Counts = np.ndarray[tuple[int], np.dtype[np.int64]]


def estimate(estimator: Estimator, sample: Sample, counted: Booleans | None = None) -> Estimate:
    """A metric of the confusion table, or of rows with several labels, as scikit-learn defines it.

    Args:
        estimator: which metric.
        sample: the rows.
        counted: shape (classes,): the classes that a macro average is over; by default those that occur, where a class
            whose precision or recall is undefined counts as 0.

    Raises:
        CannotEstimateError: the settings do not say which class is meant, or the metric is not defined for such rows.
    """
    if sample.is_multilabel:
        return labels.estimate(estimator, sample, counted)
    actual, predicted = sample.actual(), sample.predicted()
    found = shares_of(actual, predicted, len(sample.classes))
    function = share_function(estimator, sample, found, counted)
    influence = influences(gradient(function, found), actual, predicted)
    positives = round(rests_on(estimator, sample, found) * len(actual))
    return Estimate(float(function(found)), influence - influence.mean(), positives)


def value_of(estimator: Estimator, classed: Classed, found: Shares) -> float:
    """The metric by the shares of rows with one class each; raises what ``estimate`` raises."""
    return float(share_function(estimator, classed, found)(found))


def shares(estimator: Estimator, sample: Sample) -> Shares:
    """The shares of each class that the metric is about."""
    if sample.is_multilabel:
        return labels.shares_of(estimator, sample)
    return shares_of(sample.actual(), sample.predicted(), len(sample.classes))


def shares_of(actual: Codes, predicted: Codes, classes: int, counts: Counts | None = None) -> Shares:
    """The shares of each class, of rows or of cells that stand for ``counts`` rows each."""
    hit = actual == predicted
    found = (
        np.bincount(actual[hit], None if counts is None else counts[hit], classes),
        np.bincount(actual, counts, classes),
        np.bincount(predicted, counts, classes),
    )
    rows = found[1].sum()
    return Shares(*(count / rows for count in found))


def influences(slopes: Shares, actual: Codes, predicted: Codes) -> Floats:
    """How far each row moves a metric with these derivatives, apart from a constant."""
    hit = np.where(actual == predicted, slopes.hit[actual], 0.0)
    influence: Floats = hit + slopes.actual[actual] + slopes.predicted[predicted]
    return influence


ESTIMATORS: dict[EstimatorName, Callable[[Estimator, Sample], Estimate]] = dict.fromkeys(
    ("accuracy", "error", "precision", "recall", "f1", "mcc", "kappa", "balanced_accuracy"), estimate
)
"""How each metric is estimated."""
