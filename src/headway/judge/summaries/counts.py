"""Numbers of rows by codes, as tuples that a file can hold."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from headway.judge.statistics.cells import Cells, tabulate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.judge.statistics.sample import Codes, Sample

CellCounts = tuple[tuple[int, int, int, int], ...]
"""For each combination that occurs of a class and the predictions of base and head, the three codes, and the rows."""
SideCounts = tuple[tuple[int, int, int], ...]
"""For each combination that occurs of a class and a side's prediction, both codes, and the rows."""


def from_cells(cells: Cells) -> CellCounts:
    """The counts of cells, in their order."""
    return tuple(zip(*(part.tolist() for part in cells), strict=True))


def to_cells(counts: CellCounts) -> Cells:
    """The cells again; there is at least one."""
    *codes, rows = np.array(counts).T
    actual, base, head = (code.astype(np.int32) for code in codes)
    return Cells(actual, base, head, rows)


def count_side(sample: Sample) -> SideCounts:
    """All rows of one side, counted."""
    if not sample.rows:
        return ()
    predicted = sample.predicted()
    cells = tabulate(sample.actual(), predicted, predicted, len(sample.classes))
    columns = (cells.actual.tolist(), cells.base.tolist(), cells.counts.tolist())
    return tuple(zip(*columns, strict=True))


def split_side(counts: SideCounts) -> tuple[Codes, Codes, np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """The classes, the predictions and the numbers of rows of one side, of which there is at least one."""
    actual, predicted, rows = np.array(counts).T
    return actual.astype(np.int32), predicted.astype(np.int32), rows


def add_cells(first: CellCounts, second: CellCounts) -> CellCounts:
    """The rows of both, sorted by their codes."""
    return tuple((actual, base, head, rows) for (actual, base, head), rows in _add((*first, *second)))


def add_sides(first: SideCounts, second: SideCounts) -> SideCounts:
    """Likewise of one side."""
    return tuple((actual, predicted, rows) for (actual, predicted), rows in _add((*first, *second)))


def _add(counts: Iterable[tuple[int, ...]]) -> list[tuple[tuple[int, ...], int]]:
    found: Counter[tuple[int, ...]] = Counter()
    for *codes, rows in counts:
        found[tuple(codes)] += rows
    return sorted(found.items())


def check_counts(counts: Iterable[tuple[int, ...]], classes: int) -> None:
    """Raise ``ValueError`` for what no rows can give, as a file may contain anything."""
    if any(rows < 1 or not all(0 <= code < classes for code in codes) for *codes, rows in counts):
        raise ValueError("Expected codes of classes and numbers of rows")
