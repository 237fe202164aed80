"""Lists of records in JSON, YAML and TOML as the columns of a plot."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from headway.gather.read.parsing import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence


@dataclass(frozen=True)
class _List:
    """A list of records with its dotted name in the file; ``columns`` in the order in which they come up."""

    name: str
    records: Sequence[dict[str, Any]]
    columns: Mapping[str, None]

    def cells(self, column: str) -> list[Any]:
        return [record.get(column) for record in self.records]

    def first_gap(self, column: str) -> int:
        """The first row without a column; the number of rows where each has it."""
        gaps = (row for row, record in enumerate(self.records) if column not in record)
        return next(gaps, len(self.records))


class RecordColumns:
    """The columns of a tree; each keeps the type that its values share, else it is text.

    Columns that one list holds together come from it. Others are joined row by row, as DVC joins all lists, even those
    whose columns have the same names. Of several lists that hold a column the last is read.
    """

    def __init__(self, tree: object) -> None:
        self._lists = [_as_list(name, records) for name, records in _lists(tree) if _are_records(records)]
        if not self._lists:
            raise UnreadableError('contains no list of records such as [{"epoch": 1, "loss": 0.5}]')
        self.columns = tuple(dict.fromkeys(column for each in self._lists for column in each.columns))
        if not self.columns:
            raise UnreadableError("contains records without fields")
        *_, self.default = self._lists[0].records[0] or self.columns

    def places(self, xs: Sequence[str], ys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """An x belongs to its y, so lists without the y are no other place for it; a y may be meant in any list."""
        beside = self._holders((*xs, *ys))
        every = {name: [each for each in self._lists if name in each.columns] for name in ys}
        return {name: _names(name, (beside | every)[name], beside[name][-1]) for name in (*xs, *ys)}

    def beside(self, names: Sequence[str]) -> Collection[str]:
        """All columns of the rows that ``select`` reads; none if it joins several lists."""
        read = [holders[-1] for holders in self._holders(names).values()]
        return read[0].columns if all(each is read[0] for each in read) else ()

    def select(self, names: Sequence[str]) -> tuple[pl.DataFrame, str]:
        """Read some columns, and say which is the first record that lacks one of them."""
        sources = {name: holders[-1] for name, holders in self._holders(names).items()}
        height = max(len(each.records) for each in sources.values())
        columns = [
            _series(name, each.cells(name) + [None] * (height - len(each.records))) for name, each in sources.items()
        ]
        row, name = min(((each.first_gap(name), name) for name, each in sources.items()), key=lambda gap: gap[0])
        gap = f"record {row + 1} has no {name!r}; missing values are left out" if row < height else ""
        return pl.DataFrame(columns), gap

    def _holders(self, names: Sequence[str]) -> dict[str, list[_List]]:
        """The lists that hold all of the columns, else those that hold each; never none."""
        together = [each for each in self._lists if each.columns.keys() >= {*names}]
        return {name: together or [each for each in self._lists if name in each.columns] for name in names}


def _lists(tree: object, name: str = "") -> Iterable[tuple[str, list[Any]]]:
    """The lists of a tree by their dotted names."""
    if isinstance(tree, list):
        yield name, tree
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _lists(value, f"{name}.{key}" if name else str(key))


def _are_records(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, Mapping) for item in items)


def _as_list(name: str, records: list[Any]) -> _List:
    named = [{str(key): value for key, value in record.items()} for record in records]
    return _List(name, named, dict.fromkeys(column for record in named for column in record))


def _names(column: str, sources: Sequence[_List], read: _List) -> tuple[str, ...]:
    """The lists whose cells of a column differ from those of the list that is read, which comes last."""
    others = [each for each in sources if each is not read and each.cells(column) != read.cells(column)]
    return tuple(f"the list {each.name!r}" if each.name else "the only list" for each in (*others, read))


def _series(name: str, values: list[Any]) -> pl.Series:
    """The type that all values share, else text; so are integers beyond 64 bits, which a float would make alike."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds == {int} and all(value is None or -(2**63) <= value < 2**63 for value in values):
        return pl.Series(name, values, dtype=pl.Int64)
    if float in kinds and kinds <= {int, float}:
        return pl.Series(name, values, dtype=pl.Float64, strict=False)
    return pl.Series(name, [None if value is None else _text(value) for value in values], dtype=pl.String)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return json.dumps(value, default=str, ensure_ascii=False)
