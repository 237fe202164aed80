"""Stage: predict the patients that the model has not seen, and score the predictions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import joblib
import pandas as pd
from sklearn import metrics

if TYPE_CHECKING:
    from sklearn.base import RegressorMixin


def predict(model: RegressorMixin, patients: pd.DataFrame) -> pd.DataFrame:
    """One row per patient: ``id``, ``actual``, ``predicted``, and ``residual``, predicted minus actual."""
    predicted = model.predict(patients.drop(columns=["id", "progression"])).round(2)
    actual = patients["progression"]
    return pd.DataFrame(
        {"id": patients["id"], "actual": actual, "predicted": predicted, "residual": (predicted - actual).round(2)}
    )


def scores(predictions: pd.DataFrame) -> dict[str, float]:
    """The content of ``reports/metrics.json``, in points of the disease's progression; ``r2`` has no unit."""
    actual, predicted = predictions["actual"], predictions["predicted"]
    values = {
        "rmse": metrics.root_mean_squared_error(actual, predicted),
        "mae": metrics.mean_absolute_error(actual, predicted),
        "r2": metrics.r2_score(actual, predicted),
        "max_error": metrics.max_error(actual, predicted),
        "median_error": metrics.median_absolute_error(actual, predicted),
        "bias": predictions["residual"].mean(),
    }
    return {name: round(float(value), 4) for name, value in values.items()}


def main() -> None:
    """Write ``reports/predictions.csv`` and ``reports/metrics.json``."""
    predictions = predict(joblib.load("models/model.joblib"), pd.read_csv("data/test.csv"))
    predictions.to_csv("reports/predictions.csv", index=False)
    Path("reports/metrics.json").write_text(json.dumps(scores(predictions), indent=2) + "\n")


if __name__ == "__main__":
    main()
