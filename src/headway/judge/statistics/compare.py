"""The test of a change of a metric on the rows that both sides have."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from msgspec import structs

from headway.judge.power import detectable_change
from headway.judge.statistics import confusion, labels, means, ranks, regression
from headway.judge.statistics.cells import tabulate
from headway.judge.statistics.classes import common_classes, is_proportion, one_class, rests_on, share_function
from headway.judge.statistics.estimate import Outcome
from headway.judge.statistics.estimators import estimate
from headway.judge.statistics.groups import group_sums
from headway.judge.statistics.proportions import PairedCounts, mcnemar, newcombe_paired
from headway.judge.statistics.resampling import bootstrap, swap_labels
from headway.judge.statistics.sample import CannotEstimateError, MissingColumnError, TooFewRowsError
from headway.judge.statistics.shares import gradient, of_one_class
from headway.judge.statistics.t_test import t_evidence
from headway.judge.sums.paired_means import sum_pairs
from headway.judge.sums.paired_squares import sum_squares
from headway.values.evidence import Evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headway.judge.statistics.cells import Cells
    from headway.judge.statistics.estimate import Estimate
    from headway.judge.statistics.sample import Booleans, Classed, Codes, Floats, Sample
    from headway.judge.statistics.shares import ShareFunction, Shares
    from headway.judge.sums.paired_means import PairedMeans
    from headway.judge.sums.paired_squares import PairedSquares
    from headway.settings import Estimator
    from headway.values.evidence import Method

    Estimates = Callable[[], tuple[Estimate, Estimate, str]]

FEWEST_POSITIVES = 20
FEWEST_RANKED = 30
"""Where the ranks of a class decide, more rows of it are needed: the few that rank low decide most."""
FEWEST_GROUPS = 5
FEWEST_GROUPS_RANKED = 10
"""Of ROC AUC and average precision, to which a few groups with rows of the rarest class give too narrow an interval."""
_RESTING_ON_A_CLASS = ("precision", "recall", "f1", "mcc", "kappa", "balanced_accuracy", "roc_auc", "average_precision")
"""Metrics whose interval is too narrow if few rows are of a class."""
_OF_ONE_CLASS = ("precision", "recall", "f1")
_GUARDED_IN_GROUPS = ("rmse", "brier")
_MOST_RESAMPLED = 50
"""If fewer rows differ between the sides, their number is far from normal, and resampling tells how far."""
_MOST_CELLS = 1000
"""More cells than this take too long to resample."""
_SMALLEST_DRAWN = 0.001
"""The t-test tells smaller p-values apart, which are too rare to be drawn."""
_LEVELS = (0.95, 0.9)
_FIRST = 100


def compare_paired(estimator: Estimator, base: Sample, head: Sample, *, estimates: Estimates | None = None) -> Outcome:
    """Test whether a metric differs between the sides, on the same rows with the same labels.

    A share of right rows is tested by McNemar's test, a mean of rows by the paired t-test, and any other metric by the
    influence of each row, or of each bucket of rows. If rows belong to groups, sums over groups are tested as well, and
    the weaker evidence of both counts.

    Args:
        estimator: how the metric is computed.
        base, head: the rows of both sides.
        estimates: what ``comparable_estimates`` gives for them, if that is known.

    Raises:
        MissingColumnError: the settings do not name a column that the metric needs.
        TooFewRowsError: there are not even the rows that a first estimate of the uncertainty needs.
        CannotEstimateError: the metric is undefined, or the settings do not say enough.
    """
    if not head.rows:
        raise TooFewRowsError("no row in common")
    estimates = estimates or cache(partial(comparable_estimates, estimator, base, head))
    tested = _compare_independent(estimator, base, head, estimates)
    return tested if (groups := head.groups) is None else _compare_groups(estimator, tested, groups, estimates)


def _compare_independent(estimator: Estimator, base: Sample, head: Sample, estimates: Estimates) -> Outcome:
    if estimator.name in means.ROWS:
        return compare_means(estimator, pair_means(estimator, base, head))
    if estimator.name in regression.ESTIMATORS:
        return compare_squares(estimator, pair_squares(estimator, base, head))
    if estimator.name in confusion.ESTIMATORS and not head.is_multilabel:
        return compare_cells(estimator, head, count_cells(base, head))
    return _compare_rows(estimator, base, head, estimates)


def count_cells(base: Sample, head: Sample) -> Cells:
    """The paired rows of both sides, counted."""
    return tabulate(head.actual(), base.predicted(), head.predicted(), len(head.classes))


def compare_cells(estimator: Estimator, head: Classed, cells: Cells) -> Outcome:
    """Test a metric of the confusion table by the counts of paired rows; raises what ``compare_paired`` raises."""
    only = one_class(estimator, head) if estimator.name in _OF_ONE_CLASS else None
    if is_proportion(estimator, head):
        used = cells if only is None else cells.where(cells.actual == only).only(only)
        return Outcome(_proportion(estimator, used.right()), is_identical=not used.differing)
    sides = _shares(cells, len(head.classes))
    counted, note = common_classes(estimator, head, *sides)
    positives = min(round(rests_on(estimator, head, shares) * cells.rows) for shares in sides)
    if only is None:
        function, classes = share_function(estimator, head, sides[1], counted), len(head.classes)
    else:
        function, cells, classes = of_one_class(estimator.name, 1), cells.only(only), 2
    evidence, too_few = _function_of_cells(function, cells, classes), scarcity(estimator, head, positives)
    if not too_few and 0 < cells.differing < _MOST_RESAMPLED and len(cells.counts) <= _MOST_CELLS:
        evidence = _resampled(evidence, function, cells, classes)
    return Outcome(evidence, is_identical=not cells.differing, too_few=too_few, note=note)


def _shares(cells: Cells, classes: int) -> tuple[Shares, Shares]:
    """The shares of base and of head."""
    base, head = (confusion.shares_of(cells.actual, side, classes, cells.counts) for side in (cells.base, cells.head))
    return base, head


def _proportion(estimator: Estimator, counts: PairedCounts) -> Evidence:
    """Where the metric counts rows that are wrong, the interval of the right ones is turned round."""
    rows = sum(counts)
    if not rows:
        raise TooFewRowsError("no row of the class")
    both, fixed, broken, _ = counts
    value = ((both + broken) / rows, (both + fixed) / rows)
    ends = [newcombe_paired(counts, level) for level in _LEVELS]
    if estimator.name == "error":
        value = (1 - value[0], 1 - value[1])
        ends = [type(end)(-end.high, -end.low) for end in ends]
    estimate = (fixed - broken) / rows * (-1 if estimator.name == "error" else 1)
    (low, high), (gate_low, gate_high) = ends
    return Evidence(
        method="mcnemar",
        covers="rows",
        base=value[0],
        head=value[1],
        estimate=estimate,
        p=mcnemar(fixed, broken),
        low=low,
        high=high,
        gate_low=gate_low,
        gate_high=gate_high,
        rows=rows,
        fixed=fixed,
        broken=broken,
        detectable=detectable_change(low, high),
    )


def _function_of_cells(function: ShareFunction, cells: Cells, classes: int) -> Evidence:
    """By the influence of each row.

    One row that differs is added, of the class that weighs most: without it, the interval is too narrow where few rows
    differ. It is the half row in each direction of Agresti and Min, "Simple improved confidence intervals for comparing
    matched proportions", 2005.
    """
    rows = cells.rows
    if rows == 1:
        raise TooFewRowsError("only 1 row")
    base, head = _shares(cells, classes)
    slopes = gradient(function, base), gradient(function, head)
    change = confusion.influences(slopes[1], cells.actual, cells.head)
    change -= confusion.influences(slopes[0], cells.actual, cells.base)
    change -= change @ cells.counts / rows
    added = max(_weight(slope, head) for slope in slopes) ** 2
    error = sqrt((change**2 @ cells.counts + added) / (rows * (rows - 1)))
    return t_evidence(float(function(base)), float(function(head)), error, rows - 1, method="influence", rows=rows)


def _weight(slopes: Shares, shares: Shares) -> float:
    """How far a row moves a metric that turns from wrong to right, in the class where it moves it most."""
    others = (slopes.predicted.sum() - slopes.predicted) / max(len(slopes.predicted) - 1, 1)
    return float(np.abs(slopes.hit + slopes.predicted - others)[shares.actual > 0].max())


def _resampled(evidence: Evidence, function: ShareFunction, cells: Cells, classes: int) -> Evidence:
    """The p-value by swapping the sides, and the interval by influence widened to that of the bootstrap."""
    interval, gate = bootstrap(function, cells, classes, _LEVELS)
    low, high = min(evidence.low, interval.low), max(evidence.high, interval.high)
    p = swap_labels(function, cells, classes)
    return structs.replace(
        evidence,
        method="bootstrap",
        statistic=None,
        p=min(p, evidence.p) if p < _SMALLEST_DRAWN else p,
        low=low,
        high=high,
        gate_low=min(evidence.gate_low, gate.low),
        gate_high=max(evidence.gate_high, gate.high),
        detectable=detectable_change(low, high),
    )


def _compare_rows(estimator: Estimator, base: Sample, head: Sample, estimates: Estimates) -> Outcome:
    if (right := _right(estimator, base, head)) is not None:
        return Outcome(_proportion(estimator, _count(*right)), is_identical=_predict_the_same(estimator, base, head))
    before, after, note = estimates()
    same = np.array_equal(before.influence, after.influence) and _predict_the_same(estimator, base, head)
    too_few = scarcity(estimator, head, min(before.positives, after.positives))
    return Outcome(
        _function_of_rows(estimator, before, after, head.rows), is_identical=same, too_few=too_few, note=note
    )


def _function_of_rows(estimator: Estimator, before: Estimate, after: Estimate, rows: int) -> Evidence:
    """As in ``_function_of_cells``, one row is added where a few rows may decide."""
    change = after.influence - before.influence
    if (count := len(change)) == 1:
        raise TooFewRowsError("only 1 row")
    added = _added(estimator, before, after) * count / rows
    error = sqrt((change @ change + added) / (count * (count - 1)))
    method: Method = "jackknife" if after.is_jackknife else "influence"
    return t_evidence(before.value, after.value, error, count - 1, method=method, rows=rows)


def pair_means(estimator: Estimator, base: Sample, head: Sample) -> PairedMeans:
    """The values of paired rows, added; raises what ``estimate`` raises."""
    before, after = (means.ROWS[estimator.name](estimator, side) for side in (base, head))
    return sum_means(estimator, before, after, lambda: _predict_the_same(estimator, base, head))


def sum_means(estimator: Estimator, before: Floats, after: Floats, are_same: Callable[[], bool]) -> PairedMeans:
    """Likewise of rows with known values; ``are_same`` says whether both sides predict the same for them."""
    right = _zeros_and_ones(before, after) if estimator.name in {"top_k", "mean"} else None
    counts = None if right is None else _count(*right)
    return sum_pairs(before, after, counts, are_identical=np.array_equal(before, after) and are_same())


def compare_means(estimator: Estimator, pairs: PairedMeans) -> Outcome:
    """Test a mean of rows by the sums of paired rows; raises what ``compare_paired`` raises."""
    if pairs.right is not None:
        return Outcome(_proportion(estimator, PairedCounts(*pairs.right)), is_identical=pairs.are_identical)
    if (rows := pairs.rows) == 1:
        raise TooFewRowsError("only 1 row")
    evidence = t_evidence(*pairs.means(), pairs.standard_error(), rows - 1, method="paired_t", rows=rows)
    return Outcome(evidence, is_identical=pairs.are_identical)


def pair_squares(estimator: Estimator, base: Sample, head: Sample) -> PairedSquares:
    """The squared errors of paired rows, added, for RMSE or R squared; raises what ``estimate`` raises."""
    before, after = (means.errors(side) ** 2 for side in (base, head))
    are_identical = np.array_equal(before, after) and _predict_the_same(estimator, base, head)
    targets = head.targets() if estimator.name == "r2" else None
    return sum_squares(before, after, targets, are_identical=are_identical)


def compare_squares(estimator: Estimator, pairs: PairedSquares) -> Outcome:
    """Test RMSE or R squared by the sums of paired rows; raises what ``compare_paired`` raises."""
    if estimator.name == "r2":
        regression.check_variance(pairs.variance())
    if (rows := pairs.rows) == 1:
        raise TooFewRowsError("only 1 row")
    evidence = t_evidence(
        *(pairs.r2() if estimator.name == "r2" else pairs.rmse()), rows - 1, method="influence", rows=rows
    )
    return Outcome(evidence, is_identical=pairs.are_identical)


def _added(estimator: Estimator, before: Estimate, after: Estimate) -> float:
    """The squared influence of the row that is added: of one that turns from wrong to right, or of the weightiest."""
    if estimator.name in confusion.ESTIMATORS:
        return float(max(np.ptp(side.influence) for side in (before, after))) ** 2
    return float(np.max((after.influence - before.influence) ** 2)) if estimator.name in _RESTING_ON_A_CLASS else 0.0


def _compare_groups(estimator: Estimator, tested: Outcome, groups: Codes, estimates: Estimates) -> Outcome:
    """The weaker evidence of groups and of rows: where few rows differ, sums of groups vary too little to tell."""
    before, after, _ = estimates()
    change, weights = after.influence - before.influence, before.influence**2 + after.influence**2
    error, freedom, _ = group_sums(
        change,
        np.arange(len(change), dtype=np.int32) if after.is_jackknife else groups,  # a bucket has whole groups
        weights if estimator.name in _RESTING_ON_A_CLASS else None,
        is_guarded=estimator.name in _GUARDED_IN_GROUPS,  # metrics that rest on a class have fewer degrees of freedom
    )
    method: Method = "jackknife" if after.is_jackknife else "clusters"
    evidence = t_evidence(before.value, after.value, error, freedom, method=method, rows=len(groups))
    count = len(np.unique(groups))
    fewest = FEWEST_GROUPS_RANKED if estimator.name in ranks.ESTIMATORS else FEWEST_GROUPS
    return replace(
        tested,
        evidence=structs.replace(_weaker(evidence, tested.evidence), groups=count),
        too_few=f"only {count} groups" if count < fewest else tested.too_few,
    )


def _weaker(evidence: Evidence, other: Evidence) -> Evidence:
    """The larger p-value and the intervals that contain those of both."""
    return structs.replace(
        other,
        method=evidence.method,
        statistic=evidence.statistic,
        p=max(evidence.p, other.p),
        low=min(evidence.low, other.low),
        high=max(evidence.high, other.high),
        gate_low=min(evidence.gate_low, other.gate_low),
        gate_high=max(evidence.gate_high, other.gate_high),
        detectable=max(evidence.detectable, other.detectable),
    )


def comparable_estimates(estimator: Estimator, base: Sample, head: Sample) -> tuple[Estimate, Estimate, str]:
    """Both sides on the same classes, and a clause that names what they leave out; raises what ``estimate`` raises."""
    if estimator.name not in confusion.ESTIMATORS:
        return estimate(estimator, base), estimate(estimator, head), ""
    counted, note = common_classes(estimator, head, *(confusion.shares(estimator, side) for side in (base, head)))
    before, after = (confusion.estimate(estimator, side, counted) for side in (base, head))
    return before, after, note


def _right(estimator: Estimator, base: Sample, head: Sample) -> tuple[Booleans, Booleans] | None:
    """For a proportion of rows with several labels, whether each side has each row right."""
    if not head.is_multilabel or estimator.name not in confusion.ESTIMATORS or not is_proportion(estimator, head):
        return None
    if (code := one_class(estimator, head) if estimator.name == "recall" else None) is None:
        return labels.all_right(base), labels.all_right(head)
    chosen = head.has_label(code)
    return base.has_predicted_label(code)[chosen], head.has_predicted_label(code)[chosen]


def _zeros_and_ones(before: Floats, after: Floats) -> tuple[Booleans, Booleans] | None:
    """For rows whose values are all 0 or 1, whether each one is 1."""
    if not (are_zeros_and_ones(before) and are_zeros_and_ones(after)):
        return None
    return np.round(before, 9) == 1, np.round(after, 9) == 1


def are_zeros_and_ones(values: Floats) -> bool:
    """Whether all values are 0 or 1, but for rounding; the first ones tell most often."""
    return all(bool(np.isin(np.round(some, 9), (0, 1)).all()) for some in (values[:_FIRST], values))


def _count(base: Booleans, head: Booleans) -> PairedCounts:
    both, either = int(np.count_nonzero(base & head)), int(np.count_nonzero(base | head))
    return PairedCounts(
        both, either - int(np.count_nonzero(base)), either - int(np.count_nonzero(head)), len(base) - either
    )


def scarcity(estimator: Estimator, sample: Classed, positives: int) -> str:
    """Why the rows of a class are too few; empty if they are enough."""
    fewest = FEWEST_RANKED if estimator.name in ranks.ESTIMATORS else FEWEST_POSITIVES
    if estimator.name not in _RESTING_ON_A_CLASS or positives >= fewest:
        return ""
    rows = f"only {positives} {'row' if positives == 1 else 'rows'}"
    if estimator.name not in _OF_ONE_CLASS or (only := one_class(estimator, sample)) is None:
        return f"{rows} of a class"
    return f"{rows} {'predicted as' if estimator.name == 'precision' else 'of'} class {sample.classes[only]}"


def _predict_the_same(estimator: Estimator, base: Sample, head: Sample) -> bool:
    """Whether the predictions of both sides are equal; asked only where no row moves the metric."""
    return not any(differs.any() for differs in _differences(estimator, base, head))


def differing_rows(estimator: Estimator, base: Sample, head: Sample) -> Booleans:
    """Whether the predictions of the sides that a metric is computed from differ in each paired row."""
    differs = np.zeros(head.rows, np.bool_)
    for each in _differences(estimator, base, head):
        differs |= each
    return differs


def _differences(estimator: Estimator, base: Sample, head: Sample) -> Iterator[Booleans]:
    """In which rows each column of predictions differs; one that does not exist, or has no numbers, is left out."""
    only = one_class(estimator, head) if estimator.name in _OF_ONE_CLASS else None
    codes = range(len(head.classes)) if only is None else (only,)
    if estimator.name == "mean":
        columns: list[tuple[str, *tuple[str | int, ...]]] = [("column", estimator.column)]
    elif head.is_multilabel:
        columns = [("has_predicted_label", code) for code in codes]
    else:
        columns = [("predicted",), ("predictions",), ("score",), *(("probability", code) for code in codes)]
    for method, *arguments in columns:
        with suppress(MissingColumnError, CannotEstimateError):
            yield getattr(base, method)(*arguments) != getattr(head, method)(*arguments)
