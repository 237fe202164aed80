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
    from collections.abc import Iterator, Sequence

    from headway.datasets.predictions.samples import Array, Rows
    from headway.judge.statistics.sample import Booleans, Codes, Floats, Sample

MOST_SLICES = 100
"""Slices of one column; a column with more values is a number or an id."""


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
    new = _read(column, head)
    old = new if base is head else _read(column, base)
    found = {*new, *old}
    values: list[str | None] = [*sorted_names(value for value in found if value is not None)]
    values += [None] if None in found else []
    if len(values) > MOST_SLICES:
        raise UnreadableError(f"has {len(values):,} values in `{column}`, and a column can have {MOST_SLICES} slices")
    if len(values) == 1:
        raise UnreadableError(f"has the same value in all rows of `{column}`")
    none = np.empty(0, np.int32)
    for value in values:
        yield Slice(value, old.get(value, none), new.get(value, none))


def _read(column: str, parts: Sequence[Rows]) -> dict[str | None, Codes]:
    """The positions of the rows with each value."""
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
    cells = pl.when(~rows.table.missing(column)).then(pl.col(column).cast(pl.String))
    codes = rows.read(cells.cast(pl.Enum(texts)).to_physical().cast(pl.Int32).fill_null(len(texts))).astype(np.int32)
    order = np.argsort(codes, kind="stable").astype(np.int32)
    ends = np.cumsum(np.bincount(codes, minlength=len(texts) + 1))
    for value, positions in zip([*names, None], np.split(order, ends[:-1]), strict=True):
        if len(positions):
            yield value, positions


class SlicedSample:
    """Some rows of a sample; a :class:`headway.judge.statistics.sample.Sample`."""

    def __init__(self, sample: Sample, positions: Codes) -> None:
        self._sample = sample
        self._positions = positions
        self.rows = len(positions)
        self.classes = sample.classes
        self.positive = sample.positive
        self.is_multilabel = sample.is_multilabel

    @cached_property
    def groups(self) -> Codes | None:
        """The group of each row, numbered without gaps."""
        groups = self._sample.groups
        if groups is None:
            return None
        return np.unique(groups[self._positions], return_inverse=True)[1].astype(np.int32)

    def actual(self) -> Codes:
        """The code of each row's class."""
        return self._take(self._sample.actual())

    def predicted(self) -> Codes:
        """The code of each row's predicted class."""
        return self._take(self._sample.predicted())

    def targets(self) -> Floats:
        """The number to predict."""
        return self._take(self._sample.targets())

    def predictions(self) -> Floats:
        """The predicted number."""
        return self._take(self._sample.predictions())

    def score(self) -> Floats:
        """The score of the positive class."""
        return self._take(self._sample.score())

    def probability(self, code: int) -> Floats:
        """The probability of one class."""
        return self._take(self._sample.probability(code))

    def column(self, name: str) -> Floats:
        """A column of numbers."""
        return self._take(self._sample.column(name))

    def buckets(self) -> Codes:
        """The bucket of each row."""
        return self._take(self._sample.buckets())

    def has_label(self, code: int) -> Booleans:
        """Whether each row has a label."""
        return self._take(self._sample.has_label(code))

    def has_predicted_label(self, code: int) -> Booleans:
        """Whether a label is predicted for each row."""
        return self._take(self._sample.has_predicted_label(code))

    def _take(self, values: Array) -> Array:
        return values[self._positions]
