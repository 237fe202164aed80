"""Tests of a change between rows that cannot be paired: the sides are independent samples."""

from __future__ import annotations

from decimal import Decimal
from functools import cache, partial
from math import ceil, floor, sqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from headway.judge.power import detectable_change
from headway.judge.statistics import ranks
from headway.judge.statistics.classes import is_proportion, one_class
from headway.judge.statistics.compare import FEWEST_GROUPS, comparable_estimates, compare_paired, scarcity
from headway.judge.statistics.estimate import Outcome
from headway.judge.statistics.groups import GroupedError, group_sums
from headway.judge.statistics.means import ROWS
from headway.judge.statistics.proportions import independent_p, newcombe_independent
from headway.judge.statistics.sample import CannotEstimateError, TooFewRowsError
from headway.judge.statistics.t_test import satterthwaite, t_evidence
from headway.values.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from headway.judge.statistics.compare import Estimates
    from headway.judge.statistics.estimate import Estimate
    from headway.judge.statistics.sample import Codes, Sample
    from headway.settings import Estimator
    from headway.values.evidence import Method


_METHODS: dict[str, Method] = {"roc_auc": "auc", "average_precision": "jackknife", **dict.fromkeys(ROWS, "welch")}
_SINGLE = 1e-7
"""Many programs compute a proportion in single precision."""


class _Proportion(NamedTuple):
    """A share of rows, and the fewest and most rows that it can stand for."""

    value: float
    least: int
    most: int
    rows: int


def compare_unpaired(
    estimator: Estimator, base: Sample, head: Sample, *, estimates: Estimates | None = None
) -> Outcome:
    """Test a change where the rows of both sides are different ones.

    Proportions by Newcombe's interval for independent proportions; all else by the variances of both sides, added, and
    Student's t with Satterthwaite's degrees of freedom: Welch's test for means, and for AUC that of DeLong's variances.

    Args:
        estimator: how the metric is computed.
        base, head: the rows of both sides.
        estimates: what ``comparable_estimates`` gives for them, if that is known.

    Raises:
        MissingColumnError: the settings do not name a column that the metric needs.
        CannotEstimateError: the metric is undefined, or the rows are too few for any estimate.
    """
    old, new, note = estimates() if estimates else comparable_estimates(estimator, base, head)
    groups = base.groups, head.groups
    counted = _counted(estimator, base, old), _counted(estimator, head, new)
    if groups[0] is None and counted[0] and counted[1]:
        return Outcome(_test_proportions(counted[0], counted[1]))
    first, second = _error(old, groups[0]), _error(new, groups[1])
    is_clustered = groups[0] is not None and not new.is_jackknife
    evidence = t_evidence(
        old.value,
        new.value,
        *satterthwaite(first[:2], second[:2]),
        method="clusters" if is_clustered else _METHODS.get(estimator.name, "influence"),
        rows=min(base.rows, head.rows),
        groups=min(first.groups, second.groups) if is_clustered else None,
    )
    too_few = _few_groups(groups) or scarcity(estimator, head, min(old.positives, new.positives))
    return Outcome(evidence, too_few=too_few, note=note)


def _counted(estimator: Estimator, sample: Sample, estimated: Estimate) -> _Proportion | None:
    """The metric as a number of rows, if it is a proportion."""
    if estimator.name in ROWS:
        is_counted = bool(np.isin(np.round(estimated.influence + estimated.value, 9), (0, 1)).all())
    else:
        is_counted = is_proportion(estimator, sample)
    if not is_counted:
        return None
    rows = _trials(estimator, sample)
    if not rows:
        raise TooFewRowsError("no row of the class")
    right = round(estimated.value * rows)
    return _Proportion(estimated.value, right, right, rows)


def _trials(estimator: Estimator, sample: Sample) -> int:
    """The rows that a proportion is a share of: those of a class, for its recall."""
    if estimator.name != "recall" or (code := one_class(estimator, sample)) is None:
        return sample.rows
    return int(np.count_nonzero(sample.has_label(code) if sample.is_multilabel else sample.actual() == code))


def _few_groups(sides: Iterable[Codes | None]) -> str:
    count = min((len(np.unique(groups)) for groups in sides if groups is not None), default=FEWEST_GROUPS)
    return f"only {count} groups" if count < FEWEST_GROUPS else ""


def _error(estimated: Estimate, groups: Codes | None) -> GroupedError:
    """The standard error of one side's estimate."""
    if groups is not None and not estimated.is_jackknife:
        return group_sums(estimated.influence, groups)
    units = len(estimated.influence)
    if units == 1:
        raise TooFewRowsError("only 1 row")
    return GroupedError(float(np.std(estimated.influence, ddof=1)) / sqrt(units), units - 1, units)


class Level(NamedTuple):
    """The metric of head alone.

    Attributes:
        value: the metric.
        error: its standard error.
        rows: the rows that it is a share of; 0 if it is no share of rows, or if these are not independent.
    """

    value: float
    error: float
    rows: int = 0


