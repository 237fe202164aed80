"""Metrics of how well scores rank the rows of a class above all others: area under the ROC curve, average precision.

Both are scikit-learn's; averages over classes are one-vs-rest. Both need only the order of the scores. Up to a million
rows the order is exact. Above, scores fall into about a million bins, narrow near 0 and 1, and count as tied within
one: ``ROUNDING`` bounds what that changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import digamma

from headway.judge.statistics.classes import class_code
from headway.judge.statistics.estimate import Estimate
from headway.judge.statistics.means import is_binary, probability_of
from headway.judge.statistics.printed import rounding_error
from headway.judge.statistics.sample import CannotEstimateError, TooFewRowsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from headway import settings
    from headway.judge.statistics.sample import Booleans, Codes, Floats, Sample
    from headway.settings import EstimatorName

    Counts = NDArray[np.int64]

EXACT_ROWS = 1_000_000
"""Up to so many rows, equal scores alone are tied."""
_BLOCK = 1_000_000
_MIDDLE = 0.5
_SMALLEST = 2.0**-20
"""Smaller distances from 0 and from 1 share a bin."""
_SHIFT = 8
"""The bits of single precision that are cut off, which leaves 32,768 bins between a number and its double."""
_BUCKETS = 100
_CURVE_STEPS = 1000
"""The most steps of a precision-recall curve that the jackknife goes through."""


class _Ranked(NamedTuple):
    """The rows of one class against all others.

    Attributes:
        is_positive: shape (rows,): whether each row is of the class.
        codes: shape (rows,): the place of each row's score among the different scores, from the lowest.
        positives, negatives: shape (scores,): how many rows have each score.
        support, others: how many rows are of the class, and how many are not.
    """

    is_positive: Booleans
    codes: Codes
    positives: Counts
    negatives: Counts
    support: int
    others: int


def _rank(is_positive: Booleans, score: Floats) -> _Ranked:
    codes = _places(score) if len(score) <= EXACT_ROWS else _binned(score)
    count = int(codes.max()) + 1
    positives = np.bincount(codes[is_positive], minlength=count)
    negatives = np.bincount(codes, minlength=count) - positives
    return _Ranked(is_positive, codes, positives, negatives, int(positives.sum()), int(negatives.sum()))


def _places(score: Floats) -> Codes:
    return np.unique(score, return_inverse=True)[1].astype(np.int32)


def _binned(score: Floats) -> Codes:
    low, high = min(float(score.min()), 0.0), max(float(score.max()), 1.0)
    codes = np.empty(len(score), np.int32)
    for start in range(0, len(score), _BLOCK):
        rows = slice(start, start + _BLOCK)
        codes[rows] = _bin((score[rows] - low) / (high - low))
    return codes


def _bin(share: Floats) -> Codes:
    """The bin of numbers from 0 to 1 by the leading bits of their distance from the nearer end."""
    is_upper = share > _MIDDLE
    bins = _leading_bits(np.where(is_upper, 1 - share, share))
    return np.where(is_upper, 2 * _leading_bits(np.array(_MIDDLE)) - bins, bins)


def _leading_bits(distance: Floats) -> Codes:
    bits = np.maximum(distance, _SMALLEST).astype(np.float32).view(np.int32)
    return (bits >> _SHIFT) - (np.float32(_SMALLEST).view(np.int32) >> _SHIFT)


def _classes(estimator: settings.Estimator, sample: Sample) -> Iterator[tuple[Booleans, Floats]]:
    """Which rows are of a class, and their scores, for each class that the metric is about and that some row is of."""
    codes, is_defined = _codes(estimator, sample), False
    actual = _actual(sample)
    for code in codes:
        is_positive = _is_positive(sample, actual, code)
        if is_positive is not None:
            is_defined = True
            yield is_positive, _score(sample, code)
    if not is_defined:
        raise _undefined(sample, codes)


def _actual(sample: Sample) -> Codes | None:
    return None if sample.is_multilabel else sample.actual()


def _is_positive(sample: Sample, actual: Codes | None, code: int) -> Booleans | None:
    """Which rows are of a class; ``None`` if none is, or all are."""
    is_positive: Booleans = sample.has_label(code) if actual is None else actual == code
    return is_positive if 0 < np.count_nonzero(is_positive) < len(is_positive) else None


def _undefined(sample: Sample, codes: Sequence[int]) -> CannotEstimateError:
    names = " or ".join(sample.classes[code] for code in codes)
    return CannotEstimateError(f"is undefined: all rows or none are {names}")


def _score(sample: Sample, code: int) -> Floats:
    return sample.score() if is_binary(sample) and code == sample.positive else probability_of(sample, code)


def _codes(estimator: settings.Estimator, sample: Sample) -> list[int]:
    if estimator.class_ is not None:
        return [class_code(sample, estimator.class_)]
    if is_binary(sample):
        return [sample.positive]
    if estimator.average == "micro":
        raise CannotEstimateError("cannot have `average: micro`; choose `macro`, `weighted` or a `class`")
    return list(range(len(sample.classes)))


def _weight(estimator: settings.Estimator, ranked: _Ranked) -> float:
    """The weight of a class in the average of all."""
    return ranked.support / len(ranked.codes) if estimator.average == "weighted" else 1.0


class _RocAuc:
    """DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated ROC curves", 1988."""

    def __init__(self, estimator: settings.Estimator, sample: Sample) -> None:
        self._estimator = estimator
        self._value, self._total, self._positives = 0.0, 0.0, sample.rows
        self._influence = np.zeros(sample.rows)
        self._members = np.zeros(sample.rows if estimator.average == "weighted" else 1)

    def add(self, is_positive: Booleans, score: Floats) -> None:
        """Count one class."""
        ranked = _rank(is_positive, score)
        area, weight = _area(ranked), _weight(self._estimator, ranked)
        self._value, self._total = self._value + weight * area, self._total + weight
        self._positives = min(self._positives, ranked.support, ranked.others)
        self._influence += weight * _placements(ranked, area)
        if self._estimator.average == "weighted":  # the weight is an estimate, too
            self._influence[is_positive] += area
            self._members += is_positive

    def estimate(self) -> Estimate:
        """The area of all classes."""
        value = self._value / self._total
        influence = (self._influence - value * self._members) / self._total
        return Estimate(value, influence - influence.mean(), self._positives)


