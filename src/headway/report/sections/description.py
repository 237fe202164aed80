"""What data contains that only head has: the sentences and tables on a new table or folder."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from headway.judge.movement import is_constant
from headway.numbers import format_bytes, format_share, format_value
from headway.report.blocks import Column, Details, Kind, Name, Row, Section, Table, line, prose, text_row
from headway.report.formatting import count, name, out_size
from headway.text import and_more
from headway.values.dataset import ColumnDescription, FolderChange, TableChange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.report.blocks import Block
    from headway.values.dataset import ClassCount, ColumnChange, DatasetChange, TableDescription
    from headway.values.report import Report

COLUMNS = Kind(noun="column", rank=8, markdown=20, page=200, terminal=20)
FILES = Kind(noun="tracked file", rank=9, markdown=20, page=500, terminal=20)
CLASSES = Kind(noun="class", rank=7, least=2, markdown=12, page=50, terminal=12)
_MOST_OPEN = 8
"""Rows of a table that a comment does not fold."""
_NAMED = 3
"""Columns that a sentence names."""


def is_new(dataset: DatasetChange) -> bool:
    """Whether only head has a folder or table."""
    if isinstance(dataset, FolderChange):
        return dataset.base_files is None and dataset.base_size is None and dataset.head_files is not None
    return dataset.status == "added"


def other_files(report: Report) -> Iterator[Section]:
    """The tracked files that a description leaves out, such as models."""
    sizes = tuple(text_row(change.path, out_size(change.head)) for change in report.data[: FILES.most])
    columns = (Column("Path"), Column("Size", "numbers"))
    if sizes:
        table = Table(kind=FILES, columns=columns, entries=sizes, left_out=len(report.data) - len(sizes))
        yield Section(anchor="data", title="Other tracked files", blocks=(table,))


def table_lead(table: TableChange) -> str:
    """The size of a table, and the types of its columns."""
    if table.head_rows is None:
        return format_bytes(table.head_size)
    types = Counter(column.head_type or "" for column in table.columns)
    listed = [f"{number:,} {type_}" for type_, number in types.most_common()]
    of_types = f" ({', '.join(listed)})" if len(table.columns) == table.columns_total else ""
    columns = f"{count(table.columns_total, 'column')}{of_types}"
    return f"{count(table.head_rows, 'row')} in {columns}{_bytes(table.head_size)}"


def folder_lead(folder: FolderChange) -> str:
    """The size of a folder."""
    return f"{count(folder.head_files or 0, 'file')}{_bytes(folder.head_size)}"


def _bytes(size: int | None) -> str:
    return "" if size is None else f", {format_bytes(size)}"


def table_lines(table: TableChange) -> Iterator[str]:
    """What is missing, repeated or always the same, and how the classes are distributed."""
    found = table.description
    if not found or not table.head_rows:
        return
    ignoring = f" (ignoring {name(found.id)})" if found.id else ""
    flaws = [
        ("missing values", found.missing, _where_missing(found, table.columns)),
        (f"repeated rows{ignoring}", table.duplicates.head_rows, ""),
        *([(f"repeated ids in {name(found.id)}", table.duplicates.head_ids, "")] if found.id else []),
    ]
    yield from (f"{what[0].upper()}{what[1:]}: {number:,}{where}" for what, number, where in flaws if number)
    absent = [what for what, number, _ in flaws if not number]
    if absent:
        yield f"No {', no '.join(absent)}"
    if found.constant and table.head_rows > 1:
        names = [name(column.name) for column in table.columns if is_constant(column)][:_NAMED]
        yield f"The same value in all rows: {', '.join(names)}{and_more(found.constant - len(names))}"
    if table.label and len(table.classes) > 1:
        yield _balance(table.label, table.classes)


def _where_missing(found: TableDescription, columns: Sequence[ColumnChange]) -> str:
    most = sorted(columns, key=lambda column: -(column.head_missing or 0))[:_NAMED]
    names = [_times(column.name, column.head_missing) for column in most if column.head_missing]
    more = and_more(found.incomplete - len(names))
    return f" in {count(found.incomplete, 'column')}: {', '.join(names)}{more}"


def _balance(label: str, classes: Sequence[ClassCount]) -> str:
    total = sum(one.head for one in classes)
    ends = max(classes, key=lambda one: one.head), min(classes, key=lambda one: one.head)
    most, least = (format_share(one.head / total) for one in ends)
    span = f"from {least} ({name(ends[1].name)}) to {most} ({name(ends[0].name)})" if most != least else f"each {most}"
    return f"Classes in {name(label)}: {len(classes):,}, {span} of the rows"


def _times(value: str, rows: int) -> str:
    return f"{name(value)} ({rows:,})"


def table_tables(table: TableChange) -> Iterator[Block]:
    """The classes, the numbers, and all other columns."""
    if table.head_rows:
        numbers = [column for column in table.columns if column.head]
        others = [column for column in table.columns if not column.head]
        yield _foldable(_classes(table.classes), f"{count(len(table.classes), 'class')} in {name(table.label or '')}")
        yield _foldable(_values(others), count(len(others), "other column"))
        yield _foldable(_numbers(numbers), count(len(numbers), "numeric column"))


def _foldable(table: Table, summary: str) -> Block:
    """A table that a comment folds if it is long."""
    if len(table.entries) <= _MOST_OPEN:
        return table
    return Details(summary=prose(summary), blocks=(table,), opened=True)


def _classes(classes: Sequence[ClassCount]) -> Table:
    total = sum(one.head for one in classes)
    rows = tuple(text_row(one.name, f"{one.head:,}", format_share(one.head / total)) for one in classes)
    columns = (Column("Class"), Column("Rows", "numbers"), Column("Share", "numbers"))
    return Table(kind=CLASSES, columns=columns, entries=rows)


def _numbers(found: Sequence[ColumnChange]) -> Table:
    titles = ("Missing", "Min", "Median", "Mean", "Max")
    numbers = (Column(title, "numbers", minor=title == "Mean") for title in titles)
    columns = (Column("Column"), Column("Type", minor=True), *numbers)
    return Table(kind=COLUMNS, columns=columns, entries=tuple(map(_number_row, found)))


def _number_row(column: ColumnChange) -> Row:
    numbers = column.head
    shown = (numbers.minimum, numbers.median, numbers.mean, numbers.maximum) if numbers else ()
    return _row(column, *map(format_value, shown))


def _values(found: Sequence[ColumnChange]) -> Table:
    numbers = (Column("Missing", "numbers"), Column("Distinct", "numbers"))
    columns = (Column("Column"), Column("Type", minor=True), *numbers, Column("Values"))
    return Table(kind=COLUMNS, columns=columns, entries=tuple(map(_value_row, found)))


def _value_row(column: ColumnChange) -> Row:
    found = column.description or ColumnDescription()
    return _row(column, "" if found.distinct is None else f"{found.distinct:,}", _examples(found))


def _row(column: ColumnChange, *cells: str) -> Row:
    """A row of a table of columns, in whose cells backticks enclose text from the data."""
    type_ = line(Name(column.head_type)) if column.head_type else ()
    return Row((line(Name(column.name)), type_, line(f"{column.head_missing or 0:,}"), *map(prose, cells)))


def _examples(found: ColumnDescription) -> str:
    """The range of ordered values, else the most frequent ones with their rows."""
    if found.first is not None and found.last is not None:
        return f"{name(found.first)} to {name(found.last)}"
    named = [_times(one.value, one.rows) for one in found.frequent[:_NAMED]]
    return f"{', '.join(named)}{and_more((found.distinct or 0) - len(named))}" if named else ""
