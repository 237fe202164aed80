"""CSV, TSV and records: the same cells by the quick way and by the exact one, and a sentence for what does not fit."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.gather.read.parsing import UnreadableError
from headway.gather.read.plot_tables import open_columns

if TYPE_CHECKING:
    from collections.abc import Iterator


def read(path: str, data: str | bytes, *names: str, header: bool = True) -> tuple[dict[str, list[Any]], str]:
    table = open_columns(path, data.encode() if isinstance(data, str) else data, header=header)
    frame, warning = table.select(names or table.columns)
    return frame.to_dict(as_series=False), warning


def test_cells_are_strings_and_only_the_wanted_columns_are_read() -> None:
    assert read("a.csv", "epoch,loss,acc\n0,0.50,1e-3\n1,nan,True\n", "acc", "epoch") == (
        {"acc": ["1e-3", "True"], "epoch": ["0", "1"]},
        "",
    )
    assert read("a.tsv", "epoch\tloss\n0\t1,5\n")[0] == {"epoch": ["0"], "loss": ["1,5"]}


def test_without_a_header_columns_are_numbered() -> None:
    assert read("a.csv", "cat,dog\ndog,dog\n", "1", header=False) == ({"1": ["dog", "dog"]}, "")


def test_the_last_column_is_the_default() -> None:
    assert open_columns("a.csv", b"epoch,loss,acc\n0,1,2\n", header=True).default == "acc"
    assert open_columns("a.csv", b"0,1,2\n", header=False).default == "2"


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfa,b\n1,2\n3,4\n",
        b"a,b\r\n1,2\r\n3,4\r\n",
        b"a,b\r1,2\r3,4\r",
        b"\n\na,b\n1,2\n3,4\n\n\n",
        b"a,b\n1,2\n\n3,4",
        b'"a",b\n"1",2\n3,"4"\n',
    ],
)
def test_marks_line_ends_quotes_and_blank_lines_are_no_content(data: bytes) -> None:
    assert read("x.csv", data) == ({"a": ["1", "3"], "b": ["2", "4"]}, "")


def test_a_cell_may_hold_a_line_end_and_a_quote() -> None:
    assert read("a.csv", 'a,b\n"x\ny","say ""z"""\n')[0] == {"a": ["x\ny"], "b": ['say "z"']}


def test_an_empty_cell_is_null_quoted_or_not() -> None:
    assert read("a.csv", 'a,b,c\n,"",1\n2,3,\n') == ({"a": [None, "2"], "b": [None, "3"], "c": ["1", None]}, "")


@pytest.mark.parametrize(
    ("data", "cells", "warning"),
    [
        ("a,b\n1,2\n3\n4,5\n", {"a": ["1", "3", "4"], "b": ["2", None, "5"]}, "line 3 has 1 of 2 cells"),
        ("a,b\n1,2\n3,4,5\n6,7\n", {"a": ["1", "3", "6"], "b": ["2", "4", "7"]}, "line 3 has 3 of 2 cells"),
    ],
)
def test_ragged_rows_are_kept_and_the_first_is_named(data: str, cells: dict[str, Any], warning: str) -> None:
    found, said = read("a.csv", data)
    assert found == cells
    assert said.startswith(warning)


def test_an_unclosed_quote_is_read_as_far_as_it_goes() -> None:
    cells, warning = read("a.csv", 'a,b\n1,2\n"3,4\n5,6\n')
    assert cells["a"][0] == "1"
    assert warning.startswith("line 4 has 1 of 2 cells")


@pytest.mark.parametrize("row", ["1,2,3", "1,2,3,4"])
def test_of_two_columns_with_one_name_the_last_is_read_as_in_dvc(row: str) -> None:
    cells, _ = read("a.csv", f"a,a,b\n{row}\n")
    assert cells == {"a": ["2"], "b": ["3"]}
    table = open_columns("a.csv", f"a,a,b\n{row}\n".encode(), header=True)
    assert table.places(("a",), ("b",)) == {"a": ("column 1", "column 2"), "b": ("column 3",)}


