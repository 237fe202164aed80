"""CSV and TSV row by row, as Python and DVC read them; slow, so only for what polars does not read the same way."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from headway.gather.read.parsing import UnreadableError, decode

if TYPE_CHECKING:
    from collections.abc import Iterator


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
