"""A data file as a table: a lazy frame over the file, read in place, and what is wrong with it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from headway.datasets.tables.footer import is_consistent
from headway.gather.read.parsing import UnreadableError
from headway.gather.read.separated import find_ragged_rows
from headway.text import error_line
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from headway.values.revision import Side
    from headway.values.tables import DataFile

    Source = Path | bytes
    Frame = tuple[pl.LazyFrame, str]

IN_MEMORY = 256 * 1024 * 1024
"""Bytes of a text table up to which it is parsed once and kept; a larger one is scanned for each query."""
_MOST_COLUMNS = 10_000
"""Columns of a table that is opened; each costs a query of its own."""
_PACKED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x28\xb5\x2f\xfd")
"""The first bytes of gzip, zlib and Zstandard."""
_MOSTLY = 0.9  # of a text column's cells that are numbers make it a column of numbers with mistakes in it


@dataclass(frozen=True)
class Table:
    """One side of a table, opened.

    Attributes:
        frame: its rows; nothing is read until a part of it is collected.
        types: polars' type of each column.
        words: the same in a reader's words.
        rows: how many there are.
        mixed: text columns that are numbers but for a few cells.
        problems: what is wrong with parts of it.
        flaw: what is wrong with the file, so that some of its rows may be lost; else empty.
    """

    path: str
    frame: pl.LazyFrame
    types: dict[str, pl.DataType]
    words: dict[str, str]
    rows: int
    mixed: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    flaw: str = ""

    def is_number(self, column: str) -> bool:
        """Whether a column's cells are numbers."""
        return column in self.mixed or (column in self.types and self.types[column].is_numeric())

    def missing(self, column: str) -> pl.Expr:
        """Whether a cell holds nothing: null, NaN, or blank text."""
        cell, kind = pl.col(column), self.types[column]
        if kind.is_float():
            return cell.is_null() | cell.is_nan()
        return cell.is_null() | cell.str.strip_chars().eq("") if kind == pl.String else cell.is_null()

    def numbers(self, column: str) -> pl.Expr:
        """A column as floats; null where a cell is no finite number."""
        values = pl.col(column).cast(pl.Float64, strict=False)
        return pl.when(values.is_finite()).then(values)


def collect(frame: pl.LazyFrame) -> pl.DataFrame:
    """Run a query batch by batch, so that a large file is never in memory as a whole."""
    return frame.collect(engine="streaming")


def ask(table: Table, what: pl.Expr) -> int:
    """Compute one whole number over all rows of a table."""
    return int(collect(table.frame.select(what)).item() or 0)


def open_table(file: DataFile, side: Side) -> Table:
    """Open a table; raises ``UnreadableError`` where it is absent, empty, broken, or not what its ending says."""
    source = file.source
    if source is None:
        raise UnreadableError("is not on this machine")
    suffix = PurePosixPath(file.path).suffix.lower()
    if suffix not in _READERS:
        raise UnreadableError(f"cannot be read, because its name ends with none of {', '.join(_READERS)}")
    try:
        check_first_bytes(source, suffix)
        frame, flaw = _READERS[suffix](source)
        types = dict(frame.collect_schema())
        if len(types) > _MOST_COLUMNS:
            raise UnreadableError(f"has {len(types):,} columns, more than the limit of {_MOST_COLUMNS:,}")
        rows = int(collect(frame.select(pl.len())).item())
    except pl.exceptions.NoDataError:
        raise UnreadableError("is empty") from None
    except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException, RecursionError) as error:
        raise UnreadableError(f"cannot be read: {error_line(error)[:200]}") from error
    # A format without types may hold columns of text that are numbers but for a few cells.
    texts = [name for name, kind in types.items() if kind == pl.String] if suffix != ".parquet" else []
    words = {name: _word(kind) for name, kind in types.items()} | _count_numbers(frame, texts)
    mixed = frozenset(name for name in texts if words[name] == "mixed")
    flaws = [
        *([f"the table {flaw}"] if flaw else []),
        *(_first_mistake(frame, name) for name in texts if name in mixed),
    ]
    problems = tuple(Problem(path=file.path, side=side, what=what) for what in flaws)
    return Table(file.path, frame, types, words, rows, mixed, problems, flaw)


def check_first_bytes(source: Source, suffix: str) -> None:
    """Refuse what polars would unpack without a limit, and footers that make it allocate more than there is."""
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as stream:
        if suffix == ".parquet" and not is_consistent(stream):
            raise UnreadableError("is not valid Parquet: its footer counts more than it holds")
        if suffix != ".parquet" and stream.read(4).startswith(_PACKED):
            raise UnreadableError("is compressed, which its name does not say")


def _open_parquet(source: Source) -> Frame:
    return pl.scan_parquet(source), ""


