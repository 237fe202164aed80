"""Rows that only one side has right, counted: of which classes, what is confused with what, and the first ones."""

from __future__ import annotations

from math import fsum
from operator import add
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from headway.judge.shrinkage import shrink_shares
from headway.judge.summaries.counts import CellCounts, add_cells, check_counts, to_cells
from headway.values.flips import Calibration, ClassFlips, ConfusionChange, Flip, Flips

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.judge.statistics.cells import Cells
    from headway.judge.statistics.sample import Booleans, Codes, Floats

MOST_FLIPS = 50
"""Rows of either kind that are kept."""
_BINS, _MILLION = 10, 1_000_000
_MOST_CONFUSIONS, _MOST_CLASSES = 20, 200


class FlippedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that only one side has right, and its position in head's table."""

    row: int
    flip: Flip

    def place(self) -> tuple[float, int]:
        """Where it stands in the list: the most confident wrong prediction first, then in the order of the table."""
        return -(self.flip.confidence or 0.0), self.row


class ConfidenceBins(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one side by confidence, in bins of equal width, as whole numbers, which add up exactly.

    Attributes:
        rows, right: the rows of each bin, and those that the side has right.
        confidence: the sum of the confidence of these rows, in millionths.
    """

    rows: tuple[int, ...]
    right: tuple[int, ...]
    confidence: tuple[int, ...]

    def __post_init__(self) -> None:
        """Refuse what no rows can give."""
        if {len(self.rows), len(self.right), len(self.confidence)} != {_BINS} or not sum(self.rows) > 0:
            raise ValueError("bins of confidence that no rows can give")

    def __add__(self, other: ConfidenceBins) -> ConfidenceBins:
        """The rows of both."""
        fields = ("rows", "right", "confidence")
        sums = {name: tuple(map(add, getattr(self, name), getattr(other, name))) for name in fields}
        return ConfidenceBins(**sums)

    def describe(self) -> Calibration:
        """How far the confidence is right."""
        rows, confidence = sum(self.rows), [each / _MILLION for each in self.confidence]
        distances = (abs(right - sure) for right, sure in zip(self.right, confidence, strict=True))
        return Calibration(
            confidence=sum(self.confidence) / _MILLION / rows,
            accuracy=sum(self.right) / rows,
            error=fsum(distances) / rows,
        )


def bin_confidence(confidence: Floats, is_right: Booleans) -> ConfidenceBins:
    """Count rows by their confidence, from 0 to 1."""
    bins = np.clip((confidence * _BINS).astype(np.int64), 0, _BINS - 1)
    millionths = np.rint(confidence * _MILLION).astype(np.int64)
    sums = [int(millionths[bins == place].sum()) for place in range(_BINS)]
    rows, right = (np.bincount(each, minlength=_BINS).tolist() for each in (bins, bins[is_right]))
    return ConfidenceBins(rows=tuple(rows), right=tuple(right), confidence=tuple(sums))


class FlippedRows(msgspec.Struct, frozen=True, kw_only=True):
    """The paired rows of a table.

    Attributes:
        classes: the names of the classes.
        counts: the rows; there is at least one.
        fixed, broken: the first ones that only head, or only base, has right.
        base_bins, head_bins: the rows by the confidence of each side; ``None`` without probabilities.
    """

    classes: tuple[str, ...]
    counts: CellCounts
    fixed: tuple[FlippedRow, ...]
    broken: tuple[FlippedRow, ...]
    base_bins: ConfidenceBins | None = None
    head_bins: ConfidenceBins | None = None

    def __post_init__(self) -> None:
        """Refuse what no rows can give."""
        check_counts(self.counts, len(self.classes))

    def __add__(self, other: FlippedRows) -> FlippedRows:
        """The rows of both."""
        fixed, broken = (
            tuple(sorted(rows, key=FlippedRow.place)[:MOST_FLIPS])
            for rows in ((*self.fixed, *other.fixed), (*self.broken, *other.broken))
        )
        counts = add_cells(self.counts, other.counts)
        return FlippedRows(
            classes=self.classes,
            counts=counts,
            fixed=fixed,
            broken=broken,
            base_bins=_add_bins(self.base_bins, other.base_bins),
            head_bins=_add_bins(self.head_bins, other.head_bins),
        )

    def describe(self, path: str) -> Flips:
        """What a report says about them, for the table at a path."""
        cells = to_cells(self.counts)
        right = cells.right()
        return Flips(
            path=path,
            rows=cells.rows,
            fixed_count=right.fixed,
            broken_count=right.broken,
            fixed=tuple(each.flip for each in self.fixed),
            broken=tuple(each.flip for each in self.broken),
            confusions=tuple(_confusions(cells, self.classes)),
            classes=tuple(_classes(cells, self.classes)),
            calibration_base=self.base_bins.describe() if self.base_bins else None,
            calibration_head=self.head_bins.describe() if self.head_bins else None,
        )


def _add_bins(one: ConfidenceBins | None, other: ConfidenceBins | None) -> ConfidenceBins | None:
    return one + other if one and other else None


def _confusions(cells: Cells, names: tuple[str, ...]) -> Iterator[ConfusionChange]:
    """The pairs of classes by how much more or less often they are confused."""
    sides = [cells.actual.astype(np.int64) * len(names) + predicted for predicted in (cells.base, cells.head)]
    pairs, places = np.unique(np.concatenate(sides), return_inverse=True)
    base, head = (
        np.bincount(each, cells.counts, len(pairs)).astype(np.int64) for each in np.split(places.reshape(-1), 2)
    )
    actual, predicted = np.divmod(pairs, len(names))
    change = np.where(actual == predicted, 0, np.abs(head - base))
    for place in np.argsort(-change, kind="stable")[:_MOST_CONFUSIONS]:
        if change[place]:
            yield ConfusionChange(
                actual=names[actual[place]],
                predicted=names[predicted[place]],
                base=int(base[place]),
                head=int(head[place]),
            )


def _classes(cells: Cells, names: tuple[str, ...]) -> Iterator[ClassFlips]:
    def count(chosen: Booleans) -> Codes:
        return np.bincount(cells.actual[chosen], cells.counts[chosen], len(names)).astype(np.int64)

    is_base, is_head = cells.base == cells.actual, cells.head == cells.actual
    everything = np.ones(len(cells.counts), np.bool_)
    chosen = (everything, is_base, is_head, is_head & ~is_base, is_base & ~is_head)
    rows, base, head, fixed, broken = (count(each) for each in chosen)
    known = [int(code) for code in np.flatnonzero(rows)]
    is_few = 1 < len(known) <= _MOST_CLASSES
    shrunk = shrink_shares(head[known].tolist(), rows[known].tolist()) if is_few else ()
    values = dict(zip(known, shrunk, strict=False))
    for code in sorted(known, key=lambda code: -int(fixed[code] + broken[code]))[:_MOST_CLASSES]:
        found = values.get(code)
        yield ClassFlips(
            name=names[code],
            rows=int(rows[code]),
            base=int(base[code]),
            head=int(head[code]),
            fixed=int(fixed[code]),
            broken=int(broken[code]),
            shrunk=found and found.value,
            bound=found and found.low,
        )
