"""What a metric's test needs of the rows, so that parts of the rows can be read by different processes and added."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt
from typing import TYPE_CHECKING

import msgspec

from headway.judge.statistics import confusion, means, regression
from headway.judge.statistics.compare import (
    compare_cells,
    compare_means,
    compare_squares,
    count_cells,
    pair_means,
    pair_squares,
)
from headway.judge.statistics.printed import Precision, error_at, precision_of
from headway.judge.statistics.sample import CannotEstimateError, TooFewRowsError
from headway.judge.summaries.counts import (
    CellCounts,
    SideCounts,
    add_cells,
    add_sides,
    check_counts,
    count_side,
    from_cells,
    split_side,
    to_cells,
)
from headway.judge.sums.exact import exact_sum
from headway.judge.sums.paired_means import NO_PAIRS, PairedMeans
from headway.judge.sums.paired_squares import NO_SQUARES, PairedSquares, variance_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.judge.statistics.estimate import Outcome
    from headway.judge.statistics.means import ErrorOf
    from headway.judge.statistics.sample import Floats, Sample
    from headway.settings import Estimator

    Samples = tuple[Sample, Sample]

_NOTHING = Fraction(0)


class Classes(msgspec.Struct, frozen=True, kw_only=True):
    """A :class:`headway.judge.statistics.sample.Classed`, for rows of one class each.

    Attributes:
        classes, positive, is_multilabel: as there.
    """

    classes: tuple[str, ...]
    positive: int
    is_multilabel: bool = False


class Counted(msgspec.Struct, frozen=True, kw_only=True, tag="counts"):
    """The rows of a confusion table, counted; a :data:`Summary`.

    Attributes:
        classes: what rows can be.
        paired: the paired rows.
        base, head: all rows of each side.
    """

    classes: Classes
    paired: CellCounts
    base: SideCounts
    head: SideCounts

    def __post_init__(self) -> None:
        """Refuse what no rows can give."""
        for counts in (self.paired, self.base, self.head):
            check_counts(counts, len(self.classes.classes))

    def __add__(self, other: Counted) -> Counted:
        """The rows of both."""
        return Counted(
            classes=self.classes,
            paired=add_cells(self.paired, other.paired),
            base=add_sides(self.base, other.base),
            head=add_sides(self.head, other.head),
        )

    def test(self, estimator: Estimator) -> Outcome:
        """As :func:`headway.judge.statistics.compare.compare_paired` does with the rows."""
        if not self.paired:
            raise TooFewRowsError("no row in common")
        return compare_cells(estimator, self.classes, to_cells(self.paired))

    def values(self, estimator: Estimator) -> tuple[float, float]:
        """The metric of all rows of each side."""
        return self._value(estimator, self.base), self._value(estimator, self.head)

    def _value(self, estimator: Estimator, counts: SideCounts) -> float:
        if not counts:
            raise TooFewRowsError("no row")
        actual, predicted, rows = split_side(counts)
        shares = confusion.shares_of(actual, predicted, len(self.classes.classes), rows)
        return confusion.value_of(estimator, self.classes, shares)

    def tolerances(self, _: Estimator) -> tuple[float, float]:
        """Counts of rows are not rounded."""
        return 0.0, 0.0


class Rounded(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of one side, of whose values a metric is the mean.

    Attributes:
        rows: the number of rows.
        total: the sum of their values.
        error: the sum of the most by which rounding can have moved each of them.
        precisions: what that was inferred from; ``None`` for no rows.
        targets: the sums of the targets and of their squares; for R squared only.
    """

    rows: int
    total: Fraction
    error: Fraction
    precisions: tuple[Precision, ...] | None
    targets: tuple[Fraction, Fraction] = (_NOTHING, _NOTHING)

    def __add__(self, other: Rounded) -> Rounded:
        """The rows of both; where their precisions differ, the error is unknown, and stands as -1."""
        known = [side.precisions for side in (self, other) if side.precisions is not None]
        agree = len(set(known)) < 2 and min(self.error, other.error) >= 0  # noqa: PLR2004 - both
        return Rounded(
            rows=self.rows + other.rows,
            total=self.total + other.total,
            error=self.error + other.error if agree else Fraction(-1),
            precisions=known[0] if known else None,
            targets=(self.targets[0] + other.targets[0], self.targets[1] + other.targets[1]),
        )

    def mean(self) -> Fraction:
        """The mean value; raises ``TooFewRowsError`` if there are no rows."""
        if not self.rows:
            raise TooFewRowsError("no row")
        return self.total / self.rows

    def variance(self) -> Fraction:
        """The variance of the targets."""
        return regression.check_variance(variance_of(self.rows, *self.targets))

    def tolerance(self) -> Fraction:
        """The mean error."""
        if self.error < 0:
            raise CannotEstimateError(
                "differs from what its predictions give, and their rounding is unknown, as it differs between the parts"
            )
        return self.error / self.rows


_NO_ROWS = Rounded(rows=0, total=_NOTHING, error=_NOTHING, precisions=None)


class Meant(msgspec.Struct, frozen=True, kw_only=True, tag="means"):
    """The values of rows of which a metric is the mean, added; a :class:`Summary`.

    Attributes:
        paired: the paired rows.
        base, head: all rows of a side.
    """

    paired: PairedMeans
    base: Rounded
    head: Rounded

    def __add__(self, other: Meant) -> Meant:
        """The rows of both."""
        return Meant(paired=self.paired + other.paired, base=self.base + other.base, head=self.head + other.head)

    def test(self, estimator: Estimator) -> Outcome:
        """As :func:`headway.judge.statistics.compare.compare_paired` does with the rows."""
        if not self.paired.rows:
            raise TooFewRowsError("no row in common")
        return compare_means(estimator, self.paired)

    def values(self, _: Estimator) -> tuple[float, float]:
        """The metric of all rows of each side."""
        return float(self.base.mean()), float(self.head.mean())

    def tolerances(self, _: Estimator) -> tuple[float, float]:
        """The most by which rounding can have moved each of ``values``."""
        return float(self.base.tolerance()), float(self.head.tolerance())


