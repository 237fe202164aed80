"""Rows of both sides, paired by id or counted whole, and what occurs more than once.

Ids and rows are compared by 64-bit hashes: 16 bytes a row, whatever the row holds. Among 20 million different rows the
chance that any two share a hash is about one in a hundred thousand (the birthday bound).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from headway.datasets.tables.source import collect
from headway.text import first_difference, shortened, window
from headway.values.dataset import CellChange, Duplicates, EditedColumn, RowChanges, RowExample, RowsWithoutId

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.datasets.tables.source import Table

_EXAMPLES = 5
_CELLS = 4
_EDITED_COLUMNS = 20
_LOOKED_INTO = 10_000
"""Edited rows up to which each is looked into."""
_TEXT = 80
_NO_FRACTION = 1e15
"""From here on a float is written with its exponent."""
_ID, _ROW, _COUNT, _MISSING, _CHANGE = "__id", "__row", "__count", "__missing", "__change"
_AT, _COLUMN, _OLD, _NEW = "__at", "__column", "__old", "__new"
_MOST_MISSING = 0.5
"""Share of a table's rows without an id up to which a column that nobody declared is taken for one."""


@dataclass(frozen=True)
class Keys:
    """The rows of one side as hashes; without an id column, the ids are those of whole rows.

    Attributes:
        hashes: each id once, with the least hash of its rows' other cells, and how often the id occurs.
        repeated_rows: further occurrences of rows that are equal but for their id.
        without_id: likewise the rows whose id is missing, by the hash of the whole row: no other row can be the same.
    """

    hashes: pl.DataFrame
    repeated_rows: int
    without_id: pl.DataFrame

    @property
    def repeated_ids(self) -> int:
        """Further occurrences of ids."""
        return int(self.hashes[_COUNT].sum()) - self.hashes.height


@dataclass(frozen=True)
class Pairing:
    """How the rows of two tables are told apart and compared.

    Attributes:
        id: the id column, ``None`` for whole rows.
        columns: the columns that both sides have, without the id.
        cells: how a column's cells are compared where the two sides' types differ.
    """

    id: str | None
    columns: tuple[str, ...]
    cells: dict[str, pl.Expr]

    def id_hash(self) -> pl.Expr:
        """The hash that rows are paired by."""
        return self.row_hash() if self.id is None else self.cells[self.id].hash()

    def row_hash(self) -> pl.Expr:
        """The hash of the cells beside the id."""
        cells = [self.cells[name].alias(name) for name in self.columns]
        return pl.struct(cells).hash() if cells else pl.lit(0, dtype=pl.UInt64)


def pair(id_: str | None, *tables: Table) -> Pairing:
    """Compare the columns that all tables have."""
    shared = _shared_columns(tables)
    cells = {name: _comparable(name, [table.types[name] for table in tables]) for name in shared}
    return Pairing(id_, tuple(name for name in shared if name != id_), cells)


def _shared_columns(tables: Sequence[Table]) -> list[str]:
    return [name for name in tables[0].types if all(name in table.types for table in tables)]


def _comparable(name: str, types: Sequence[pl.DataType]) -> pl.Expr:
    if all(kind == types[0] for kind in types):
        return pl.col(name)
    common = pl.Float64 if all(kind.is_numeric() for kind in types) else pl.String
    return pl.col(name).cast(common, strict=False)


def read_keys(table: Table, pairing: Pairing) -> Keys:
    """Hash the rows of one side."""
    missing = table.missing(pairing.id) if pairing.id else pl.lit(value=False)
    hashes = (pairing.id_hash().alias(_ID), pairing.row_hash().alias(_ROW), missing.alias(_MISSING))
    hashed = collect(table.frame.select(hashes))
    return Keys(
        hashes=_counted(hashed.lazy().filter(~pl.col(_MISSING))),
        repeated_rows=hashed.height - hashed[_ROW].n_unique(),
        without_id=_counted(hashed.lazy().filter(_MISSING).with_columns(pl.col(_ROW).alias(_ID))),
    )


def _counted(hashed: pl.LazyFrame) -> pl.DataFrame:
    return collect(hashed.group_by(_ID).agg(pl.col(_ROW).min(), pl.len().cast(pl.Int64).alias(_COUNT)))


def find_id(declared: str | None, *tables: Table) -> str | None:
    """The id column: the declared one where all tables have it, else one named so whose cells are unique in all."""
    names = _shared_columns(tables)
    if declared is not None:
        return declared if declared in names else None
    candidates = sorted((name for name in names if _is_named_id(name)), key=lambda name: name.lower() != "id")
    return next((name for name in candidates if all(_is_unique(table, name) for table in tables)), None)


