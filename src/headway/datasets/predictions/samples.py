"""The rows of a table of predictions as the arrays that statistics are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import polars as pl

from headway.datasets.predictions.class_names import class_name
from headway.datasets.predictions.prediction_table import column_problem
from headway.judge.statistics.sample import CannotEstimateError, MissingColumnError
from headway.sorting import sorted_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from headway.datasets.predictions.class_names import Classes
    from headway.datasets.predictions.prediction_table import PredictionTable
    from headway.judge.statistics.sample import Booleans, Codes, Floats, Sample

    Array = NDArray[Any]

KEPT = 100_000_000
"""Bytes of arrays that a sample keeps, because several metrics ask for them: at 1e7 rows the codes, but no floats."""
_BUCKETS = 100
_CHUNK = 1_000_000


@dataclass(frozen=True)
class Rows:
    """Some rows of a table, in an order; ``index`` is ``None`` for all of them in the order of the file."""

    table: PredictionTable
    index: NDArray[np.integer[Any]] | None = None

    def __len__(self) -> int:
        return self.table.rows if self.index is None else len(self.index)

    def take(self, values: Callable[[], Array]) -> Array:
        """The values of these rows out of those of all rows, which are not read if there are no rows."""
        if not len(self):
            return np.empty(0)
        return values() if self.index is None else values()[self.index]

    def read(self, column: pl.Expr) -> Array:
        """A column of these rows."""
        return self.take(lambda: self.table.read(column))


class PredictionSample:
    """The rows of one side; a :class:`headway.judge.statistics.sample.Sample`.

    Args:
        own: the rows with what the side predicts.
        labels: the same examples with the correct answers and the groups.
        classes: the classes of both sides; none for a regression.
        is_multilabel: whether a row has several labels.
    """

    def __init__(self, own: Rows, labels: Rows, classes: Classes, *, is_multilabel: bool = False) -> None:
        self._own = own
        self._labels = labels
        self._classes = classes
        self._rule = labels.table.rule
        self.is_multilabel = is_multilabel
        self._kept: dict[str, Array] = {}
        codes = classes.codes
        self._probabilities = {codes[name]: column for name, column in own.table.probabilities.items() if name in codes}

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self._own)

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of all classes."""
        return self._classes.names

    @property
    def positive(self) -> int:
        """The code of the declared class, else of the last one."""
        declared = self._rule.positive
        last = len(self.classes) - 1
        return last if declared is None else self._classes.codes.get(class_name(declared), last)

    @cached_property
    def groups(self) -> Codes | None:
        """The code of each row's group, without gaps, in the order of the groups' values."""
        if not self._rule.group:
            return None
        kind = self._labels.table.table.types[self._rule.group]
        group = pl.col(self._rule.group) if kind.is_numeric() else pl.col(self._rule.group).cast(pl.String)
        ranks = self._labels.read(group.rank("dense").cast(pl.Int32)).astype(np.int32)
        return (np.cumsum(np.bincount(ranks) > 0)[ranks] - 1).astype(np.int32)

    def actual(self) -> Codes:
        """The code of each row's class."""
        return self._codes("actual", self._labels, self._rule.actual)

    def predicted(self) -> Codes:
        """The code of each row's predicted class: the declared column's, else the most probable one's."""
        if self._rule.predicted or not self._probabilities or self.is_multilabel:
            return self._codes("predicted", self._own, self._rule.predicted)
        return self._keep("most probable", self._most_probable)

    def targets(self) -> Floats:
        """The number to predict."""
        return self._numbers(self._labels, _declared("actual", self._rule.actual))

    def predictions(self) -> Floats:
        """The predicted number."""
        return self._numbers(self._own, _declared("predicted", self._rule.predicted))

    def score(self) -> Floats:
        """The declared score, else the probability of the positive class."""
        if not self._rule.score and self._probabilities:
            return self.probability(self.positive)
        return self._numbers(self._own, _declared("score", self._rule.score))

    def probability(self, code: int) -> Floats:
        """The probability of one class: its column, what one column leaves to the other of two, or zero."""
        if not self._probabilities:
            raise MissingColumnError("names no `probabilities`")
        if code in self._probabilities:
            return self._numbers(self._own, self._probabilities[code])
        if len(self._probabilities) == 1 and len(self.classes) == 2:  # noqa: PLR2004 - a binary task
            return 1 - self._numbers(self._own, *self._probabilities.values())
        return np.zeros(self.rows)  # the side does not know this class, and the other probabilities sum to one

    def column(self, name: str) -> Floats:
        """A column of numbers, whatever it is."""
        if problem := column_problem(name, self._own.table.table):
            raise MissingColumnError(problem)
        return self._numbers(self._own, name)

    def buckets(self) -> Codes:
        """The bucket of each row, by the CRC of its id or group: the same with every version of every library."""
        return self._keep("buckets", lambda: self._labels.take(self._all_buckets).astype(np.int32))

    def has_label(self, code: int) -> Booleans:
        """Whether each row has a label."""
        return self._has_label("actual", self._labels, self._labels.table.actual_labels, code)

    def has_predicted_label(self, code: int) -> Booleans:
        """Whether a label is predicted for each row; never, if the side does not know the label."""
        return self._has_label("predicted", self._own, self._own.table.predicted_labels, code)

    def _codes(self, key: str, rows: Rows, column: str) -> Codes:
        if self.is_multilabel:
            raise MissingColumnError(f"has several labels a row, so there is no single `{key}` class")
        if not self.classes:
            raise MissingColumnError("names no columns with classes")
        return self._keep(key, lambda: self._read_codes(rows, _declared(key, column)))

    def _read_codes(self, rows: Rows, column: str) -> Codes:
        texts = rows.table.texts(column)
        codes = np.array([self._classes.codes[class_name(text)] for text in texts], np.int32)
        cells = rows.table.as_text(pl.col(column)).cast(pl.Enum(texts)).to_physical().cast(pl.Int32)
        found: Codes = codes[rows.read(cells).astype(np.int32)]
        return found

    def _most_probable(self) -> Codes:
        codes, highest = np.zeros(self.rows, np.int32), np.full(self.rows, -1.0)
        for code in range(len(self.classes)):
            probability = self.probability(code)
            codes[probability > highest] = code
            np.maximum(highest, probability, out=highest)
        return codes

    def _numbers(self, rows: Rows, column: str) -> Floats:
        return self._keep(f"{id(rows)} {column}", lambda: self._read_numbers(rows, column))

    def _read_numbers(self, rows: Rows, column: str) -> Floats:
        values: Floats = rows.read(rows.table.table.numbers(column))
        if wrong := int(np.count_nonzero(~np.isfinite(values))):
            raise CannotEstimateError(f"has no finite number in {wrong:,} of {len(rows):,} rows of `{column}`")
        return values

    def _has_label(self, key: str, rows: Rows, labels: Mapping[str, str], code: int) -> Booleans:
        if not self.is_multilabel:
            raise MissingColumnError("has one class a row, not several labels")
        if not labels:
            raise MissingColumnError(f"names no `{key}`")
        column = labels.get(self.classes[code])
        return np.zeros(self.rows, np.bool_) if column is None else self._numbers(rows, column) == 1

    def _all_buckets(self) -> Codes:
        is_grouped = self._rule.group in self._labels.table.table.types  # all rows of base need not have groups
        column = _declared("id", self._rule.group if is_grouped else self._rule.id)
        text = pl.col(column).cast(pl.String).fill_null("").cast(pl.Binary)
        cells = self._labels.table.select(text).to_series()
        chunks = (cells[start : start + _CHUNK] for start in range(0, len(cells), _CHUNK))
        return np.concatenate([np.fromiter(map(crc32, chunk), np.uint32, len(chunk)) % _BUCKETS for chunk in chunks])

    def _keep(self, key: str, read: Callable[[], Array]) -> Array:
        """An array that was asked for before, else one that is read, and kept while there is room."""
        if key in self._kept:
            return self._kept[key]
        array = read()
        if sum(each.nbytes for each in self._kept.values()) + array.nbytes <= KEPT:
            array.flags.writeable = False
            self._kept[key] = array
        return array


