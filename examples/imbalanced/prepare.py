"""Stage: write the handwritten digits of scikit-learn as three tables in which few digits are an eight."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

RARE = 8


def read_digits(eights: int, seed: int) -> pd.DataFrame:
    """Every digit but eight, and so many eights: ``id``, ``eight`` (1 or 0), and 64 pixels from 0 to 16."""
    pixels, digits = load_digits(return_X_y=True)
    table = pd.DataFrame(pixels.astype(int), columns=[f"pixel_{at:02}" for at in range(pixels.shape[1])])
    table.insert(0, "id", [f"digit-{row:04}" for row in range(len(table))])
    table.insert(1, "eight", (digits == RARE).astype(int))
    kept = np.random.default_rng(seed).choice(np.flatnonzero(table["eight"]), eights, replace=False)
    return table[(table["eight"] == 0) | table.index.isin(kept)]


def split(table: pd.DataFrame, validation_share: float, test_share: float, seed: int) -> dict[str, pd.DataFrame]:
    """Three tables with the same share of eights, in the order of the rows."""
    rest, test = train_test_split(table, test_size=test_share, stratify=table["eight"], random_state=seed)
    size = validation_share / (1 - test_share)
    train, validation = train_test_split(rest, test_size=size, stratify=rest["eight"], random_state=seed)
    return {"train": train.sort_index(), "validation": validation.sort_index(), "test": test.sort_index()}


def main() -> None:
    """Write ``data/train.csv``, ``data/validation.csv`` and ``data/test.csv``."""
    params = yaml.safe_load(Path("params.yaml").read_text())["prepare"]
    table = read_digits(params["eights"], params["seed"])
    Path("data").mkdir(exist_ok=True)
    for name, rows in split(table, params["validation_share"], params["test_share"], params["seed"]).items():
        rows.to_csv(f"data/{name}.csv", index=False)


if __name__ == "__main__":
    main()
