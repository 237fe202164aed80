"""Rows that are in two splits: a model that has seen a test row in training knows its answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from headway.datasets.tables.rows import find_id, first_rows, overlap, pair, read_keys
from headway.values.dataset import Leak

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.datasets.tables.rows import Overlap, Pairing
    from headway.datasets.tables.source import Table
    from headway.settings import DataRule

_MOST_REPEATED = 0.05
"""Share of a table's rows that repeat another from which equal rows say nothing: the table has few different ones."""


def find_leaks(table: Table, others: Sequence[Table], rule: DataRule) -> Iterator[Leak]:
    """Look for the rows of a table in other splits, by id where they share one, and as whole rows."""
    for other in others:
        id_ = find_id(rule.id, table, other)
        leak = _same_ids(table, other, id_, rule.id) if id_ else None
        # Where the settings forbid an equal row and nothing else tells rows apart, each counts, however common.
        if leak := leak or _same_rows(table, other, id_, every=bool(rule.splits) and id_ is None):
            yield leak


def _same_ids(table: Table, other: Table, id_: str, declared: str | None) -> Leak | None:
    """Undeclared ids that name no equal row in both tables are row numbers of their files, and leak nothing."""
    pairing = pair(id_, table, other)
    shared = overlap(read_keys(table, pairing), read_keys(other, pairing))
    if declared is None and not shared.has_equal_rows:
        return None
    return _leak(table, other, pairing, shared)


def _same_rows(table: Table, other: Table, id_: str | None, *, every: bool) -> Leak | None:
    """Whole rows, apart from an id; only where the columns are the same and, but for ``every``, repeats are rare."""
    if table.types.keys() != other.types.keys():
        return None
    pairing = replace(pair(id_, table, other), id=None)
    keys, other_keys = read_keys(table, pairing), read_keys(other, pairing)
    sides = ((keys, table), (other_keys, other))
    if not every and any(side.repeated_rows > _MOST_REPEATED * opened.rows for side, opened in sides):
        return None
    return _leak(table, other, pairing, overlap(keys, other_keys))


def _leak(table: Table, other: Table, pairing: Pairing, shared: Overlap) -> Leak | None:
    if not shared.rows:
        return None
    examples = tuple(first_rows(table, pairing, shared.ids))
    return Leak(path=table.path, other=other.path, id=pairing.id, rows=shared.rows, examples=examples)
