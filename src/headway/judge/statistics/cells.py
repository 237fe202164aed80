"""The rows of both sides, counted: all that a metric of the confusion table needs, whatever the number of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from headway.judge.statistics.proportions import PairedCounts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from headway.judge.statistics.sample import Booleans, Codes

    Integers = NDArray[np.int64]


class Cells(NamedTuple):
    """The combinations that occur of a class and of the predictions of both sides, each of shape (cells,).

    Attributes:
        actual: the code of the class.
        base, head: the codes of the predicted classes.
        counts: the rows, at least one.
    """

    actual: Codes
    base: Codes
    head: Codes
    counts: Integers

    @property
    def rows(self) -> int:
        """The number of all rows."""
        return int(self.counts.sum())

    @property
    def differing(self) -> int:
        """The rows for which the sides predict different classes."""
        return int(self.counts[self.base != self.head].sum())

    def where(self, chosen: Booleans) -> Cells:
        """Some of the cells."""
        return Cells(self.actual[chosen], self.base[chosen], self.head[chosen], self.counts[chosen])

    def only(self, code: int) -> Cells:
        """The cells of one class, coded 1, against all others, coded 0; several may now be equal."""
        actual, base, head = ((codes == code).astype(np.int32) for codes in (self.actual, self.base, self.head))
        return Cells(actual, base, head, self.counts)

    def right(self) -> PairedCounts:
        """The rows that each side has right or wrong."""
        base, head = self.base == self.actual, self.head == self.actual
        chosen = (base & head, ~base & head, base & ~head, ~base & ~head)
        return PairedCounts(*(int(self.counts[these].sum()) for these in chosen))


def tabulate(of_rows: Codes, of_base: Codes, of_head: Codes, classes: int) -> Cells:
    """Count the rows of each cell, given the codes of each row."""
    joint = (of_rows.astype(np.int64) * classes + of_base) * classes + of_head
    if classes**3 <= 4 * len(joint):
        counts = np.bincount(joint)
        keys = np.flatnonzero(counts)
        counts = counts[keys]
    else:
        keys, counts = np.unique(joint, return_counts=True)
    actual, base, head = (keys // step % classes for step in (classes**2, classes, 1))
    return Cells(actual.astype(np.int32), base.astype(np.int32), head.astype(np.int32), counts)
