"""What ``data/digits.csv`` must look like, and how its bad rows are named."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pandas as pd
import pandera.pandas as pa

from digits.dataset import CLASSES, LEVELS, PIXELS
from digits.stage import PipelineError

if TYPE_CHECKING:
    from pathlib import Path

SHOWN_LINES = 10
"""How many bad columns or rows an error names before it only counts them."""

SHOWN_CELLS = 3
"""How many bad cells it names in each."""

FIRST_LINE = 2
"""The line of the first row, after the header."""

COLUMN_CHECKS = {"column_in_schema": "unknown column", "column_in_dataframe": "missing column"}
"""pandera's names for what a table can lack, in words."""

CELL_CHECKS = {"field_uniqueness": "unique"}
"""The same for a cell; our own checks carry their words with them."""


def _whole_number(low: int, high: int) -> pa.Check:
    """The cell's text is a whole number from ``low`` to ``high``, in its one canonical spelling."""
    return pa.Check.isin([str(n) for n in range(low, high + 1)], error=f"a whole number from {low} to {high}")


# Cells are checked as text, so that one pass names every bad one: a word, a fraction and a 17 alike.
SCHEMA = pa.DataFrameSchema(
    {
        "id": pa.Column(str, pa.Check.str_matches(r"^\S+$", error="an id without spaces"), unique=True),
        **{pixel: pa.Column(str, _whole_number(0, LEVELS)) for pixel in PIXELS},
        "label": pa.Column(str, _whole_number(min(CLASSES), max(CLASSES))),
    },
    strict=True,
)


def read_digits(path: Path) -> pd.DataFrame:
    """Read and check the table of digits.

    Returns:
        The columns ``id`` (text), the 64 pixels and ``label`` (uint8), in the file's order.

    Raises:
        PipelineError: the file is missing or no table, or cells break the schema; the message names them.
    """
    text = _read_text(path)
    if text.empty:
        raise PipelineError(f"{path} has no rows: make it anew with `python scripts/make_data.py`.")
    try:
        SCHEMA.validate(text, lazy=True)
    except pa.errors.SchemaErrors as errors:
        found = _describe(text, errors.failure_cases)
        raise PipelineError(f"{path} breaks its schema, correct it: {found}") from errors
    return text.astype(dict.fromkeys([*PIXELS, "label"], "uint8"))


def _read_text(path: Path) -> pd.DataFrame:
    """Every cell as text; a blank line stays a row, so that a row's position tells its line."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header: never cut silently
            return pd.read_csv(path, dtype=str, keep_default_na=False, skip_blank_lines=False, index_col=False)
    except FileNotFoundError as error:
        raise PipelineError(f"{path} is missing: fetch it with `dvc pull`.") from error
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise PipelineError(f"{path} is not a CSV table in UTF-8: {error}") from error


def _describe(text: pd.DataFrame, failures: pd.DataFrame) -> str:
    """One line per bad column, or else per bad row: in the wrong columns, every row would be bad."""
    columns = failures[failures["index"].isna()]
    if len(columns):
        lines = [f"{COLUMN_CHECKS[check]} {name}" for check, name in columns[["check", "failure_case"]].to_numpy()]
        return _listed("bad columns", lines)
    return _listed("bad rows", [_row(text, cells) for _, cells in failures.groupby("index")])


def _row(text: pd.DataFrame, cells: pd.DataFrame) -> str:
    """Where a row stands in the file, and what is wrong in it."""
    position = int(cells["index"].iloc[0])
    wrong = [_cell(*case) for case in zip(cells["column"], cells["failure_case"], cells["check"], strict=True)]
    more = f", and {len(wrong) - SHOWN_CELLS} more cells" if len(wrong) > SHOWN_CELLS else ""
    return f"line {position + FIRST_LINE} (id {text['id'].iloc[position]!r}): {'; '.join(wrong[:SHOWN_CELLS])}{more}"


def _cell(column: str, value: str, check: str) -> str:
    if not value:
        return f"{column} is empty"
    return f"{column} is {value!r}, not {CELL_CHECKS.get(check, check)}"


def _listed(what: str, lines: list[str]) -> str:
    hidden = len(lines) - SHOWN_LINES
    more = [f"and {hidden} more"] if hidden > 0 else []
    return "\n  ".join([f"{len(lines)} {what}:", *lines[:SHOWN_LINES], *more])
