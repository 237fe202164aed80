"""Rows paired by id or counted whole: what is new, gone, edited, repeated."""

from __future__ import annotations

import math
from io import BytesIO
from typing import TYPE_CHECKING

import hypothesis.strategies as st
import polars as pl
import pytest
from datasets.tables import compared, csv, file, rows
from hypothesis import given
from samples import make_report

from headway.datasets.tables.source import Table, open_table
from headway.datasets.tables.table import compare_table
from headway.report.sections import datasets
from headway.settings import DataRule
from headway.values.dataset import CellChange, EditedColumn, RowChanges, RowsWithoutId, TableChange

if TYPE_CHECKING:
    from pathlib import Path

    from headway.values.revision import Side


def changes(base: str, head: str, rule: DataRule | None = None) -> RowChanges:
    found = compared(base, head, rule).rows
    assert found is not None
    return found


def test_rows_are_paired_by_a_column_named_id() -> None:
    found = changes(rows("1,a", "2,b", "3,c"), rows("3,c", "2,B", "4,d"))
    assert (found.id, found.added, found.removed, found.edited) == ("id", 1, 1, 1)
    assert [(row.status, row.id) for row in found.examples] == [("edited", "2"), ("removed", "1"), ("added", "4")]
    assert found.examples[0].cells == (CellChange(column="x", base="b", head="B"),)
    assert found.edited_columns == (EditedColumn(name="x", rows=1),)


def test_the_declared_id_comes_before_the_one_that_is_found() -> None:
    base, head = (rows(*lines, header="id,key,x") for lines in (("1,a,5", "2,b,6"), ("1,b,6", "2,a,5")))
    assert (changes(base, head).id, changes(base, head).edited) == ("id", 2)
    assert changes(base, head, DataRule(id="key")).edited == 2
    assert changes(base, head, DataRule(id="key")).id == "key"


@pytest.mark.parametrize("name", ["user_id", "ID", "sampleId"])
def test_a_column_that_ends_in_id_is_found(name: str) -> None:
    assert changes(rows("1,a", header=f"{name},x"), rows("1,b", header=f"{name},x")).id == name


def test_an_id_that_repeats_is_no_id_and_whole_rows_are_counted() -> None:
    found = changes(rows("1,a", "1,b", "2,c"), rows("1,a", "1,B", "2,c", "2,c"))
    assert (found.id, found.added, found.removed, found.edited) == (None, 2, 1, 0)
    assert [row.id for row in found.examples] == ["id=1, x=b", "id=1, x=B", "id=2, x=c"]


def test_a_label_that_changed_is_shown_first() -> None:
    base = rows("1,5,cat", "2,5,cat", "3,5,cat", header="id,x,label")
    head = rows("1,6,cat", "2,7,cat", "3,9,dog", header="id,x,label")
    first = changes(base, head).examples[0]
    assert first.id == "3"
    assert [cell.column for cell in first.cells] == ["label", "x"]


def test_a_new_column_edits_no_row() -> None:
    found = compared(rows("1,a", "2,b"), rows("1,a,z", "2,b,z", header="id,x,new"))
    assert found.rows is not None
    assert (found.rows.edited, found.rows.added) == (0, 0)
    assert found.duplicates.head_rows == 0


def test_an_id_of_another_type_is_still_the_same() -> None:
    found = changes(rows("1,a", "2,b"), rows("1,a", "2,b", "x3,c"))
    assert (found.added, found.removed, found.edited) == (1, 0, 0)


def test_whole_floats_that_differ_in_the_eighth_digit_are_an_edit() -> None:
    found = changes(rows("1,12345678.0", "2,0.5"), rows("1,12345679.0", "2,0.5"))
    assert found.examples[0].cells == (CellChange(column="x", base="12345678", head="12345679"),)


def test_long_cells_and_ids_are_told_apart_to_their_ends() -> None:
    ids = [f"{'i' * 100}{number}" for number in range(3)]
    base, head = (rows(*(f"{one},{'x' * 100}{end}" for one in ids)) for end in "ab")
    found = changes(base, head)
    assert (found.edited, found.edited_columns) == (3, (EditedColumn(name="x", rows=3),))
    (cell,) = found.examples[0].cells
    assert cell.base
    assert cell.head
    assert (cell.base[-1], cell.head[-1]) == ("a", "b")
    assert len(cell.base) == 80


def test_single_precision_shows_no_noise() -> None:
    schema = {"id": pl.Int64, "x": pl.Float32}
    base, head = (parquet(pl.DataFrame({"id": [1, 2], "x": [0.3, last]}, schema=schema)) for last in (0.1, 1.0))
    found, _ = compare_table(TableChange(path="t.parquet", status="changed"), base, head, DataRule(), ())
    assert found.rows
    assert found.rows.examples[0].cells == (CellChange(column="x", base="0.1", head="1"),)


def parquet(frame: pl.DataFrame) -> Table:
    stream = BytesIO()
    frame.write_parquet(stream)
    return open_table(file(stream.getvalue(), "t.parquet"), "head")


def test_an_emptied_cell_is_an_edit() -> None:
    found = changes(rows("1,a", "2,b"), rows("1,a", "2,"))
    assert found.examples[0].cells == (CellChange(column="x", base="b", head=None),)


