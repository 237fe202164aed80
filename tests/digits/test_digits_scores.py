"""Known answers, worked out by hand on four rows: class 0 is once mistaken for class 1."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import nn

from digits.latency import latency
from digits.pictures import confusion_picture, errors_picture, sample_picture, write_picture
from digits.predictions import Predictions
from digits.scores import scores
from digits.tables import (
    calibration_table,
    class_f1_table,
    classification_report,
    confusion_table,
    precision_recall_table,
    predictions_table,
    roc_table,
)

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.figure import Figure


def predictions(*rows: str) -> Predictions:
    """``"2: .1 .2 .7"`` is a row of class 2 and what the model gives to the classes 0, 1 and 2."""
    actual, probabilities = zip(*(row.split(":") for row in rows), strict=True)
    table = np.array([[float(share) for share in shares.split()] for shares in probabilities])
    ids = tuple(f"d{number}" for number in range(len(rows)))
    return Predictions(ids, tuple(range(table.shape[1])), np.array(actual, dtype=np.int64), table)


FOUR = predictions("0: .8 .1 .1", "0: .15 .65 .2", "1: .2 .7 .1", "2: .1 .2 .7")
PERFECT = predictions("0: 1 0 0", "1: 0 1 0", "2: 0 0 1")


def test_scores_by_hand() -> None:
    found = scores(FOUR)
    assert found["accuracy"] == 0.75
    assert found["macro_f1"] == round((2 / 3 + 2 / 3 + 1) / 3, 6)
    assert found["log_loss"] == round(-math.log(0.8 * 0.15 * 0.7 * 0.7) / 4, 6)
    assert found["brier"] == pytest.approx((0.06 + 1.185 + 0.14 + 0.14) / 4, abs=1e-6)
    # Class 0: .8 is above .2 and .1, .15 only above .1, so three of four pairs; the other classes have all.
    assert found["roc_auc"] == round((0.75 + 1 + 1) / 3, 6)
    assert found["precision"] == {"0": 1.0, "1": 0.5, "2": 1.0}
    assert found["recall"] == {"0": 0.5, "1": 1.0, "2": 1.0}
    assert found["rows"] == 4


def test_a_perfect_model_has_perfect_scores() -> None:
    found = scores(PERFECT)
    assert (found["accuracy"], found["macro_f1"], found["roc_auc"]) == (1, 1, 1)
    assert (found["log_loss"], found["brier"]) == (pytest.approx(0, abs=1e-6), 0)


def test_a_class_that_is_never_predicted_scores_zero() -> None:
    found = scores(predictions("0: .9 .1 0", "1: .9 .1 0", "2: .1 0 .9"))
    assert found["precision"]["1"] == found["recall"]["1"] == 0


def test_the_roc_curve_is_a_step_averaged_over_the_classes() -> None:
    table = roc_table(FOUR, points=3)
    assert table["fpr"].tolist() == [0, 0.25, 1]
    assert table["tpr"].tolist() == [0.833333, 0.833333, 1]  # class 0 reaches .5, .5, 1; the others 1


def test_the_precision_recall_curve_takes_the_best_precision_from_each_recall_on() -> None:
    table = precision_recall_table(FOUR, points=3)
    assert table["recall"].tolist() == [0, 0.75, 1]
    assert table["precision"].tolist() == [1, 0.888889, 0.888889]  # class 0 has 1, 2/3, 2/3; the others 1


@pytest.mark.parametrize("points", [2, 7, 101])
def test_curves_have_as_many_points_as_asked_for_and_are_monotonic(points: int) -> None:
    roc, precision_recall = roc_table(FOUR, points), precision_recall_table(FOUR, points)
    assert len(roc) == len(precision_recall) == points
    assert roc["tpr"].is_monotonic_increasing
    assert precision_recall["precision"].is_monotonic_decreasing


def test_calibration_counts_every_pair_of_row_and_class() -> None:
    table = calibration_table(FOUR, bins=2)
    assert table["predicted"].tolist() == [0.14375, 0.7125]
    assert table["observed"].tolist() == [0.125, 0.75]
    assert table["count"].tolist() == [8, 4]


def test_empty_bins_are_left_out_and_certainty_is_in_the_last() -> None:
    table = calibration_table(PERFECT, bins=10)
    assert table.to_dict("list") == {"predicted": [0, 1], "observed": [0, 1], "count": [6, 3]}


def test_pairs_and_class_scores() -> None:
    assert confusion_table(FOUR).to_numpy().tolist() == [[0, 0], [0, 1], [1, 1], [2, 2]]
    assert class_f1_table(FOUR).to_numpy().tolist() == [[0, 0.666667], [1, 0.666667], [2, 1]]


def test_predictions_name_their_rows_and_classes() -> None:
    table = predictions_table(FOUR)
    assert table.columns.tolist() == ["id", "actual", "predicted", "p_0", "p_1", "p_2"]
    assert list(table.loc[1]) == ["d1", 0, 1, 0.15, 0.65, 0.2]


def test_the_report_in_words_has_a_line_per_class() -> None:
    assert "           1     0.5000    1.0000    0.6667         1\n" in classification_report(FOUR)


def captions(figure: Figure) -> list[str]:
    return [ax.get_xlabel() for ax in figure.axes if ax.images]


def test_misread_digits_are_drawn_the_surest_first() -> None:
    wrong = predictions("0: .4 .6 0", "1: .1 .9 0", "2: .9 .1 0", "1: .2 .1 .7")
    figure = errors_picture(wrong, np.zeros((4, 8, 8), dtype=np.uint8), most=2)
    assert figure.get_suptitle() == "3 of 4 test digits misread"
    assert captions(figure) == ["2 as 0, 90%\nd2", "1 as 2, 70%\nd3"]


def test_without_errors_the_picture_says_so() -> None:
    figure = errors_picture(PERFECT, np.zeros((3, 8, 8), dtype=np.uint8), most=6)
    assert figure.get_suptitle() == "0 of 3 test digits misread"
    assert not any(ax.images for ax in figure.axes)


def sampled(rows: Predictions) -> list[str]:
    return captions(sample_picture(rows, np.zeros((len(rows.ids), 8, 8), dtype=np.uint8), per_class=2))


def test_a_sample_shows_right_and_wrong_answers_of_each_class() -> None:
    rows = predictions("0: .996 .002 .002", "1: .2 .7 .1", "1: .6 .3 .1", "2: .1 .2 .7")
    assert sampled(rows) == ["✓ 0, >99%", "✓ 1, 70%", "✗ 0, 60%", "✓ 2, 70%"]
    figure = sample_picture(rows, np.zeros((4, 8, 8), dtype=np.uint8), per_class=1)
    assert figure.get_suptitle() == "3 of 3 sampled test digits read correctly"


def test_the_sample_is_of_the_same_digits_for_every_model_and_order_of_rows() -> None:
    rows = predictions(*["0: .9 .1"] * 9, *["1: .1 .9"] * 9)
    marked = replace(rows, probabilities=np.array([[0.5 + row / 100, 0.5 - row / 100] for row in range(18)]))
    chosen = sampled(marked)
    assert len(set(chosen)) == 4
    turned = Predictions(rows.ids[::-1], rows.classes, rows.actual[::-1], marked.probabilities[::-1])
    assert sampled(turned) == chosen


def test_the_confusion_matrix_shows_counts_but_no_zeros() -> None:
    texts = [text.get_text() for text in confusion_picture(FOUR).axes[0].texts]
    assert texts == ["1", "1", "", "", "1", "", "", "", "1"]


def test_pictures_have_stable_bytes(tmp_path: Path) -> None:
    for name in ("first.png", "second.png"):
        write_picture(confusion_picture(FOUR), tmp_path / name)
    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()


def test_latency_by_hand() -> None:
    durations = [0.001] * 19 + [0.101] + [0.5] * 2  # twenty single digits, then the whole split twice
    ticks = iter([tick for duration in durations for tick in (0.0, duration)])
    found = latency(nn.Identity(), torch.zeros(30, 1, 8, 8), runs=20, clock=lambda: next(ticks))
    # The 95th percentile of 20 values lies a twentieth of the way from the 19th to the 20th.
    assert found == {"median_ms": 1.0, "p95_ms": 6.0, "rows_per_second": 60}
