"""A data file as a table: which formats are read, a lazy frame over the file where it lies, and where it is broken."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec
import polars as pl

from headway.datasets.tables.footer import is_consistent
from headway.text import error_line
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.values.revision import Side
    from headway.values.tables import DataFile

    Frame = tuple[pl.LazyFrame, str]

IN_MEMORY = 256 * 1024 * 1024
"""Bytes of a text table up to which it is parsed once and kept; a larger one is scanned for each question."""
MOST_COLUMNS = 10_000
"""Columns of a table that are compared; each is a question of its own."""
_PACKED = (b"\x1f\x8b", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x28\xb5\x2f\xfd")
"""The first bytes of gzip, zlib and Zstandard."""
_MOSTLY = 0.9  # of a text column's cells that are numbers make it a column of numbers with mistakes in it


class UnreadableTableError(Exception):
    """A table cannot be read; the message continues "the table ..."."""


@dataclass(frozen=True)
class Table:
    """One side of a table, opened.

    Attributes:
        path, side: which one.
        frame: its rows; nothing is read until a part of it is collected.
        types: polars' type of each column.
        words: the same in a reader's words.
        rows: how many there are.
        mixed: text columns that are numbers but for a few cells.
        problems: what is wrong with parts of it.
    """

    path: str
    side: Side
    frame: pl.LazyFrame
    types: dict[str, pl.DataType]
    words: dict[str, str]
    rows: int
    mixed: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()

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


def is_table(path: str) -> bool:
    """Whether a file's name ends as those of the formats that are read."""
    return PurePosixPath(path).suffix.lower() in _READERS


def collect(frame: pl.LazyFrame) -> pl.DataFrame:
    """Run a query batch by batch, so that a large file is never in memory as a whole."""
    return frame.collect(engine="streaming")


def ask(table: Table, what: pl.Expr) -> int:
    """Compute one whole number over all rows of a table."""
    return int(collect(table.frame.select(what)).item() or 0)


def open_table(file: DataFile, side: Side) -> Table:
    """Open a table whose content is on this machine.

    Raises:
        UnreadableTableError: the file is empty, broken, or not what its ending says.
    """
    source = file.source
    if source is None:
        raise UnreadableTableError("is not on this machine")
    try:
        suffix = PurePosixPath(file.path).suffix.lower()
        _check_first_bytes(source, suffix)
        frame, flaw = _READERS[suffix](source)
        types = dict(frame.collect_schema())
        if len(types) > MOST_COLUMNS:
            raise UnreadableTableError(f"has {len(types):,} columns, more than the {MOST_COLUMNS:,} that are compared")
        rows = int(collect(frame.select(pl.len())).item())
    except pl.exceptions.NoDataError:
        raise UnreadableTableError("is empty") from None
    except (pl.exceptions.PolarsError, OSError, pl.exceptions.PanicException, RecursionError) as error:
        raise UnreadableTableError(f"cannot be read: {error_line(error)[:200]}") from error
    mixed, empty, mistakes = _mixed_columns(frame, types, file.path)
    flaws = [flaw, *mistakes] if flaw else mistakes
    return Table(
        path=file.path,
        side=side,
        frame=frame,
        types=types,
        words={name: _word(kind) for name, kind in types.items()}
        | dict.fromkeys(mixed, "mixed")
        | dict.fromkeys(empty, "empty"),
        rows=rows,
        mixed=mixed,
        problems=tuple(Problem(path=file.path, side=side, what=what) for what in flaws),
    )


def _check_first_bytes(source: Path | bytes, suffix: str) -> None:
    """Refuse what polars would unpack without a limit, and footers that make it allocate more than there is."""
    if suffix == ".parquet":
        with _stream(source) as stream:
            consistent = is_consistent(stream)
        if not consistent:
            raise UnreadableTableError("is no valid Parquet: its footer counts more than it holds")
    elif _head(source).startswith(_PACKED):
        raise UnreadableTableError("is compressed, which its name does not say")


