"""What a table of predictions is about, and whether its values can be that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from headway.datasets.predictions.class_names import order_classes
from headway.datasets.predictions.prediction_table import has_own_groups
from headway.gather.read.parsing import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.datasets.predictions.class_names import Classes
    from headway.datasets.predictions.prediction_table import PredictionTable
    from headway.settings import Task

_MOST_CODES = 100
"""Different whole numbers up to which they are taken for the codes of classes."""
_BINARY = 2
_ROUNDING = 1e-3
"""How far probabilities may be from a sum of one, unless they are printed with fewer digits."""
_PRECISION = 1e-6
_DECIMALS = range(1, 7)


def find_task(*tables: PredictionTable) -> Task:
    """The task of a table, or of both sides of it: the declared one, else what the columns say.

    Patterns are the columns of a multilabel task. Without a correct answer, or without any kind of prediction, there
    are only scores. Actual and predicted numbers with fractions are a regression, as are more than 100 different
    floats without fractions. All else is a classification: binary with up to two classes, and multiclass with more.

    Raises:
        UnreadableError: the columns fit more than one task.
    """
    rule = tables[0].rule
    if rule.task:
        return rule.task
    if tables[0].actual_labels:
        return "multilabel"
    if not rule.actual or not (rule.predicted or rule.probabilities or rule.score):
        return "scores"
    if rule.predicted and not rule.probabilities and _is_regression(tables):
        return "regression"
    count = len(find_classes(*tables).names)
    if count > _BINARY and not (rule.predicted or rule.probabilities):
        raise UnreadableError(
            f"has {count:,} classes in `{rule.actual}`, but `score` is that of one class; "
            "name `predicted` or `probabilities`, or set `task: scores`"
        )
    return "multiclass" if count > _BINARY else "binary"


def _is_regression(tables: tuple[PredictionTable, ...]) -> bool:
    actual, predicted = tables[0].rule.actual, tables[0].rule.predicted
    if not all(one.table.is_number(column) for one in tables for column in (actual, predicted)):
        return False
    has_fractions = {column: any(_has_fractions(one, column) for one in tables) for column in (actual, predicted)}
    if any(has_fractions.values()):
        if not has_fractions[actual] and all(_count_values(one, actual) <= _BINARY for one in tables):
            raise UnreadableError(
                f"has fractions in `{predicted}`, but only two values in `{actual}`; name `{predicted}` as `score` or "
                "under `probabilities` if it is a probability, else set `task: regression`"
            )
        return True
    if all(_count_values(one, column) <= _MOST_CODES for one in tables for column in (actual, predicted)):
        return False
    if any(one.table.types[column].is_float() for one in tables for column in (actual, predicted)):
        return True
    raise UnreadableError(
        f"has more than {_MOST_CODES} different whole numbers in `{actual}` and `{predicted}`, which may be classes or "
        "amounts; set `task: multiclass` or `task: regression`"
    )


def _has_fractions(table: PredictionTable, column: str) -> bool:
    return bool(table.select((table.table.numbers(column) % 1 != 0).any()).item())


def _count_values(table: PredictionTable, column: str) -> int:
    return int(table.select(pl.col(column).n_unique()).item())


def find_classes(*tables: PredictionTable) -> Classes:
    """The classes of a table, or of both sides of it."""
    return order_classes(name for one in tables for name in one.class_names())


def find_problem(table: PredictionTable, task: Task) -> str:
    """Why a table cannot be evidence, as a clause; empty if it can."""
    return table.table.flaw or next(filter(None, _problems(table, task)), "")


def _problems(table: PredictionTable, task: Task) -> Iterator[str]:
    rule = table.rule
    named = [] if task == "multilabel" else list(filter(None, (rule.actual, rule.predicted)))
    scores = [*filter(None, [rule.score]), *table.probabilities.values()]
    cells = [rule.group] if rule.group and has_own_groups(rule, table.side) else []
    numbers = scores + (named if task == "regression" else [])
    cells += [] if task == "regression" else named
    yield _count_bad(table, {name: table.missing(name) for name in cells}, "no value")
    yield _count_bad(table, {name: table.table.numbers(name).is_null() for name in numbers}, "no finite number")
    labels = [*table.actual_labels.values(), *table.predicted_labels.values()]
    is_other = {name: ~table.table.numbers(name).is_in([0.0, 1.0]).fill_null(value=False) for name in labels}
    yield _count_bad(table, is_other, "neither 0 nor 1")
    if table.probabilities:
        yield _check_probabilities(table, task)


def _count_bad(table: PredictionTable, are_bad: dict[str, pl.Expr], what: str) -> str:
    """The first column with bad cells, and their number."""
    if not are_bad:
        return ""
    counts = table.select(*(is_bad.sum().alias(name) for name, is_bad in are_bad.items())).row(0, named=True)
    bad = ((name, count) for name, count in counts.items() if count)
    return next((f"has {what} in {count:,} of {table.rows:,} rows of `{name}`" for name, count in bad), "")


def _check_probabilities(table: PredictionTable, task: Task) -> str:
    columns = [table.table.numbers(name) for name in table.probabilities.values()]
    is_outside = ((pl.min_horizontal(columns) < -_PRECISION) | (pl.max_horizontal(columns) > 1 + _PRECISION)).sum()
    is_whole = task == "multiclass" or (task == "binary" and len(columns) > 1)
    off = (pl.sum_horizontal(columns) - 1).abs() > _tolerance(table)
    outside, wrong = table.select(is_outside.alias("outside"), off.sum().alias("off")).row(0)
    if outside:
        return f"has probabilities outside 0 and 1 in {outside:,} of {table.rows:,} rows"
    return f"has probabilities that do not sum to 1 in {wrong:,} of {table.rows:,} rows" if wrong and is_whole else ""


def _tolerance(table: PredictionTable) -> float:
    """How far the sum of the probabilities can be from one by the rounding of each to its printed digits."""
    names = list(table.probabilities.values())
    cells = table.table.frame.select(names).head(1000).collect().cast(pl.Float64, strict=False)
    is_printed = (cells.select((pl.all() - pl.all().round(n)).abs().max()).max_horizontal()[0] for n in _DECIMALS)
    decimals = next((n for n, rest in zip(_DECIMALS, is_printed, strict=True) if rest is not None and rest < 1e-9), 9)  # noqa: PLR2004 - far below any digit
    return max(_ROUNDING, len(names) / 2 * 10.0**-decimals + 1e-9)
