"""Bad tables: the flaw is named by row and column, and the rest stands."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from typing import TYPE_CHECKING

import polars as pl
import pytest
from datasets.tables import csv, file

from headway.datasets.tables.footer import is_consistent
from headway.datasets.tables.source import Table, open_table
from headway.gather.read.parsing import UnreadableError

if TYPE_CHECKING:
    from pathlib import Path


def flaws(table: Table) -> str:
    return "; ".join(problem.what for problem in table.problems)


def test_a_surplus_cell_is_left_out() -> None:
    table = csv("a,b\n1,2\n3,4,5\n6,7\n")
    assert table.rows == 3
    assert "line 3" in flaws(table)
    assert "3 of 2 cells" in flaws(table)


def test_a_row_that_ends_early_counts_as_empty() -> None:
    table = csv("a,b\n1,2\n3\n4\n")
    assert table.rows == 3
    assert "line 3" in flaws(table)
    assert "1 more line" in flaws(table)


def test_a_cell_that_is_no_number_is_named() -> None:
    table = csv("a,b\n" + "1,2\n" * 20 + "x,3\n")
    assert table.words["a"] == "mixed"
    assert "row 21 of column 'a' contains 'x'" in flaws(table)
    assert table.is_number("a")


def test_another_encoding_is_named_by_its_line() -> None:
    table = open_table(file("a,b\n1,x\n2,caf\xe9\n".encode("latin-1")), "head")
    assert table.rows == 2
    assert "not UTF-8 text (line 3)" in flaws(table)


@pytest.mark.parametrize("path", ["t.csv", "t.tsv", "t.parquet", "t.jsonl"])
def test_an_empty_file_says_so(path: str) -> None:
    with pytest.raises(UnreadableError, match=r"empty|cannot be read"):
        open_table(file(b"", path), "head")


def test_a_broken_parquet_file_says_so() -> None:
    with pytest.raises(UnreadableError, match="cannot be read"):
        open_table(file(b"PAR1 but then nothing PAR1", "t.parquet"), "head")


def test_a_broken_line_of_json_is_left_out() -> None:
    table = open_table(file(b'{"a": 1}\n{"a": \n[1]\n{"a": 2}\n', "t.jsonl"), "head")
    assert table.rows == 2
    assert "line 2" in flaws(table)
    assert "1 more line" in flaws(table)


def test_every_format_gives_the_same_table(tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": [1, 2], "x": [0.5, None], "name": ["a", "b"]})
    frame.write_csv(tmp_path / "csv")
    frame.write_csv(tmp_path / "tsv", separator="\t")
    frame.write_parquet(tmp_path / "parquet")
    (tmp_path / "jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in frame.iter_rows(named=True)))
    for ending in ("csv", "tsv", "parquet", "jsonl"):
        table = open_table(file(tmp_path / ending, f"t.{ending}"), "head")
        assert (table.rows, table.problems) == (2, ())
        assert table.words == {"id": "integer", "x": "number", "name": "text"}
        assert table.frame.collect().equals(frame)


def test_nested_columns_are_compared_whole() -> None:
    table = open_table(file(b'{"id": 1, "tags": ["a", "b"], "o": {"x": 1}}\n', "t.jsonl"), "head")
    assert table.words == {"id": "integer", "tags": "nested", "o": "nested"}


def footer(thrift: bytes) -> bytes:
    return b"PAR1" + thrift + len(thrift).to_bytes(4, "little") + b"PAR1"


MANY = b"\xff\xff\xff\xff\x07"
COSTLY = {
    "structs": ("t.parquet", footer(b"\x15\x02\x19\xfc" + MANY), "counts more than it holds"),
    "text": ("t.parquet", footer(b"\x15\x02\x19\x1c\x48" + MANY), "counts more than it holds"),
    "a list in a list": ("t.parquet", footer(b"\x19\x19\xfc" + MANY), "counts more than it holds"),
    "structs in structs": ("t.parquet", footer(b"\x1c" * 100), "counts more than it holds"),
    "a size beyond the file": ("t.parquet", b"PAR1\xff\xff\xff\x7fPAR1", "cannot be read"),
    "gzip": ("t.csv", gzip.compress(b"a,b\n1,2\n"), "is compressed"),
    "zlib": ("t.tsv", zlib.compress(b"a,b\n1,2\n"), "is compressed"),
    "Zstandard": ("t.jsonl", b"\x28\xb5\x2f\xfd", "is compressed"),
    "lists": ("t.jsonl", b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "recursion"),
    "lists in JSON": ("t.json", b'[{"a":' + b"[" * 5000 + b"]" * 5000 + b"}]", "recursion"),
    "columns": ("t.csv", b",".join(b"c%d" % number for number in range(20_000)) + b"\n", "has 20,000 columns"),
}


@pytest.mark.parametrize("case", COSTLY.values(), ids=COSTLY)
def test_what_would_cost_too_much_is_refused(case: tuple[str, bytes, str]) -> None:
    path, data, what = case
    with pytest.raises(UnreadableError, match=what):
        open_table(file(data, path), "head")


@pytest.mark.parametrize("rows", [0, 1, 2000])
def test_the_counts_of_a_true_footer_are_believed(rows: int) -> None:
    numbers = pl.int_range(rows, eager=True)
    frame = pl.DataFrame({"id": numbers, "x": numbers / 3, "s": numbers.cast(pl.String), "b": numbers % 2 == 0})
    frame = frame.with_columns(l=pl.concat_list("id", "id"), o=pl.struct("id", "x"), n=pl.lit(None, pl.Int8))
    for statistics in ("full", True, False):
        stream = io.BytesIO()
        frame.write_parquet(stream, statistics=statistics, row_group_size=100)
        assert is_consistent(stream)