def _head(source: Path | bytes) -> bytes:
    with _stream(source) as stream:
        return stream.read(4)


def _stream(source: Path | bytes) -> BinaryIO:
    return source.open("rb") if isinstance(source, Path) else io.BytesIO(source)


def _open_parquet(source: Path | bytes) -> Frame:
    return pl.scan_parquet(_readable(source)), ""


def _open_separated(separator: str, source: Path | bytes) -> Frame:
    try:
        frame = _scan(source, separator)
        return frame, _short_rows(frame, source, separator)
    except pl.exceptions.NoDataError:
        raise
    except pl.exceptions.PolarsError as error:
        data = _bytes(source)
        line = _undecodable_line(data)
        flaw = f"line {line} is not UTF-8" if line else _ragged_lines(data, separator)
        if not flaw:
            raise UnreadableTableError(f"cannot be read: {error_line(error)[:200]}") from error
        frame = _scan(data.decode(errors="replace").encode(), separator, truncate_ragged_lines=True)
        return frame, f"the table is not valid: {flaw}; surplus cells are left out, missing ones empty"


def _scan(source: Path | bytes, separator: str, *, truncate_ragged_lines: bool = False) -> pl.LazyFrame:
    frame = pl.scan_csv(
        _readable(source),
        separator=separator,
        infer_schema_length=None,
        truncate_ragged_lines=truncate_ragged_lines,
    )
    return _kept(frame, source)


def _kept(frame: pl.LazyFrame, source: Path | bytes) -> pl.LazyFrame:
    return collect(frame).lazy() if _size(source) <= IN_MEMORY else frame


def _short_rows(frame: pl.LazyFrame, source: Path | bytes, separator: str) -> str:
    """A row that ends early is read as empty cells, so the last column shows whether it pays to look."""
    last = frame.collect_schema().names()[-1]
    if _size(source) > IN_MEMORY or not collect(frame.select(pl.col(last).null_count())).item():
        return ""
    flaw = _ragged_lines(_bytes(source), separator)
    return f"the table is not valid: {flaw}; missing cells count as empty" if flaw else ""


def _open_records(source: Path | bytes) -> Frame:
    def scan(data: Path | bytes) -> pl.LazyFrame:
        return _kept(pl.scan_ndjson(_readable(data), infer_schema_length=None), data)

    if not _size(source):
        raise UnreadableTableError("is empty")
    try:
        return scan(source), ""
    except pl.exceptions.PolarsError:
        good, flaw = _broken_records(_bytes(source))
        if not flaw or not good:
            raise
        return scan(good), f"the table is not valid: {flaw}; what cannot be read is left out"


def _open_document(source: Path | bytes) -> Frame:
    """A JSON list of objects."""
    if _size(source) > IN_MEMORY:
        raise UnreadableTableError(f"is JSON of more than {IN_MEMORY // 1024**2} MiB")
    try:
        return pl.DataFrame(msgspec.json.decode(_bytes(source), type=list[dict[str, Any]])).lazy(), ""
    except msgspec.ValidationError:
        raise UnreadableTableError("is no list of objects") from None
    except msgspec.DecodeError as error:
        raise UnreadableTableError(f"is no valid JSON: {error_line(error)[:200]}") from None


_READERS: dict[str, Callable[[Path | bytes], Frame]] = {
    ".csv": partial(_open_separated, ","),
    ".tsv": partial(_open_separated, "\t"),
    ".json": _open_document,
    ".parquet": _open_parquet,
    ".jsonl": _open_records,
    ".ndjson": _open_records,
}


