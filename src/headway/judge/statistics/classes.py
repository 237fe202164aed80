"""Which classes, and which function of their shares, a metric is about, as the settings say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from headway.judge.statistics import shares as of
from headway.judge.statistics.sample import CannotEstimateError, TooFewRowsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.judge.statistics.sample import Booleans, Classed, Floats
    from headway.judge.statistics.shares import ShareFunction, Shares
    from headway.settings import Estimator, Label

BINARY = 2
"""The classes of a binary task."""
MOST_NAMED = 10
"""The classes that a message names."""
_OF_THE_TABLE = {"accuracy": of.accuracy, "error": of.error, "mcc": of.mcc, "kappa": of.kappa}


def class_code(sample: Classed, label: Label) -> int:
    """The code of a class by its name in the settings, where 1, 1.0 and ``"1"`` are one class.

    Raises:
        CannotEstimateError: the rows have no such class.
    """
    if str(label) in sample.classes:  # "01" and "1" may be two classes
        return sample.classes.index(str(label))
    names = [_plain(name) for name in sample.classes]
    if _plain(label) not in names:
        raise CannotEstimateError(f"names the class {label}, which is not among {name_few(sample.classes)}")
    return names.index(_plain(label))


def name_few(names: Sequence[str]) -> str:
    """A list of the first names, for messages."""
    return ", ".join(names[:MOST_NAMED]) + (", ..." if len(names) > MOST_NAMED else "")


def _plain(label: Label) -> str:
    """A name that is the same for every way of writing a number or a truth value."""
    text = str(label)
    try:
        number = float(text)
    except ValueError:
        return text.lower() if text in {"True", "False"} else text
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else text


def one_class(estimator: Estimator, sample: Classed) -> int | None:
    """The class that a precision, recall or F1 is about, or ``None`` if it is an average over classes.

    Raises:
        CannotEstimateError: the settings do not say which class or average is meant.
    """
    if estimator.class_ is not None:
        return class_code(sample, estimator.class_)
    if estimator.average is not None:
        return None
    if len(sample.classes) == BINARY and not sample.is_multilabel:
        return sample.positive
    raise CannotEstimateError(f"needs `average` or `class`, because there are {len(sample.classes)} classes")


def share_function(
    estimator: Estimator, sample: Classed, shares: Shares, counted: Booleans | None = None
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


def is_proportion(estimator: Estimator, sample: Classed) -> bool:
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


def common_classes(estimator: Estimator, sample: Classed, *sides: Shares) -> tuple[Booleans | None, str]:
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


def rests_on(estimator: Estimator, sample: Classed, shares: Shares) -> float:
    """The share of the rows that the metric rests on: those of its class, of its rarest class, or of rarer classes."""
    if is_proportion(estimator, sample):
        return 1.0
    of_class = _of_class(estimator, shares)
    if estimator.name in {"precision", "recall", "f1"} and (code := one_class(estimator, sample)) is not None:
        return float(of_class[code])
    if is_macro(estimator):
        return float(of_class[of_class > 0].min(initial=1.0))
    return float(shares.actual.sum() if sample.is_multilabel else 1 - shares.actual.max())