def _area(ranked: _Ranked) -> float:
    """In whole numbers, so that the order of the rows does not matter."""
    doubled = ranked.positives * (2 * np.cumsum(ranked.negatives) - ranked.negatives)
    return int(doubled.sum()) / (2 * ranked.support * ranked.others)


def _placements(ranked: _Ranked, area: float) -> Floats:
    """How far each row moves the area: the share of the other rows that it is ranked right against, ties by half."""
    below = (np.cumsum(ranked.negatives) - ranked.negatives / 2) / ranked.others
    above = 1 - (np.cumsum(ranked.positives) - ranked.positives / 2) / ranked.support
    rows = len(ranked.codes)
    found: Floats = ((above - area) * (rows / ranked.others))[ranked.codes]
    of_class = ((below - area) * (rows / ranked.support))[ranked.codes[ranked.is_positive]]
    found[ranked.is_positive] = of_class
    return found


class _AveragePrecision:
    """The jackknife deletes one bucket of rows at a time; Kott, "The delete-a-group jackknife", 2001.

    Its pseudo-values stand for influence values. The first of the arrays' 101 numbers is of all rows.
    """

    def __init__(self, estimator: settings.Estimator, sample: Sample) -> None:
        self._is_weighted = estimator.average == "weighted"
        self._buckets = sample.buckets()
        self._values, self._total, self._positives = np.zeros(1 + _BUCKETS), np.zeros(1 + _BUCKETS), sample.rows

    def add(self, is_positive: Booleans, score: Floats) -> None:
        """Count one class."""
        ranked = _rank(is_positive, score)
        supports = ranked.support - np.append(0, np.bincount(self._buckets[is_positive], minlength=_BUCKETS))
        weights = supports if self._is_weighted else 1.0
        self._values += weights * np.append(_precision(ranked), _jackknife(ranked, self._buckets))
        self._total, self._positives = self._total + weights, min(self._positives, ranked.support, ranked.others)

    def estimate(self) -> Estimate:
        """The average precision of all classes; raises ``TooFewRowsError`` if no bucket can be deleted."""
        values = self._values / self._total
        deleted = values[1:][np.bincount(self._buckets, minlength=_BUCKETS) > 0]
        if len(deleted) == 1:
            raise TooFewRowsError("too few rows for the jackknife")
        influence = (len(deleted) - 1) * (deleted.mean() - deleted)
        return Estimate(float(values[0]), influence, self._positives, is_jackknife=True)


def _precision(ranked: _Ranked) -> float:
    return float(_mean_precision(ranked.positives[::-1], ranked.negatives[::-1]))


def _mean_precision(positives: Counts, negatives: Counts) -> Floats:
    """The mean over the rows of the class of the precision at their score, the highest score first, along axis 0."""
    true = np.cumsum(positives, axis=0)
    precision = true / np.maximum(true + np.cumsum(negatives, axis=0), 1)
    mean: Floats = (positives * precision).sum(axis=0) / np.maximum(true[-1], 1)
    return mean


