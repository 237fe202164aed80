"""Rows that cannot be paired: two independent samples."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judge.statistics.arrays import ArraySample, classified
from scipy import stats
from sklearn import metrics

from headway.judge.statistics.sample import CannotEstimateError, TooFewRowsError
from headway.judge.statistics.unpaired import compare_proportions, compare_unpaired
from headway.settings import Estimator

if TYPE_CHECKING:
    from headway.settings import EstimatorName
    from headway.values.evidence import Evidence


def scored(rows: int, seed: int = 0) -> ArraySample:
    draw = np.random.default_rng(seed)
    actual = (draw.random(rows) < 0.4).astype(int)
    scores = 1 / (1 + np.exp(-actual - draw.normal(size=rows)))
    return ArraySample(
        actual_codes=actual,
        predicted_codes=(scores > 0.6).astype(int),
        scores=scores,
        target=draw.normal(size=rows),
        prediction=draw.normal(size=rows),
        columns={"judged": draw.integers(0, 2, rows), "rouge": scores},
        bucket=draw.integers(0, 100, rows),
    )


def compared(name: EstimatorName, base: ArraySample, head: ArraySample, **options: Any) -> Evidence:
    return compare_unpaired(Estimator(name=name, **options), base, head).evidence


def right(count: int, rows: int) -> ArraySample:
    return classified(np.ones(rows, int), np.arange(rows) < count)


def test_proportions_are_newcombes() -> None:
    """Newcombe 1998, table II: 56/70 and 48/80."""
    evidence = compared("accuracy", right(48, 80), right(56, 70))
    assert (evidence.low, evidence.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert (evidence.base, evidence.head, evidence.rows, evidence.method) == (0.6, 0.8, 70, "newcombe")
    errors = compared("error", right(48, 80), right(56, 70))
    assert (errors.low, errors.high, errors.p) == pytest.approx((-evidence.high, -evidence.low, evidence.p))


@pytest.mark.parametrize(("name", "options"), [("mean", {"column": "judged"}), ("top_k", {"k": 1}), ("accuracy", {})])
def test_every_share_of_rows_is_a_proportion(name: EstimatorName, options: dict[str, Any]) -> None:
    evidence = compared(name, scored(100), scored(70, 1), **options)
    again = compare_proportions(evidence.base, 100, evidence.head, 70)
    assert (again.low, again.high, again.p) == (evidence.low, evidence.high, evidence.p)
    assert (evidence.method, evidence.rows) == ("newcombe", 70)


@pytest.mark.parametrize(("code", "name"), [(0, "no"), (1, "yes")])
def test_recall_is_a_proportion_of_the_rows_of_its_class(code: int, name: str) -> None:
    base, head = scored(100), scored(70, 1)
    evidence = compared("recall", base, head, class_=name)
    rows = [int(np.sum(side.actual() == code)) for side in (base, head)]
    again = compare_proportions(evidence.base, rows[0], evidence.head, rows[1])
    assert (again.low, again.high, again.p) == (evidence.low, evidence.high, evidence.p)
    assert evidence.rows == rows[1]


def test_means_are_welchs() -> None:
    base, head = scored(100), scored(70, 1)
    evidence = compared("mae", base, head)
    losses = [np.abs(side.targets() - side.predictions()) for side in (head, base)]
    expected = stats.ttest_ind(*losses, equal_var=False)
    assert (evidence.statistic, evidence.p) == pytest.approx((expected.statistic, expected.pvalue))
    interval = expected.confidence_interval(0.95)
    assert (evidence.low, evidence.high) == pytest.approx((interval.low, interval.high))
    assert (evidence.method, evidence.rows) == ("welch", 70)
    assert compared("mean", base, head, column="rouge").method == "welch"


def test_areas_are_delongs_with_variances_added() -> None:
    base, head = scored(2000), scored(3000, 1)
    evidence = compared("roc_auc", base, head)
    variances = []
    for side in (base, head):
        positives, negatives = side.score()[side.actual() == 1], side.score()[side.actual() == 0]
        wins = positives[:, None] > negatives
        variances.append(np.var(wins.mean(axis=1)) / len(positives) + np.var(wins.mean(axis=0)) / len(negatives))
    change = metrics.roc_auc_score(head.actual(), head.score()) - metrics.roc_auc_score(base.actual(), base.score())
    assert evidence.statistic == pytest.approx(change / sqrt(sum(variances)), rel=1e-3)
    assert evidence.method == "auc"


@pytest.mark.parametrize(
    ("name", "method"),
    [("f1", "influence"), ("mcc", "influence"), ("r2", "influence"), ("average_precision", "jackknife")],
)
def test_other_metrics(name: EstimatorName, method: str) -> None:
    base, head = scored(300), scored(400, 1)
    evidence = compared(name, base, head)
    assert evidence.method == method
    assert evidence.low < evidence.estimate < evidence.high
    assert evidence.estimate == evidence.head - evidence.base


def test_groups_of_either_side() -> None:
    base, head = scored(100), scored(80, 1)
    base, head = (replace(side, group=np.arange(side.rows) // 10) for side in (base, head))
    for name in ("accuracy", "mae"):
        evidence = compared(name, base, head)
        assert (evidence.method, evidence.groups) == ("clusters", 8)
    losses = [np.abs(side.targets() - side.predictions()).reshape(-1, 10).mean(axis=1) for side in (head, base)]
    expected = stats.ttest_ind(*losses, equal_var=False)
    assert (evidence.statistic, evidence.p) == pytest.approx((expected.statistic, expected.pvalue))


def test_too_few_rows_of_a_class_or_groups() -> None:
    base, head = scored(100), scored(30, 1)
    assert "rows of a class" in compare_unpaired(Estimator(name="roc_auc"), base, head).too_few
    assert not compare_unpaired(Estimator(name="roc_auc"), base, scored(100, 1)).too_few
    base, head = (replace(side, group=np.arange(side.rows) % 4) for side in (base, head))
    assert compare_unpaired(Estimator(name="accuracy"), base, head).too_few == "only 4 groups"


def test_a_class_that_one_side_lacks_moves_no_average() -> None:
    classes, right = ("a", "b", "c"), [0, 1] * 50
    head = ArraySample(classes=classes, actual_codes=right, predicted_codes=right)
    more: dict[str, Any] = {"actual_codes": [*right, *[2] * 30], "predicted_codes": [*right, *[0] * 15, *[2] * 15]}
    base = ArraySample(classes=classes, **more)
    recall = Estimator(name="recall", average="macro")
    tested = compare_unpaired(recall, base, head)
    assert tested.evidence.estimate == 0
    assert tested.note.startswith("leaves out c")


def test_a_class_without_rows_on_one_side_has_no_recall() -> None:
    estimator = Estimator(name="recall", class_="1")
    some, none = classified([0, 1, 1], [0, 1, 0]), classified([0, 0, 0], [0, 1, 0])
    for sides in ((some, none), (none, some)):
        with pytest.raises(TooFewRowsError, match="no row of the class"):
            compare_unpaired(estimator, *sides)


def test_one_row_says_nothing() -> None:
    with pytest.raises(TooFewRowsError):
        compared("mae", scored(1), scored(20))


@settings(max_examples=40)
@given(
    name=st.sampled_from(["accuracy", "mae", "f1", "roc_auc", "average_precision"]),
    seed=st.integers(0, 1000),
    order=st.permutations(range(40)),
)
def test_swapping_sides_flips_signs_and_the_order_of_rows_does_not_matter(
    name: EstimatorName, seed: int, order: list[int]
) -> None:
    base, head = scored(40, seed), scored(60, seed + 1)
    one, other = compared(name, base, head), compared(name, head, base)
    assert (one.estimate, one.low, one.high) == pytest.approx((-other.estimate, -other.high, -other.low), abs=1e-12)
    assert 0 <= one.p <= 1
    assert one.p == pytest.approx(other.p)
    again = compared(name, base.take(order), head)
    assert (again.low, again.high, again.p) == pytest.approx((one.low, one.high, one.p), abs=1e-12)


def test_two_perfect_rankings_say_nothing() -> None:
    perfect = ArraySample(actual_codes=np.arange(100) < 50, scores=-np.arange(100.0), bucket=np.arange(100))
    for name in ("roc_auc", "average_precision"):
        evidence = compared(name, perfect, perfect)
        assert (evidence.p, evidence.statistic) == (1, None)
        assert "no row" in evidence.withheld
    assert not compared("roc_auc", scored(100), scored(100, 1)).withheld


def test_committed_proportions() -> None:
    exact = compare_proportions(5 / 150, 150, 4 / 150, 150)
    same = compared("accuracy", right(5, 150), right(4, 150))
    assert (exact.low, exact.high, exact.p) == (same.low, same.high, same.p)
    printed = compare_proportions(0.0333, 150, 0.0267, 150)
    assert (printed.low, printed.high, printed.p) == (exact.low, exact.high, exact.p)
    single = compare_proportions(float(np.float32(5 / 150)), 150, float(np.float32(4 / 150)), 150)
    assert (single.low, single.high, single.p) == (exact.low, exact.high, exact.p)
    assert printed.estimate == pytest.approx(-0.0066)


def test_few_digits_widen_the_interval() -> None:
    few = compare_proportions(0.95, 100_000, 0.96, 100_000)
    many = compare_proportions(0.95001, 100_000, 0.96001, 100_000)
    assert few.low < 0 < many.low, "it may be from 0.955 to 0.955"
    assert few.high > many.high
    assert few.p == 1 > many.p
    assert compare_proportions(0.9, 100_000, 0.97, 100_000).p < 1e-6


def test_values_that_are_no_share_of_the_rows() -> None:
    with pytest.raises(CannotEstimateError, match="not a share of 150 rows"):
        compare_proportions(0.9412, 150, 0.95, 150)
    with pytest.raises(CannotEstimateError, match="from 0 to 1"):
        compare_proportions(94.12, 150, 95.0, 150)
    with pytest.raises(TooFewRowsError):
        compare_proportions(0.5, 10, 0.0, 0)


def test_no_interval_is_empty() -> None:
    evidence = compare_proportions(1.0, 10, 1.0, 10)
    assert evidence.low < 0 < evidence.high
    assert evidence.p == 1
