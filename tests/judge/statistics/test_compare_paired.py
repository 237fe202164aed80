"""The paired test of every kind of metric."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from generated import costly
from hypothesis import given
from hypothesis import strategies as st
from judge.statistics.arrays import ArraySample, classified
from scipy import stats

from headway.judge.statistics.compare import compare_paired
from headway.judge.statistics.estimators import estimate, tolerance, value
from headway.judge.statistics.proportions import PairedCounts, mcnemar, newcombe_paired
from headway.judge.statistics.sample import CannotEstimateError, MissingColumnError, TooFewRowsError
from headway.settings import Estimator

if TYPE_CHECKING:
    from headway.values.evidence import Evidence

ACCURACY = Estimator(name="accuracy")
F1 = Estimator(name="f1")
MACRO = Estimator(name="f1", average="macro")
EVERY_KIND = [
    ACCURACY,
    Estimator(name="error"),
    Estimator(name="recall", class_=1),
    Estimator(name="precision", class_=0),
    MACRO,
    Estimator(name="mcc"),
    Estimator(name="roc_auc", class_=1),
    Estimator(name="average_precision", class_=1),
    Estimator(name="brier"),
    Estimator(name="mean", column="judge"),
    Estimator(name="mean", column="hit"),
]


def sides(rows: int = 300, seed: int = 0, changed: float = 0.2, classes: int = 3, **more: Any) -> list[ArraySample]:
    """Two models of three classes that differ in some rows."""
    rng = np.random.default_rng(seed)
    actual = rng.integers(0, classes, rows)
    is_changed = rng.random(rows) < changed
    scores, found = rng.random((rows, classes)) + 0.7 * np.eye(classes)[actual], []
    for _ in "base", "head":
        given = scores / scores.sum(1, keepdims=True)
        columns = {"judge": given[:, 0], "hit": given.argmax(1) == actual}
        predicted = given.argmax(1)
        found.append(classified(actual, predicted, classes, probabilities=given, columns=columns, **more))
        scores = np.where(is_changed[:, None], rng.random((rows, classes)), scores)
    return [replace(side, bucket=np.arange(rows) % 100) for side in found]


def ends(evidence: Evidence) -> list[float]:
    return [evidence.estimate, evidence.low, evidence.high, evidence.gate_low, evidence.gate_high]


@costly
@given(seed=st.integers(0, 1000), rows=st.sampled_from([60, 300]), changed=st.sampled_from([0.02, 0.1, 0.5]))
@pytest.mark.parametrize("grouped", [False, True])
def test_swapped_sides_change_the_sign_and_the_order_of_rows_nothing(
    seed: int, rows: int, changed: float, *, grouped: bool
) -> None:
    base, head = sides(rows, seed, changed, group=np.arange(rows) % 9 if grouped else None)
    order = np.random.default_rng(seed).permutation(rows)
    for estimator in EVERY_KIND:
        tested = compare_paired(estimator, base, head)
        evidence = tested.evidence
        turned = compare_paired(estimator, head, base).evidence
        estimate, low, high, gate_low, gate_high = ends(evidence)
        assert ends(turned) == pytest.approx([-estimate, -high, -low, -gate_high, -gate_low], abs=1e-12)
        assert 0 <= turned.p == pytest.approx(evidence.p, abs=1e-12)
        assert low <= gate_low <= estimate <= gate_high <= high
        assert evidence.p <= 1
        permuted = compare_paired(estimator, base.take(order), head.take(order))
        assert ends(permuted.evidence) == pytest.approx(ends(evidence), abs=1e-12)
        assert permuted.evidence.p == pytest.approx(evidence.p, abs=1e-9)
        assert permuted.is_identical == tested.is_identical


@pytest.mark.parametrize("estimator", EVERY_KIND, ids=lambda one: f"{one.name} {one.column or one.average}")
def test_the_estimate_is_the_difference_of_the_values(estimator: Estimator) -> None:
    base, head = sides()
    evidence = compare_paired(estimator, base, head).evidence
    assert (evidence.base, evidence.head) == pytest.approx((value(estimator, base), value(estimator, head)))
    assert evidence.estimate == pytest.approx(evidence.head - evidence.base)
    assert evidence.rows in {300, np.count_nonzero(base.actual() == 1)}


def test_a_share_of_right_rows_is_tested_by_counts() -> None:
    base = classified([1] * 50, [1] * 32 + [0] * 18)
    head = classified([1] * 50, [1] * 20 + [0] * 12 + [1] * 2 + [0] * 16)
    evidence = compare_paired(ACCURACY, base, head).evidence
    assert (evidence.method, evidence.fixed, evidence.broken, evidence.rows) == ("mcnemar", 2, 12, 50)
    assert (evidence.low, evidence.high) == pytest.approx((-0.3292, -0.0562), abs=5e-5)
    assert evidence.p == mcnemar(2, 12)
    assert evidence.detectable == pytest.approx(2.8016 * (evidence.high - evidence.low) / 2 / 1.95996, rel=1e-4)
    error = compare_paired(Estimator(name="error"), base, head).evidence
    assert (error.fixed, error.broken, error.p) == (2, 12, evidence.p)
    assert ends(error) == [-evidence.estimate, -evidence.high, -evidence.low, -evidence.gate_high, -evidence.gate_low]


def test_recall_is_a_share_of_the_rows_of_its_class() -> None:
    base, head = classified([1] * 9 + [0] * 20, [1] * 5 + [0] * 24), classified([1] * 9 + [0] * 20, [1] * 8 + [0] * 21)
    tested = compare_paired(Estimator(name="recall"), base, head)
    assert (tested.evidence.rows, tested.evidence.fixed, tested.evidence.broken) == (9, 3, 0)
    assert (tested.evidence.low, tested.evidence.high) == newcombe_paired(PairedCounts(5, 3, 0, 1))
    assert not tested.too_few


@pytest.mark.parametrize("name", ["top_k", "mean"])
def test_rows_of_zeros_and_ones_are_counted(name: Any) -> None:
    base, head = sides()
    estimator = Estimator(name=name, k=1, column="hit")
    found, expected = compare_paired(estimator, base, head).evidence, compare_paired(ACCURACY, base, head).evidence
    assert found.method == "mcnemar"
    assert (found.fixed, found.broken, found.p, *ends(found)) == (
        expected.fixed,
        expected.broken,
        expected.p,
        *ends(expected),
    )


def test_a_mean_of_rows_is_tested_by_students_paired_test() -> None:
    base, head = sides()
    evidence = compare_paired(Estimator(name="mean", column="judge"), base, head).evidence
    expected = stats.ttest_rel(head.column("judge"), base.column("judge"))
    assert evidence.method == "paired_t"
    assert evidence.p == pytest.approx(expected.pvalue)
    assert (evidence.low, evidence.high) == pytest.approx(expected.confidence_interval())


@pytest.mark.parametrize(("changed", "method"), [(0.5, "influence"), (0.1, "bootstrap")])
@pytest.mark.parametrize("estimator", [MACRO, Estimator(name="f1", class_=1), Estimator(name="mcc")])
def test_a_function_of_the_table_is_tested_by_the_influence_of_rows(
    estimator: Estimator, changed: float, method: str
) -> None:
    base, head = sides(changed=changed)
    evidence = compare_paired(estimator, base, head).evidence
    change = estimate(estimator, head).influence - estimate(estimator, base).influence
    error = change.std(ddof=1) / 300**0.5
    assert evidence.method == method
    assert (evidence.high - evidence.low) / 2 / 1.968 == pytest.approx(error, rel=0.1)
    assert (evidence.high - evidence.low) / 2 > 1.967 * error, "one row is added"
    assert evidence.p == pytest.approx(2 * stats.norm.sf(abs(evidence.estimate) / error), rel=0.3, abs=0.05)


def test_several_labels_are_compared_as_one_label_is() -> None:
    base, head = sides()
    one = [
        ArraySample(labels=np.eye(3)[side.actual()], predicted_labels=np.eye(3)[side.predicted()], classes=tuple("012"))
        for side in (base, head)
    ]
    for estimator in (ACCURACY, Estimator(name="recall", class_=1)):
        assert compare_paired(estimator, *one).evidence == compare_paired(estimator, base, head).evidence
    found, expected = compare_paired(MACRO, *one).evidence, compare_paired(MACRO, base, head).evidence
    assert found.estimate == pytest.approx(expected.estimate)
    assert found.high == pytest.approx(expected.high, rel=0.05)


def test_rows_of_a_group_count_together() -> None:
    base, head = sides(300)
    alone = compare_paired(ACCURACY, base, head).evidence
    thrice = [replace(side.take(np.tile(np.arange(300), 3)), group=np.tile(np.arange(300), 3)) for side in (base, head)]
    evidence = compare_paired(ACCURACY, *thrice).evidence
    assert (evidence.method, evidence.groups, evidence.rows) == ("clusters", 300, 900)
    assert (evidence.low, evidence.high) == pytest.approx((alone.low, alone.high), abs=0.005)
    few = compare_paired(ACCURACY, *sides(group=np.arange(300) % 4))
    assert few.too_few == "only 4 groups"
    assert not compare_paired(ACCURACY, *sides(group=np.arange(300) % 5)).too_few


def test_groups_never_make_the_evidence_stronger() -> None:
    """Where few rows differ, most groups do not, and their sums would give an interval that is a point."""
    group = np.arange(300) % 10
    for changed in (0.0, 0.01, 0.1):
        rows, groups = sides(300, 1, changed), sides(300, 1, changed, group=group)
        for estimator in EVERY_KIND:
            alone, together = compare_paired(estimator, *rows).evidence, compare_paired(estimator, *groups).evidence
            assert together.low <= alone.low
            assert together.high >= alone.high
            assert together.p >= alone.p


def test_groups_with_few_rows_of_a_class_count_less() -> None:
    actual = np.arange(300) < 60
    rng = np.random.default_rng(0)
    base, head = (classified(actual, actual ^ (rng.random(300) < 0.1)) for _ in range(2))
    spread, packed = np.arange(300) % 10, np.arange(300) // 30
    widths = []
    for group in (spread, packed):
        evidence = compare_paired(
            Estimator(name="recall"), replace(base, group=group), replace(head, group=group)
        ).evidence
        widths.append((evidence.high - evidence.low) / (evidence.gate_high - evidence.gate_low))
    assert widths[1] > 1.5 > widths[0], "nearly two groups have all rows of the class: t has one degree of freedom"


def test_few_rows_of_a_class_are_told() -> None:
    actual = np.array([1] * 19 + [0] * 200)
    base, head = classified(actual, np.roll(actual, 1)), classified(actual, np.roll(actual, 2))
    assert compare_paired(F1, base, head).too_few == "only 19 rows of class 1"
    assert compare_paired(Estimator(name="precision"), base, head).too_few == "only 19 rows predicted as class 1"
    assert compare_paired(Estimator(name="mcc"), base, head).too_few
    assert not compare_paired(ACCURACY, base, head).too_few
    assert not compare_paired(Estimator(name="f1", class_=0), base, head).too_few


@pytest.mark.parametrize(("positives", "expected"), [(29, "only 29 rows of a class"), (30, "")])
@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_ranks_need_more_rows_of_a_class(name: Any, positives: int, expected: str) -> None:
    actual, scores = np.arange(300) < positives, np.random.default_rng(0).random((2, 300))
    base, head = (classified(actual, actual, scores=score + actual, bucket=np.arange(300) % 100) for score in scores)
    assert compare_paired(Estimator(name=name), base, head).too_few == expected


def test_one_row_is_added_to_those_that_decide_the_area() -> None:
    actual, scores = np.arange(100) % 2, np.random.default_rng(0).random((2, 100))
    base, head = (classified(actual, actual, scores=score + actual / 2) for score in scores)
    area = Estimator(name="roc_auc")
    change = estimate(area, head).influence - estimate(area, base).influence
    evidence = compare_paired(area, base, head).evidence
    error = np.sqrt((change @ change + np.max(change**2)) / (100 * 99))
    assert evidence.high - evidence.estimate == pytest.approx(stats.t.ppf(0.975, 99) * error)


def test_equal_predictions_are_identical_for_a_metric_that_uses_no_other() -> None:
    base, _ = sides()
    for estimator in EVERY_KIND:
        tested = compare_paired(estimator, base, base)
        assert tested.is_identical
        assert (tested.evidence.estimate, tested.evidence.p) == (0, 1)
    head = replace(base, predicted_codes=np.where(base.predicted() == 2, 0, base.predicted()))
    assert compare_paired(Estimator(name="f1", class_=1), base, head).is_identical
    assert not compare_paired(MACRO, base, head).is_identical


def test_an_interval_of_classes_is_never_a_point() -> None:
    base, _ = sides(100)
    for estimator in EVERY_KIND[:6]:
        evidence = compare_paired(estimator, base, base).evidence
        assert evidence.low < 0 < evidence.high


def test_a_class_that_one_side_lacks_is_left_out_on_both() -> None:
    actual = np.tile([0, 1], 50)
    base = classified(actual, actual, 3)
    head = classified(actual, np.where(np.arange(100) < 2, 2, actual), 3)
    tested = compare_paired(MACRO, base, head)
    assert tested.evidence.base == 1
    assert tested.evidence.head == pytest.approx(98 / 99)
    assert tested.note == "leaves out 2, as no row of one side is of that class"
    assert value(MACRO, head) == pytest.approx(98 / 99 * 2 / 3), "scikit-learn's counts the class as 0"


def test_what_cannot_be_estimated_is_an_error() -> None:
    base, head = sides(1)
    with pytest.raises(TooFewRowsError, match="only 1 row"):
        compare_paired(MACRO, base, head)
    with pytest.raises(TooFewRowsError, match="only 1 row"):
        compare_paired(Estimator(name="brier"), base, head)
    with pytest.raises(TooFewRowsError, match="no row"):
        compare_paired(ACCURACY, base.take([]), head.take([]))
    with pytest.raises(CannotEstimateError, match="3 classes"):
        compare_paired(F1, base, head)
    with pytest.raises(MissingColumnError):
        compare_paired(Estimator(name="mae"), base, head)


def test_counts_are_not_moved_by_rounding() -> None:
    base, _ = sides()
    assert tolerance(MACRO, base) == 0
    rounded = replace(base, probabilities=np.round(base.probabilities, 2))
    brier = Estimator(name="brier")
    assert 0 < abs(value(brier, rounded) - value(brier, base)) <= tolerance(brier, rounded) < 0.02
