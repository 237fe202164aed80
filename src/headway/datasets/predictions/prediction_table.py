"""A table of predictions of one side, opened: its columns are found, its rows are not read yet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import polars as pl

from headway.datasets.predictions.class_names import class_name
from headway.datasets.tables.source import collect, open_table
from headway.gather.read.parsing import UnreadableError
from headway.sorting import sorted_names
from headway.text import error_line, first_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from headway.datasets.tables.source import Table
    from headway.settings import PredictionsRule
    from headway.values.revision import Side
    from headway.values.tables import DataFile

MOST_CLASSES = 100_000
"""Classes of one column; more are hardly classes."""


@dataclass(frozen=True)
class PredictionTable:
    """A table of predictions.

    Attributes:
        rule: what the settings say about it.
        side: the side that it belongs to.
        table: the table itself.
        probabilities: the column with the probability of each class, by the class's name.
        actual_labels, predicted_labels: the columns with the labels of a ``multilabel`` task, by the label's name.
    """

    rule: PredictionsRule
    side: Side
    table: Table
    probabilities: Mapping[str, str]
    actual_labels: Mapping[str, str]
    predicted_labels: Mapping[str, str]
    _texts: dict[str, list[str]] = field(default_factory=dict, repr=False)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.table.rows

    def select(self, *columns: pl.Expr) -> pl.DataFrame:
        """Run a query over all rows; raises ``UnreadableError`` where the file turns out to be damaged."""
        return self.run(self.table.frame.select(columns))

    def run(self, frame: pl.LazyFrame) -> pl.DataFrame:
        """Run another query over its rows; raises what ``select`` raises."""
        try:
            return collect(frame)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
            raise UnreadableError(f"cannot be read: {error_line(error)[:200]}") from error

    def read(self, column: pl.Expr) -> NDArray[Any]:
        """One column, shape (rows,)."""
        values: NDArray[np.generic] = self.select(column).to_series().to_numpy()
        return values

    def texts(self, column: str) -> list[str]:
        """The different values of a column of classes, as text; raises ``UnreadableError`` if there are too many."""
        if column not in self._texts:
            texts = self.select(self.as_text(pl.col(column).filter(~self.missing(column))).unique()).to_series()
            is_many = len(texts) > MOST_CLASSES
            self._texts[column] = texts[: MOST_CLASSES + 1].to_list() if is_many else sorted(texts.unique().to_list())
        if len(self._texts[column]) > MOST_CLASSES:
            raise UnreadableError(f"has more than {MOST_CLASSES:,} classes in `{column}`")
        return self._texts[column]

    def as_text(self, cells: pl.Expr) -> pl.Expr:
        """Cells as text; -0.0 is 0.0, because polars takes both for one value, and adding 0.0 may leave the sign."""
        is_float = self.table.frame.select(cells).collect_schema().dtypes()[0].is_float()
        return (pl.when(cells == 0).then(0.0).otherwise(cells) if is_float else cells).cast(pl.String)

    def missing(self, column: str) -> pl.Expr:
        """Whether a cell has no value."""
        return self.table.missing(column)

    def class_names(self) -> set[str]:
        """The names of all classes in its columns."""
        if self.actual_labels or self.predicted_labels:
            return {*self.actual_labels, *self.predicted_labels}
        columns = filter(None, (self.rule.actual, self.rule.predicted))
        return {class_name(text) for column in columns for text in self.texts(column)} | set(self.probabilities)


def open_predictions(rule: PredictionsRule, files: Sequence[DataFile], side: Side) -> PredictionTable:
    """Open a table of predictions from its file, or from its parts.

    Columns for groups and slices are needed on head only, whose groups paired rows have, unless nothing pairs the rows.

    Raises:
        UnreadableError: a file is absent, broken or too large, a column is missing, or holds what it cannot be.
    """
    table = _join(rule.path, [_open(file, side, is_part=len(files) > 1) for file in files])
    if not table.rows:
        raise UnreadableError("has no rows")
    labels = [rule.actual, rule.predicted] if _is_multilabel(rule) else []
    named = _named_columns(rule, side, labels)
    _check_columns(named, table)
    taken = {*named, rule.group, *rule.slices}
    actual, predicted = (_matching(table, pattern, taken) for pattern in labels or ("", ""))
    if actual and predicted and actual.keys() != predicted.keys():
        only = sorted_names(actual.keys() ^ predicted.keys())
        raise UnreadableError(f"has labels that are only actual or only predicted: {first_names(only)}")
    probabilities = _probability_columns(rule, table, taken)
    _check_columns([*actual.values(), *predicted.values(), *probabilities.values()], table)
    return PredictionTable(rule, side, table, probabilities, actual, predicted)


def _named_columns(rule: PredictionsRule, side: Side, patterns: Collection[str]) -> list[str]:
    """The columns that a side needs by their names."""
    answers = [name for name in (rule.actual, rule.predicted) if name not in patterns]
    groups = [rule.group, *rule.slices] if has_own_groups(rule, side) else []
    probabilities = rule.probabilities.values() if isinstance(rule.probabilities, dict) else []
    return [name for name in (rule.id, *answers, rule.score, *groups, *probabilities) if name]


def has_own_groups(rule: PredictionsRule, side: Side) -> bool:
    """Whether the groups of a side count: rows that are paired have those of head."""
    return side == "head" or not rule.id


def _is_multilabel(rule: PredictionsRule) -> bool:
    return rule.task == "multilabel" or (rule.task is None and "*" in rule.actual + rule.predicted)


def _open(file: DataFile, side: Side, *, is_part: bool) -> Table:
    try:
        return open_table(file, side)
    except UnreadableError as error:
        raise UnreadableError(f"has a part, {file.path}, that {error}" if is_part else str(error)) from error


def _join(path: str, parts: Sequence[Table]) -> Table:
    """The parts of a table, one below the other."""
    first, *others = parts
    if not others:
        return first
    for part in others:
        if differing := sorted_names(part.types.keys() ^ first.types.keys()):
            raise UnreadableError(f"has parts with other columns, such as {part.path}: {first_names(differing)}")
    try:
        frame = pl.concat([part.frame.select(list(first.types)) for part in parts], how="vertical_relaxed")
        types = dict(frame.collect_schema())
    except pl.exceptions.PolarsError as error:
        raise UnreadableError(f"has parts that do not fit together: {error_line(error)[:200]}") from error
    return replace(
        first,
        path=path,
        frame=frame,
        types=types,
        rows=sum(part.rows for part in parts),
        mixed=frozenset(name for part in parts for name in part.mixed if types[name] == pl.String),
        problems=tuple(problem for part in parts for problem in part.problems),
        flaw=next((part.flaw for part in parts if part.flaw), ""),
    )


def _check_columns(names: Collection[str], table: Table) -> None:
    for problem in filter(None, (column_problem(name, table) for name in names)):
        raise UnreadableError(problem)


def column_problem(name: str, table: Table) -> str:
    """Why a column cannot be read, as a clause; empty if it can."""
    if name not in table.types:
        return missing_column(name, table)
    if name == "*" or (name.startswith("^") and name.endswith("$")):  # polars would read other columns instead
        return f"has a column `{name}`, whose name reads like a pattern; rename it"
    if table.types[name].is_nested() or table.types[name] == pl.Binary:
        return f"has nested or binary values in `{name}`, where text or numbers are needed"
    return ""


def missing_column(name: str, table: Table) -> str:
    """The clause for a column that a table lacks, with the columns that it has."""
    by_folded = {column.casefold(): column for column in table.types}
    near = get_close_matches(name.casefold(), by_folded, 1)
    meant = f"; did you mean `{by_folded[near[0]]}`?" if near else "."
    return f"has no column `{name}`{meant} Its columns are {first_names(list(table.types), 20)}"


def _probability_columns(rule: PredictionsRule, table: Table, taken: Collection[str]) -> dict[str, str]:
    if isinstance(rule.probabilities, str):
        return _matching(table, rule.probabilities, taken)
    return {class_name(name): column for name, column in rule.probabilities.items()}


def _matching(table: Table, pattern: str, taken: Collection[str]) -> dict[str, str]:
    """The columns that match a pattern and have no other meaning, by what the asterisk stands for."""
    if not pattern:
        return {}
    found = dict(_matches(pattern, [name for name in table.types if name not in taken]))
    if not found:
        raise UnreadableError(missing_column(pattern, table))
    return {name: found[name] for name in sorted_names(found)}


def _matches(pattern: str, columns: Sequence[str]) -> Iterator[tuple[str, str]]:
    before, _, after = pattern.partition("*")
    for column in columns:
        if column.startswith(before) and column.endswith(after) and len(column) > len(before) + len(after):
            yield class_name(column[len(before) : len(column) - len(after)]), column
