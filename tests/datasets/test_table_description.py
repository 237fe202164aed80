"""A table by itself: what its columns contain, what is missing or repeated, and which charts it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
from datasets.tables import compared, compared_and_drawn, file, rows
from msgspec.structs import replace

from headway.datasets.tables.source import open_table
from headway.datasets.tables.table import compare_table
from headway.settings import DataRule
from headway.values.dataset import ColumnDescription, TableChange, TableDescription, ValueCount

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CUSTOMERS = rows(
    "1,Oslo,2024-01-31,7,a,yes,2.5",
    "2,Lima,2023-12-01,7,b,no,",
    "3,Oslo,2024-02-01,7,c,no,3.5",
    "4,,2024-02-01,7,d,no,",
    header="id,city,day,one,note,churned,x",
)


def described(table: TableChange) -> dict[str, ColumnDescription | None]:
    return {column.name: column.description for column in table.columns}


def test_columns_are_described_in_their_order() -> None:
    table = compared(None, CUSTOMERS, DataRule(label="churned"))
    found = described(table)
    assert list(found) == ["id", "city", "day", "one", "note", "churned", "x"]
    assert found["id"] == ColumnDescription(distinct=4, first="1", last="4")
    assert found["city"] == ColumnDescription(distinct=2, frequent=(ValueCount(value="Oslo", rows=2),))
    day = found["day"]
    assert day is not None
    assert (day.distinct, day.first, day.last) == (3, "2023-12-01", "2024-02-01")
    assert found["note"] == ColumnDescription(distinct=4)
    assert found["x"] is None
    assert table.columns[-1].head is not None
    assert (table.columns[-1].head.median, table.columns[-1].head_missing) == (3.0, 2)
    assert [(one.name, one.head) for one in table.classes] == [("no", 3), ("yes", 1)]


def test_missing_cells_and_constant_columns_are_counted_over_all_columns() -> None:
    assert compared(None, CUSTOMERS).description == TableDescription(id="id", missing=3, incomplete=2, constant=1)


def test_a_table_of_both_sides_is_not_described() -> None:
    table = compared(CUSTOMERS, CUSTOMERS)
    assert table.description is None
    assert set(described(table).values()) == {None}


def test_many_texts_are_counted_without_naming_the_frequent_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    text = rows(*(f"{i},word {i % 90}" for i in range(180)))
    few = described(compared(None, text))["x"]
    monkeypatch.setattr("headway.datasets.tables.description.MOST_COUNTED", 80)
    many = described(compared(None, text))["x"]
    assert few is not None
    assert (few.distinct, few.frequent[0]) == (90, ValueCount(value="word 0", rows=2))
    assert many == ColumnDescription(distinct=90)


def test_types_that_only_parquet_has(tmp_path: Path) -> None:
    moments = pl.datetime_range(pl.datetime(2024, 1, 1), pl.datetime(2024, 1, 3), "1h", eager=True).alias("at")
    frame = moments.to_frame().with_columns(pl.lit(b"\xff").alias("raw"), pl.lit([1]).alias("list"))
    frame.write_parquet(tmp_path / "t.parquet")
    head = open_table(file(tmp_path / "t.parquet", "t.parquet"), "head")
    found = described(compare_table(TableChange(path="t", status="added"), None, head, DataRule())[0])
    assert found["at"] == ColumnDescription(distinct=49, first="2024-01-01 00:00:00", last="2024-01-03 00:00:00")
    assert found["raw"] == found["list"] == ColumnDescription()


def test_a_table_without_rows_is_described() -> None:
    table, chart = compared_and_drawn(None, rows())
    assert (table.head_rows, table.description, chart) == (0, TableDescription(id="id"), None)


def test_the_chart_begins_with_the_classes_and_leaves_out_dates_and_many_texts() -> None:
    lines = (f"{i},2024-01-{i % 28 + 1:02},{i % 40}.5,name {i % 40},{'ab'[i % 3 == 0]}" for i in range(120))
    table, chart = compared_and_drawn(None, rows(*lines, header="id,day,x,name,label"))
    assert chart is not None
    assert table.chart == chart.id
    assert [panel.name for panel in chart.panels] == ["label", "x"]
    assert all(panel.base is None and sum(panel.head or ()) > 0.99 for panel in chart.panels)


def predicted(base: str, head: str, rule: DataRule | None = None) -> TableChange:
    old, new = (open_table(file(text.encode()), "head") for text in (base, head))
    outline = TableChange(path="t.csv", status="changed", predicted=True)
    table, chart = compare_table(outline, old, new, rule or DataRule())
    assert chart is None
    return table


def test_of_predictions_only_the_rows_are_compared() -> None:
    base, head = (
        rows(*(f"{i},{'ab'[i % 2]},{(i + shift) ** 0.5:.3f}" for i in range(shift, 200)), header="id,label,score")
        for shift in (0, 5)
    )
    table = predicted(base, head, DataRule(labels=("a",)))
    assert table.rows is not None
    assert (table.rows.removed, table.rows.edited > 0) == (5, True)
    assert (table.tested, table.classes, [column.drift for column in table.columns]) == (0, (), [None] * 3)
    assert [check.rule for check in table.checks] == ["labels"]
    assert compared(base, head).tested == 2


def test_new_columns_of_predictions_are_named() -> None:
    table = predicted(rows("1,2", header="id,pred"), rows("1,2,3", header="id,pred,prob"))
    assert [(column.name, column.base_type) for column in table.columns] == [
        *(("prob", None), ("id", "integer"), ("pred", "integer"))
    ]


def test_a_scanned_table_is_described_as_a_kept_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.csv").write_text(CUSTOMERS)

    def read() -> TableChange:
        head = open_table(file(tmp_path / "t.csv"), "head")
        return compare_table(TableChange(path="t", status="added"), None, head, DataRule())[0]

    kept = read()
    monkeypatch.setattr("headway.datasets.tables.source.IN_MEMORY", 0)
    assert replace(read(), path="t") == kept
