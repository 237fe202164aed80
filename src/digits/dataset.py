"""The table of digits in memory: its columns, and one split as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 8
"""Rows and columns of an image."""

LEVELS = 16
"""The darkest pixel; 0 is paper."""

CLASSES = tuple(range(10))

PIXELS = tuple(f"pixel_{row}_{column}" for row in range(SIZE) for column in range(SIZE))


class Digits(NamedTuple):
    """One split.

    Attributes:
        ids: one id per digit.
        images: shape (digits, 8, 8), 0 to 16.
        labels: shape (digits,), 0 to 9.
    """

    ids: tuple[str, ...]
    images: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.int64]


def read_split(path: Path) -> Digits:
    """Read a split that the stage ``prepare`` has written."""
    table = pd.read_parquet(path)
    images = table[list(PIXELS)].to_numpy(np.uint8).reshape(-1, SIZE, SIZE)
    return Digits(tuple(table["id"]), images, table["label"].to_numpy(np.int64))
