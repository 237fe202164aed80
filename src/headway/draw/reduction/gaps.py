"""Finds where a curve holds no number: what breaks its line, and what it ends in.

A NaN, an infinity or a word was measured and is not a number, so it breaks the line. An empty cell often means only
that nothing was measured in this row: a training log leaves the validation column empty in all rows but one of each
epoch. So cells that are empty at regular intervals are skipped, and all others break the line too.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import polars as pl

from headway.numbers import format_value

if TYPE_CHECKING:
    from headway.draw.reduction.traces import Trace


EMPTY = "empty cells"
_QUOTED_LENGTH = 30  # characters of a word that a label shows
_FEWEST_RUNS = 3  # of empty cells between numbers before they count as regular
_USUAL = 2  # times the median length: up to here a run of empty cells is regular


@dataclass(frozen=True)
class Curve:
    """One side of one series."""

    rows: pl.DataFrame  # without nulls in ``x`` and ``y``, in drawing order; ``piece`` changes where the line is broken
    lost: int  # rows that hold no number or no place, except the regularly empty ones
    end: str  # what follows the last number; empty where the curve ends with it


def placed_rows(raw: pl.DataFrame, xs: pl.Series, ys: pl.Series) -> pl.DataFrame:
    """Give ``row``, and ``x`` and ``y`` as read: a number without a place is dropped, a place without a number kept."""
    rows = raw.with_columns(x=xs, y=ys).with_row_index("row")
    if not ys.null_count():
        return rows.drop_nulls("x") if xs.null_count() else rows
    place = pl.when(pl.col("y").is_null()).then(pl.col("x").forward_fill()).otherwise("x")
    return rows.with_columns(place.alias("x")).drop_nulls("x")


def find_gaps(trace: Trace, rows: pl.DataFrame) -> Curve:
    """Break a curve at the nulls of ``y``; ``rows`` holds ``row``, ``x`` and ``y`` in drawing order."""
    unplaced = len(trace.rows) - len(rows)
    if not rows["y"].null_count():
        return Curve(rows.drop("row").with_columns(piece=pl.lit(0, pl.UInt8)), unplaced, "")
    raw = trace.rows["y"][rows["row"]]
    gap = _gaps(rows["y"].is_null(), _is_empty(raw))
    numbers = rows.with_columns(piece=gap.cum_sum()).drop_nulls("y").drop("row")
    return Curve(numbers, int(gap.sum()) + unplaced, _end(raw, rows["y"]) if gap[-1] else "")


def _end(raw: pl.Series, ys: pl.Series) -> str:
    """Write what follows the last number: the first cell that is not empty, if there is one."""
    numbers = ys.is_not_null().arg_true()
    after = raw.slice(numbers[-1] + 1 if len(numbers) else 0)
    filled = after.filter(~_is_empty(after))
    return written_cell(filled[0] if len(filled) else None)


def _gaps(lost: pl.Series, empty: pl.Series) -> pl.Series:
    """Mark the rows that break a line: those without a number, except regularly empty cells."""
    runs = (
        pl.DataFrame({"lost": lost, "empty": empty, "run": lost.rle_id()})
        .group_by("run", maintain_order=True)
        .agg(pl.len(), pl.col("lost").first(), pl.col("empty").all())
    )
    blank = pl.col("lost") & pl.col("empty")
    between = runs[1:-1].filter(blank)["len"].to_list()
    usual = _USUAL * median(between) if len(between) >= _FEWEST_RUNS else 0
    gap = (pl.col("lost") & ~(blank & (pl.col("len") <= usual))).alias("gap")
    return runs.select(gap.repeat_by("len").explode())["gap"]


def _is_empty(raw: pl.Series) -> pl.Series:
    if raw.dtype != pl.String:
        return raw.is_null()
    return raw.is_null() | (raw.str.strip_chars() == "").fill_null(value=True)


def written_cell(cell: object) -> str:
    """Write a cell that is not a number, in a word or two."""
    text = "" if cell is None else str(cell).strip()
    if not text:
        return EMPTY
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    return repr(text[:_QUOTED_LENGTH]) if abs(number) < float("inf") else format_value(number)
