"""Metrics of the confusion table: of each row's class and the class that is predicted for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headway.judge.statistics import shares as of
from headway.judge.statistics.classes import one_class
from headway.judge.statistics.estimate import Estimate
from headway.judge.statistics.shares import Shares

if TYPE_CHECKING:
    from headway.judge.statistics.sample import Booleans, Codes, Floats, Sample
    from headway.judge.statistics.shares import ShareFunction
    from headway.settings import Estimator

_OF_THE_TABLE = {"accuracy": of.accuracy, "error": of.error, "mcc": of.mcc, "kappa": of.kappa}
NAMES = (*_OF_THE_TABLE, "balanced_accuracy", "precision", "recall", "f1")


def estimate(estimator: Estimator, sample: Sample) -> Estimate:
    """A metric of the confusion table with the influence of each row, as scikit-learn defines it.

    A macro average is over the classes that the sample has, actual or predicted; a class whose precision or recall is
    undefined counts as 0 in it.

    Raises:
        CannotEstimateError: the settings do not say which class is meant, or no row defines the metric.
    """
    actual, predicted = sample.actual(), sample.predicted()
    shares = shares_of(actual, predicted, len(sample.classes))
    function = share_function(estimator, sample, _present(estimator, shares))
    influence = influences(of.gradient(function, shares), actual, predicted)
    positives = round(positive_share(estimator, sample, shares) * len(actual))
    return Estimate(float(function(shares)), influence - influence.mean(), positives)


def shares_of(actual: Codes, predicted: Codes, classes: int, counts: Floats | None = None) -> Shares:
    """The shares of each class, of rows or of cells that stand for ``counts`` rows each."""
    rows = len(actual) if counts is None else counts.sum()
    hit = actual == predicted
    found = (
        np.bincount(actual[hit], None if counts is None else counts[hit], classes),
        np.bincount(actual, counts, classes),
        np.bincount(predicted, counts, classes),
    )
    return Shares(*(count / rows for count in found))


def influences(slopes: Shares, actual: Codes, predicted: Codes) -> Floats:
    """The influence of each row on a metric with these derivatives, apart from a constant."""
    hit = np.where(actual == predicted, slopes.hit[actual], 0.0)
    return hit + slopes.actual[actual] + slopes.predicted[predicted]


def share_function(estimator: Estimator, sample: Sample, counted: Booleans) -> ShareFunction:
    """The metric as a function of the shares; a macro average is over the ``counted`` classes."""
    if estimator.name in _OF_THE_TABLE:
        return _OF_THE_TABLE[estimator.name]
    if estimator.name == "balanced_accuracy":
        return of.averaged("recall", "macro", counted)
    if (code := one_class(estimator, sample)) is not None:
        return of.of_one_class(estimator.name, code)
    return of.averaged(estimator.name, estimator.average or "macro", counted)


def _present(estimator: Estimator, shares: Shares) -> Booleans:
    is_actual = shares.actual > 0
    return is_actual if estimator.name == "balanced_accuracy" else is_actual | (shares.predicted > 0)


def is_defined(estimator: Estimator, shares: Shares) -> Booleans:
    """The classes that a macro average can compare: those whose precision, recall or F1 is defined."""
    return (shares.predicted if estimator.name == "precision" else shares.actual) > 0


def positive_share(estimator: Estimator, sample: Sample, shares: Shares) -> float:
    """The share of the rows that an F1-like metric rests on."""
    return float(shares.actual.min())
