"""Stage: write what people look at, from what ``train`` and ``evaluate`` have computed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from digits.card import load_card
from digits.dataset import read_split
from digits.pictures import confusion_picture, errors_picture, sample_picture, write_picture
from digits.predictions import DECIMALS, load_predictions
from digits.stage import read_params, run, write_csv
from digits.tables import (
    calibration_table,
    class_f1_table,
    classification_report,
    confusion_table,
    learning_curve_table,
    precision_recall_table,
    predictions_table,
    roc_table,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from digits.predictions import Predictions

TEST = Path("splits/test.parquet")
REPORTS = Path("reports")
PLOTS = REPORTS / "plots"

Count = Annotated[int, msgspec.Meta(ge=1)]


class DrawParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section ``draw`` of ``params.yaml``, where each value is explained."""

    curve_points: Annotated[int, msgspec.Meta(ge=2)]
    calibration_bins: Count
    pictured_errors: Count
    pictured_per_class: Count


def write_tables(predictions: Predictions, params: DrawParams) -> None:
    """Write the predictions, the report in words, and the table behind each plot of them."""
    (REPORTS / "classification_report.txt").write_text(classification_report(predictions), encoding="utf-8")
    write_csv(predictions_table(predictions), REPORTS / "predictions.csv", f"%.{DECIMALS}f")
    write_csv(confusion_table(predictions), PLOTS / "confusion.csv")
    write_csv(roc_table(predictions, params.curve_points), PLOTS / "roc.csv")
    write_csv(precision_recall_table(predictions, params.curve_points), PLOTS / "precision_recall.csv")
    write_csv(calibration_table(predictions, params.calibration_bins), PLOTS / "calibration.csv")
    write_csv(class_f1_table(predictions), PLOTS / "class_f1.csv")


def write_pictures(predictions: Predictions, images: npt.NDArray[np.uint8], params: DrawParams) -> None:
    """Write the pictures.

    Args:
        predictions: of the test split.
        images: the same rows, shape (rows, 8, 8).
        params: how much of it.
    """
    write_picture(confusion_picture(predictions), REPORTS / "confusion_matrix.png")
    write_picture(errors_picture(predictions, images, params.pictured_errors), REPORTS / "errors.png")
    write_picture(sample_picture(predictions, images, params.pictured_per_class), REPORTS / "sample.png")


def main() -> None:
    """Read the card, the predictions and the test split, write ``reports/``."""
    params = read_params("draw", DrawParams)
    predictions = load_predictions()
    PLOTS.mkdir(parents=True, exist_ok=True)
    write_csv(learning_curve_table(load_card().learning_curve), PLOTS / "learning_curve.csv")
    write_tables(predictions, params)
    write_pictures(predictions, read_split(TEST).images, params)


if __name__ == "__main__":
    run(main)
