"""Metrics that are means over rows: scikit-learn's values, and what rounding does to them."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from judge.statistics.arrays import ArraySample
from sklearn import metrics

from headway.judge.statistics.means import ESTIMATORS, ROUNDING, ROWS
from headway.judge.statistics.sample import MissingColumnError
from headway.settings import Estimator

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.judge.statistics.sample import Sample
    from headway.settings import EstimatorName

ROW_COUNT = 400
NAMES = ("a", "b", "c", "d")


def binary(seed: int = 0) -> ArraySample:
    draw = np.random.default_rng(seed)
    score = np.append(draw.random(ROW_COUNT - 2), [0.0, 1.0])  # wrong with certainty, twice
    return ArraySample(actual_codes=np.append(draw.random(ROW_COUNT - 2) < score[:-2], [1, 0]), scores=score)


def multiclass(seed: int = 0, decimals: int = 2) -> ArraySample:
    """Two decimals make equal probabilities; rows do not sum to one exactly."""
    draw = np.random.default_rng(seed)
    probabilities = np.round(draw.dirichlet(np.full(4, 0.5), ROW_COUNT), decimals)
    return ArraySample(actual_codes=draw.integers(0, 4, ROW_COUNT), probabilities=probabilities, classes=NAMES)


def regression(seed: int = 0) -> ArraySample:
    draw = np.random.default_rng(seed)
    target = np.append(draw.normal(10, 5, ROW_COUNT - 1), 0.0)
    return ArraySample(target=target, prediction=target + draw.normal(0, 2, ROW_COUNT), classes=())


def value(sample: Sample, name: EstimatorName, **options: Any) -> float:
    return ESTIMATORS[name](Estimator(name=name, **options), sample).value


def rounding(sample: Sample, name: EstimatorName, **options: Any) -> float:
    return ROUNDING[name](Estimator(name=name, **options), sample)


def test_binary_probabilities() -> None:
    sample = binary()
    assert value(sample, "log_loss") == pytest.approx(metrics.log_loss(sample.actual(), sample.score()))
    assert value(sample, "brier") == pytest.approx(metrics.brier_score_loss(sample.actual(), sample.score()))
    assert value(sample, "top_k", k=1) == metrics.top_k_accuracy_score(sample.actual(), sample.score(), k=1)


def test_a_tie_of_two_classes_goes_to_the_negative_one() -> None:
    sample = ArraySample(actual_codes=[0, 1, 1], scores=[0.5, 0.5, 0.6])
    assert value(sample, "top_k", k=1) == metrics.top_k_accuracy_score([0, 1, 1], [0.5, 0.5, 0.6], k=1)


def test_the_positive_class_may_be_the_first() -> None:
    sample = ArraySample(actual_codes=[0, 1], scores=[0.9, 0.3], positive=0)
    assert value(sample, "brier") == pytest.approx((0.1**2 + 0.3**2) / 2)
    assert value(sample, "log_loss") == pytest.approx(-np.log([0.9, 0.7]).mean())


def test_probabilities_come_before_a_score_that_is_none() -> None:
    sample = ArraySample(actual_codes=[0, 1], scores=[-3.0, 4.0], probabilities=[[0.9, 0.1], [0.3, 0.7]])
    assert value(sample, "log_loss") == pytest.approx(-np.log([0.9, 0.7]).mean())
    with pytest.raises(MissingColumnError, match="0 to 1"):
        value(ArraySample(actual_codes=[0, 1], scores=[-3.0, 4.0]), "log_loss")


@pytest.mark.filterwarnings("ignore:The y_prob values do not sum to one")
def test_probabilities_of_several_classes() -> None:
    sample = multiclass()
    actual, probabilities, labels = sample.actual(), sample.probabilities, range(4)
    assert value(sample, "log_loss") == pytest.approx(metrics.log_loss(actual, probabilities, labels=labels))
    assert value(sample, "brier") == pytest.approx(metrics.brier_score_loss(actual, probabilities, labels=labels))
    for k in (1, 2, 3):
        expected = metrics.top_k_accuracy_score(actual, probabilities, k=k, labels=labels)
        assert value(sample, "top_k", k=k) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("mae", metrics.mean_absolute_error),
        ("mse", metrics.mean_squared_error),
        ("mape", metrics.mean_absolute_percentage_error),
        ("quantile_loss", lambda actual, predicted: metrics.mean_pinball_loss(actual, predicted, alpha=0.9)),
    ],
)
def test_errors_of_a_regression(name: EstimatorName, expected: Callable[[Any, Any], float]) -> None:
    sample = regression()
    assert value(sample, name, quantile=0.9) == pytest.approx(expected(sample.targets(), sample.predictions()))


def test_mean_of_a_column() -> None:
    sample = ArraySample(columns={"rouge": [0.2, 0.4, 0.9]})
    assert value(sample, "mean", column="rouge") == pytest.approx(0.5)
    with pytest.raises(MissingColumnError):
        value(sample, "mean", column="bleu")


def test_influence_is_the_deviation_of_a_row() -> None:
    sample = regression()
    estimator = Estimator(name="mae")
    estimate = ESTIMATORS["mae"](estimator, sample)
    rows = ROWS["mae"](estimator, sample)
    assert estimate.influence.sum() == pytest.approx(0, abs=1e-9)
    assert np.std(estimate.influence, ddof=1) / sqrt(ROW_COUNT) == pytest.approx(np.std(rows, ddof=1) / 20)
    assert estimate.positives == ROW_COUNT


@pytest.mark.parametrize("name", ["log_loss", "brier", "top_k"])
@pytest.mark.parametrize("decimals", [2, 4])
def test_rounded_probabilities_move_a_metric_by_less_than_its_bound(name: EstimatorName, decimals: int) -> None:
    for seed in range(20):
        exact, printed = multiclass(seed, 17), multiclass(seed, decimals)
        bound = rounding(printed, name, k=2)
        assert abs(value(exact, name, k=2) - value(printed, name, k=2)) <= bound + 1e-12
        assert rounding(exact, name, k=2) == 0, "numbers of full precision are not rounded"
    assert bound < (4 if name == "log_loss" else 0.1), "a probability that is printed as 0 has a loss from 5 to 36"


@pytest.mark.parametrize("name", ["mae", "mse", "mape", "quantile_loss"])
def test_rounded_predictions_move_a_metric_by_less_than_its_bound(name: EstimatorName) -> None:
    for seed in range(20):
        exact = regression(seed)
        rounded = np.array([float(f"{number:.3g}") for number in exact.predictions()])
        printed = ArraySample(target=exact.target, prediction=rounded, classes=())
        bound = rounding(printed, name)
        assert 0 < abs(value(exact, name) - value(printed, name)) <= bound
        assert rounding(exact, name) == 0


def test_a_loss_computed_in_single_precision_is_within_the_bound() -> None:
    single = np.array([[1.0, 0.0], [0.0, 1.0], [0.3, 0.7]], np.float32)
    sample = ArraySample(actual_codes=[1, 1, 1], probabilities=single.astype(np.float64))
    expected = metrics.log_loss([1, 1, 1], single, labels=[0, 1])
    assert abs(value(sample, "log_loss") - expected) > 1, "0 is clipped to the precision's epsilon"
    assert abs(value(sample, "log_loss") - expected) <= rounding(sample, "log_loss") + 1e-6
