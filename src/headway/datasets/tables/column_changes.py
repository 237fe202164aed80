"""Columns of both sides: types, missing cells, numbers, categories, and how far each distribution moved.

One column is read at a time, as floats or as counts by category.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from msgspec.structs import replace

from headway.datasets.tables.description import describe_categories, describe_values
from headway.datasets.tables.distribution import category_panel, number_panel
from headway.datasets.tables.source import ask, collect
from headway.judge.drift import Test, chi_squared, counts_between, kolmogorov_smirnov, quantile_edges, stability_index
from headway.judge.multiplicity import benjamini_hochberg
from headway.sorting import by_name
from headway.values.dataset import ClassCount, ColumnChange, Drift, Summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from headway.datasets.tables.source import Table
    from headway.values.chart import DistributionPanel
    from headway.values.dataset import ColumnKind

    Numbers = NDArray[np.float64]

MOST_CATEGORIES = 60
"""Different values up to which a column of text holds categories."""
MOST_COLUMNS = 1_000
"""Columns of a table that are compared; each costs a look at all rows."""
USUAL_LABELS = ("label", "target", "class", "y")


@dataclass(frozen=True)
class Compared:
    """A column as it is reported and as it is drawn, with its stability index and its test, where it has them."""

    column: ColumnChange
    test: tuple[float, Test] | None = None
    panel: DistributionPanel | None = None


def find_label(declared: str | None, *tables: Table) -> str | None:
    """The label column: the declared one where head has it, else one with a usual name and few different values."""
    if declared is not None:
        return declared if declared in tables[-1].types else None
    names = {name.lower(): name for name in tables[-1].types}
    found = (names[name] for name in USUAL_LABELS if name in names)
    return next((name for name in found if all(_is_category(table, name) for table in tables)), None)


def _is_category(table: Table, name: str) -> bool:
    """Whether a column has few different values, or is absent: the estimate is off by a few per cent at the most."""
    if name not in table.types:
        return True
    return not table.types[name].is_nested() and ask(table, pl.col(name).approx_n_unique()) <= MOST_CATEGORIES


def compare_columns(base: Table | None, head: Table | None, id_: str | None, label: str | None) -> list[Compared]:
    """Compare every column, those that changed most first; describe those of a table that only head has.

    The values of the id column are compared row by row elsewhere; the label's are categories whatever their type.
    """
    sides = [table for table in (head, base) if table]
    compared = [_compare(name, base, head, _kind(name, sides, id_, label)) for name in _names(head, base)]
    return sorted(_adjusted(compared), key=_prominence)


def compare_types(base: Table | None, head: Table | None) -> list[Compared]:
    """Compare the columns of a table of predictions by their types alone: a model predicts something else each time."""
    columns = [_outline(name, base, head, "other") for name in _names(head, base)]
    return sorted(map(Compared, columns), key=_prominence)


def _names(*sides: Table | None) -> list[str]:
    return list(dict.fromkeys(name for table in sides if table for name in table.types))[:MOST_COLUMNS]


def _kind(name: str, sides: Sequence[Table], id_: str | None, label: str | None) -> ColumnKind:
    if name in (label, id_):
        return "categories" if name == label else "other"
    holders = [table for table in sides if name in table.types]
    if all(table.is_number(name) or table.words[name] == "empty" for table in holders):
        return "numbers"
    kinds = [table.types[name] for table in holders]
    text = (pl.String, pl.Categorical, pl.Enum, pl.Boolean)
    may_be = all(kind.base_type() in text or kind.is_integer() for kind in kinds)
    return "categories" if may_be and all(_is_category(table, name) for table in holders) else "other"


def _compare(name: str, base: Table | None, head: Table | None, kind: ColumnKind) -> Compared:
    column = _outline(name, base, head, kind)
    old, new = (table if table and name in table.types else None for table in (base, head))
    if kind == "numbers":
        return _compare_numbers(column, old, new)
    if kind == "categories":
        return _compare_categories(column, old, new, is_new=base is None)
    missing = [ask(table, table.missing(name).sum()) if table else None for table in (old, new)]
    described = describe_values(head, name) if base is None and head else None
    return Compared(replace(column, base_missing=missing[0], head_missing=missing[1], description=described))


def _outline(name: str, base: Table | None, head: Table | None, kind: ColumnKind) -> ColumnChange:
    old, new = (table.words.get(name) if table else None for table in (base, head))
    return ColumnChange(name=name, kind=kind, base_type=old, head_type=new)


def _compare_numbers(column: ColumnChange, base: Table | None, head: Table | None) -> Compared:
    old, new = (_numbers(table, column.name) if table else None for table in (base, head))
    column = replace(
        column,
        base_missing=base.rows - len(old) if base and old is not None else None,
        head_missing=head.rows - len(new) if head and new is not None else None,
        base=None if old is None else _summary(old),
        head=None if new is None else _summary(new),
    )
    panel = number_panel(column.name, old, new)
    if old is None or new is None or not len(old) or not len(new):
        return Compared(column, panel=panel)
    edges = quantile_edges(old)
    psi = stability_index(counts_between(old, edges), counts_between(new, edges))
    return Compared(column, (psi, kolmogorov_smirnov(old, new)), panel)


def _numbers(table: Table, name: str) -> Numbers:
    """The finite numbers of a column, sorted."""
    column = collect(table.frame.select(table.numbers(name).alias(name)))[name]
    return column.drop_nulls().sort().to_numpy()


def _compare_categories(column: ColumnChange, base: Table | None, head: Table | None, *, is_new: bool) -> Compared:
    old, new = (_category_counts(table, column.name) if table else None for table in (base, head))
    missing = [None if counts is None else counts.pop(None, 0) for counts in (old, new)]
    described = describe_categories(new) if is_new and new is not None else None
    column = replace(column, base_missing=missing[0], head_missing=missing[1], description=described)
    panel = category_panel(column.name, old, new)
    if not old or not new:
        return Compared(column, panel=panel)
    counts = [[side.get(name, 0) for name in {**old, **new}] for side in (old, new)]
    return Compared(column, (stability_index(*counts), chi_squared(*counts)), panel)


def _category_counts(table: Table, name: str) -> dict[str | None, int]:
    """Rows by category as text; ``None`` counts the missing cells."""
    text = pl.when(~table.missing(name)).then(pl.col(name).cast(pl.String))
    rows = collect(table.frame.group_by(text.alias(name)).agg(pl.len().alias("rows")))
    return dict(rows.sort(name).iter_rows())


def _summary(values: Numbers) -> Summary | None:
    """Describe sorted numbers; ``None`` where there are none."""
    if not len(values):
        return None
    _, exponent = np.frexp(max(-values[0], values[-1]))
    scaled = np.ldexp(values, -exponent)  # exactly, because squares of large numbers would overflow
    deviation = np.std(scaled, ddof=1) if len(values) > 1 else 0.0
    found = np.ldexp([*np.quantile(scaled, (0, 0.25, 0.5, 0.75, 1)), np.mean(scaled), deviation], exponent)
    minimum, lower, median, upper, maximum, mean, deviation = found.tolist()
    return Summary(
        minimum=minimum, lower=lower, median=median, upper=upper, maximum=maximum, mean=mean, deviation=deviation
    )


def _adjusted(compared: Sequence[Compared]) -> Iterator[Compared]:
    """Correct the p values of all tested columns together."""
    adjusted = iter(benjamini_hochberg([one.test[1].p for one in compared if one.test]))
    for one in compared:
        if one.test is None:
            yield one
            continue
        psi, test = one.test
        name = "Kolmogorov-Smirnov" if one.column.kind == "numbers" else "chi-squared"
        drift = Drift(psi=psi, test=name, effect=test.effect, p=test.p, adjusted=next(adjusted))  # type: ignore[arg-type]  # the two words are the literals
        yield Compared(replace(one.column, drift=drift), one.test, one.panel)


def _prominence(one: Compared) -> tuple[bool, float, bool]:
    """Columns that are new, gone or of another type, then those that drifted most."""
    column = one.column
    psi = column.drift.psi if column.drift else 0.0
    return column.base_type == column.head_type, -psi, column.base_missing == column.head_missing


def class_counts(base: Table | None, head: Table | None, label: str) -> tuple[ClassCount, ...]:
    """Rows of each class on both sides, in natural order."""
    old, new = (_category_counts(table, label) if table and label in table.types else {} for table in (base, head))
    names = sorted((name for name in {**old, **new} if name is not None), key=by_name)
    return tuple(ClassCount(name=name, base=old.get(name, 0), head=new.get(name, 0)) for name in names)
