"""Metrics that are means over rows, and how far the rounding of printed predictions moves them.

A row's influence on a mean is its deviation from it. Means are exact, so that the order of the rows, and their division
into parts, do not matter. Each loss is scikit-learn's. One class's probabilities are held at
a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from headway.judge.statistics.classes import BINARY
from headway.judge.statistics.estimate import Estimate
from headway.judge.statistics.printed import rounding_error
from headway.judge.statistics.sample import MissingColumnError
from headway.judge.sums.exact import exact_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headway import settings
    from headway.judge.statistics.sample import Booleans, Codes, Floats, Sample
    from headway.settings import EstimatorName

    ErrorOf = Callable[[Floats], Floats | float]

_EPSILON = float(np.finfo(np.float64).eps)


def probability_of(sample: Sample, code: int) -> Floats:
    """The probability of a class; that of a binary task may be its score.

    Raises:
        MissingColumnError: there is none, or the score is not a probability.
    """
    try:
        return sample.probability(code)
    except MissingColumnError:
        if not is_binary(sample):
            raise
    score = sample.score()
    if score.min() < 0 or score.max() > 1:
        raise MissingColumnError("names no `probabilities`, and the `score` is not one: it exceeds the range 0 to 1")
    return score if code == sample.positive else 1 - score


def is_binary(sample: Sample) -> bool:
    """Whether each row is of one of two classes."""
    return len(sample.classes) <= BINARY and not sample.is_multilabel


def _actual_probability(sample: Sample, actual: Codes) -> Floats:
    """The probability of each row's own class."""
    if is_binary(sample):
        score = probability_of(sample, sample.positive)
        return np.where(actual == sample.positive, score, 1 - score)
    found = np.empty(len(actual))
    for code in np.unique(actual):
        np.copyto(found, probability_of(sample, int(code)), where=actual == code)
    return found


def _log_loss(_: settings.Estimator, sample: Sample) -> Floats:
    return _surprise(_actual_probability(sample, sample.actual()))


def _surprise(probability: Floats) -> Floats:
    return -np.log(np.clip(probability, _EPSILON, 1 - _EPSILON))


def _log_loss_rounded(_: settings.Estimator, sample: Sample, error_of: ErrorOf) -> Floats:
    probability = _actual_probability(sample, sample.actual())
    error, printed = error_of(probability), _surprise(probability)
    more, less = _surprise(probability - error) - printed, printed - _surprise(probability + error)
    return np.maximum(more, less)


def _squares(sample: Sample) -> Iterator[tuple[Booleans, Floats]]:
    """For each class whose squares are added, which rows are of it and its probability."""
    actual = sample.actual()
    for code in (sample.positive,) if is_binary(sample) else range(len(sample.classes)):
        yield actual == code, probability_of(sample, code)


def _brier(_: settings.Estimator, sample: Sample) -> Floats:
    total = np.zeros(sample.rows)
    for is_actual, probability in _squares(sample):
        total += (probability - is_actual) ** 2
    return total


def _brier_rounded(_: settings.Estimator, sample: Sample, error_of: ErrorOf) -> Floats:
    total = np.zeros(sample.rows)
    for is_actual, probability in _squares(sample):
        total += _square_rounded(probability - is_actual, error_of(probability))
    return total


def _square_rounded(error: Floats, unit: Floats | float) -> Floats:
    """The most by which each square moves if the printed number moves by its rounding."""
    return 2 * np.abs(error) * unit + unit**2


class _Ranks(NamedTuple):
    """For each row, how many classes are more probable than its own, and how many win or lose a tie with it."""

    above: Codes
    winning: Codes
    losing: Codes


def _ranks(sample: Sample) -> _Ranks:
    """Of equally probable classes the last wins, and the negative one of a binary task, as in scikit-learn."""
    actual = sample.actual()
    own = _actual_probability(sample, actual)
    ranks = _Ranks(*(np.zeros(len(actual), np.int32) for _ in _Ranks._fields))
    for code in range(len(sample.classes)):
        probability = probability_of(sample, code)
        is_tied = (probability == own) & (actual != code)
        wins = code != sample.positive if is_binary(sample) else code > actual
        np.add(ranks.above, probability > own, out=ranks.above)
        np.add(ranks.winning, is_tied & wins, out=ranks.winning)
        np.add(ranks.losing, is_tied & np.logical_not(wins), out=ranks.losing)
    return ranks