def _mixed_columns(
    frame: pl.LazyFrame, types: dict[str, pl.DataType], path: str
) -> tuple[frozenset[str], list[str], list[str]]:
    """What a format without types cannot say of its columns of text.

    Returns:
        Those that are numbers but for a few cells, those without any cell, and a sentence that names the first cell
        that is out of place in each of the former.
    """
    texts = [name for name, kind in types.items() if kind == pl.String] if not path.endswith(".parquet") else []
    if not texts:
        return frozenset(), [], []
    number = {name: pl.col(name).cast(pl.Float64, strict=False) for name in texts}
    cells = collect(frame.select(pl.col(texts).count())).row(0)
    numbers = collect(frame.select(number[name].count().alias(name) for name in texts)).row(0)
    mixed = [name for name, n, all_ in zip(texts, numbers, cells, strict=True) if all_ and _MOSTLY <= n / all_ < 1]
    empty = [name for name, all_ in zip(texts, cells, strict=True) if not all_]
    return frozenset(mixed), empty, [_first_mistake(frame, name, number[name]) for name in mixed]


def _first_mistake(frame: pl.LazyFrame, name: str, number: pl.Expr) -> str:
    wrong = pl.col(name).is_not_null() & number.is_null()
    row, value = collect(frame.select(name).with_row_index("row", 1).filter(wrong).head(1)).row(0)
    return f"row {row} of column {name!r} holds {value!r}, where most cells are numbers; it counts as missing"


def _word(kind: pl.DataType) -> str:
    if kind.is_integer():
        return "integer"
    if kind.is_numeric():
        return "number"
    if kind.is_temporal():
        return "date" if kind == pl.Date else "time"
    if kind.is_nested():
        return "nested"
    return _WORDS.get(kind.base_type(), str(kind).lower())


_WORDS: dict[type[pl.DataType], str] = {
    pl.String: "text",
    pl.Categorical: "text",
    pl.Enum: "text",
    pl.Boolean: "true or false",
    pl.Null: "empty",
    pl.Binary: "bytes",
}


def _readable(source: Path | bytes) -> Path | io.BytesIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _size(source: Path | bytes) -> int:
    return len(source) if isinstance(source, bytes) else source.stat().st_size


def _bytes(source: Path | bytes) -> bytes:
    return source if isinstance(source, bytes) else source.read_bytes()


def _undecodable_line(data: bytes) -> int | None:
    """The first line, from 1, that is not UTF-8; ``None`` where all of it is."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return None


def _ragged_lines(data: bytes, separator: str) -> str:
    """A sentence about the lines whose cells do not fit the header; empty where all do."""
    reader = csv.reader(io.StringIO(data.decode(errors="replace"), newline=""), delimiter=separator)
    found: list[tuple[int, int]] = []
    width = 0
    try:
        width = len(next(reader, []))
        found = [(reader.line_num, len(row)) for row in reader if row and len(row) != width]
    except csv.Error as error:
        return f"line {reader.line_num}: {error}"
    if not found:
        return ""
    line, cells = found[0]
    more = f" (and {_more(len(found) - 1)} with too few or too many)" if len(found) > 1 else ""
    column = min(cells, width) + 1
    return f"line {line} breaks off or runs over at column {column}: it has {cells} of {width} cells{more}"


def _broken_records(data: bytes) -> tuple[bytes, str]:
    """The lines of a JSON Lines file that can be read, and a sentence about those that cannot."""
    good: list[bytes] = []
    bad: list[str] = []
    for number, line in enumerate(data.splitlines(), 1):
        try:
            fits = not line.strip() or isinstance(msgspec.json.decode(line), dict)
            reason = "it is no object"
        except msgspec.DecodeError as error:
            fits, reason = False, str(error)
        if fits:
            good.append(line)
        else:
            bad.append(f"line {number}: {reason}")
    more = f" (and {_more(len(bad) - 1)})" if len(bad) > 1 else ""
    return b"\n".join(good), f"{bad[0]}{more}" if bad else ""


def _more(lines: int) -> str:
    return "1 more line" if lines == 1 else f"{lines:,} more lines"
