"""What tests need of the rows of single slices: sums that add up, computed while each column is read once."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import sqrt
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from headway.judge.statistics import confusion, means, regression
from headway.judge.statistics.cells import tabulate
from headway.judge.statistics.classes import common_classes, is_proportion, one_class, share_function
from headway.judge.statistics.compare import (
    are_zeros_and_ones,
    compare_cells,
    compare_means,
    compare_squares,
    differing_rows,
    sum_means,
)
from headway.judge.statistics.sample import CannotEstimateError
from headway.judge.statistics.shares import gradient
from headway.judge.statistics.unpaired import Compared, Level, share_level
from headway.judge.summaries.counts import CellCounts, add_cells, check_counts, from_cells, to_cells
from headway.judge.summaries.summary import Classes
from headway.judge.sums.exact import exact_sum
from headway.judge.sums.paired_means import PairedMeans
from headway.judge.sums.paired_squares import PairedSquares, sum_squares

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from headway.judge.statistics.cells import Cells
    from headway.judge.statistics.sample import Codes, Sample
    from headway.settings import Estimator

_ZERO = Fraction(0)


class SlicedCounts(msgspec.Struct, frozen=True, kw_only=True, tag="counts"):
    """The paired rows of a slice, counted; a :data:`SliceSummary`."""

    cells: CellCounts

    @property
    def rows(self) -> int:
        """The number of rows."""
        return sum(rows for *_, rows in self.cells)

    def __add__(self, other: SlicedCounts) -> SlicedCounts:
        """The rows of both."""
        return SlicedCounts(cells=add_cells(self.cells, other.cells))

    def compare(self, estimator: Estimator, classes: Classes) -> Compared:
        """Test the metric; raises what :func:`headway.judge.statistics.compare.compare_paired` raises."""
        check_counts(self.cells, len(classes.classes))
        cells = to_cells(self.cells)
        return Compared(compare_cells(estimator, classes, cells), _level_of_cells(estimator, classes, cells))


def _level_of_cells(estimator: Estimator, classes: Classes, cells: Cells) -> Level:
    """The metric of head, on the classes that both sides have."""
    base, head = (
        confusion.shares_of(cells.actual, side, len(classes.classes), cells.counts) for side in (cells.base, cells.head)
    )
    counted, _ = common_classes(estimator, classes, base, head)
    function = share_function(estimator, classes, head, counted)
    value, rows = float(function(head)), cells.rows
    if is_proportion(estimator, classes):
        only = one_class(estimator, classes) if estimator.name == "recall" else None
        return share_level(value, rows if only is None else int(cells.counts[cells.actual == only].sum()))
    influence = confusion.influences(gradient(function, head), cells.actual, cells.head)
    influence -= influence @ cells.counts / rows
    return Level(value, sqrt(influence**2 @ cells.counts / (rows * (rows - 1))))


class SlicedMeans(msgspec.Struct, frozen=True, kw_only=True, tag="means"):
    """The values of the paired rows of a slice, of which a metric is the mean; a :data:`SliceSummary`.

    Attributes:
        paired: their sums.
        squares: the sum of the squares of head's.
        are_shares: whether all of head's are 0 or 1.
    """

    paired: PairedMeans
    squares: Fraction
    are_shares: bool

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.paired.rows

    def __add__(self, other: SlicedMeans) -> SlicedMeans:
        """The rows of both."""
        return SlicedMeans(
            paired=self.paired + other.paired,
            squares=self.squares + other.squares,
            are_shares=self.are_shares and other.are_shares,
        )

    def compare(self, estimator: Estimator, _: Classes) -> Compared:
        """As for counts."""
        outcome, value = compare_means(estimator, self.paired), self.paired.means()[1]
        if self.are_shares:
            return Compared(outcome, share_level(value, self.rows))
        return Compared(outcome, Level(value, _error(self.rows, self.paired.head, self.squares)))


class SlicedSquares(msgspec.Struct, frozen=True, kw_only=True, tag="squares"):
    """The squared errors of the paired rows of a slice, for RMSE and R squared; a :data:`SliceSummary`.

    Attributes:
        paired: their sums.
        of_head: the ``changes`` of a paired sum whose base has no errors; for R squared only.
    """

    paired: PairedSquares
    of_head: tuple[Fraction, Fraction, Fraction, Fraction] = (_ZERO, _ZERO, _ZERO, _ZERO)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.paired.rows

    def __add__(self, other: SlicedSquares) -> SlicedSquares:
        """The rows of both."""
        e0, e1, e2, e3 = (one + two for one, two in zip(self.of_head, other.of_head, strict=True))
        return SlicedSquares(paired=self.paired + other.paired, of_head=(e0, e1, e2, e3))

    def compare(self, estimator: Estimator, _: Classes) -> Compared:
        """As for counts."""
        outcome = compare_squares(estimator, self.paired)
        if estimator.name == "r2":
            tested = msgspec.structs.replace(self.paired, base=_ZERO, changes=self.of_head).r2()
            return Compared(outcome, Level(tested.head, tested.standard_error))
        error = _error(self.rows, self.paired.head, self.paired.squares[2])
        value = outcome.evidence.head
        return Compared(outcome, Level(value, error / (2 * value) if value else error))


def _error(rows: int, total: Fraction, squares: Fraction) -> float:
    """The standard error of a mean, of at least two rows."""
    return sqrt(float((squares - total**2 / rows) / (rows * (rows - 1))))


SliceSummary = SlicedCounts | SlicedMeans | SlicedSquares
"""What a metric's test needs of the rows of a slice."""