class Squared(msgspec.Struct, frozen=True, kw_only=True, tag="squares"):
    """The squared errors of rows, of whose mean RMSE and R squared are functions, added; a :data:`Summary`.

    Attributes:
        paired: the paired rows.
        base, head: all rows of a side.
    """

    paired: PairedSquares
    base: Rounded
    head: Rounded

    def __add__(self, other: Squared) -> Squared:
        """The rows of both."""
        return Squared(paired=self.paired + other.paired, base=self.base + other.base, head=self.head + other.head)

    def test(self, estimator: Estimator) -> Outcome:
        """As :func:`headway.judge.statistics.compare.compare_paired` does with the rows."""
        if not self.paired.rows:
            raise TooFewRowsError("no row in common")
        return compare_squares(estimator, self.paired)

    def values(self, estimator: Estimator) -> tuple[float, float]:
        """The metric of all rows of each side."""
        base, head = (_of_mean_square(estimator, side) for side in (self.base, self.head))
        return base, head

    def tolerances(self, estimator: Estimator) -> tuple[float, float]:
        """The most by which rounding can have moved each of ``values``."""
        base, head = (_of_mean_error(estimator, side) for side in (self.base, self.head))
        return base, head


def _of_mean_square(estimator: Estimator, side: Rounded) -> float:
    value = side.mean()
    return float(1 - value / side.variance()) if estimator.name == "r2" else sqrt(float(value))


def _of_mean_error(estimator: Estimator, side: Rounded) -> float:
    error = side.tolerance()
    return float(error / side.variance()) if estimator.name == "r2" else sqrt(float(error))


Summary = Counted | Meant | Squared
"""What a metric's test needs of the rows."""


def add(first: Summary, second: Summary) -> Summary:
    """The summary of the rows of both parts, for the same metric."""
    if isinstance(first, Counted) and isinstance(second, Counted):
        return first + second
    if isinstance(first, Meant) and isinstance(second, Meant):
        return first + second
    if isinstance(first, Squared) and isinstance(second, Squared):
        return first + second
    raise TypeError("summaries of different metrics")


def why_not(estimator: Estimator, head: Sample) -> str:
    """Why a metric cannot be computed in parts, as a clause; empty if it can."""
    if head.groups is not None:
        return "its rows belong to groups, and those of a group may fall into several parts"
    if estimator.name in {*means.ROWS, *regression.ESTIMATORS}:
        return ""
    if estimator.name in confusion.ESTIMATORS:
        return "its rows have several labels" if head.is_multilabel else ""
    return f"`{estimator.name}` depends on the ranks of all rows together"


def summarize(estimator: Estimator, paired: Samples, whole: Samples) -> Summary:
    """What a metric's test needs of the rows, if ``why_not`` is empty.

    Args:
        estimator: how the metric is computed.
        paired: the rows that both sides have, in one order.
        whole: all rows of each side.

    Raises:
        MissingColumnError: the settings do not name a column that the metric needs.
        CannotEstimateError: the metric is undefined on these rows.
    """
    if estimator.name in means.ROWS:
        pairs = pair_means(estimator, *paired) if paired[1].rows else NO_PAIRS
        base, head = (_round(estimator, side) for side in whole)
        return Meant(paired=pairs, base=base, head=head)
    if estimator.name in regression.ESTIMATORS:
        squares = pair_squares(estimator, *paired) if paired[1].rows else NO_SQUARES
        base, head = (_round_squares(estimator, side) for side in whole)
        return Squared(paired=squares, base=base, head=head)
    return Counted(
        classes=Classes(classes=paired[1].classes, positive=paired[1].positive),
        paired=from_cells(count_cells(*paired)) if paired[1].rows else (),
        base=count_side(whole[0]),
        head=count_side(whole[1]),
    )


def _round(estimator: Estimator, sample: Sample) -> Rounded:
    if not sample.rows:
        return _NO_ROWS
    error, precisions = _rounding(means.rounded, estimator, sample)
    total = exact_sum(means.ROWS[estimator.name](estimator, sample))
    return Rounded(rows=sample.rows, total=total, error=error, precisions=precisions)


def _round_squares(estimator: Estimator, sample: Sample) -> Rounded:
    if not sample.rows:
        return _NO_ROWS
    error, precisions = _rounding(regression.rounded, estimator, sample)
    targets = _NOTHING, _NOTHING
    if estimator.name == "r2":
        numbers = sample.targets()
        targets = exact_sum(numbers), exact_sum(numbers, numbers)
    total = exact_sum(means.errors(sample) ** 2)
    return Rounded(rows=sample.rows, total=total, error=error, precisions=precisions, targets=targets)


def _rounding(
    rounded: Callable[[Estimator, Sample, ErrorOf], Floats], estimator: Estimator, sample: Sample
) -> tuple[Fraction, tuple[Precision, ...]]:
    """The sum of what rounding can have done to each row, and the precisions that it was inferred from."""
    precisions: list[Precision] = []

    def error_of(values: Floats) -> Floats | float:
        precisions.append(precision_of(values))
        return error_at(values, precisions[-1])

    return exact_sum(rounded(estimator, sample, error_of)), tuple(precisions)