def test_a_column_called_like_the_names_used_inside_is_no_trouble() -> None:
    header = "key_id,id,column,base,head,__row"
    found = changes(
        rows("1,x,a,b,c,d", "2,x,a,b,c,d", header=header), rows("1,x,a,b,c,d", "2,y,a,b,C,d", header=header)
    )
    assert {cell.column for cell in found.examples[0].cells} == {"id", "head"}


@pytest.mark.parametrize("rule", [DataRule(id="id"), DataRule()])
@pytest.mark.parametrize("missing", ["", '""', '"  "', "null"])
def test_rows_without_an_id_are_counted_apart_and_are_no_row_none(missing: str, rule: DataRule) -> None:
    def side(name: Side, *cells: str) -> Table:
        pairs = [(cell[:-1] or missing, cell[-1]) for cell in cells]
        if missing != "null":
            return csv(rows(*(f"{id_},{x}" for id_, x in pairs)), name)
        return csv("\n".join(f'{{"id": {id_}, "x": "{x}"}}' for id_, x in pairs), name, "t.jsonl")

    base, head = side("base", "3z", "1a", "2b", "c", "c"), side("head", "3z", "1A", "2b", "c", "d", "e")
    table, _ = compare_table(TableChange(path="t", status="changed"), base, head, rule)
    assert table.rows
    assert (table.rows.id, table.rows.added, table.rows.removed, table.rows.edited) == ("id", 0, 0, 1)
    assert len(table.rows.examples) == 1
    assert table.without_id == RowsWithoutId(base=2, head=3, added=2, removed=1)
    assert (table.duplicates.base_ids, table.duplicates.head_ids) == (0, 0)
    (section,) = datasets.build(make_report(datasets=(table,)))
    said = str(section)
    assert "Rows without an id: 2 → 3, compared as whole rows: 2 added, 1 removed" in said
    assert "None" not in " ".join(row.id for row in table.rows.examples)


@pytest.mark.parametrize("nan", [math.nan, None])
def test_a_nan_in_a_column_of_floats_is_a_missing_id(nan: float | None, tmp_path: Path) -> None:
    for side, ids in {"base": [1.0, 2.0, nan], "head": [1.0, 2.0, nan, nan]}.items():
        pl.DataFrame({"id": ids, "x": list(range(len(ids)))}).write_parquet(tmp_path / f"{side}.parquet")
    sides: list[Side] = ["base", "head"]
    old, new = (open_table(file(tmp_path / f"{side}.parquet", "t.parquet"), side) for side in sides)
    table, _ = compare_table(TableChange(path="t.parquet", status="changed"), old, new, DataRule())
    assert table.without_id == RowsWithoutId(base=1, head=2, added=1, removed=0)
    assert table.rows
    assert (table.rows.added, table.rows.examples) == (0, ())


def test_without_missing_ids_nothing_is_said_of_them() -> None:
    assert compared(rows("1,a"), rows("1,b")).without_id is None
    assert compared(None, rows("1,a", ",b"), DataRule(id="id")).without_id == RowsWithoutId(head=1)
    assert compared(rows("1,a", ",b"), rows("1,a", "2,b"), DataRule(id="id")).without_id == RowsWithoutId(
        base=1, head=0, added=0, removed=1
    )


def test_a_column_that_is_mostly_empty_is_no_id() -> None:
    assert changes(rows("1,a", ",b", ",c"), rows("1,a", ",b", ",d")).id is None
    assert changes(rows("1,a", ",b", ",c"), rows("1,a", ",b", ",d"), DataRule(id="id")).id == "id"


def test_a_whole_row_is_shown_without_its_empty_cells() -> None:
    found = changes(rows("1,a", "1,a"), rows("1,a", ",b", ",b", ","))
    assert {row.id for row in found.examples if row.status == "added"} == {"x=b", "an empty row"}


def test_repeated_rows_and_ids_are_counted() -> None:
    found = compared(rows("1,a", "2,b"), rows("1,a", "2,a", "2,c"), DataRule(id="id")).duplicates
    assert (found.base_rows, found.head_rows, found.base_ids, found.head_ids) == (0, 1, 0, 1)


def test_a_table_that_only_one_side_has() -> None:
    new, gone = compared(None, rows("1,a")), compared(rows("1,a"), None)
    assert (new.base_rows, new.head_rows, new.rows) == (None, 1, None)
    assert (gone.base_rows, gone.head_rows) == (1, None)


@given(
    st.dictionaries(st.integers(0, 40), st.integers(0, 3), min_size=1),
    st.dictionaries(st.integers(0, 40), st.integers(0, 3), min_size=1),
)
def test_counts_are_those_of_two_dictionaries(base: dict[int, int], head: dict[int, int]) -> None:
    old, new = (rows(*(f"{key},{value}" for key, value in side.items())) for side in (base, head))
    found = changes(old, new)
    assert found.added == len(head.keys() - base.keys())
    assert found.removed == len(base.keys() - head.keys())
    assert found.edited == sum(base[key] != head[key] for key in base.keys() & head.keys())


@given(st.lists(st.integers(0, 5), min_size=1), st.lists(st.integers(0, 5), min_size=1))
def test_without_an_id_counts_are_those_of_two_multisets(base: list[int], head: list[int]) -> None:
    old, new = (rows(*map(str, side), header="x") for side in (base, head))
    found = changes(old, new)
    surplus = {value: head.count(value) - base.count(value) for value in range(6)}
    assert found.added == sum(max(number, 0) for number in surplus.values())
    assert found.removed == sum(max(-number, 0) for number in surplus.values())