def _open_separated(separator: str, source: Source) -> Frame:
    try:
        frame = _scan(source, separator)
        last = frame.collect_schema().names()[-1]
        # A row that ends early is read as empty cells, so the last column shows whether it pays to look.
        is_full = _size(source) > IN_MEMORY or not collect(frame.select(pl.col(last).null_count())).item()
    except pl.exceptions.NoDataError:
        raise
    except pl.exceptions.PolarsError as error:
        data = _bytes(source)
        flaw = _find_flaw(data, separator)
        if not flaw:
            raise UnreadableError(f"cannot be read: {error_line(error)[:200]}") from error
        return _scan(data.decode(errors="replace").encode(), separator, truncate_ragged_lines=True), flaw
    return frame, "" if is_full else _find_flaw(_bytes(source), separator)


def _find_flaw(data: bytes, separator: str) -> str:
    try:
        ragged = find_ragged_rows(data, separator)
    except UnreadableError as error:
        return f"{error}; the rest is compared"
    return ragged and f"is not valid: {ragged}"


def _scan(source: Source, separator: str, *, truncate_ragged_lines: bool = False) -> pl.LazyFrame:
    frame = pl.scan_csv(
        source, separator=separator, infer_schema_length=None, truncate_ragged_lines=truncate_ragged_lines
    )
    return _kept(frame, source)


def _kept(frame: pl.LazyFrame, source: Source) -> pl.LazyFrame:
    return collect(frame).lazy() if _size(source) <= IN_MEMORY else frame


def _open_records(source: Source) -> Frame:
    def scan(data: Source) -> pl.LazyFrame:
        return _kept(pl.scan_ndjson(data, infer_schema_length=None), data)

    if not _size(source):
        raise UnreadableError("is empty")
    try:
        return scan(source), ""
    except pl.exceptions.PolarsError:
        good, bad = _split_records(_bytes(source))
        if not bad or not good:
            raise
        more = f" (and {len(bad) - 1:,} more line{'s' if len(bad) > 2 else ''})" if len(bad) > 1 else ""  # noqa: PLR2004  two more are many
        return scan(b"\n".join(good)), f"is not valid: {bad[0]}{more}; lines that cannot be read are left out"


def _split_records(data: bytes) -> tuple[list[bytes], list[str]]:
    """The lines of a JSON Lines file that can be read, and what is wrong with each of the others."""
    good: list[bytes] = []
    bad: list[str] = []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            if line.strip():
                msgspec.json.decode(line, type=dict[str, Any])
            good.append(line)
        except msgspec.DecodeError as error:
            bad.append(f"line {number}: {error}")
    return good, bad


def _open_document(source: Source) -> Frame:
    """A JSON list of objects."""
    if _size(source) > IN_MEMORY:
        raise UnreadableError(f"is JSON of more than {IN_MEMORY // 1024**2} MiB")
    try:
        return pl.DataFrame(msgspec.json.decode(_bytes(source), type=list[dict[str, Any]])).lazy(), ""
    except msgspec.ValidationError:
        raise UnreadableError("is not a list of objects") from None
    except msgspec.DecodeError as error:
        raise UnreadableError(f"is not valid JSON: {error_line(error)[:200]}") from None


_READERS: dict[str, Callable[[Source], Frame]] = {
    ".csv": partial(_open_separated, ","),
    ".tsv": partial(_open_separated, "\t"),
    ".json": _open_document,
    ".parquet": _open_parquet,
    ".jsonl": _open_records,
    ".ndjson": _open_records,
}


def _count_numbers(frame: pl.LazyFrame, texts: Sequence[str]) -> dict[str, str]:
    """The words for columns of text that are numbers but for a few cells, and for those without any cell."""
    if not texts:
        return {}
    counts = {"cells": pl.col(texts).count(), "numbers": _number(pl.col(texts)).count()}
    cells, numbers = collect(frame.select(pl.struct(count).alias(name) for name, count in counts.items())).row(0)
    mixed = {name for name in texts if cells[name] and _MOSTLY <= numbers[name] / cells[name] < 1}
    return dict.fromkeys(mixed, "mixed") | {name: "empty" for name in texts if not cells[name]}


def _number(text: pl.Expr) -> pl.Expr:
    return text.cast(pl.Float64, strict=False)


def _first_mistake(frame: pl.LazyFrame, name: str) -> str:
    wrong = pl.col(name).is_not_null() & _number(pl.col(name)).is_null()
    row, value = collect(frame.select(name).with_row_index("__row", 1).filter(wrong).head(1)).row(0)
    return f"row {row} of column {name!r} contains {value!r}, where most cells are numbers; it counts as missing"


def _word(kind: pl.DataType) -> str:
    if kind.is_integer():
        return "integer"
    if kind.is_numeric():
        return "number"
    if kind.is_temporal():
        return "date" if kind == pl.Date else "time"
    return "nested" if kind.is_nested() else _WORDS.get(kind.base_type(), str(kind).lower())


_WORDS: dict[type[pl.DataType], str] = {
    pl.String: "text",
    pl.Categorical: "text",
    pl.Enum: "text",
    pl.Boolean: "true or false",
    pl.Null: "empty",
    pl.Binary: "bytes",
}


def _size(source: Source) -> int:
    return len(source) if isinstance(source, bytes) else source.stat().st_size


def _bytes(source: Source) -> bytes:
    return source if isinstance(source, bytes) else source.read_bytes()
