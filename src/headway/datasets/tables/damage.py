"""Where a text table is broken: the line and the column, for the footnote. Only looked for once reading has failed."""

from __future__ import annotations

import csv
import io

import msgspec

_LISTED = 3


def undecodable_line(data: bytes) -> int | None:
    """The first line, from 1, that is not UTF-8; ``None`` where all of it is."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return data.count(b"\n", 0, error.start) + 1
    return None


def ragged_lines(data: bytes, separator: str) -> str:
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
    more = f" (and {_count(len(found) - 1)} with too few or too many)" if len(found) > 1 else ""
    column = min(cells, width) + 1
    return f"line {line} breaks off or runs over at column {column}: it has {cells} of {width} cells{more}"


def broken_records(data: bytes) -> tuple[bytes, str]:
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
    more = f" (and {_count(len(bad) - 1)})" if len(bad) > 1 else ""
    return b"\n".join(good), f"{bad[0]}{more}" if bad else ""


def _count(lines: int) -> str:
    return "1 more line" if lines == 1 else f"{lines:,} more lines"