def share_level(value: float, rows: int) -> Level:
    """The level of a share of rows."""
    return Level(value, sqrt(max(value * (1 - value), 0.0) / rows), rows)


class Compared(NamedTuple):
    """The outcome of a test, and the metric of head alone, both as the predictions give them."""

    outcome: Outcome
    level: Level


def compare_each(
    estimator: Estimator, sides: Sequence[tuple[Sample, Sample]], *, is_paired: bool
) -> Iterator[Compared | CannotEstimateError | OverflowError]:
    """Test a metric on each of several pairs of samples, or say why one cannot be tested.

    What the metric reads of one class is asked of all samples together, so that samples of one table can share it.
    """
    compare = compare_paired if is_paired else compare_unpaired
    for (base, head), estimates in zip(sides, _estimate_each(estimator, sides), strict=True):
        try:
            outcome = compare(estimator, base, head, estimates=estimates)
            yield Compared(outcome, _level(estimator, head, estimates()[1]))
        except (CannotEstimateError, OverflowError) as error:
            yield error


def _estimate_each(estimator: Estimator, sides: Sequence[tuple[Sample, Sample]]) -> Iterator[Estimates]:
    if estimator.name not in ranks.ESTIMATORS:
        yield from (cache(partial(comparable_estimates, estimator, *each)) for each in sides)
        return
    filled = [place for place, (base, head) in enumerate(sides) if base.rows and head.rows]
    found = [ranks.estimate_each(estimator, [sides[place][side] for place in filled]) for side in (0, 1)]
    known = dict(zip(filled, zip(*found, strict=True), strict=True))
    for place, each in enumerate(sides):
        pair = known.pop(place, None)
        yield partial(_unless_impossible, *pair) if pair else partial(comparable_estimates, estimator, *each)


def _unless_impossible(
    before: Estimate | CannotEstimateError, after: Estimate | CannotEstimateError
) -> tuple[Estimate, Estimate, str]:
    if isinstance(before, CannotEstimateError):
        raise before
    if isinstance(after, CannotEstimateError):
        raise after
    return before, after, ""


def _level(estimator: Estimator, head: Sample, estimated: Estimate) -> Level:
    """The metric of head; raises ``TooFewRowsError`` if there are not even the rows for a first estimate."""
    if head.groups is None and (share := _counted(estimator, head, estimated)):
        return share_level(share.value, share.rows)
    return Level(estimated.value, _error(estimated, head.groups).standard_error)


def compare_proportions(base_value: float, base_rows: int, head_value: float, head_rows: int) -> Evidence:
    """The evidence that two committed proportions give with nothing but their numbers of rows.

    A proportion of few digits may stand for several numbers of rows. The interval then covers all of them, and the
    p-value is the largest.

    Args:
        base_value, head_value: the share of the rows that are right, or wrong, from 0 to 1.
        base_rows, head_rows: the rows that each is a share of.

    Raises:
        CannotEstimateError: a value is not a share of its rows.
        TooFewRowsError: a side has no rows.
    """
    decimals = max(_decimals(base_value), _decimals(head_value))  # one program wrote both
    return _test_proportions(*(_whole(*side, decimals) for side in ((base_value, base_rows), (head_value, head_rows))))


def _decimals(value: float) -> int:
    exponent = Decimal(repr(value)).as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _whole(value: float, rows: int, decimals: int) -> _Proportion:
    if rows < 1:
        raise TooFewRowsError("no row")
    if not 0 <= value <= 1:
        raise CannotEstimateError(f"is {value:g}, but a share of rows is a number from 0 to 1")
    slack = rows * max(0.5 * 10.0**-decimals, _SINGLE)
    least, most = ceil(value * rows - slack), floor(value * rows + slack)
    if least > most:
        raise CannotEstimateError(f"is {value:g}, which is not a share of {rows} rows: check `rows`")
    return _Proportion(value, max(least, 0), min(most, rows), rows)


def _test_proportions(base: _Proportion, head: _Proportion) -> Evidence:
    """Newcombe's interval from the lowest to the highest change that the numbers of rows allow."""
    lowest = (base.most, base.rows, head.least, head.rows)
    highest = (base.least, base.rows, head.most, head.rows)
    low, high = newcombe_independent(*lowest).low, newcombe_independent(*highest).high
    is_either = base.most * head.rows > head.least * base.rows and base.least * head.rows < head.most * base.rows
    return Evidence(
        method="newcombe",
        covers="rows",
        base=base.value,
        head=head.value,
        estimate=head.value - base.value,
        p=1.0 if is_either else max(independent_p(*lowest), independent_p(*highest)),
        low=low,
        high=high,
        gate_low=newcombe_independent(*lowest, level=0.9).low,
        gate_high=newcombe_independent(*highest, level=0.9).high,
        rows=min(base.rows, head.rows),
        detectable=detectable_change(low, high),
    )
