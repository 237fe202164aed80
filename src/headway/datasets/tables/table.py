"""One table on both sides, compared in every respect, or described where only head has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from headway.datasets.tables.column_changes import class_counts, compare_columns, compare_types, find_label
from headway.datasets.tables.description import describe_table
from headway.datasets.tables.distribution import MOST_BARS
from headway.datasets.tables.rows import describe_rows, differ, duplicates, find_id, pair, read_keys, rows_without_id
from headway.datasets.tables.rules import check_splits, check_table
from headway.datasets.tables.splits import find_leaks
from headway.numbers import format_value
from headway.values.chart import DistributionChart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.datasets.tables.column_changes import Compared
    from headway.datasets.tables.source import Table
    from headway.settings import DataRule
    from headway.values.chart import DistributionPanel
    from headway.values.dataset import Check, ColumnChange, Duplicates, RowChanges, RowsWithoutId, TableChange

MOST_KEPT = 200
"""Columns that the report holds, and classes."""
LEAST_PANELS, MOST_PANELS = 2, 6
"""Small charts of one table: a row of the columns that moved most, and of more only those that moved."""
_MOVED = 0.01
"""The population stability index from which a chart shows a difference at all."""


def compare_table(
    outline: TableChange, base: Table | None, head: Table | None, rule: DataRule, others: Sequence[Table] = ()
) -> tuple[TableChange, DistributionChart | None]:
    """Complete the outline of a table, and give its distributions where any moved, or where only head has it.

    At least one side has the table; ``others`` are head's other splits. Of predictions on both sides, only the rows are
    compared.
    """
    opened = [table for table in (base, head) if table]
    id_ = find_id(rule.id, *opened)
    label = find_label(rule.label, *opened)
    is_compared = not (outline.predicted and base and head)
    columns = compare_columns(base, head, id_, label) if is_compared else compare_types(base, head)
    classes = class_counts(base, head, label) if label and is_compared else ()
    leaks = tuple(find_leaks(head, others, rule)) if head else ()
    rows, repeated, without_id = _rows(base, head, id_, label)
    checks: tuple[Check, ...] = ()
    if head:
        broken = check_table(head, rule, label, classes, has_base=base is not None)
        checks = (*broken, *check_splits(leaks, rule))
    chart = _chart(outline.path, columns, label) if base else _new_chart(outline.path, columns, label)
    table = replace(
        outline,
        base_rows=base.rows if base else None,
        head_rows=head.rows if head else None,
        rows=rows,
        label=label,
        classes=classes[:MOST_KEPT],
        columns=tuple(one.column for one in columns[:MOST_KEPT]),
        columns_total=len({name for table in opened for name in table.types}),
        tested=sum(one.test is not None for one in columns),
        duplicates=repeated,
        without_id=without_id,
        leaks=leaks,
        checks=checks,
        chart=chart.id if chart else None,
        description=None if base else describe_table(id_, (one.column for one in columns)),
    )
    return table, chart


def _rows(
    base: Table | None, head: Table | None, id_: str | None, label: str | None
) -> tuple[RowChanges | None, Duplicates, RowsWithoutId | None]:
    pairing = pair(id_, *(table for table in (base, head) if table))
    old, new = (read_keys(table, pairing) if table else None for table in (base, head))
    repeated, without_id = duplicates(old, new, pairing), rows_without_id(old, new)
    if base is None or head is None or old is None or new is None:
        return None, repeated, without_id
    if base.types.keys() != head.types.keys():  # rows that differ only in a new column are no duplicates
        repeated = duplicates(read_keys(base, pair(id_, base)), read_keys(head, pair(id_, head)), pairing)
    difference = differ(old, new, pairing)
    del old, new
    return describe_rows(base, head, pairing, difference, label), repeated, without_id


def _chart(path: str, columns: Sequence[Compared], label: str | None) -> DistributionChart | None:
    """The classes first, then the columns that drifted most."""
    drawn = [one for one in columns if one.panel and one.panel.base and one.panel.head]
    drawn = [one for one in drawn if one.panel and one.panel.base != one.panel.head]
    drawn.sort(key=lambda one: one.column.name != label)
    moved = sum(one.column.name == label or bool(one.test and one.test[0] >= _MOVED) for one in drawn)
    shown = drawn[: min(max(moved, LEAST_PANELS), MOST_PANELS)]
    panels = tuple(_with_index(one.panel, one.column) for one in shown if one.panel)
    indices = [f"{one.column.name} PSI {format_value(one.column.drift.psi)}" for one in shown if one.column.drift]
    return _chart_of(path, panels, f"{_shown(panels, columns)} of {path}, base and head. {'; '.join(indices)}.")


def _new_chart(path: str, columns: Sequence[Compared], label: str | None) -> DistributionChart | None:
    """The classes first, then the numbers and the texts with few values in the order of the columns."""
    drawn = [one for one in columns if one.column.name == label or _is_drawn(one.column)]
    drawn = sorted((one for one in drawn if one.panel), key=lambda one: one.column.name != label)
    panels = tuple(one.panel for one in drawn[:MOST_PANELS] if one.panel)
    return _chart_of(path, panels, f"{_shown(panels, columns)} of {path}: {', '.join(one.name for one in panels)}.")


def _is_drawn(column: ColumnChange) -> bool:
    """Whether a chart of a new column says anything: of dates, and of many texts, it would show the first few."""
    found = column.description
    return found is None or (found.first is None and (found.distinct or 0) <= MOST_BARS)


def _shown(panels: Sequence[DistributionPanel], columns: Sequence[Compared]) -> str:
    of_all = f" of {len(columns)}" if len(panels) < len(columns) else ""
    return f"Distributions of {len(panels)}{of_all} column{'' if len(columns) == 1 else 's'}"


def _chart_of(path: str, panels: tuple[DistributionPanel, ...], alt: str) -> DistributionChart | None:
    return DistributionChart(id=f"data: {path}", title=path, alt=alt, panels=panels) if panels else None


def _with_index(panel: DistributionPanel, column: ColumnChange) -> DistributionPanel:
    """The panel with its population stability index in small print."""
    psi = f"PSI {format_value(round(column.drift.psi, 4))}" if column.drift else ""
    return replace(panel, remark=" · ".join(filter(None, (psi, panel.remark))))
