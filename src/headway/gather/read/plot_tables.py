"""Plots with their data: which columns a plot draws, checked against the files, and only those read.

Files are CSV, TSV, and records in JSON, YAML and TOML. Bytes in, polars frames out.
"""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import io
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from headway.gather.read.documents import UnreadableError, decode, parse
from headway.values.problem import Problem
from headway.values.snapshot import Axis
from headway.values.tables import PlotSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from headway.values.revision import Side
    from headway.values.snapshot import PlotDefinition

_SHOWN = 8
"""Column names that a footnote lists at the most."""
Selected = tuple[pl.DataFrame, str]
"""Some columns, and a sentence where rows do not fit the columns."""
_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Table:
    """A plot file whose columns are known and whose rows are not read yet.

    Attributes:
        columns: the names in order, without repeats.
        default: the column that is drawn where the plot names no y: the last one, as in DVC.
        select: reads some of the columns. Cells of a CSV or TSV are strings, and null where empty.
    """

    columns: tuple[str, ...]
    default: str
    select: Callable[[Sequence[str]], Selected]


def open_table(path: str, data: bytes | None, *, header: bool) -> Table:
    """Read the column names of a plot file.

    Args:
        path: the file, whose ending tells the format.
        data: its bytes; ``None`` where there is no such file.
        header: whether a CSV or TSV begins with the names; without, columns are called "0", "1", ...

    Raises:
        UnreadableError: the file is missing, empty, not UTF-8, or not what its ending says; so does ``select``.
    """
    if data is None:
        raise UnreadableError("does not exist")
    if not data.strip():
        raise UnreadableError("is empty")
    separator = _SEPARATORS.get(PurePosixPath(path).suffix.lower())
    return _open_records(parse(path, data)) if separator is None else _Separated(data, separator, header=header).table()


class _Separated:
    """A CSV or TSV file."""

    def __init__(self, data: bytes, separator: str, *, header: bool) -> None:
        data = data.removeprefix(_BOM).strip(b"\r\n")
        if b"\n" not in data:  # one line, or the line ends of long ago
            data = data.replace(b"\r", b"\n")
        self.data = data + b"\n"
        self.separator = separator
        self.header = header
        _, first = next(self._rows())
        self.width = len(first)
        names = first if header else [str(index) for index in range(self.width)]
        self.position = {name: names.index(name) for name in names}
        self.last = names[-1]

    def table(self) -> Table:
        return Table(tuple(self.position), self.last, self.select)

    def select(self, names: Sequence[str]) -> Selected:
        """Quickly by polars where every row fits the columns, else row by row as DVC reads it."""
        frame = self._quick(names)
        return self._exact(names) if frame is None else (frame, "")

    def _quick(self, names: Sequence[str]) -> pl.DataFrame | None:
        """``None`` where polars stumbles or a row ends early, which shows as an empty cell in the last column."""
        indices = sorted({*(self.position[name] for name in names), self.width - 1})
        try:
            frame = pl.read_csv(
                self.data,
                separator=self.separator,
                has_header=self.header,
                columns=indices,
                infer_schema=False,
                raise_if_empty=False,
            )
        except pl.exceptions.PolarsError:
            return None
        if frame.width != len(indices) or frame[frame.columns[-1]].null_count():
            return None
        frame.columns = [str(index) for index in indices]
        frame = frame.select(pl.col(str(self.position[name])).alias(name) for name in names)
        return frame.with_columns(pl.all().replace("", None)) if b'""' in self.data else frame

    def _exact(self, names: Sequence[str]) -> Selected:
        columns: dict[str, list[str | None]] = {name: [] for name in names}
        cells = [(self.position[name], columns[name]) for name in names]
        bad, width = "", self.width
        for number, row in self._rows(skip=int(self.header)):
            if len(row) != width and not bad:
                bad = f"line {number} has {len(row)} of {width} cells; missing cells are empty, surplus ones left out"
            for index, column in cells:
                column.append((row[index] or None) if index < len(row) else None)
        return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String)), bad

    def _rows(self, skip: int = 0) -> Iterator[tuple[int, list[str]]]:
        """The rows that are not blank with their line numbers."""
        text = io.TextIOWrapper(io.BytesIO(self.data), encoding="utf-8", newline="")
        reader = csv.reader(text, delimiter=self.separator)
        try:
            for row in filter(None, reader):
                if skip:
                    skip -= 1
                else:
                    yield reader.line_num, row
        except csv.Error as error:
            raise UnreadableError(f"is no valid CSV: line {reader.line_num}: {error}") from error
        except UnicodeDecodeError:
            decode(self.data)  # says the line
            raise