@pytest.mark.parametrize(
    ("path", "data", "what"),
    [
        ("a.csv", None, "does not exist"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\n \n", "is empty"),
        ("a.csv", b"a,b\n1,2\n\xff,3\n", r"is not UTF-8 text \(line 3\)"),
        ("a.csv", "a,b\n1,2\n".encode("utf-16"), r"is not UTF-8 text \(line 1\)"),
        ("a.csv", b"a,b\n" + b"x" * (csv.field_size_limit() + 1) + b",1,2\n", "is not valid CSV: line 2: "),
        ("a.json", b"{", "is not valid JSON"),
        ("a.json", b'{"a": 1}', "contains no list of records"),
        ("a.json", b"[1, 2]", "contains no list of records"),
        ("a.json", b"[{}]", "contains records without fields"),
    ],
)
def test_what_cannot_be_read_is_said(path: str, data: bytes | None, what: str) -> None:
    with pytest.raises(UnreadableError, match=what):
        open_columns(path, data, header=True).select(("a",))


def test_a_header_alone_has_no_rows() -> None:
    assert read("a.csv", "a,b\n") == ({"a": [], "b": []}, "")


def test_records_anywhere_in_a_tree_are_joined_row_by_row() -> None:
    tree = '{"meta": {"n": 2}, "roc": {"points": [{"fpr": 0, "tpr": 0.5}, {"fpr": 1, "tpr": 1}]}, "more": [{"t": 9}]}'
    assert read("a.json", tree, "fpr", "tpr", "t") == (
        {"fpr": [0, 1], "tpr": [0.5, 1.0], "t": [9, None]},
        "record 2 has no 't'; missing values are left out",
    )
    assert open_columns("a.json", tree.encode(), header=True).default == "tpr"


TRAIN_AND_VAL = """
train: [{epoch: 1, loss: 9}, {epoch: 2, loss: 8}, {epoch: 3, loss: 7}]
val: {every: [{epoch: 2, loss: 5, acc: 0.5}]}
same: [{epoch: 2}]
"""


@pytest.mark.parametrize(
    ("xs", "ys", "cells", "places"),
    [
        # Both lists hold the pair: the last is read, and both are named.
        (
            ("epoch",),
            ("loss",),
            {"epoch": [2], "loss": [5]},
            dict.fromkeys(("epoch", "loss"), ("the list 'train'", "the list 'val.every'")),
        ),
        # One list alone holds the pair, so its epochs are the ones.
        (
            ("epoch",),
            ("acc",),
            {"epoch": [2], "acc": [0.5]},
            dict.fromkeys(("epoch", "acc"), ("the list 'val.every'",)),
        ),
        # But a y may be meant in any list.
        (
            ("epoch",),
            ("loss", "acc"),
            {"epoch": [2], "loss": [5], "acc": [0.5]},
            {
                "epoch": ("the list 'val.every'",),
                "loss": ("the list 'train'", "the list 'val.every'"),
                "acc": ("the list 'val.every'",),
            },
        ),
        # A list of equal cells is no other place.
        ((), ("epoch",), {"epoch": [2]}, {"epoch": ("the list 'train'", "the list 'same'")}),
    ],
)
def test_of_several_lists_with_one_column_the_last_that_holds_all_is_read(
    xs: tuple[str, ...], ys: tuple[str, ...], cells: dict[str, list[Any]], places: dict[str, tuple[str, ...]]
) -> None:
    table = open_columns("a.yaml", TRAIN_AND_VAL.encode(), header=True)
    assert read("a.yaml", TRAIN_AND_VAL, *xs, *ys) == (cells, "")
    assert table.places(xs, ys) == places


def test_lists_of_the_same_columns_are_never_mixed_in_one_column() -> None:
    tree = '{"long": [{"y": 1}, {"y": 2}, {"y": 3}], "short": [{"y": 9}], "x": [{"x": 0}, {"x": 1}]}'
    assert read("a.json", tree, "x", "y")[0] == {"x": [0, 1], "y": [9, None]}


@pytest.mark.parametrize(
    ("values", "dtype", "cells"),
    [
        ("1, 2", pl.Int64, [1, 2]),
        ("1, 0.5", pl.Float64, [1.0, 0.5]),
        ("1, null", pl.Int64, [1, None]),
        ("1, 1e400", pl.Float64, [1.0, math.inf]),
        ("1, 36893488147419103232", pl.String, ["1", "36893488147419103232"]),
        ("true, false", pl.Boolean, [True, False]),
        ('"a", "b"', pl.String, ["a", "b"]),
        ('1, "a"', pl.String, ["1", "a"]),
        ("true, 1", pl.String, ["true", "1"]),
        ('[1], {"b": 2}', pl.String, ["[1]", '{"b": 2}']),
        ("null, null", pl.String, [None, None]),
    ],
)
def test_a_column_of_records_keeps_the_type_that_its_values_share(values: str, dtype: pl.DataType, cells: Any) -> None:
    records = ", ".join(f'{{"x": {value}}}' for value in values.split(", "))
    data = f'{{"a": [{records}]}}'.encode()
    frame, _ = open_columns("a.json", data, header=True).select(("x",))
    assert frame.schema["x"] == dtype
    assert frame["x"].to_list() == cells


def test_yaml_and_toml_hold_records_too() -> None:
    assert read("a.yaml", "- {x: 1, day: 2025-01-02}\n")[0] == {"x": [1], "day": ["2025-01-02"]}
    assert read("a.toml", "[[rows]]\nx = 1\n")[0] == {"x": [1]}


READER = csv.reader
CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.lists(st.tuples(CELL, CELL), min_size=1, max_size=5))
def test_whatever_python_writes_is_read_back(rows: list[tuple[str, str]]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([("a", "b"), *rows])
    cells, warning = read("x.csv", text.getvalue())
    assert list(zip(cells["a"], cells["b"], strict=True)) == [(a or None, b or None) for a, b in rows]
    assert not warning


@pytest.mark.parametrize(("last", "passes"), [("9,9,9", 0), ("9,9", 2)])
def test_only_rows_that_do_not_fit_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch, last: str, passes: int) -> None:
    counted: list[int] = []

    class Counting:
        def __init__(self, *arguments: Any, **options: Any) -> None:
            self._rows = READER(*arguments, **options)

        @property
        def line_num(self) -> int:
            return self._rows.line_num

        def __iter__(self) -> Iterator[list[str]]:
            for row in self._rows:
                counted.append(self.line_num)
                yield row

    monkeypatch.setattr(csv, "reader", Counting)
    data = ("epoch,loss,acc\n" + "".join(f"{i},{i * 0.5},{i}\n" for i in range(99)) + last).encode()
    frame, _ = open_columns("a.csv", data, header=True).select(("epoch", "loss"))
    assert frame.shape == (100, 2)
    assert len(counted) == 1 + 101 * passes
