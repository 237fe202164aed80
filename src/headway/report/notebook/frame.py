"""The metrics of a comparison as a data frame; :meth:`headway.Comparison.to_frame` documents its columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
from msgspec import UNSET

from headway.errors import SettingsError
from headway.values.count import LARGEST_COUNT
from headway.values.typed import Word, sides_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from headway.values.comparison import Metric

SCHEMA = {
    "file": pl.String,
    "key": pl.String,
    "status": pl.String,
    "base": pl.Float64,
    "head": pl.Float64,
    "base_text": pl.String,
    "head_text": pl.String,
    "change": pl.Float64,
    "relative": pl.Float64,
    "exact_change": pl.String,
    "direction": pl.String,
    "verdict": pl.String,
    "estimate": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "p": pl.Float64,
    "p_adjusted": pl.Float64,
    "rows": pl.Int64,
    "margin": pl.Float64,
    "gate": pl.String,
    "withheld": pl.String,
}
_OF_PANDAS = {pl.Float64: "float64", pl.Int64: "Int64", pl.String: "object"}


def metrics_frame(metrics: Sequence[Metric], library: str) -> Any:  # noqa: ANN401 - a frame of one of two libraries
    """The metrics as a frame of polars or pandas."""
    if library not in {"polars", "pandas"}:
        raise SettingsError(
            f"There are no data frames of {library!r}.", remedy='Name "polars" or "pandas": `to_frame("pandas")`.'
        )
    pandas = _pandas() if library == "pandas" else None
    rows = [_row(metric) for metric in metrics]
    columns = {name: [row[name] for row in rows] for name in SCHEMA}
    if pandas is None:
        return pl.DataFrame(columns, schema=SCHEMA)
    return pandas.DataFrame(
        {name: pandas.Series(values, dtype=_OF_PANDAS[SCHEMA[name]]) for name, values in columns.items()}
    )


def _pandas() -> ModuleType:
    try:
        import pandas  # noqa: ICN001, PLC0415 - an optional library
    except ImportError as error:
        raise SettingsError(
            "There is no pandas for a data frame.",
            why=f"{error}.",
            remedy="Run `pip install pandas`, or call `to_frame()` for a frame of polars.",
        ) from error
    return pandas


def _row(metric: Metric) -> dict[str, Any]:
    base, head = sides_of(metric.base, metric.head, metric.types)
    found = {name: _set(getattr(metric, name)) for name in SCHEMA if name in metric.__struct_fields__}
    evidence = _set(metric.evidence)
    tested = ("estimate", "low", "high", "p", "p_adjusted", "rows")
    return {
        **found,
        **dict(zip(("base", "base_text"), _number_and_text(base), strict=True)),
        **dict(zip(("head", "head_text"), _number_and_text(head), strict=True)),
        **{name: getattr(evidence, name) if evidence else None for name in tested},
        "gate": metric.gate.outcome if metric.gate else None,
    }


def _set(value: Any) -> Any:  # noqa: ANN401 - a field of any type
    return None if value is UNSET else value


def _number_and_text(value: object) -> tuple[float | None, str | None]:
    """A value as a float, if it is a number that a float can hold, and as text, if the float is not exactly it."""
    match value:
        case bool():
            return None, str(value).lower()
        case float():
            return value, None
        case int() if abs(value) <= LARGEST_COUNT:
            return float(value), None
        case int():
            return _nearest(value), str(value)
        case Word(text) | str(text):
            return None, text
    return None, None


def _nearest(value: int) -> float | None:
    try:
        return float(value)
    except OverflowError:
        return None
