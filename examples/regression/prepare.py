"""Stage: write the diabetes data of scikit-learn as two tables, for training and for testing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import yaml
from sklearn.datasets import load_diabetes

if TYPE_CHECKING:
    import pandas as pd

NAMES = {
    "bp": "blood_pressure",
    "s1": "cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_by_hdl",
    "s5": "triglycerides_log",
    "s6": "glucose",
    "target": "progression",
}


def read_patients() -> pd.DataFrame:
    """All 442 patients (Efron et al. 2004): ``id``, ten measurements, and how far the disease progressed in a year."""
    patients: pd.DataFrame = load_diabetes(as_frame=True, scaled=False).frame.rename(columns=NAMES)
    patients.insert(0, "id", [f"patient-{row:03}" for row in range(len(patients))])
    return patients


def split(patients: pd.DataFrame, test_share: float, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take a random share of the patients for testing; both tables keep the order of the rows."""
    tested = np.random.default_rng(seed).random(len(patients)) < test_share
    return patients[~tested], patients[tested]


def main() -> None:
    """Write ``data/train.csv`` and ``data/test.csv``."""
    params = yaml.safe_load(Path("params.yaml").read_text())["split"]
    train, test = split(read_patients(), params["test_share"], params["seed"])
    Path("data").mkdir(exist_ok=True)
    train.to_csv("data/train.csv", index=False)
    test.to_csv("data/test.csv", index=False)


if __name__ == "__main__":
    main()
