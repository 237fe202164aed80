"""Stage: train a logistic regression by stochastic gradient descent, and log every epoch with DVCLive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pandas as pd
import yaml
from dvclive import Live
from sklearn import metrics
from sklearn.linear_model import SGDClassifier

if TYPE_CHECKING:
    from collections.abc import Iterator


def pixels(table: pd.DataFrame) -> pd.DataFrame:
    """The pixels of every digit, from 0 to 1."""
    return table.filter(like="pixel_") / 16


def epochs(model: SGDClassifier, table: pd.DataFrame, params: dict[str, Any]) -> Iterator[SGDClassifier]:
    """Train the model, and give it after every pass over the shuffled rows."""
    generator = np.random.default_rng(params["seed"])
    for _ in range(params["epochs"]):
        rows = table.iloc[generator.permutation(len(table))]
        weights = np.where(rows["eight"], params["eight_weight"], 1)
        yield model.partial_fit(pixels(rows), rows["eight"], classes=[0, 1], sample_weight=weights)


def scores(model: SGDClassifier, table: pd.DataFrame) -> dict[str, float]:
    """Cross-entropy (nats) and average precision on a table, both without class weights."""
    actual, score = table["eight"], model.predict_proba(pixels(table))[:, 1]
    values = {
        "loss": metrics.log_loss(actual, score, labels=[0, 1]),
        "average_precision": metrics.average_precision_score(actual, score),
    }
    return {name: round(float(value), 6) for name, value in values.items()}


def main() -> None:
    """Write ``models/model.joblib`` and ``training/``."""
    params = yaml.safe_load(Path("params.yaml").read_text())["train"]
    tables = {name: pd.read_csv(f"data/{name}.csv") for name in ("train", "validation")}
    model = SGDClassifier(
        loss="log_loss",
        alpha=params["alpha"],
        learning_rate="constant",
        eta0=params["learning_rate"],
        random_state=params["seed"],
    )
    # dvc.yaml declares what DVCLive writes: a stage must not change the file that describes it.
    with Live("training", save_dvc_exp=False, dvcyaml=None) as live:
        for trained in epochs(model, tables["train"], params):
            for split, table in tables.items():
                for name, value in scores(trained, table).items():
                    live.log_metric(f"{split}/{name}", value)
            live.next_step()
    Path("models").mkdir(exist_ok=True)
    joblib.dump(model, "models/model.joblib")


if __name__ == "__main__":
    main()
