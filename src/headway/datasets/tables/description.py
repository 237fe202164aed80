"""What a table holds by itself: how many different values, which are frequent, and the ends of what has an order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl
from msgspec.structs import replace

from headway.datasets.tables.rows import shown
from headway.datasets.tables.source import collect
from headway.judge.movement import is_constant
from headway.sorting import by_name
from headway.values.dataset import ColumnDescription, TableDescription, ValueCount

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from headway.datasets.tables.source import Table
    from headway.values.dataset import ColumnChange

MOST_COUNTED = 100_000
"""Different values up to which the rows of each are counted, so that memory does not follow long texts."""
_FREQUENT = 5
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]|$)")
"""How a text begins that is a date, and sorts as one (ISO 8601)."""


def describe_categories(counts: Mapping[str | None, int]) -> ColumnDescription:
    """Describe a column by the number of rows of each of its values."""
    rows = {str(value): number for value, number in counts.items()}
    repeated = sorted((value for value in rows if rows[value] > 1), key=lambda value: (-rows[value], by_name(value)))
    frequent = tuple(ValueCount(value=shown(value), rows=rows[value]) for value in repeated[:_FREQUENT])
    are_dates = bool(rows) and all(map(_DATE.match, rows))
    first, last = (shown(min(rows)), shown(max(rows))) if are_dates else (None, None)
    return ColumnDescription(distinct=len(rows), frequent=frequent, first=first, last=last)


def describe_values(table: Table, name: str) -> ColumnDescription:
    """Describe a column that holds neither numbers to compute with nor categories; nested values are not counted."""
    kind = table.types[name]
    if kind.is_nested() or kind == pl.Binary:
        return ColumnDescription()
    present = table.frame.filter(~table.missing(name)).select(pl.col(name))
    distinct = collect(present.select(pl.all().hash())).to_series().n_unique()
    described = ColumnDescription(distinct=distinct) if distinct > MOST_COUNTED else _counted(present, name)
    if not (kind.is_temporal() or kind.is_integer()):
        return described
    first, last = (collect(present.select(end)).item() for end in (pl.all().min(), pl.all().max()))
    return replace(described, first=shown(first), last=shown(last)) if distinct else described


def _counted(present: pl.LazyFrame, name: str) -> ColumnDescription:
    counts = collect(present.group_by(pl.col(name).cast(pl.String)).agg(pl.len().alias("__rows")))
    return describe_categories(dict(counts.iter_rows()))


def describe_table(id_: str | None, columns: Iterable[ColumnChange]) -> TableDescription:
    """Count over all columns of a table that only head has."""
    columns = list(columns)
    missing = [column.head_missing or 0 for column in columns]
    return TableDescription(
        id=id_,
        missing=sum(missing),
        incomplete=sum(map(bool, missing)),
        constant=sum(map(is_constant, columns)),
    )
