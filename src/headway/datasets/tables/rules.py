"""The rules of the settings, held against head's table. Every rule that is broken is one check, with its first rows."""

from __future__ import annotations

from fnmatch import fnmatchcase
from math import inf
from typing import TYPE_CHECKING

import polars as pl

from headway.datasets.tables.rows import holds_something, shown
from headway.datasets.tables.source import ask, collect
from headway.numbers import format_share, format_value
from headway.text import first_names
from headway.values.dataset import Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.datasets.tables.source import Table
    from headway.settings import DataRule, Range
    from headway.values.dataset import ClassCount, Leak

_EXAMPLES = 3
_LISTED = 5


def check_table(
    table: Table, rule: DataRule, label: str | None, classes: Sequence[ClassCount], *, has_base: bool
) -> Iterator[Check]:
    """Every demand of a rule that head's table does not meet.

    ``label`` is the label column that was found; without a base, its classes are compared with nothing.
    """
    declared = [("id", rule.id), ("label", rule.label), *(("required", name) for name in rule.required)]
    yield from (_no_column(key, name) for key, name in declared if name is not None and name not in table.types)
    if (name := rule.id) in table.types:
        missing = table.missing(name)
        yield from _failing(table, rule, "id", name, f"`{name}` is missing", missing)
        repeated = pl.col(name).is_duplicated() & ~missing
        yield from _failing(table, rule, "id", name, f"`{name}` is not unique", repeated)
    for name in (name for name in rule.required if name in table.types):
        missing = table.numbers(name).is_null() if table.types[name].is_float() else pl.col(name).is_null()
        yield from _failing(table, rule, "required", name, f"`{name}` is missing", missing)
    for pattern, allowed in rule.ranges.items():
        yield from _within(table, rule, pattern, allowed)
    if rule.labels and label in table.types:
        yield from _allowed_labels(table, rule, str(label))
    if has_base and rule.max_class_share_change is not None:
        yield from _steady_classes(classes, rule.max_class_share_change)


def check_splits(leaks: Sequence[Leak], rule: DataRule) -> Iterator[Check]:
    """The leaks between splits that the settings declare."""
    for leak in leaks:
        if rule.splits and leak.other in rule.splits:
            by = f"`{leak.id}`" if leak.id else "all their cells"
            rows, verb = f"{leak.rows:,} row{'' if leak.rows == 1 else 's'}", "is" if leak.rows == 1 else "are"
            yield Check(
                rule="splits",
                what=f"{rows} of `{leak.path}` {verb} also in `{leak.other}`, by {by}",
                rows=leak.rows,
                examples=leak.examples,
            )


def _no_column(key: str, name: str) -> Check:
    return Check(rule=key, what=f"there is no column `{name}`")  # type: ignore[arg-type]  # callers pass the literals


def _within(table: Table, rule: DataRule, pattern: str, allowed: Range) -> Iterator[Check]:
    names = [name for name in table.types if fnmatchcase(name, pattern)]
    if not names:
        yield _no_column("ranges", pattern)
    for name in names:
        if not table.is_number(name):
            yield Check(rule="ranges", what=f"`{name}` contains {table.words[name]}, not numbers")
            continue
        value = pl.col(name).cast(pl.Float64, strict=False)
        low, high = -inf if allowed.min is None else allowed.min, inf if allowed.max is None else allowed.max
        no_number = pl.col(name).is_not_null() & value.is_null()
        outside = (value < low) | (value > high) | value.is_nan() | no_number
        yield from _failing(table, rule, "ranges", name, f"`{name}` is not {_words(allowed)}", outside)


def _words(allowed: Range) -> str:
    if allowed.min is None or allowed.max is None:
        edge = allowed.max if allowed.min is None else allowed.min
        return f"{'at most' if allowed.min is None else 'at least'} {format_value(edge)}"
    return f"between {format_value(allowed.min)} and {format_value(allowed.max)}"


def _allowed_labels(table: Table, rule: DataRule, label: str) -> Iterator[Check]:
    allowed = [str(value).lower() if isinstance(value, bool) else str(value) for value in rule.labels]
    wrong = pl.col(label).is_not_null() & ~pl.col(label).cast(pl.String).is_in(allowed)
    listed = first_names(allowed, _LISTED)
    yield from _failing(table, rule, "labels", label, f"`{label}` is not one of {listed}", wrong)


def _failing(  # noqa: PLR0913, PLR0917 - what is wrong, and where to look for it
    table: Table, rule: DataRule, key: str, name: str, what: str, wrong: pl.Expr
) -> Iterator[Check]:
    """A check where any row fails, with the number and the value of the first, and with the id where it is another."""
    count = ask(table, wrong.sum())
    if not count:
        return
    also = [rule.id] if rule.id in table.types and rule.id != name else []
    rows = table.frame.with_row_index(_ROW, 1).filter(wrong).head(_EXAMPLES).select(_ROW, name, *also)
    examples = tuple(_example(*row) for row in collect(rows).iter_rows())
    yield Check(rule=key, what=what, rows=count, examples=examples)  # type: ignore[arg-type]  # likewise


_ROW = "__row"


def _example(number: int, value: object, id_: object = None) -> str:
    place = f"row {number} ({shown(id_)})" if holds_something(id_) else f"row {number}"
    return f"{place}: {shown(value)}" if holds_something(value) else place


def _steady_classes(classes: Sequence[ClassCount], most: float) -> Iterator[Check]:
    base, head = (sum(getattr(one, side) for one in classes) for side in ("base", "head"))
    if not base or not head:
        return
    moved = {one.name: (one.base / base, one.head / head) for one in classes}
    beyond = {name: pair for name, pair in moved.items() if abs(pair[1] - pair[0]) > most}
    if beyond:
        worst = sorted(beyond.items(), key=lambda item: -abs(item[1][1] - item[1][0]))[:_EXAMPLES]
        number = f"{len(beyond)} classes" if len(beyond) > 1 else "a class"
        yield Check(
            rule="max_class_share_change",
            what=f"the share of {number} moved by more than {format_value(most * 100)} percentage points",
            examples=tuple(f"{name}: {format_share(old)} to {format_share(new)}" for name, (old, new) in worst),
        )