def _top_k(estimator: settings.Estimator, sample: Sample) -> Floats:
    ranks = _ranks(sample)
    return (ranks.above + ranks.winning < estimator.k).astype(np.float64)


def _top_k_rounded(estimator: settings.Estimator, sample: Sample, error_of: ErrorOf) -> Booleans | float:
    """The rows that a tie decides, which rounding may have made."""
    if not np.any(error_of(_actual_probability(sample, sample.actual()))):
        return 0.0
    ranks = _ranks(sample)
    most = ranks.above + ranks.winning + ranks.losing
    return (ranks.above < estimator.k) & (most >= estimator.k)


def errors(sample: Sample) -> Floats:
    """By how much each target exceeds its prediction."""
    return sample.targets() - sample.predictions()


def _absolute(_: settings.Estimator, sample: Sample) -> Floats:
    return np.abs(errors(sample))


def _absolute_rounded(_: settings.Estimator, sample: Sample, error_of: ErrorOf) -> Floats | float:
    return error_of(sample.predictions())


def _squared(_: settings.Estimator, sample: Sample) -> Floats:
    return errors(sample) ** 2


def squared_rounded(_: settings.Estimator, sample: Sample, error_of: ErrorOf) -> Floats:
    """The most by which rounded predictions move each squared error."""
    return _square_rounded(errors(sample), error_of(sample.predictions()))


def _relative(_: settings.Estimator, sample: Sample) -> Floats:
    return np.abs(errors(sample)) / _sizes(sample)


def _relative_rounded(_: settings.Estimator, sample: Sample, error_of: ErrorOf) -> Floats:
    return error_of(sample.predictions()) / _sizes(sample)


def _sizes(sample: Sample) -> Floats:
    return np.maximum(np.abs(sample.targets()), _EPSILON)


def _quantile(estimator: settings.Estimator, sample: Sample) -> Floats:
    error = errors(sample)
    return np.maximum(estimator.quantile * error, (estimator.quantile - 1) * error)


def _quantile_rounded(estimator: settings.Estimator, sample: Sample, error_of: ErrorOf) -> Floats | float:
    return max(estimator.quantile, 1 - estimator.quantile) * _absolute_rounded(estimator, sample, error_of)


def _column(estimator: settings.Estimator, sample: Sample) -> Floats:
    return sample.column(estimator.column)


def _column_rounded(estimator: settings.Estimator, sample: Sample, error_of: ErrorOf) -> Floats | float:
    return error_of(_column(estimator, sample))


ROWS: dict[EstimatorName, Callable[[settings.Estimator, Sample], Floats]] = {
    "log_loss": _log_loss,
    "brier": _brier,
    "top_k": _top_k,
    "mae": _absolute,
    "mse": _squared,
    "mape": _relative,
    "quantile_loss": _quantile,
    "mean": _column,
}
"""The value of each row, shape (rows,), of which the metric is the mean."""


def _estimate(estimator: settings.Estimator, sample: Sample) -> Estimate:
    values = ROWS[estimator.name](estimator, sample)
    mean = exact_mean(values)
    return Estimate(mean, values - mean, len(values))


ESTIMATORS: dict[EstimatorName, Callable[[settings.Estimator, Sample], Estimate]] = dict.fromkeys(ROWS, _estimate)
"""How each metric is estimated."""
_ROUNDED: dict[EstimatorName, Callable[[settings.Estimator, Sample, ErrorOf], Floats | Booleans | float]] = {
    "log_loss": _log_loss_rounded,
    "brier": _brier_rounded,
    "top_k": _top_k_rounded,
    "mae": _absolute_rounded,
    "mse": squared_rounded,
    "mape": _relative_rounded,
    "quantile_loss": _quantile_rounded,
    "mean": _column_rounded,
}


def rounded(estimator: settings.Estimator, sample: Sample, error_of: ErrorOf = rounding_error) -> Floats:
    """The most by which the rounding of printed predictions moves the value of each row, shape (rows,).

    ``error_of`` gives how far rounding can have moved each number of an array.
    """
    return np.broadcast_to(np.asarray(_ROUNDED[estimator.name](estimator, sample, error_of), np.float64), sample.rows)


def _rounding(estimator: settings.Estimator, sample: Sample) -> float:
    return exact_mean(rounded(estimator, sample))


ROUNDING: dict[EstimatorName, Callable[[settings.Estimator, Sample], float]] = dict.fromkeys(_ROUNDED, _rounding)
"""The most by which the rounding of printed predictions moves each metric."""
