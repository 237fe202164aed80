"""The slices of a table of predictions: the rows that share a value in a column."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from headway.datasets.predictions.class_names import class_name
from headway.gather.read.parsing import UnreadableError
from headway.sorting import sorted_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from headway.datasets.predictions.samples import Array, Rows
    from headway.judge.statistics.sample import Booleans, Codes, Floats, Sample

MOST_SLICES = 100
"""Slices of one column; a column with more values is a number or an id."""
_FEW = 2**16


class Slice(NamedTuple):
    """The rows of one slice.

    Attributes:
        value: what these rows have in the column; ``None`` for those without a value.
        base, head: the positions of the rows in each sample.
    """

    value: str | None
    base: Codes
    head: Codes


def read_slices(column: str, base: Sequence[Rows], head: Sequence[Rows]) -> Iterator[Slice]:
    """The slices of a column in natural order, rows without a value last.

    Args:
        column: the column.
        base, head: the rows that have the values, which several tables can have one after the other; the same object
            for both sides where rows are paired.

    Raises:
        UnreadableError: the column has too many values, or one value in all rows.
    """
    new = find_slices(column, head)
    old = new if base is head else find_slices(column, base)
    none = np.empty(0, np.int32)
    for value in order_values(column, {*new, *old}):
        yield Slice(value, old.get(value, none), new.get(value, none))


def order_values(column: str, found: Collection[str | None]) -> list[str | None]:
    """The values of a column in the order of its slices; raises ``UnreadableError`` if they give none."""
    values: list[str | None] = [*sorted_names(value for value in found if value is not None)]
    values += [None] if None in found else []
    if len(values) > MOST_SLICES:
        raise UnreadableError(f"has {len(values):,} values in `{column}`, and a column can have {MOST_SLICES} slices")
    if len(values) == 1:
        raise UnreadableError(f"has the same value in all rows of `{column}`")
    return values


def find_slices(column: str, parts: Sequence[Rows]) -> dict[str | None, Codes]:
    """The positions of the rows with each value, in the rows of several tables one after the other."""
    found: dict[str | None, list[Codes]] = {}
    start = 0
    for rows in parts:
        for value, positions in _positions(column, rows):
            found.setdefault(value, []).append(positions + np.int32(start))
        start += len(rows)
    return {value: np.concatenate(positions) for value, positions in found.items()}


def _positions(column: str, rows: Rows) -> Iterator[tuple[str | None, Codes]]:
    texts = rows.table.texts(column)
    names = [class_name(text) for text in texts]
    cells = pl.when(~rows.table.missing(column)).then(rows.table.as_text(pl.col(column)))
    codes = rows.read(cells.cast(pl.Enum(texts)).to_physical().cast(pl.Int32).fill_null(len(texts))).astype(np.int32)
    few = codes.astype(np.uint16) if len(texts) < _FEW else codes  # which NumPy sorts ten times as fast
    order = np.argsort(few, kind="stable").astype(np.int32)
    ends = np.cumsum(np.bincount(codes, minlength=len(texts) + 1))
    for value, positions in zip([*names, None], np.split(order, ends[:-1]), strict=True):
        if len(positions):
            yield value, positions


class _LastColumn:
    """A sample whose last array is kept, because the next slice asks for it, too."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self._key: tuple[str | int, ...] = ()
        self._array: Array = np.empty(0)

    def read(self, method: str, *arguments: str | int) -> Array:
        """What a method of the sample returns."""
        if self._key != (method, *arguments):
            self._key, self._array = (), np.empty(0)  # two columns would not fit into memory
            self._array = getattr(self.sample, method)(*arguments)
            self._key = (method, *arguments)
        return self._array


def divide(sample: Sample, slices: Sequence[Codes]) -> list[SlicedSample]:
    """A sample for each slice, by the positions of its rows. If all ask for the same column, it is read once."""
    shared = _LastColumn(sample)
    return [SlicedSample(shared, positions) for positions in slices]


class SlicedSample:
    """Some rows of a sample; a :class:`headway.judge.statistics.sample.Sample`."""

    def __init__(self, shared: _LastColumn, positions: Codes) -> None:
        self._shared = shared
        self._positions = positions
        self.rows = len(positions)
        self.classes = shared.sample.classes
        self.positive = shared.sample.positive
        self.is_multilabel = shared.sample.is_multilabel

    @cached_property
    def groups(self) -> Codes | None:
        """The group of each row, numbered without gaps."""
        groups = self._shared.sample.groups
        if groups is None:
            return None
        return np.unique(groups[self._positions], return_inverse=True)[1].astype(np.int32)

    def actual(self) -> Codes:
        """The code of each row's class."""
        return self._take("actual")

    def predicted(self) -> Codes:
        """The code of each row's predicted class."""
        return self._take("predicted")

    def targets(self) -> Floats:
        """The number to predict."""
        return self._take("targets")

    def predictions(self) -> Floats:
        """The predicted number."""
        return self._take("predictions")

    def score(self) -> Floats:
        """The score of the positive class."""
        return self._take("score")

    def probability(self, code: int) -> Floats:
        """The probability of one class."""
        return self._take("probability", code)

    def column(self, name: str) -> Floats:
        """A column of numbers."""
        return self._take("column", name)

    def buckets(self) -> Codes:
        """The bucket of each row."""
        return self._take("buckets")

    def has_label(self, code: int) -> Booleans:
        """Whether each row has a label."""
        return self._take("has_label", code)

    def has_predicted_label(self, code: int) -> Booleans:
        """Whether a label is predicted for each row."""
        return self._take("has_predicted_label", code)

    def _take(self, method: str, *arguments: str | int) -> Array:
        return self._shared.read(method, *arguments)[self._positions]
