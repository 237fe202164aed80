"""Stage: fit the model that ``params.yaml`` names, and write how much it uses each measurement."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import joblib
import pandas as pd
import yaml
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor

if TYPE_CHECKING:
    from sklearn.base import RegressorMixin


def make_model(kind: str, trees: int, depth: int, seed: int) -> RegressorMixin:
    """An untrained model: a ``forest`` of deep trees, or ``boosting`` of shallow ones."""
    if kind == "forest":
        return RandomForestRegressor(n_estimators=trees, max_depth=depth, random_state=seed)
    return GradientBoostingRegressor(n_estimators=trees, max_depth=depth, learning_rate=0.05, random_state=seed)


def fit(model: RegressorMixin, patients: pd.DataFrame) -> RegressorMixin:
    """Fit the model to every measurement."""
    return model.fit(patients.drop(columns=["id", "progression"]), patients["progression"])


def importances(model: RegressorMixin) -> pd.DataFrame:
    """One row per measurement: ``measurement``, and ``importance``, its share of what the trees explain."""
    table = {"measurement": model.feature_names_in_, "importance": model.feature_importances_}
    return pd.DataFrame(table).round(4)


def main() -> None:
    """Write ``models/model.joblib`` and ``reports/importances.csv``."""
    params = yaml.safe_load(Path("params.yaml").read_text())["train"]
    model = make_model(params["model"], params["trees"], params["depth"], params["seed"])
    fit(model, pd.read_csv("data/train.csv"))
    Path("models").mkdir(exist_ok=True)
    Path("reports").mkdir(exist_ok=True)
    joblib.dump(model, "models/model.joblib")
    importances(model).to_csv("reports/importances.csv", index=False)


if __name__ == "__main__":
    main()
