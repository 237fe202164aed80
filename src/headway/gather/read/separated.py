"""CSV and TSV: by polars where every row fits the columns, else row by row, as Python and DVC read them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import polars as pl

from headway.gather.read.parsing import UnreadableError, decode

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_BOM = b"\xef\xbb\xbf"


class SeparatedColumns:
    """The columns of a plot's CSV or TSV; cells are strings, and null where empty.

    Without a header, columns are called "0", "1", ... Of columns with one name the last is read, as in DVC.
    """

    def __init__(self, data: bytes, separator: str, *, header: bool) -> None:
        self._data = _with_line_ends(data)
        self._separator = separator
        self._header = header
        _, first = next(read_rows(self._data, separator))
        self._names = first if header else [str(index) for index in range(len(first))]
        self._position = {name: index for index, name in enumerate(self._names)}
        self.columns = tuple(self._position)
        self.default = self._names[-1]

    def places(self, xs: Sequence[str], ys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The columns that have each name."""
        numbered = list(enumerate(self._names, 1))
        return {name: tuple(f"column {number}" for number, each in numbered if each == name) for name in (*xs, *ys)}

    def beside(self, names: Sequence[str]) -> Collection[str]:  # noqa: ARG002  a table's columns share all rows
        """All columns of the rows that ``select`` reads."""
        return self.columns

    def select(self, names: Sequence[str]) -> tuple[pl.DataFrame, str]:
        """Read some columns, and say which rows do not fit them."""
        frame = self._quick(names)
        return (self._exact(names), find_ragged_rows(self._data, self._separator)) if frame is None else (frame, "")

    def _quick(self, names: Sequence[str]) -> pl.DataFrame | None:
        """``None`` where polars fails or a row ends early, which shows as an empty cell in the last column."""
        indices = sorted({*(self._position[name] for name in names), len(self._names) - 1})
        try:
            frame = pl.read_csv(
                self._data,
                separator=self._separator,
                has_header=self._header,
                columns=indices,
                infer_schema=False,
                raise_if_empty=False,
            )
        except pl.exceptions.PolarsError:
            return None
        if frame.width != len(indices) or frame[frame.columns[-1]].null_count():
            return None
        frame.columns = [str(index) for index in indices]
        frame = frame.select(pl.col(str(self._position[name])).alias(name) for name in names)
        return frame.with_columns(pl.all().replace("", None)) if b'""' in self._data else frame

    def _exact(self, names: Sequence[str]) -> pl.DataFrame:
        columns: dict[str, list[str | None]] = {name: [] for name in names}
        cells = [(self._position[name], column) for name, column in columns.items()]
        rows = read_rows(self._data, self._separator)
        if self._header:
            next(rows)
        for _, row in rows:
            for index, column in cells:
                column.append((row[index] or None) if index < len(row) else None)
        return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))


def _with_line_ends(data: bytes) -> bytes:
    """Remove a byte order mark and blank lines around the rows; most files are as they should be, and not copied."""
    ends = {data[:1], data[-2:-1]}
    if data[-1:] == b"\n" and not ends & {b"\n", b"\r"} and not data.startswith(_BOM) and data.find(b"\n", 0, -1) > 0:
        return data
    data = data.removeprefix(_BOM).strip(b"\r\n")
    if b"\n" not in data:  # one line, or the line ends of long ago
        data = data.replace(b"\r", b"\n")
    return data + b"\n"


def read_rows(data: bytes, separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank with the numbers of their last lines; raises ``UnreadableError``."""
    text = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8-sig", newline="")
    reader = csv.reader(text, delimiter=separator)
    try:
        for row in filter(None, reader):
            yield reader.line_num, row
    except csv.Error as error:
        raise UnreadableError(f"is not valid CSV: line {reader.line_num}: {error}") from error
    except UnicodeDecodeError:
        decode(data)  # says the line
        raise


def find_ragged_rows(data: bytes, separator: str) -> str:
    """Say which row is the first that does not have as many cells as the header; empty where all do."""
    rows = read_rows(data, separator)
    width = len(next(rows, (0, []))[1])
    ragged = [(line, len(row)) for line, row in rows if len(row) != width]
    if not ragged:
        return ""
    line, cells = ragged[0]
    others = len(ragged) - 1
    more = f" (and {others:,} more line{'s' if others > 1 else ''} do not fit)" if others else ""
    return f"line {line} has {cells} of {width} cells{more}; missing cells are empty, surplus ones left out"
