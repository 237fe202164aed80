"""Where a curve holds no number: what breaks its line, and what it ends in.

A NaN, an infinity or a word is a value that was measured and is no number, so it breaks the line. An empty cell often
says only that nothing was measured in this row: a training log leaves the validation's column empty in all rows but one
of each epoch. So empty cells that come back in a rhythm are passed over, and all others break the line too.
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
_FEWEST_RUNS = 3  # of empty cells between numbers that make a rhythm
_USUAL = 2  # times the median length: up to here a run of empty cells is part of the rhythm


@dataclass(frozen=True)
class Curve:
    """One side of one series.

    Attributes:
        rows: ``x`` and ``y`` without nulls in drawing order; ``piece`` changes where the line is broken.
        lost: the rows that hold no number or no place, without those that a rhythm explains.
        end: what stands after the last number; empty where the curve ends with it.
    """

    rows: pl.DataFrame
    lost: int
    end: str


def placed_rows(xs: pl.Series, ys: pl.Series) -> pl.DataFrame:
    """Give ``row``, ``x`` and ``y``; a row without a number keeps its place, or that of the row before it.

    A number without a place is left out.
    """
    rows = pl.DataFrame({"x": xs, "y": ys}).with_row_index("row")
    place = pl.when(pl.col("y").is_null()).then(pl.col("x").forward_fill()).otherwise("x")
    return rows.with_columns(place.alias("x")).drop_nulls("x")


def find_gaps(trace: Trace, rows: pl.DataFrame) -> Curve:
    """Break a curve where it holds no number.

    Args:
        trace: where the curve comes from.
        rows: its ``row``, ``x`` and ``y`` in drawing order, where ``y`` may be null.
    """
    raw = trace.rows["y"][rows["row"]]
    gap = _gaps(rows["y"].is_null(), _is_empty(raw))
    numbers = rows.with_columns(piece=gap.cum_sum()).drop_nulls("y").select("x", "y", "piece")
    unplaced = len(trace.rows) - len(rows)
    return Curve(numbers, int(gap.sum()) + unplaced, _end(raw, rows["y"]) if gap[-1] else "")


def _end(raw: pl.Series, ys: pl.Series) -> str:
    """Write what stands after the last number: its first cell that is not empty, if there is one."""
    numbers = ys.is_not_null().arg_true()
    after = raw.slice(numbers[-1] + 1 if len(numbers) else 0)
    filled = after.filter(~_is_empty(after))
    return written_cell(filled[0] if len(filled) else None)


def _gaps(lost: pl.Series, empty: pl.Series) -> pl.Series:
    """Tell the rows that break a line: those without a number, but for empty cells in a rhythm."""
    runs = (
        pl.DataFrame({"lost": lost, "empty": empty, "run": lost.rle_id()})
        .group_by("run", maintain_order=True)
        .agg(pl.len(), pl.col("lost").first(), pl.col("empty").all())
    )
    blank = pl.col("lost") & pl.col("empty")
    between = runs[1:-1].filter(blank)["len"].to_list()
    usual = _USUAL * median(between) if len(between) >= _FEWEST_RUNS else 0
    gap = runs.select("len", gap=pl.col("lost") & ~(blank & (pl.col("len") <= usual)))
    return gap.select(pl.col("gap").repeat_by("len").explode())["gap"]


def _is_empty(raw: pl.Series) -> pl.Series:
    if raw.dtype != pl.String:
        return raw.is_null()
    return raw.is_null() | (raw.str.strip_chars() == "").fill_null(value=True)


def written_cell(cell: object) -> str:
    """Write a cell that is no number, in a word or two."""
    text = "" if cell is None else str(cell).strip()
    if not text:
        return EMPTY
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    return repr(text[:_QUOTED_LENGTH]) if abs(number) < float("inf") else format_value(number)