def _is_named_id(name: str) -> bool:
    return name.lower() == "id" or name.lower().endswith(("_id", " id")) or name.endswith("Id")


def _is_unique(table: Table, name: str) -> bool:
    """Whether no two rows have the same id; most must have one."""
    ids = collect(table.frame.filter(~table.missing(name)).select(pl.col(name).hash()))[name]
    return ids.n_unique() == len(ids) >= table.rows * _MOST_MISSING


@dataclass(frozen=True)
class Difference:
    """The hashes of the ids that only one side has, or that have other cells, in order; and the numbers of rows."""

    added: pl.Series
    removed: pl.Series
    edited: pl.Series
    added_rows: int
    removed_rows: int


def differ(base: Keys, head: Keys, pairing: Pairing) -> Difference:
    """Compare two sides; without an id, rows are a multiset and an edit is one removed and one added."""
    return _differ(base.hashes, head.hashes, as_multiset=pairing.id is None)


def _differ(base: pl.DataFrame, head: pl.DataFrame, *, as_multiset: bool) -> Difference:
    both = base.lazy().join(head.lazy(), on=_ID, how="full", coalesce=True, suffix="_head")
    old, new = pl.col(_COUNT), pl.col(f"{_COUNT}_head")
    if as_multiset:
        change = new.fill_null(0) - old.fill_null(0)
    else:
        change = new.is_not_null().cast(pl.Int64) - old.is_not_null().cast(pl.Int64)
    is_edited = pl.col(_ROW) != pl.col(f"{_ROW}_head")  # null where one side lacks the id
    found = collect(both.filter((change != 0) | is_edited).select(_ID, change.alias(_CHANGE))).sort(_ID)
    added, removed = found.filter(pl.col(_CHANGE) > 0), found.filter(pl.col(_CHANGE) < 0)
    return Difference(
        added=added[_ID],
        removed=removed[_ID],
        edited=found.filter(pl.col(_CHANGE) == 0)[_ID],
        added_rows=int(added[_CHANGE].sum()),
        removed_rows=-int(removed[_CHANGE].sum()),
    )


@dataclass(frozen=True)
class Overlap:
    """What two tables share: the hashes of ids, the rows of the first with one, and whether any such row is equal."""

    ids: pl.Series
    rows: int
    has_equal_rows: bool


def overlap(keys: Keys, other: Keys) -> Overlap:
    """Look for ids, or whole rows, that two tables share."""
    shared = collect(keys.hashes.lazy().join(other.hashes.lazy(), on=_ID, suffix="_other")).sort(_ID)
    return Overlap(shared[_ID], int(shared[_COUNT].sum()), bool((shared[_ROW] == shared[f"{_ROW}_other"]).any()))


def describe_rows(base: Table, head: Table, pairing: Pairing, difference: Difference, label: str | None) -> RowChanges:
    """Count the rows that differ and show the first of them, above all those whose label changed."""
    cells = _edited_cells(base, head, pairing, difference.edited)
    return RowChanges(
        id=pairing.id,
        added=difference.added_rows,
        removed=difference.removed_rows,
        edited=len(difference.edited),
        examples=(
            *_edited_examples(cells, pairing, label),
            *(RowExample(id=row, status="removed") for row in first_rows(base, pairing, difference.removed)),
            *(RowExample(id=row, status="added") for row in first_rows(head, pairing, difference.added)),
        ),
        edited_columns=_most_edited(cells, pairing),
    )


def first_rows(table: Table, pairing: Pairing, hashes: pl.Series) -> Iterator[str]:
    """The ids, or the whole rows, behind some hashes; the first of them in the file unless there are too many."""
    for row in _rows(table, pairing, hashes[:_LOOKED_INTO], most=_EXAMPLES).iter_rows(named=True):
        yield shown(row[pairing.id]) if pairing.id else _whole(row)


def _whole(row: dict[str, object]) -> str:
    """A row by its cells, without those that hold nothing."""
    cells = [f"{name}={shown(cell)}" for name, cell in row.items() if holds_something(cell)]
    return shown(", ".join(cells) or "an empty row")


def _rows(table: Table, pairing: Pairing, hashes: pl.Series, most: int | None = None) -> pl.DataFrame:
    """The rows of some ids, in the order of the file."""
    named = [pairing.id] if pairing.id else []
    columns = named if named and most else [*named, *pairing.columns]
    if not len(hashes):
        return pl.DataFrame(schema=columns)
    found = table.frame.filter(pairing.id_hash().is_in(hashes.implode())).select(columns)
    if pairing.id is None:  # a row may occur many times, and is shown once
        found = found.unique(maintain_order=True)
    rows = collect(found.head(most) if most else found)
    return rows.with_columns(pl.col(pl.Float32).cast(pl.String).cast(pl.Float64))  # 0.3, not 0.30000001192092896