def _open_records(tree: object) -> Table:
    """The records of a JSON, YAML or TOML file: every list of records in it, joined row by row, as DVC joins them."""
    lists = [records for records in _lists(tree) if records and all(isinstance(row, Mapping) for row in records)]
    if not lists:
        raise UnreadableError('holds no list of records such as [{"epoch": 1, "loss": 0.5}]')
    rows: list[dict[str, Any]] = [{} for _ in range(max(map(len, lists)))]
    for records in lists:
        for row, record in zip(rows, records, strict=False):
            row.update({str(key): value for key, value in record.items()})
    columns = tuple(dict.fromkeys(name for row in rows for name in row))
    if not columns:
        raise UnreadableError("holds records without fields")
    default = next((str(name) for name in reversed(lists[0][0])), columns[-1])
    return Table(columns, default, lambda names: _select_records(rows, names))


def _lists(tree: object) -> Iterable[list[Any]]:
    if isinstance(tree, list):
        yield tree
    elif isinstance(tree, Mapping):
        for value in tree.values():
            if isinstance(value, (list, Mapping)):
                yield from _lists(value)


def _select_records(rows: list[dict[str, Any]], names: Sequence[str]) -> Selected:
    bad = next(((number, name) for number, row in enumerate(rows, 1) for name in names if name not in row), None)
    frame = pl.DataFrame([_series(name, [row.get(name) for row in rows]) for name in names])
    return frame, f"record {bad[0]} has no {bad[1]!r}; missing values are left out" if bad else ""


