"""What docs/datasheet.md counts is what the data has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from digits.dataset import PIXELS
from digits.prepare import PrepareParams, split
from digits.stage import read_params

if TYPE_CHECKING:
    import pandas as pd
    import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/datasheet.md").read_text()


def cells(first: str) -> list[str]:
    """The cells after the first one of a table's row."""
    (row,) = re.findall(rf"^\| {re.escape(first)} \|(.*)\|$", PAGE, flags=re.MULTILINE)
    return [cell.strip() for cell in row.split("|")]


def test_the_rows_of_each_class(digits_table: pd.DataFrame) -> None:
    counts = digits_table["label"].value_counts().sort_index()
    assert cells("digit") == [str(label) for label in counts.index]
    assert cells("rows") == [str(count) for count in counts]
    assert f"{len(digits_table):,} digits by 13 people, {counts.min()} to {counts.max()} of each class" in PAGE


def test_no_images_are_equal_and_no_value_is_missing(digits_table: pd.DataFrame) -> None:
    assert not digits_table.duplicated(list(PIXELS)).any()
    assert not digits_table.isna().any(axis=None)


def test_the_bytes_of_the_file(digits_table: pd.DataFrame) -> None:
    (size,) = re.findall(r"([\d,]+) bytes", PAGE)
    assert len(digits_table.to_csv(index=False, lineterminator="\n").encode()) == int(size.replace(",", ""))


def test_the_rows_of_each_split(digits_table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for name, rows in split(digits_table, read_params("prepare", PrepareParams)).items():
        assert cells(f"`splits/{name}.parquet`")[0] == f"{len(rows):,}"