def holds_something(cell: object) -> bool:
    """Whether a cell is neither null nor NaN nor blank text."""
    return cell is not None and cell == cell and str(cell).strip() != ""  # noqa: PLR0124 - NaN does not equal itself


def shown(value: object) -> str:
    """A cell or a whole row as text, cut where it is long."""
    return shortened(_text(value), _TEXT)


def _text(value: object) -> str:
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < _NO_FRACTION
    return f"{value:.0f}" if is_whole else str(value)


def _edited_cells(base: Table, head: Table, pairing: Pairing, hashes: pl.Series) -> pl.DataFrame:
    """The cells of edited rows that differ: id, column and both values, in the order of head's file and columns."""
    if pairing.id is None or not 0 < len(hashes) <= _LOOKED_INTO:
        return pl.DataFrame()
    old, new = (_as_text(_rows(table, pairing, hashes), pairing.id) for table in (base, head))
    joined = new.join(old, on=_ID, suffix=_OLD, maintain_order="left")
    parts = [  # one by one, because cells of all columns together would be many in a wide table
        joined.filter(pl.col(name).ne_missing(pl.col(f"{name}{_OLD}"))).select(
            _AT, _ID, pl.lit(name).alias(_COLUMN), pl.col(f"{name}{_OLD}").alias(_OLD), pl.col(name).alias(_NEW)
        )
        for name in pairing.columns
    ]
    return pl.concat(parts).sort(_AT, maintain_order=True).drop(_AT) if parts else pl.DataFrame()


def _as_text(frame: pl.DataFrame, id_: str) -> pl.DataFrame:
    """Every cell as text, the id under a name of its own; of an id that occurs twice the first row."""
    texts = [
        pl.Series(_ID if name == id_ else name, [None if v is None else _text(v) for v in frame[name]], dtype=pl.String)
        for name in frame.columns
    ]
    return pl.DataFrame(texts).unique(_ID, keep="first", maintain_order=True).with_row_index(_AT)


def _edited_examples(cells: pl.DataFrame, pairing: Pairing, label: str | None) -> Iterator[RowExample]:
    if pairing.id is None or cells.is_empty():
        return
    relabelled = (pl.col(_COLUMN) == pl.lit(label)).any().over(_ID)
    ordered = cells.sort(relabelled, descending=True, maintain_order=True)
    for (id_,), rows in list(ordered.group_by(_ID, maintain_order=True))[:_EXAMPLES]:
        changes = [_cell_change(*row[1:]) for row in rows.iter_rows()]
        changes.sort(key=lambda change: change.column != label)
        yield RowExample(
            id=shown(id_), status="edited", cells=tuple(changes[:_CELLS]), more=max(len(changes) - _CELLS, 0)
        )


def _cell_change(column: str, base: str | None, head: str | None) -> CellChange:
    place = first_difference(base or "", head or "")
    return CellChange(column=column, base=base and window(base, place, _TEXT), head=head and window(head, place, _TEXT))


def _most_edited(cells: pl.DataFrame, pairing: Pairing) -> tuple[EditedColumn, ...]:
    if cells.is_empty():
        return ()
    counts = dict.fromkeys(pairing.columns, 0) | dict(cells.group_by(_COLUMN).len().iter_rows())
    ordered = sorted(((name, count) for name, count in counts.items() if count), key=lambda item: -item[1])
    return tuple(EditedColumn(name=name, rows=count) for name, count in ordered[:_EDITED_COLUMNS])


def rows_without_id(base: Keys | None, head: Keys | None) -> RowsWithoutId | None:
    """Count the rows whose id is missing, and compare them as whole rows; ``None`` where every row has one."""
    old, new = (None if keys is None else int(keys.without_id[_COUNT].sum()) for keys in (base, head))
    if not old and not new:
        return None
    if base is None or head is None:
        return RowsWithoutId(base=old, head=new)
    found = _differ(base.without_id, head.without_id, as_multiset=True)
    return RowsWithoutId(base=old, head=new, added=found.added_rows, removed=found.removed_rows)


def duplicates(base: Keys | None, head: Keys | None, pairing: Pairing) -> Duplicates:
    """Count what occurs more than once on each side."""
    return Duplicates(
        base_rows=base.repeated_rows if base else None,
        head_rows=head.repeated_rows if head else None,
        base_ids=base.repeated_ids if base and pairing.id else None,
        head_ids=head.repeated_ids if head and pairing.id else None,
    )
