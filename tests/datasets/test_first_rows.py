"""The first rows of a table, of whichever kind, and nothing beyond them."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import polars as pl
import pytest

from headway.datasets.first_rows import FIRST_ROWS, read_first_rows
from headway.gather.read.parsing import UnreadableError
from headway.values.tables import DataFile

if TYPE_CHECKING:
    from pathlib import Path


def read(name: str, source: Path | bytes | None) -> dict[str, list[object]]:
    return read_first_rows(DataFile(name, "md5:0", None, source))


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.jsonl", "a.parquet"])
def test_every_kind_gives_the_same_rows(name: str, tmp_path: Path) -> None:
    frame = pl.DataFrame({"id": [f"r{row}" for row in range(3000)], "x": [row / 2 for row in range(3000)]})
    path = tmp_path / name
    if path.suffix == ".jsonl":
        frame.write_ndjson(path)
    elif path.suffix == ".parquet":
        frame.write_parquet(path)
    else:
        frame.write_csv(path, separator="\t" if path.suffix == ".tsv" else ",")
    expected = frame.head(FIRST_ROWS).to_dict(as_series=False)
    assert read(name, path) == expected
    assert read(name, path.read_bytes()) == expected


def test_a_long_file_is_cut_at_a_line() -> None:
    line = b'"' + b"x" * 10_000 + b'",1\n'
    assert len(read("a.csv", b"text,n\n" + line * 900)["n"]) == 419


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a.csv", None),
        ("a.csv", b""),
        ("a.csv", gzip.compress(b"a,b\n1,2\n", mtime=0)),
        ("a.csv", b"a\xff,b\n1,\xfe\n"),
        ("a.jsonl", b"[1]\n"),
        ("a.jsonl", b"{"),
        ("a.parquet", b"PAR1"),
    ],
)
def test_what_cannot_be_read_says_why(name: str, source: bytes | None) -> None:
    with pytest.raises(UnreadableError):
        read(name, source)