def _jackknife(ranked: _Ranked, buckets: Codes) -> Floats:
    """Average precision without each bucket, in steps of the precision-recall curve with about equally many rows."""
    steps = min(ranked.support, _CURVE_STEPS)
    before = ranked.support - np.cumsum(ranked.positives)
    cells = (before * steps // ranked.support).astype(np.int32)[ranked.codes] * _BUCKETS + buckets
    size = (steps + 1) * _BUCKETS
    positives = np.bincount(cells[ranked.is_positive], minlength=size).reshape(-1, _BUCKETS)
    negatives = np.bincount(cells, minlength=size).reshape(-1, _BUCKETS) - positives
    return _mean_precision(
        positives.sum(axis=1, keepdims=True) - positives, negatives.sum(axis=1, keepdims=True) - negatives
    )


def _of_ties(bound: Callable[[_Ranked], float]) -> Callable[[settings.Estimator, Sample], float]:
    """How far the rows whose scores rounding, or a bin, may have made equal move an average of classes."""

    def rounding(estimator: settings.Estimator, sample: Sample) -> float:
        value, total = 0.0, 0.0
        for is_positive, score in _classes(estimator, sample):
            ranked = _rank(is_positive, score)
            weight, total = _weight(estimator, ranked), total + _weight(estimator, ranked)
            if len(score) > EXACT_ROWS or np.any(rounding_error(score)):
                value += weight * bound(ranked)
        return value / total

    return rounding


def _area_of_ties(ranked: _Ranked) -> float:
    """Half the share of tied pairs of a row of the class and another."""
    return float((ranked.positives * ranked.negatives).sum()) / (2 * ranked.support * ranked.others)


def _precision_of_ties(ranked: _Ranked) -> float:
    """From the rows of the class before all others with their score, to the rows of the class after them."""
    positives, negatives = ranked.positives[::-1], ranked.negatives[::-1]
    false = np.cumsum(negatives)
    most, least = (_ordered_precision(positives, before).sum() for before in (false - negatives, false))
    here = _precision(ranked) * ranked.support
    return float(max(most - here, here - least)) / ranked.support


def _ordered_precision(positives: Counts, false: Counts) -> Floats:
    """The sum of the precision at each row of a class, one after the other, where ``false`` others come before.

    The sum of 1 - false / (false + i) over ranks i, by the digamma function.
    """
    true = np.cumsum(positives)
    total: Floats = positives - false * (digamma(true + false + 1) - digamma(true - positives + false + 1))
    return total


_METRICS: dict[EstimatorName, type[_RocAuc | _AveragePrecision]] = {
    "roc_auc": _RocAuc,
    "average_precision": _AveragePrecision,
}


def estimate_each(estimator: settings.Estimator, samples: Sequence[Sample]) -> list[Estimate | CannotEstimateError]:
    """A metric of each of several samples, class by class, or why a sample has none.

    What samples read of one class is asked for together, so that samples of one table can share it.

    Args:
        estimator: how the metric is computed.
        samples: the samples, each with rows, over the same classes.
    """
    codes, defined = _codes(estimator, samples[0]), set[int]()
    actual = [_actual(sample) for sample in samples]
    sums = [_METRICS[estimator.name](estimator, sample) for sample in samples]
    for code in codes:
        for place, sample in enumerate(samples):
            is_positive = _is_positive(sample, actual[place], code)
            if is_positive is not None:
                defined.add(place)
                sums[place].add(is_positive, _score(sample, code))
    return [
        _estimated(found) if place in defined else _undefined(samples[0], codes) for place, found in enumerate(sums)
    ]


def _estimated(found: _RocAuc | _AveragePrecision) -> Estimate | CannotEstimateError:
    try:
        return found.estimate()
    except CannotEstimateError as error:
        return error


def _estimate(estimator: settings.Estimator, sample: Sample) -> Estimate:
    found = estimate_each(estimator, [sample])[0]
    if isinstance(found, CannotEstimateError):
        raise found
    return found


ESTIMATORS: dict[EstimatorName, Callable[[settings.Estimator, Sample], Estimate]] = dict.fromkeys(_METRICS, _estimate)
"""How each metric is estimated."""
ROUNDING: dict[EstimatorName, Callable[[settings.Estimator, Sample], float]] = {
    "roc_auc": _of_ties(_area_of_ties),
    "average_precision": _of_ties(_precision_of_ties),
}
"""The most by which the rounding of printed scores, and their bins, move each metric."""
