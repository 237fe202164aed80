"""Metrics as functions of three shares of each class: of the rows that are it, that are predicted as it, and both.

Every metric of a confusion table is such a function, and so are the metrics of rows with several labels. A function
takes arrays of shape (..., classes), real or complex: an imaginary step gives the derivative of a metric by each share,
and with it the influence of a row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from headway.judge.statistics.sample import Booleans
    from headway.settings import Average, EstimatorName

Numbers = NDArray[Any]


class Shares(NamedTuple):
    """Shares of all rows by class, each of shape (..., classes).

    Attributes:
        hit: the rows that are of the class and predicted as it.
        actual: the rows that are of the class.
        predicted: the rows that are predicted as it.
    """

    hit: Numbers
    actual: Numbers
    predicted: Numbers


ShareFunction = Callable[[Shares], Numbers]
"""Gives a metric, of shape (...)."""

_STEP = 1e-30
"""The imaginary step: its square vanishes beside any share."""
_BLOCK = 500
"""The classes that are moved at a time, so that a thousand fit into memory."""


def gradient(function: ShareFunction, shares: Shares) -> Shares:
    """The derivative of a metric by each share of one sample, without loss of digits.

    Squire and Trapp, "Using complex variables to estimate derivatives of real functions", 1998.
    """
    slopes = np.zeros((len(Shares._fields), len(shares.hit)))
    for start in range(0, len(shares.hit), _BLOCK):
        steps = np.eye(min(_BLOCK, len(shares.hit) - start), len(shares.hit), start) * (1j * _STEP)
        for slope, name in zip(slopes, Shares._fields, strict=True):
            moved = function(shares._replace(**{name: getattr(shares, name) + steps}))
            slope[start : start + _BLOCK] = np.imag(moved) / _STEP
    return Shares(*slopes)


def accuracy(shares: Shares) -> Numbers:
    """The share of rows whose class is predicted."""
    total: Numbers = shares.hit.sum(-1)
    return total


def error(shares: Shares) -> Numbers:
    """The share of rows whose class is not predicted."""
    return 1 - accuracy(shares)


def mcc(shares: Shares) -> Numbers:
    """Matthews's correlation coefficient for any number of classes; 0 if one side has a single class.

    Gorodkin, "Comparing two K-category assignments by a K-category correlation coefficient", 2004.
    """
    spread = (1 - (shares.actual**2).sum(-1)) * (1 - (shares.predicted**2).sum(-1))
    return _ratio(accuracy(shares) - _chance(shares), np.sqrt(spread))


def kappa(shares: Shares) -> Numbers:
    """Cohen's kappa; 0 if all rows are of one class and predicted as it.

    Cohen, "A coefficient of agreement for nominal scales", 1960.
    """
    chance = _chance(shares)
    return _ratio(accuracy(shares) - chance, 1 - chance)


def _chance(shares: Shares) -> Numbers:
    chance: Numbers = (shares.actual * shares.predicted).sum(-1)
    return chance


def of_each_class(name: EstimatorName, shares: Shares) -> Numbers:
    """The precision, recall or F1 of each class; 0 where it is undefined, as in scikit-learn."""
    if name == "precision":
        return _ratio(shares.hit, shares.predicted)
    if name == "recall":
        return _ratio(shares.hit, shares.actual)
    return _ratio(2 * shares.hit, shares.actual + shares.predicted)


def of_one_class(name: EstimatorName, code: int) -> ShareFunction:
    """The precision, recall or F1 of one class."""
    return lambda shares: of_each_class(name, shares)[..., code]


def averaged(name: EstimatorName, average: Average, counted: Booleans) -> ShareFunction:
    """The precision, recall or F1 of all rows together (micro), or its mean over the ``counted`` classes."""
    if average == "micro":
        return lambda shares: of_each_class(name, Shares(*(part.sum(-1, keepdims=True) for part in shares)))[..., 0]
    if average == "weighted":
        return lambda shares: _ratio((shares.actual * of_each_class(name, shares)).sum(-1), shares.actual.sum(-1))
    return lambda shares: of_each_class(name, shares)[..., counted].mean(-1)


def _ratio(top: Numbers, bottom: Numbers) -> Numbers:
    is_defined = np.real(bottom) != 0
    return np.where(is_defined, top, 0) / np.where(is_defined, bottom, 1)
