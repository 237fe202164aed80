"""Write data/digits.csv: the 1,797 real handwritten digits that scikit-learn includes.

Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository, 1998,
https://doi.org/10.24432/C50P49, licensed under CC BY 4.0. scikit-learn includes its test part, by 13 writers.

The id of a digit is its position in that collection, ``d0000`` to ``d1796``. Ids never change, and rows that are added
later must not reuse one. Every run writes the same bytes. See docs/datasheet.md.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from sklearn.datasets import load_digits

from digits.dataset import PIXELS
from digits.stage import write_csv

TARGET = Path("data/digits.csv")


def digits_table() -> pd.DataFrame:
    """The columns ``id``, ``pixel_0_0`` to ``pixel_7_7`` (row, column; 0 is paper, 16 is ink) and ``label``."""
    images, labels = load_digits(return_X_y=True)
    table = pd.DataFrame(images.astype(int), columns=list(PIXELS))
    table.insert(0, "id", [f"d{position:04d}" for position in range(len(table))])
    return table.assign(label=labels)


if __name__ == "__main__":
    write_csv(digits_table(), TARGET)
