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
    """Give 64-bit floats; text that is no number, NaN, infinities and empty cells become null.

    So do numbers so large that no axis can be laid out for them, and numbers as small as that are zero.
    """
    text = raw.str.strip_chars() if raw.dtype == pl.String else raw
    nothing = pl.repeat(None, len(raw), dtype=pl.Float64, eager=True)
    values = text.cast(pl.Float64, strict=False) if _castable(raw) else nothing
    size = values.abs()
    return values.set(size < 1 / _LARGEST, 0.0).set(~(size <= _LARGEST).fill_null(value=False), None)


def to_times(raw: pl.Series) -> pl.Series:
    """Give milliseconds since 1970 in UTC as floats; what is no ISO 8601 time becomes null.

    A time without an offset is taken for UTC, so that a picture does not depend on the machine's time zone.
    """
    times = pl.repeat(None, len(raw), dtype=pl.Datetime("ms"), eager=True)
    if raw.dtype != pl.String:
        return times.cast(pl.Float64)
    text = raw.str.strip_chars().str.replace(" ", "T", literal=True)
    for form in _ISO_FORMS:
        if times.null_count() == text.null_count():
            break
        read = text.str.to_datetime(form, time_unit="ms", strict=False)
        if read.dtype == pl.Datetime("ms", "UTC"):
            read = read.dt.replace_time_zone(None)
        times = times.zip_with(times.is_not_null(), read)
    return times.dt.epoch("ms").cast(pl.Float64)


def to_values(column: pl.Series, axis_type: AxisType) -> tuple[Value, ...]:
    """Give a column as a chart holds it: times as ISO 8601 strings in UTC, such as ``"2026-01-31T12:00:00Z"``."""
    if axis_type != "temporal":
        return tuple(column)
    times = column.cast(pl.Int64).cast(pl.Datetime("ms"))
    return tuple(times.dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").str.replace(".000Z", "Z", literal=True))


def to_names(raw: pl.Series) -> pl.Series:
    """Give category names; whole floats lose their ``.0``, and empty cells become null."""
    if raw.dtype.is_float():
        whole = raw.cast(pl.Int64, strict=False)
        text = whole.cast(pl.String).set((raw != whole).fill_null(value=True), None)
        return text.zip_with(text.is_not_null(), raw.fill_nan(None).cast(pl.String))
    text = raw.cast(pl.String, strict=False).str.strip_chars() if _castable(raw) else raw.cast(pl.String)
    return text.set((text == "").fill_null(value=False), None)


def read_axis(columns: Sequence[pl.Series]) -> tuple[AxisType, list[pl.Series]]:
    """Find what the columns of one axis hold together, and convert them.

    The majority decides: an axis is quantitative where at least half of its cells that hold anything are numbers,
    temporal where they are times, else nominal.
    """
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
