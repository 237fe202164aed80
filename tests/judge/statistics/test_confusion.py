"""Metrics of the confusion table and of several labels: values are scikit-learn's, influence is a derivative."""

from __future__ import annotations

import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from generated import costly
from hypothesis import given
from hypothesis import strategies as st
from judge.statistics.arrays import ArraySample, classified
from sklearn import metrics as sk

from headway.judge.statistics.classes import class_code
from headway.judge.statistics.confusion import estimate, shares_of
from headway.judge.statistics.sample import CannotEstimateError
from headway.judge.statistics.shares import Shares, gradient, mcc
from headway.settings import Estimator

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.settings import Average, EstimatorName, Label

AVERAGES: tuple[Average, ...] = ("micro", "macro", "weighted")
OF_CLASSES: dict[EstimatorName, Callable[..., float]] = {
    "precision": sk.precision_score,
    "recall": sk.recall_score,
    "f1": sk.f1_score,
}
ORACLES: list[tuple[Estimator, Callable[..., float]]] = [
    (Estimator(name="accuracy"), sk.accuracy_score),
    (Estimator(name="error"), lambda actual, predicted: 1 - sk.accuracy_score(actual, predicted)),
    (Estimator(name="mcc"), sk.matthews_corrcoef),
    (Estimator(name="balanced_accuracy"), sk.balanced_accuracy_score),
    *(
        (Estimator(name=name, average=average), partial(oracle, average=average, zero_division=0))
        for name, oracle in OF_CLASSES.items()
        for average in AVERAGES
    ),
    *(
        (Estimator(name=name, class_=2), partial(oracle, average="macro", labels=[2], zero_division=0))
        for name, oracle in OF_CLASSES.items()
    ),
]
rows = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60)


def name_of(value: object) -> str | None:
    return f"{value.name} {value.average or value.class_ or ''}" if isinstance(value, Estimator) else None


def drawn(rows: int = 400, classes: int = 4, seed: int = 1) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    actual = np.minimum(rng.geometric(0.4, rows) - 1, classes - 1)
    return actual, np.where(rng.random(rows) < 0.7, actual, rng.integers(0, classes, rows))


@pytest.mark.parametrize(("estimator", "oracle"), ORACLES, ids=name_of)
@costly
@given(rows=rows)
def test_the_value_is_that_of_scikit_learn(
    estimator: Estimator, oracle: Callable[..., float], rows: list[tuple[int, int]]
) -> None:
    actual, predicted = np.array(rows).T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn warns of classes that do not occur
        expected = oracle(actual, predicted)
    assert estimate(estimator, classified(actual, predicted, 4)).value == pytest.approx(expected)


def test_kappa_is_that_of_scikit_learn_where_it_is_defined() -> None:
    actual, predicted = drawn()
    kappa = Estimator(name="kappa")
    assert estimate(kappa, classified(actual, predicted)).value == pytest.approx(
        sk.cohen_kappa_score(actual, predicted)
    )
    assert estimate(kappa, classified([1, 1], [1, 1])).value == 0


@pytest.mark.parametrize("estimator", [pair[0] for pair in ORACLES] + [Estimator(name="kappa")], ids=name_of)
def test_the_influence_of_a_row_is_what_more_of_it_changes(estimator: Estimator) -> None:
    actual, predicted = drawn()
    at_first = estimate(estimator, classified(actual, predicted, 4))
    copies = 1_000
    for row in (0, 17, 200):
        order = np.append(np.repeat(np.arange(400), copies), row)
        more = estimate(estimator, classified(actual, predicted, 4).take(order))
        change = (more.value - at_first.value) * len(order)
        assert change == pytest.approx(at_first.influence[row], rel=1e-3, abs=1e-4)
    assert at_first.influence.sum() == pytest.approx(0, abs=1e-9)


