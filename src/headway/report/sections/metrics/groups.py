"""Tables of the same metrics of several items: one row for an item, one column for a metric."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from headway.judge.movement import prominence
from headway.report.blocks import Column, Details, Kind, Name, Row, Table, line
from headway.report.formatting import count, notation_of
from headway.report.sections.metrics.cells import change, judged, sides

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from headway.compare.groups import Group
    from headway.report.blocks import Block, Inline
    from headway.report.formatting import Notation
    from headway.values.comparison import Metric

_COLUMNS = 2
"""Of metrics, as many as a phone is wide enough for; further ones get a table of their own."""
_ROWS = 12
"""Items that are shown; the others are folded."""

Columns = dict[str, dict[str, "Metric"]]
"""Metrics by name and by item."""


def changed_columns(group: Group) -> Columns:
    """The metrics that changed in any item, with all their items; the most prominent first."""
    columns: Columns = {}
    for item, cells in group.cells.items():
        for name, metric in cells.items():
            columns.setdefault(name, {})[item] = metric
    changed = {name: cells for name, cells in columns.items() if any(map(_has_changed, cells.values()))}
    return dict(sorted(changed.items(), key=lambda column: min(map(prominence, column[1].values()))))


def group_tables(group: Group, columns: Columns, heading: str, kind: Kind) -> Iterator[Block]:
    """The tables of a group, turned where there are few items and many metrics."""
    notation = {name: notation_of(list(cells.values())) for name, cells in columns.items()}
    titles = _titles(columns)
    items = _ordered(group, columns)

    def row(first: str, places: Sequence[tuple[str, str]]) -> Row:
        metrics = [(columns[name].get(item), notation[name]) for name, item in places]
        number = sum(metric is not None and _has_changed(metric) for metric, _ in metrics)
        keywords = " ".join(dict.fromkeys(name for name, _ in places))
        return Row((line(Name(first)), *(_cell(*each) for each in metrics)), heading, number, keywords)

    if len(items) <= _COLUMNS < len(columns):
        rows = [row(titles[name], [(name, item) for item in items]) for name in columns]
        yield from _folded(kind, _titled("Metric", items), rows)
        return
    names = list(columns)
    for shown in (names[start : start + _COLUMNS] for start in range(0, len(names), _COLUMNS)):
        rows = [row(item, [(name, item) for name in shown]) for item in items]
        yield from _folded(kind, _titled("Item", [titles[name] for name in shown]), rows)


def _titles(columns: Columns) -> dict[str, str]:
    """The declared titles that only one metric has, or else the names."""
    declared = {name: next(iter(cells.values())).written.title for name, cells in columns.items()}
    used = Counter(declared.values())
    return {name: title if title and used[title] == 1 else name for name, title in declared.items()}


def _has_changed(metric: Metric) -> bool:
    return metric.status != "unchanged"


def _ordered(group: Group, columns: Columns) -> list[str]:
    """The items in natural order, or those that moved most first where some are folded."""
    if len(group.cells) <= _ROWS:
        return list(group.cells)
    moved = {
        item: max((abs(cells[item].relative or 0) for cells in columns.values() if item in cells), default=0)
        for item in group.cells
    }
    return sorted(moved, key=lambda item: -moved[item])


def _titled(first: str, titles: Iterable[str]) -> tuple[Column, ...]:
    return (Column(first), *(Column(title, "numbers") for title in titles))


def _folded(kind: Kind, columns: tuple[Column, ...], rows: Sequence[Row]) -> Iterator[Block]:
    """A table of the first rows, and the others folded."""
    yield Table(kind=kind, columns=columns, entries=tuple(rows[:_ROWS]), searchable=True)
    if rest := rows[_ROWS : kind.most]:
        left_out = sum(row.number for row in rows[kind.most :])
        more = Table(kind=kind, columns=columns, entries=tuple(rest), left_out=left_out, searchable=True)
        summary = count(len(rows) - _ROWS, f"more {columns[0].title.lower()}")
        yield Details(summary=line(summary), blocks=(more,), optional=True)


def _cell(metric: Metric | None, notation: Notation) -> Inline:
    if metric is None or not _has_changed(metric):
        return line(sides(metric, notation) if metric else "")
    return line(sides(metric, notation), " ", judged(metric, f"({change(metric, notation)})"))
