"""Raw plot columns to numbers, times or names; what does not fit becomes null.

Columns come as ``gather`` read them: strings from CSV and TSV, the common type of all values from JSON and YAML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.values.chart import AxisType, Value

_LARGEST = 1e300
_ISO_FORMS = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M%#z",
)


def to_numbers(raw: pl.Series) -> pl.Series:
    """Convert to finite 64-bit floats; everything else becomes null.

    So do numbers too large for an axis, and numbers as small as that become zero.
    """
    if not _castable(raw):
        return pl.repeat(None, len(raw), dtype=pl.Float64, eager=True)
    values = raw.cast(pl.Float64, strict=False)
    if raw.dtype == pl.String and values.null_count() > raw.null_count():
        values = raw.str.strip_chars().cast(pl.Float64, strict=False)
    size = values.abs()
    if (((size >= 1 / _LARGEST) | (size == 0)) & (size <= _LARGEST)).all():
        return values.set(size == 0, 0.0)  # -0.0 as well
    return values.set(size < 1 / _LARGEST, 0.0).set(~(size <= _LARGEST).fill_null(value=False), None)


def to_times(raw: pl.Series) -> pl.Series:
    """Convert to milliseconds since 1970 in UTC as floats; what is not an ISO 8601 time becomes null.

    A time without an offset is taken for UTC, so that an image does not depend on the machine's time zone.
    """
    if raw.dtype != pl.String:
        return pl.repeat(None, len(raw), dtype=pl.Float64, eager=True)
    text = pl.lit(raw).str.strip_chars().str.replace(" ", "T", literal=True)
    read = (text.str.to_datetime(form, time_unit="ms", strict=False) for form in _ISO_FORMS)
    times = pl.coalesce(time.dt.replace_time_zone(None) for time in read)
    return pl.select(times.dt.epoch("ms").cast(pl.Float64)).to_series()


def to_values(column: pl.Series, axis_type: AxisType) -> tuple[Value, ...]:
    """Convert a column to what a chart holds: times are ISO 8601 strings in UTC, such as ``"2026-01-31T12:00:00Z"``."""
    if axis_type != "temporal":
        return tuple(column)
    times = column.cast(pl.Int64).cast(pl.Datetime("ms"))
    return tuple(times.dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").str.replace(".000Z", "Z", literal=True))


def to_names(raw: pl.Series) -> pl.Series:
    """Convert to category names: whole floats lose their ``.0``, and empty cells become null."""
    if raw.dtype.is_float():
        whole = raw.cast(pl.Int64, strict=False)
        text = whole.cast(pl.String).set((raw != whole).fill_null(value=True), None)
        return text.zip_with(text.is_not_null(), raw.fill_nan(None).cast(pl.String))
    text = raw.cast(pl.String, strict=False).str.strip_chars() if _castable(raw) else raw.cast(pl.String)
    return text.set((text == "").fill_null(value=False), None)


def read_axis(columns: Sequence[pl.Series]) -> tuple[AxisType, list[pl.Series]]:
    """Convert the columns of one axis to what at least half of their filled cells are: numbers, times, else names."""
    cells = _filled(columns)
    numbers = [to_numbers(column) for column in columns]
    if 2 * _filled(numbers) >= cells:
        return "quantitative", numbers
    times = [to_times(column) for column in columns]
    if 2 * _filled(times) >= cells:
        return "temporal", times
    return "nominal", [to_names(column) for column in columns]


def _castable(raw: pl.Series) -> bool:
    return not raw.dtype.is_nested() and raw.dtype != pl.Object


def _filled(columns: Sequence[pl.Series]) -> int:
    return sum(len(column) - column.null_count() for column in columns)