def _series(name: str, values: list[Any]) -> pl.Series:
    """The type that all values share, else text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds and kinds <= {int, float}:
        whole = float not in kinds and all(value is None or -(2**63) <= value < 2**63 for value in values)
        return pl.Series(name, values, dtype=pl.Int64 if whole else pl.Float64, strict=False)
    return pl.Series(name, [None if value is None else _text(value) for value in values], dtype=pl.String)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return json.dumps(value, default=str, ensure_ascii=False)


class PlotReader:
    """Reads the files of plots on one side.

    Args:
        read: gives a file's bytes, ``None`` where there is none, or the problem that keeps it from being read.
        side: the side's name for footnotes.
    """

    def __init__(self, read: Callable[[str], bytes | Problem | None], side: Side) -> None:
        self._read = read
        self._side = side

    def source(self, definition: PlotDefinition) -> tuple[PlotSource | None, tuple[Problem, ...]]:
        """Open one plot; a column or file that cannot be had costs its own curve and a footnote."""
        problems: list[Problem] = []
        return self._source(definition, problems), tuple(problems)

    def _source(self, definition: PlotDefinition, problems: list[Problem]) -> PlotSource | None:
        tables = self._open(definition, problems)
        y = definition.y or tuple(Axis(file, tables[file].default) for file in definition.files[:1] if file in tables)
        drawable, missing = _drawable(definition, y, tables)
        problems += (self._problem(file, what) for file, what in missing)
        frames = self._select(_needed(definition, drawable, tables), tables, problems)
        drawable = [pair for pair in drawable if all(axis.file in frames for axis in pair if axis)]
        drawable, unequal = _of_equal_length(drawable, frames)
        problems += (self._problem(definition.id, what) for what in unequal)
        if not drawable:
            return None
        if all(frame.is_empty() for frame in frames.values()):
            problems.append(self._problem(definition.id, "the plot has columns and no rows"))
            return None
        return PlotSource(definition=_resolved(definition, drawable), frames=frames)

    def _problem(self, where: str, what: str) -> Problem:
        return Problem(path=where, side=self._side, what=what)

    def _open(self, definition: PlotDefinition, problems: list[Problem]) -> dict[str, Table]:
        tables: dict[str, Table] = {}
        for file in definition.files:
            data = self._read(file)
            if isinstance(data, Problem):
                problems.append(data)
                continue
            try:
                tables[file] = open_table(file, data, header=definition.header)
            except UnreadableError as error:
                problems.append(self._problem(file, f"the plot file {error}"))
        return tables

    def _select(
        self, needed: Mapping[str, list[str]], tables: Mapping[str, Table], problems: list[Problem]
    ) -> dict[str, pl.DataFrame]:
        frames: dict[str, pl.DataFrame] = {}
        for file, columns in needed.items():
            try:
                frames[file], warning = tables[file].select(columns)
            except UnreadableError as error:
                warning = f"the plot file {error}"
            problems += [self._problem(file, warning)] if warning else []
        return frames


Pairs = list[tuple[Axis | None, Axis]]
"""What is drawn: x, or ``None`` for the row number, and y."""


def _drawable(
    definition: PlotDefinition, y: Sequence[Axis], tables: Mapping[str, Table]
) -> tuple[Pairs, list[tuple[str, str]]]:
    """The pairs of columns that exist, and a sentence by file for each column that does not."""
    x = definition.x if len(definition.x) > 1 else itertools.repeat(next(iter(definition.x), None), len(y))
    pairs: Pairs = []
    missing: dict[Axis, tuple[str, str]] = {}
    for pair in zip(x, y, strict=True):
        absent = [axis for axis in pair if axis and axis.file in tables and axis.field not in tables[axis.file].columns]
        missing.update({axis: (axis.file, _no_column(axis.field, tables[axis.file].columns)) for axis in absent})
        if not absent and all(axis.file in tables for axis in pair if axis):
            pairs.append(pair)
    return pairs, list(missing.values())


def _no_column(name: str, columns: Sequence[str]) -> str:
    shown = ", ".join(columns[:_SHOWN]) + (f" and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else "")
    close = difflib.get_close_matches(name, columns, n=1)
    return f"the plot file has no column {name!r}" + (f" (perhaps {close[0]!r})" if close else "") + f"; it has {shown}"


def _needed(definition: PlotDefinition, pairs: Pairs, tables: Mapping[str, Table]) -> dict[str, list[str]]:
    """The columns to read by file; a template of the team's own may use any column."""
    needed: dict[str, dict[str, None]] = {}
    for axis in (axis for pair in pairs for axis in pair if axis):
        needed.setdefault(axis.file, {})[axis.field] = None
    if definition.custom is not None:
        return {file: list(tables[file].columns) for file in needed}
    return {file: list(columns) for file, columns in needed.items()}


def _of_equal_length(pairs: Pairs, frames: Mapping[str, pl.DataFrame]) -> tuple[Pairs, list[str]]:
    """The pairs whose columns join row by row, and a sentence for each that does not; DVC draws none of these."""
    joined = [(x, y) for x, y in pairs if x is None or frames[x.file].height == frames[y.file].height]
    unequal = [
        f"the plot cannot join {x.field!r} of {x.file} and {y.field!r} of {y.file}: "
        f"they have {frames[x.file].height} and {frames[y.file].height} rows"
        for x, y in pairs
        if x is not None and (x, y) not in joined
    ]
    return joined, unequal


def _resolved(definition: PlotDefinition, pairs: Pairs) -> PlotDefinition:
    x = [x for x, _ in pairs if x]
    return msgspec.structs.replace(
        definition, x=tuple(x[:1] if len(set(x)) == 1 else x), y=tuple(axis for _, axis in pairs)
    )
