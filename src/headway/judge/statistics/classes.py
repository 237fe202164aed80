"""Which class a setting names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.judge.statistics.sample import CannotEstimateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.judge.statistics.sample import Sample
    from headway.settings import Estimator, Label

BINARY = 2
"""The classes of a binary task."""
MOST_NAMED = 10
"""The classes that a message names."""


def class_code(sample: Sample, label: Label) -> int:
    """The code of a class by its name in the settings, where 1, 1.0 and ``"1"`` are one class.

    Raises:
        CannotEstimateError: the rows have no such class.
    """
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


def one_class(estimator: Estimator, sample: Sample) -> int | None:
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
