"""Stage: score the model on the test split, and write everything a report is made from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import torch

from digits.dataset import Digits, read_split
from digits.latency import latency
from digits.model import DigitNet, ModelCard, load, normalise
from digits.pictures import confusion_picture, errors_picture, write_picture
from digits.scores import (
    Predictions,
    calibration_table,
    class_f1_table,
    classification_report,
    confusion_table,
    precision_recall_table,
    predictions_table,
    roc_table,
    scores,
)
from digits.stage import read_params, run, write_csv, write_json

TEST = Path("splits/test.parquet")
REPORTS = Path("reports")
PLOTS = REPORTS / "plots"


class EvaluateParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section ``evaluate`` of ``params.yaml``, where each value is explained."""

    curve_points: Annotated[int, msgspec.Meta(ge=2)]
    calibration_bins: Annotated[int, msgspec.Meta(ge=1)]
    latency_runs: Annotated[int, msgspec.Meta(ge=2)]
    pictured_errors: Annotated[int, msgspec.Meta(ge=1)]


def predict(net: DigitNet, card: ModelCard, digits: Digits) -> Predictions:
    """The model's probabilities for every digit, in float64 so that each row sums to 1."""
    with torch.inference_mode():
        probabilities = torch.softmax(net(normalise(digits.images, card.darkest)).double(), dim=1).numpy()
    return Predictions(digits.ids, card.classes, digits.labels, probabilities)


def write_reports(predictions: Predictions, digits: Digits, params: EvaluateParams) -> None:
    """Write every file that depends on the predictions only: the same predictions, the same bytes."""
    write_json(scores(predictions), REPORTS / "metrics.json")
    (REPORTS / "classification_report.txt").write_text(classification_report(predictions), encoding="utf-8")
    write_csv(predictions_table(predictions), REPORTS / "predictions.csv")
    write_csv(confusion_table(predictions), PLOTS / "confusion.csv")
    write_csv(roc_table(predictions, params.curve_points), PLOTS / "roc.csv")
    write_csv(precision_recall_table(predictions, params.curve_points), PLOTS / "precision_recall.csv")
    write_csv(calibration_table(predictions, params.calibration_bins), PLOTS / "calibration.csv")
    write_csv(class_f1_table(predictions), PLOTS / "class_f1.csv")
    write_picture(confusion_picture(predictions), REPORTS / "confusion_matrix.png")
    write_picture(errors_picture(predictions, digits.images, params.pictured_errors), REPORTS / "errors.png")


def main() -> None:
    """Read the model and the test split, write ``reports/``."""
    params = read_params("evaluate", EvaluateParams)
    torch.set_num_threads(1)  # the same sums on any number of cores, and a latency that means the same
    net, card = load()
    digits = read_split(TEST)
    write_reports(predict(net, card, digits), digits, params)
    write_json(latency(net, normalise(digits.images, card.darkest), params.latency_runs), REPORTS / "latency.json")


if __name__ == "__main__":
    run(main)