def test_the_standard_error_is_that_of_the_bootstrap() -> None:
    actual, predicted = drawn(2000, 3)
    sample = classified(actual, predicted)
    rng = np.random.default_rng(3)
    for estimator in (Estimator(name="f1", class_=2), Estimator(name="mcc"), Estimator(name="f1", average="macro")):
        influence = estimate(estimator, sample).influence
        draws = [estimate(estimator, sample.take(rng.integers(0, 2000, 2000))).value for _ in range(300)]
        assert influence.std() / 2000**0.5 == pytest.approx(np.std(draws), rel=0.12)


def test_the_derivative_of_a_share_is_that_of_a_difference() -> None:
    shares = shares_of(*drawn(), 4)
    step = 1e-6
    for name, slopes in zip(Shares._fields, gradient(mcc, shares), strict=True):
        for code in range(4):
            moved = [
                shares._replace(**{name: getattr(shares, name) + sign * step * np.eye(4)[code]}) for sign in (1, -1)
            ]
            assert slopes[code] == pytest.approx((mcc(moved[0]) - mcc(moved[1])) / (2 * step), rel=1e-6)


def test_of_two_classes_the_positive_one_is_meant_and_of_more_one_must_be_named() -> None:
    actual, predicted = drawn(100, 2)
    binary = classified(actual, predicted, positive=0)
    assert estimate(Estimator(name="f1"), binary).value == pytest.approx(sk.f1_score(actual, predicted, pos_label=0))
    with pytest.raises(CannotEstimateError, match="3 classes"):
        estimate(Estimator(name="f1"), classified([0, 1, 2], [0, 1, 1]))


@pytest.mark.parametrize("label", [1, "1", 1.0, "1.0"])
def test_a_class_can_be_written_in_any_way(label: Label) -> None:
    recall = Estimator(name="recall", class_=label)
    assert estimate(recall, classified([0, 1, 1, 2], [0, 1, 0, 1])).value == 0.5


def test_a_name_that_is_written_as_declared_comes_first() -> None:
    sample = ArraySample(actual_codes=[0, 1], predicted_codes=[0, 0], classes=("01", "1"))
    assert [class_code(sample, label) for label in ("01", "1", 1)] == [0, 1, 1]


def test_a_truth_value_names_a_class_and_an_unknown_name_none() -> None:
    sample = ArraySample(actual_codes=[0, 1, 1], predicted_codes=[0, 1, 0], classes=("false", "true"))
    assert estimate(Estimator(name="recall", class_=True), sample).value == 0.5
    with pytest.raises(CannotEstimateError, match="false, true"):
        estimate(Estimator(name="recall", class_="maybe"), sample)


def labelled(rows: int = 200, labels: int = 4) -> tuple[Any, Any]:
    rng = np.random.default_rng(2)
    actual = rng.random((rows, labels)) < [0.5, 0.3, 0.1, 0.0]
    return actual, np.where(rng.random((rows, labels)) < 0.8, actual, ~actual & [True, True, True, False])


@pytest.mark.parametrize(
    ("estimator", "oracle"),
    [pair for pair in ORACLES if pair[0].name in {"accuracy", "error", *OF_CLASSES}],
    ids=name_of,
)
def test_several_labels_a_row_are_scored_as_in_scikit_learn(estimator: Estimator, oracle: Callable[..., float]) -> None:
    actual, predicted = labelled()
    sample = ArraySample(labels=actual, predicted_labels=predicted, classes=("0", "1", "2", "3"))
    found = estimate(estimator, sample)
    assert found.value == pytest.approx(oracle(actual.astype(int), predicted.astype(int)))
    rng = np.random.default_rng(3)
    draws = [estimate(estimator, sample.take(rng.integers(0, 200, 200))).value for _ in range(80)]
    assert found.influence.std() / 200**0.5 == pytest.approx(np.std(draws), rel=0.35)


def test_a_metric_of_one_class_a_row_is_not_defined_for_several() -> None:
    actual, predicted = labelled()
    with pytest.raises(CannotEstimateError, match="several labels"):
        estimate(Estimator(name="mcc"), ArraySample(labels=actual, predicted_labels=predicted, classes=tuple("abcd")))
