"""RMSE and R squared: scikit-learn's values, and the bootstrap's standard errors."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
import pytest
from judge.statistics.arrays import ArraySample
from sklearn import metrics

from headway.judge.statistics.regression import ESTIMATORS, ROUNDING
from headway.judge.statistics.sample import CannotEstimateError
from headway.settings import Estimator

if TYPE_CHECKING:
    from headway.settings import EstimatorName

ORACLES = {"rmse": metrics.root_mean_squared_error, "r2": metrics.r2_score}
NAMES: tuple[EstimatorName, ...] = ("rmse", "r2")
BOOTSTRAP = np.random.default_rng(1)


def sample(rows: int = 2000, seed: int = 0) -> ArraySample:
    draw = np.random.default_rng(seed)
    target = draw.normal(10, 5, rows)
    return ArraySample(target=target, prediction=target + draw.normal(0, 2, rows), classes=())


@pytest.mark.parametrize("name", NAMES)
def test_value(name: EstimatorName) -> None:
    rows = sample()
    estimate = ESTIMATORS[name](Estimator(name=name), rows)
    assert estimate.value == pytest.approx(ORACLES[name](rows.targets(), rows.predictions()))
    assert estimate.influence.sum() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_standard_error(name: EstimatorName) -> None:
    rows = sample()
    estimator = Estimator(name=name)
    influence = ESTIMATORS[name](estimator, rows).influence
    draws = [rows.take(BOOTSTRAP.integers(0, 2000, 2000)) for _ in range(1000)]
    values = [ESTIMATORS[name](estimator, draw).value for draw in draws]
    assert np.std(influence) / sqrt(2000) == pytest.approx(np.std(values), rel=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_influence_is_the_effect_of_a_row(name: EstimatorName) -> None:
    rows = sample(4000)
    estimator = Estimator(name=name)
    estimate = ESTIMATORS[name](estimator, rows)
    for row in (0, 7, 1234):
        without = ESTIMATORS[name](estimator, rows.take(np.delete(np.arange(4000), row)))
        assert (estimate.value - without.value) * 3999 == pytest.approx(estimate.influence[row], abs=0.003)


@pytest.mark.parametrize("name", NAMES)
def test_rounded_predictions_move_a_metric_by_less_than_its_bound(name: EstimatorName) -> None:
    estimator = Estimator(name=name)
    for seed in range(10):
        exact = sample(50, seed)
        printed = ArraySample(target=exact.target, prediction=np.round(exact.prediction, 1), classes=())
        bound = ROUNDING[name](estimator, printed)
        moved = ESTIMATORS[name](estimator, exact).value - ESTIMATORS[name](estimator, printed).value
        assert 0 < abs(moved) <= bound < 0.1
        assert ROUNDING[name](estimator, exact) == 0


def test_predictions_without_error() -> None:
    rows = ArraySample(target=[1.0, 2.0, 4.0], prediction=[1.0, 2.0, 4.0], classes=())
    assert ESTIMATORS["rmse"](Estimator(name="rmse"), rows).value == 0
    assert not ESTIMATORS["rmse"](Estimator(name="rmse"), rows).influence.any()
    assert ESTIMATORS["r2"](Estimator(name="r2"), rows).value == 1


def test_targets_that_are_all_the_same_have_no_r2() -> None:
    rows = ArraySample(target=[3.0, 3.0], prediction=[1.0, 2.0], classes=())
    with pytest.raises(CannotEstimateError, match="same target"):
        ESTIMATORS["r2"](Estimator(name="r2"), rows)
