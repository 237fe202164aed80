"""Which function of the shares of the classes a metric is, and which classes and rows it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headway.judge.statistics import shares as of
from headway.judge.statistics.classes import name_few, one_class
from headway.judge.statistics.sample import TooFewRowsError

if TYPE_CHECKING:
    from headway.judge.statistics.sample import Booleans, Floats, Sample
    from headway.judge.statistics.shares import ShareFunction, Shares
    from headway.settings import Estimator

_OF_THE_TABLE = {"accuracy": of.accuracy, "error": of.error, "mcc": of.mcc, "kappa": of.kappa}


def share_function(
    estimator: Estimator, sample: Sample, shares: Shares, counted: Booleans | None = None
) -> ShareFunction:
    """The metric as a function of the shares.

    Args:
        estimator: which metric.
        sample: the rows, for the classes that they can have.
        shares: those of the rows.
        counted: shape (classes,): the classes that a macro average is over; by default those that occur.

    Raises:
        CannotEstimateError: the settings do not say which class is meant, or the metric is not defined for such rows.
    """
    if estimator.name in _OF_THE_TABLE:
        return _OF_THE_TABLE[estimator.name]
    if estimator.name == "balanced_accuracy":
        return of.averaged("recall", "macro", shares.actual > 0)
    if (code := one_class(estimator, sample)) is not None:
        return of.of_one_class(estimator.name, code)
    occurring = (shares.actual > 0) | (shares.predicted > 0) | sample.is_multilabel
    return of.averaged(estimator.name, estimator.average or "macro", occurring if counted is None else counted)


def is_proportion(estimator: Estimator, sample: Sample) -> bool:
    """Whether the metric is the share of the rows, or of the rows of one class, that are right."""
    if estimator.name in {"accuracy", "error"}:
        return True
    if estimator.name not in {"precision", "recall", "f1"}:
        return False
    if estimator.class_ is None and estimator.average == "micro":
        return not sample.is_multilabel
    return estimator.name == "recall" and one_class(estimator, sample) is not None


def is_macro(estimator: Estimator) -> bool:
    """Whether the metric is a mean over classes."""
    return estimator.name == "balanced_accuracy" or (estimator.class_ is None and estimator.average == "macro")


def common_classes(estimator: Estimator, sample: Sample, *sides: Shares) -> tuple[Booleans | None, str]:
    """The classes that a macro average can compare, and a clause that names those it leaves out.

    A class that one side gives no precision, recall or F1 would count as 0 there, and the average would move without
    any model being better: it is left out on both sides.

    Returns:
        Shape (classes,), or ``None`` if the metric is no macro average; the clause is empty if nothing is left out.

    Raises:
        TooFewRowsError: no class is left.
    """
    if not is_macro(estimator):
        return None, ""
    counted = np.all([_of_class(estimator, shares) > 0 for shares in sides], axis=0)
    if not counted.any():
        raise TooFewRowsError("no class that both sides have rows of")
    occurring = np.any([shares.actual + shares.predicted > 0 for shares in sides], axis=0)
    if estimator.name == "balanced_accuracy" or not (occurring & ~counted).any():
        return counted, ""
    names = [sample.classes[code] for code in np.flatnonzero(occurring & ~counted)]
    relation = "is predicted as" if estimator.name == "precision" else "is of"
    return counted, f"leaves out {name_few(names)}, as no row of one side {relation} that class"


def _of_class(estimator: Estimator, shares: Shares) -> Floats:
    """The share of the rows that the precision, recall or F1 of each class rests on."""
    return shares.predicted if estimator.name == "precision" else shares.actual


def rests_on(estimator: Estimator, sample: Sample, shares: Shares) -> float:
    """The share of the rows that the metric rests on: those of its class, of its rarest class, or of rarer classes."""
    if is_proportion(estimator, sample):
        return 1.0
    of_class = _of_class(estimator, shares)
    if estimator.name in {"precision", "recall", "f1"} and (code := one_class(estimator, sample)) is not None:
        return float(of_class[code])
    if is_macro(estimator):
        return float(of_class[of_class > 0].min(initial=1.0))
    return float(shares.actual.sum() if sample.is_multilabel else 1 - shares.actual.max())