def _declared(key: str, column: str) -> str:
    if not column:
        raise MissingColumnError(f"names no `{key}`")
    return column


class ConcatenatedSample:
    """The rows of several samples, one after the other; those of different samples are different examples."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples
        names = sorted_names({name for sample in samples for name in sample.classes})
        self.classes = tuple(names)
        self.rows = sum(sample.rows for sample in samples)
        self.is_multilabel = any(sample.is_multilabel for sample in samples)
        positives = sorted_names({sample.classes[sample.positive] for sample in samples if sample.classes})
        self.positive = names.index(positives[-1]) if positives else -1

    @cached_property
    def groups(self) -> Codes | None:
        """The groups of all samples, kept apart; each row of a sample without groups is a group of its own."""
        if all(sample.groups is None for sample in self._samples):
            return None
        found, start = [], 0
        for sample in self._samples:
            own = np.arange(sample.rows, dtype=np.int32) if sample.groups is None else sample.groups
            found.append(own + np.int32(start))
            start += int(own.max(initial=-1)) + 1
        return np.concatenate(found)

    def actual(self) -> Codes:
        """The code of each row's class."""
        return self._recoded([sample.actual() for sample in self._samples])

    def predicted(self) -> Codes:
        """The code of each row's predicted class."""
        return self._recoded([sample.predicted() for sample in self._samples])

    def targets(self) -> Floats:
        """The number to predict."""
        return np.concatenate([sample.targets() for sample in self._samples])

    def predictions(self) -> Floats:
        """The predicted number."""
        return np.concatenate([sample.predictions() for sample in self._samples])

    def score(self) -> Floats:
        """The score of the positive class."""
        return np.concatenate([sample.score() for sample in self._samples])

    def probability(self, code: int) -> Floats:
        """The probability of one class; zero in the rows of a table that does not know it."""
        return self._by_class(code, lambda sample, own: sample.probability(own), np.float64)

    def column(self, name: str) -> Floats:
        """A column of numbers."""
        return np.concatenate([sample.column(name) for sample in self._samples])

    def buckets(self) -> Codes:
        """The bucket of each row."""
        return np.concatenate([sample.buckets() for sample in self._samples])

    def has_label(self, code: int) -> Booleans:
        """Whether each row has a label."""
        return self._by_class(code, lambda sample, own: sample.has_label(own), np.bool_)

    def has_predicted_label(self, code: int) -> Booleans:
        """Whether a label is predicted for each row."""
        return self._by_class(code, lambda sample, own: sample.has_predicted_label(own), np.bool_)

    def _recoded(self, codes: Sequence[Codes]) -> Codes:
        pairs = zip(self._samples, codes, strict=True)
        maps = [
            (np.array([self.classes.index(name) for name in sample.classes], np.int32), own) for sample, own in pairs
        ]
        return np.concatenate([to_all[own] for to_all, own in maps])

    def _by_class(self, code: int, read: Callable[[Sample, int], Array], kind: type[np.generic]) -> Array:
        name = self.classes[code]
        return np.concatenate(
            [
                read(sample, sample.classes.index(name)) if name in sample.classes else np.zeros(sample.rows, kind)
                for sample in self._samples
            ]
        )


def concatenate(samples: Sequence[Sample]) -> Sample:
    """Join the rows of several tables that one metric is computed from, over all of their classes."""
    return samples[0] if len(samples) == 1 else ConcatenatedSample(samples)
