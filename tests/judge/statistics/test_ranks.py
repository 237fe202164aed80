"""AUC and average precision: scikit-learn's values, DeLong's variance, and what ties and bins do to them."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge.statistics.arrays import ArraySample
from sklearn import metrics

from headway.judge.statistics import ranks
from headway.judge.statistics.ranks import ESTIMATORS, ROUNDING
from headway.judge.statistics.sample import CannotEstimateError, TooFewRowsError
from headway.settings import Estimator

if TYPE_CHECKING:
    from headway.judge.statistics.estimate import Estimate
    from headway.settings import EstimatorName

NAMES: tuple[EstimatorName, ...] = ("roc_auc", "average_precision")
ORACLES = {"roc_auc": metrics.roc_auc_score, "average_precision": metrics.average_precision_score}


def binary(rows: int = 500, decimals: int = 2, seed: int = 0, noise: float = 1.0) -> ArraySample:
    """Few decimals make ties."""
    draw = np.random.default_rng(seed)
    actual = draw.random(rows) < 0.3
    score = 1 / (1 + np.exp(-2 * actual - noise * np.random.default_rng(seed + 1000).normal(size=rows)))
    return ArraySample(actual_codes=actual, scores=np.round(score, decimals), bucket=draw.integers(0, 100, rows))


def multiclass(rows: int = 300, seed: int = 0) -> ArraySample:
    draw = np.random.default_rng(seed)
    actual = draw.choice(4, rows, p=[0.5, 0.3, 0.2, 0.0])
    odds = np.exp(draw.normal(size=(rows, 4)) + 1.5 * np.eye(4)[actual])
    return ArraySample(
        actual_codes=actual,
        probabilities=odds / odds.sum(axis=1, keepdims=True),
        classes=("a", "b", "c", "d"),
        bucket=draw.integers(0, 100, rows),
    )


def estimated(sample: ArraySample, name: EstimatorName, **options: Any) -> Estimate:
    return ESTIMATORS[name](Estimator(name=name, **options), sample)


def rounding(sample: ArraySample, name: EstimatorName) -> float:
    return ROUNDING[name](Estimator(name=name), sample)


def delong(actual: Any, base: Any, head: Any) -> Any:
    """The covariance of two areas by all pairs of rows, as DeLong, DeLong and Clarke-Pearson (1988) write it."""
    pairs = [np.sign(score[actual == 1][:, None] - score[actual == 0]) / 2 + 0.5 for score in (base, head)]
    of_positives = np.cov([pair.mean(axis=1) for pair in pairs])
    of_negatives = np.cov([pair.mean(axis=0) for pair in pairs])
    return of_positives / pairs[0].shape[0] + of_negatives / pairs[0].shape[1]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("decimals", [1, 2, 17])
def test_value_with_ties(name: EstimatorName, decimals: int) -> None:
    sample = binary(decimals=decimals)
    assert estimated(sample, name).value == pytest.approx(ORACLES[name](sample.actual(), sample.score()), rel=1e-12)
    negated = replace(sample, positive=0, scores=-sample.score())
    expected = ORACLES[name](sample.actual() == 0, -sample.score())
    assert estimated(negated, name).value == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_average_of_the_classes_that_some_row_is_of(name: EstimatorName, average: Any) -> None:
    sample = multiclass()
    present = np.eye(4)[sample.actual()][:, :3]
    expected = ORACLES[name](present, sample.probabilities[:, :3], average=average)
    assert estimated(sample, name, average=average).value == pytest.approx(expected)
    if average == "macro":
        assert estimated(sample, name).value == pytest.approx(expected)


@pytest.mark.parametrize("name", NAMES)
def test_one_class(name: EstimatorName) -> None:
    sample = multiclass()
    expected = ORACLES[name](sample.actual() == 1, sample.probability(1))
    assert estimated(sample, name, class_="b").value == pytest.approx(expected)
    assert estimated(sample, name, class_="b").positives == np.sum(sample.actual() == 1)
    assert estimated(sample, name).positives == np.sum(sample.actual() == 2)


@pytest.mark.parametrize("name", NAMES)
def test_several_labels_a_row(name: EstimatorName) -> None:
    draw = np.random.default_rng(0)
    labels, probabilities = draw.random((200, 3)) < (0.2, 0.5, 0.7), np.round(draw.random((200, 3)), 2)
    sample = ArraySample(
        labels=labels, probabilities=probabilities, classes=("a", "b", "c"), bucket=draw.integers(0, 100, 200)
    )
    for average in ("macro", "weighted"):
        expected = ORACLES[name](labels, probabilities, average=average)
        assert estimated(sample, name, average=average).value == pytest.approx(expected)


@pytest.mark.parametrize("name", NAMES)
def test_a_class_without_rows_has_no_value(name: EstimatorName) -> None:
    with pytest.raises(CannotEstimateError, match="are d"):
        estimated(multiclass(), name, class_="d")
    with pytest.raises(CannotEstimateError, match="micro"):
        estimated(multiclass(), name, average="micro")


def test_variance_of_auc_is_delongs() -> None:
    """But for the factor (n - 1) / n of the rows of either class."""
    base, head = binary(3000, noise=2.0), binary(3000, noise=1.0)
    covariance = delong(base.actual(), base.score(), head.score())
    first, second = (estimated(sample, "roc_auc").influence for sample in (base, head))
    assert np.cov([first, second]) / 3000 == pytest.approx(covariance, rel=0.002)
    difference = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    assert np.std(second - first) / sqrt(3000) == pytest.approx(sqrt(difference), rel=0.002)


@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_standard_error_of_an_average_of_areas(average: Any) -> None:
    sample = multiclass(600)
    influence = estimated(sample, "roc_auc", average=average).influence
    draw = np.random.default_rng(3)
    draws = [sample.take(draw.integers(0, 600, 600)) for _ in range(400)]
    errors = np.std([estimated(one, "roc_auc", average=average).value for one in draws])
    assert influence.sum() == pytest.approx(0, abs=1e-9)
    assert np.std(influence) / sqrt(600) == pytest.approx(errors, rel=0.1)


def test_jackknife_deletes_buckets() -> None:
    sample = binary(200, decimals=3)
    buckets = np.unique(sample.buckets())
    kept = [sample.buckets() != bucket for bucket in buckets]
    deleted = np.array([metrics.average_precision_score(sample.actual()[rows], sample.score()[rows]) for rows in kept])
    expected = (len(buckets) - 1) * (deleted.mean() - deleted)
    estimate = estimated(sample, "average_precision")
    assert estimate.is_jackknife
    assert estimate.influence == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("average", ["macro", "weighted"])
def test_jackknife_of_an_average(average: Any) -> None:
    sample = multiclass()
    influence = estimated(sample, "average_precision", average=average).influence
    first, second = (
        estimated(sample.take(sample.buckets() != bucket), "average_precision", average=average).value
        for bucket in np.unique(sample.buckets())[:2]
    )
    assert influence[1] - influence[0] == pytest.approx((len(influence) - 1) * (first - second))


@pytest.mark.slow
def test_standard_error_of_average_precision_is_the_bootstraps() -> None:
    draw = np.random.default_rng(2)
    sample = binary(2000, decimals=17)
    draws = [sample.take(draw.integers(0, 2000, 2000)) for _ in range(1000)]
    expected = np.std([metrics.average_precision_score(one.actual(), one.score()) for one in draws])
    errors = []
    for _ in range(20):
        influence = estimated(replace(sample, bucket=draw.integers(0, 100, 2000)), "average_precision").influence
        errors.append(np.std(influence, ddof=1) / sqrt(len(influence)))
    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(expected, rel=0.07)


def test_steps_of_the_curve_hardly_change_the_jackknife(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = binary(20_000, decimals=17)
    errors = []
    for steps in (1000, 20_000):
        monkeypatch.setattr(ranks, "_CURVE_STEPS", steps)
        errors.append(np.std(estimated(sample, "average_precision").influence))
    assert errors[0] == pytest.approx(errors[1], rel=0.001)


def test_one_bucket_says_nothing() -> None:
    sample = replace(binary(50), bucket=np.zeros(50))
    with pytest.raises(TooFewRowsError):
        estimated(sample, "average_precision")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("low", [0.0, -40.0])
def test_bins_move_a_metric_by_less_than_their_bound(
    name: EstimatorName, low: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    exact = binary(20_000, decimals=17)
    scores = exact.score() if low == 0 else low * (1 - exact.score())
    exact = replace(exact, scores=scores)
    expected = estimated(exact, name)
    assert rounding(exact, name) == 0
    monkeypatch.setattr(ranks, "EXACT_ROWS", 1000)
    found = estimated(exact, name)
    assert 0 < abs(found.value - expected.value) <= rounding(exact, name) < 1e-3
    assert np.std(found.influence) == pytest.approx(np.std(expected.influence), rel=1e-3)


def test_bins_keep_the_order_of_scores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "_BLOCK", 100)
    scores = np.sort(np.concatenate([np.geomspace(1e-9, 0.5, 500), 1 - np.geomspace(1e-9, 0.5, 500), [0, 1]]))
    codes = ranks._binned(scores)  # noqa: SLF001 - the value shows an error of the order only where rows are many
    assert codes[0] == 0
    assert np.all(np.diff(codes) >= 0)
    assert len(np.unique(codes)) > 600
    assert np.all(np.diff(ranks._binned(np.geomspace(1, 1e6, 500))) > 0)  # noqa: SLF001 - likewise


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("decimals", [1, 2])
def test_rounded_scores_move_a_metric_by_less_than_its_bound(name: EstimatorName, decimals: int) -> None:
    for seed in range(20):
        exact, printed = binary(100, 17, seed), binary(100, decimals, seed)
        assert abs(estimated(exact, name).value - estimated(printed, name).value) <= rounding(printed, name)
        assert rounding(exact, name) == 0
    assert rounding(binary(5000, decimals), name) < 2 * 10.0**-decimals


@given(st.permutations(range(40)), st.integers(0, 20))
def test_the_order_of_rows_does_not_matter(order: list[int], seed: int) -> None:
    sample = binary(40, 1, seed)
    for name in NAMES:
        before, after = estimated(sample, name), estimated(sample.take(order), name)
        assert after.value == before.value
        expected = before.influence if after.is_jackknife else before.influence[order]
        assert after.influence == pytest.approx(expected, abs=1e-12)