class SliceRows(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of a slice, or some of them.

    Attributes:
        value: what these rows have in the column; ``None`` for those without a value.
        rows: the number of rows, at least one.
        summary: what the test needs of them; ``None`` if there is a problem, or if the column has too many values.
        problem: why there is no summary, as a clause.
    """

    value: str | None
    rows: int
    summary: SliceSummary | None = None
    problem: str = ""

    def __post_init__(self) -> None:
        """Refuse what no rows can give, as a file may contain anything."""
        if self.rows < 1 or (self.summary and self.summary.rows != self.rows):
            raise ValueError("Expected the summary of so many rows")

    def __add__(self, other: SliceRows) -> SliceRows:
        """The rows of both; they have a summary if both do."""
        problem = self.problem or other.problem
        summary = None if problem else _add(self.summary, other.summary)
        return SliceRows(value=self.value, rows=self.rows + other.rows, summary=summary, problem=problem)

    def compare(self, estimator: Estimator, classes: Classes) -> Compared:
        """Test the metric; raises ``CannotEstimateError`` if the rows give no answer."""
        if self.summary is None:
            raise CannotEstimateError(self.problem or "is not summarized")
        return self.summary.compare(estimator, classes)


def _add(first: SliceSummary | None, second: SliceSummary | None) -> SliceSummary | None:
    if isinstance(first, SlicedCounts) and isinstance(second, SlicedCounts):
        return first + second
    if isinstance(first, SlicedMeans) and isinstance(second, SlicedMeans):
        return first + second
    if isinstance(first, SlicedSquares) and isinstance(second, SlicedSquares):
        return first + second
    return None


def kind_of(estimator: Estimator) -> Estimator | None:
    """What two metrics have in common whose summaries are the same: ``None`` for all that count rows."""
    return None if estimator.name in confusion.ESTIMATORS else estimator


def classes_of(sample: Sample) -> Classes:
    """What the rows of a sample can be."""
    return Classes(classes=sample.classes, positive=sample.positive)


def summarize_slices(
    estimator: Estimator, base: Sample, head: Sample, slices: Iterable[tuple[str | None, Codes]]
) -> tuple[SliceRows, ...]:
    """What the test of a metric that can be computed in parts needs of the rows of each slice.

    Args:
        estimator: how the metric is computed.
        base, head: the paired rows, of which there is at least one.
        slices: the value of each slice, and the positions of its rows.

    Raises:
        MissingColumnError: the settings do not name a column that the metric needs.
        CannotEstimateError: the metric is undefined on these rows.
    """
    summarize = _summarizer(estimator, base, head)

    def of_slice(value: str | None, rows: Codes) -> SliceRows:
        try:
            return SliceRows(value=value, rows=len(rows), summary=summarize(rows))
        except OverflowError as error:
            return SliceRows(value=value, rows=len(rows), problem=str(error))

    return tuple(of_slice(*each) for each in slices)


def _summarizer(estimator: Estimator, base: Sample, head: Sample) -> Callable[[Codes], SliceSummary]:
    """A function of the positions of rows, once the columns are read."""
    if estimator.name in means.ROWS:
        return _summarizer_of_means(estimator, base, head)
    if estimator.name in regression.ESTIMATORS:
        return _summarizer_of_squares(estimator, base, head)
    actual, old, new = head.actual(), base.predicted(), head.predicted()

    def count(rows: Codes) -> SliceSummary:
        return SlicedCounts(cells=from_cells(tabulate(actual[rows], old[rows], new[rows], len(head.classes))))

    return count


def _summarizer_of_means(estimator: Estimator, base: Sample, head: Sample) -> Callable[[Codes], SliceSummary]:
    before, after = (means.ROWS[estimator.name](estimator, side) for side in (base, head))
    differs = cache(lambda: differing_rows(estimator, base, head))

    def add(rows: Codes) -> SliceSummary:
        values = after[rows]
        return SlicedMeans(
            paired=sum_means(estimator, before[rows], values, lambda: not differs()[rows].any()),
            squares=exact_sum(values, values),
            are_shares=are_zeros_and_ones(values),
        )

    return add


def _summarizer_of_squares(estimator: Estimator, base: Sample, head: Sample) -> Callable[[Codes], SliceSummary]:
    before, after = (means.errors(side) ** 2 for side in (base, head))
    targets = head.targets() if estimator.name == "r2" else None
    differs = cache(lambda: differing_rows(estimator, base, head))

    def add(rows: Codes) -> SliceSummary:
        old, new = before[rows], after[rows]
        are_identical = np.array_equal(old, new) and not differs()[rows].any()
        if targets is None:
            return SlicedSquares(paired=sum_squares(old, new, None, are_identical=are_identical))
        of_rows = targets[rows]
        alone = sum_squares(np.zeros(len(rows)), new, of_rows, are_identical=False)
        paired = sum_squares(old, new, of_rows, are_identical=are_identical)
        return SlicedSquares(paired=paired, of_head=alone.changes)

    return add
