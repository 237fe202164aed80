"""Whether predictions give the committed metrics: rounding, percent, negatives, and numbers that only look alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from judge.statistics.arrays import ArraySample
from sklearn.metrics import precision_score

from headway.judge.committed import Computed, compare_committed, scale_of
from headway.settings import Estimator

if TYPE_CHECKING:
    from headway.settings import EstimatorName


@pytest.mark.parametrize(
    ("committed", "computed", "scale"),
    [
        ((0.78, 0.8), (0.7841, 0.8049), 1),
        ((78.4, 80), (0.7841, 0.8), 100),
        ((-0.5234, -0.5), (0.52338, 0.5), -1),
        ((0.1102478876, 0.0631496117), (0.110247895, 0.063149611), 1),
        ((1.0, 1.0), (0.784, 0.8), None),
        ((0.0, 1.0), (0.004, 0.996), 1),
        ((2e-9, 8e-9), (2e-7, 8e-7), None),
    ],
    ids=["rounded", "percent", "negative", "single precision", "other rows", "share", "tiny"],
)
def test_a_committed_metric_is_what_predictions_give(
    committed: tuple[float, float], computed: tuple[float, float], scale: float | None
) -> None:
    assert scale_of([Computed(*each) for each in zip(committed, computed, strict=True)], (1.0, 100.0, -1.0)) == scale


def test_a_value_near_zero_is_not_taken_for_its_negative() -> None:
    sides = [Computed(-0.0021, 0.002, 0.005), Computed(-0.0012, 0.001, 0.005)]
    assert scale_of(sides, (1.0, -1.0)) == -1


@pytest.mark.parametrize(("name", "committed"), [("mae", 100.0), ("accuracy", -1.0)])
def test_errors_are_not_in_percent_and_shares_are_not_negative(name: EstimatorName, committed: float) -> None:
    side = ArraySample(actual_codes=[0, 1], predicted_codes=[0, 1], target=[1.0, 2.0], prediction=[2.0, 3.0])
    tested = compare_committed((committed, committed), Estimator(name=name), (side, side), (side, side))
    assert "instead of" in tested.evidence.withheld


def test_identical_predictions_need_no_rows_that_move_the_metric() -> None:
    side = ArraySample(actual_codes=[0, 0, 1, 1], scores=[0.1, 0.2, 0.8, 0.9])
    tested = compare_committed((1.0, 1.0), Estimator(name="roc_auc"), (side, side), (side, side))
    assert (tested.is_identical, tested.evidence.withheld) == (True, "")


def test_a_class_that_the_test_leaves_out_is_in_the_committed_average() -> None:
    actual = [0, 1, 2] * 40
    classes = ("a", "b", "c")
    base = ArraySample(classes=classes, actual_codes=actual, predicted_codes=[*actual[:100], *[0] * 20])
    head = ArraySample(classes=classes, actual_codes=actual, predicted_codes=[min(code, 1) for code in actual])
    estimator = Estimator(name="precision", average="macro")
    committed = tuple(
        precision_score(actual, side.predicted(), average="macro", zero_division=0) for side in (base, head)
    )
    tested = compare_committed((committed[0], committed[1]), estimator, (base, head), (base, head))
    assert (tested.evidence.withheld, tested.note[:12]) == ("", "leaves out c")
    assert tested.evidence.head > committed[1]


def test_a_mismatch_is_written_with_the_digits_that_differ() -> None:
    side = ArraySample(target=[1.0, 2.0, 3.5], prediction=[1.1000000000000123, 2.0, 3.0])
    tested = compare_committed((0.20001, 0.2), Estimator(name="mae"), (side, side), (side, side))
    assert tested.evidence.withheld == "the predictions give 0.2 instead of 0.20001 for base"
