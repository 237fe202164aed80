"""Stage: score the test split, and write curves, counts and an image with DVCLive."""

from __future__ import annotations

from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import yaml
from dvclive import Live
from matplotlib.figure import Figure
from sklearn import metrics

NAMES = np.array(["other", "eight"])


def predict(table: pd.DataFrame, scores: np.ndarray, threshold: float) -> pd.DataFrame:
    """One row per digit: ``id``; ``actual`` and ``predicted``, 1 for an eight; ``score``, from 0 to 1."""
    predicted = (scores >= threshold).astype(int)
    return pd.DataFrame({"id": table["id"], "actual": table["eight"], "predicted": predicted, "score": scores.round(6)})


def summary(predictions: pd.DataFrame) -> dict[str, float]:
    """The content of ``evaluation/metrics.json``; recall, precision and false alarms are those at the threshold."""
    actual, predicted, score = predictions["actual"], predictions["predicted"], predictions["score"]
    values = {
        "average_precision": metrics.average_precision_score(actual, score),
        "recall": metrics.recall_score(actual, predicted),
        "precision": metrics.precision_score(actual, predicted),
        "roc_auc": metrics.roc_auc_score(actual, score),
        "log_loss": metrics.log_loss(actual, score),
        "brier": metrics.brier_score_loss(actual, score),
    }
    false_alarms = int(((actual == 0) & (predicted == 1)).sum())
    return {**{name: round(float(value), 6) for name, value in values.items()}, "false_alarms": false_alarms}


def calibration(predictions: pd.DataFrame, bins: int) -> pd.DataFrame:
    """One row per bin of equal width that is not empty: mean score, share of eights, and ``count``, its digits."""
    at = (predictions["score"] * bins).astype(int).clip(upper=bins - 1)
    table = predictions.groupby(at).agg(
        predicted=("score", "mean"), observed=("actual", "mean"), count=("actual", "size")
    )
    return table.round(6)


def histogram(predictions: pd.DataFrame, threshold: float) -> Figure:
    """The scores of eights and of other digits, on a logarithmic axis, with the threshold."""
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    scores = [predictions["score"][predictions["actual"] == kind] for kind in (0, 1)]
    axes.hist(scores, bins=20, range=(0, 1), label=["other", "eight"], color=["tab:gray", "tab:orange"], log=True)
    axes.axvline(threshold, color="black", linestyle="--", label=f"threshold {threshold}")
    axes.set(title="Scores on the test split", xlabel="score", ylabel="digits")
    axes.legend()
    return figure


def main() -> None:
    """Write ``evaluation/``."""
    params = yaml.safe_load(Path("params.yaml").read_text())["evaluate"]
    table, model = pd.read_csv("data/test.csv"), joblib.load("models/model.joblib")
    scores = model.predict_proba(table.filter(like="pixel_") / 16)[:, 1]
    predictions = predict(table, scores, params["threshold"])
    actual, score = predictions["actual"], predictions["score"]
    with Live("evaluation", save_dvc_exp=False, dvcyaml=None) as live:  # dvc.yaml declares what this writes
        live.summary = summary(predictions)
        live.log_sklearn_plot("confusion_matrix", NAMES[actual], NAMES[predictions["predicted"]])
        live.log_sklearn_plot("roc", actual, score)
        live.log_sklearn_plot("precision_recall", actual, score)
        live.log_plot("calibration", calibration(predictions, params["bins"]), x="predicted", y="observed")
        live.log_image("scores.png", histogram(predictions, params["threshold"]))
    predictions.to_csv("evaluation/predictions.csv", index=False)


if __name__ == "__main__":
    main()
