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

from headway.gather.read.parsing import UnreadableError, decode, parse
from headway.values.problem import Problem
from headway.values.snapshot import Axis
from headway.values.tables import PlotSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from headway.values.revision import Side
    from headway.values.snapshot import PlotDefinition

_SHOWN = 8
"""Column names that a footnote lists at the most."""
_COMPARED = 1_000
"""Column names among which a similar one is looked for."""
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
        places: says of the x columns and the y columns that are read together where each lies; of several columns with
            one name and different cells, each place. The last is the one that is read.
    """

    columns: tuple[str, ...]
    default: str
    select: Callable[[Sequence[str]], Selected]
    places: Callable[[Sequence[str], Sequence[str]], Mapping[str, tuple[str, ...]]]


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
    if separator is None:
        return _Records(parse(path, data)).table()
    return _Separated(data, separator, header=header).table()


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
        self.names = first if header else [str(index) for index in range(self.width)]
        self.position = {name: index for index, name in enumerate(self.names)}

    def table(self) -> Table:
        return Table(tuple(self.position), self.names[-1], self.select, self.places)

    def places(self, xs: Sequence[str], ys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        numbered = list(enumerate(self.names, 1))
        return {name: tuple(f"column {number}" for number, each in numbered if each == name) for name in (*xs, *ys)}

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


@dataclass(frozen=True)
class _List:
    """A list of records with its dotted name in the file; ``columns`` in the order in which they come up."""

    name: str
    records: Sequence[dict[str, Any]]
    columns: Mapping[str, None]

    def cells(self, column: str) -> list[Any]:
        return [record.get(column) for record in self.records]


class _Records:
    """The records of a JSON, YAML or TOML file.

    Columns that one list holds together come from it. Others are joined row by row, as DVC joins all lists, even those
    whose columns have the same names.
    """

    def __init__(self, tree: object) -> None:
        self.lists = [_as_list(name, records) for name, records in _lists(tree) if _is_table(records)]
        if not self.lists:
            raise UnreadableError('holds no list of records such as [{"epoch": 1, "loss": 0.5}]')
        self.columns = tuple(dict.fromkeys(column for each in self.lists for column in each.columns))
        if not self.columns:
            raise UnreadableError("holds records without fields")

    def table(self) -> Table:
        *_, default = self.lists[0].records[0] or self.columns
        return Table(self.columns, default, self.select, self.places)

    def places(self, xs: Sequence[str], ys: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """An x belongs to its y, so lists without the y are no other place for it; a y may be meant in any list."""
        beside = self._holders((*xs, *ys))
        every = {name: [each for each in self.lists if name in each.columns] for name in ys}
        return {name: _names(name, (beside | every)[name], beside[name][-1]) for name in (*xs, *ys)}

    def select(self, names: Sequence[str]) -> Selected:
        sources = {name: holders[-1] for name, holders in self._holders(names).items()}
        height = max(len(each.records) for each in sources.values())
        columns = [
            _series(name, each.cells(name) + [None] * (height - len(each.records))) for name, each in sources.items()
        ]
        row, name = min(((_first_gap(each, name), name) for name, each in sources.items()), key=lambda gap: gap[0])
        bad = f"record {row + 1} has no {name!r}; missing values are left out" if row < height else ""
        return pl.DataFrame(columns), bad

    def _holders(self, names: Sequence[str]) -> dict[str, list[_List]]:
        """The lists that hold all of the columns, else those that hold each; never none."""
        together = [each for each in self.lists if each.columns.keys() >= {*names}]
        return {name: together or [each for each in self.lists if name in each.columns] for name in names}


def _is_table(records: list[Any]) -> bool:
    return bool(records) and all(isinstance(record, Mapping) for record in records)


def _as_list(name: str, records: list[Any]) -> _List:
    named = [{str(key): value for key, value in record.items()} for record in records]
    return _List(name, named, dict.fromkeys(column for record in named for column in record))


def _first_gap(source: _List, name: str) -> int:
    """The first row of a list without a column; the number of its rows where each has it."""
    return next((row for row, record in enumerate(source.records) if name not in record), len(source.records))


def _names(column: str, holders: Sequence[_List], read: _List) -> tuple[str, ...]:
    """The lists whose cells of a column differ from those of the list that is read, which comes last."""
    others = [each for each in holders if each is not read and each.cells(column) != read.cells(column)]
    return tuple(f"the list {each.name!r}" if each.name else "the only list" for each in (*others, read))


def _lists(tree: object, name: str = "") -> Iterable[tuple[str, list[Any]]]:
    """The lists of a tree by their dotted names."""
    if isinstance(tree, list):
        yield name, tree
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _lists(value, f"{name}.{key}" if name else str(key))


def _series(name: str, values: list[Any]) -> pl.Series:
    """The type that all values share, else text; so are integers beyond 64 bits, which a float would make alike."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if kinds == {int} and all(value is None or -(2**63) <= value < 2**63 for value in values):
        return pl.Series(name, values, dtype=pl.Int64)
    if float in kinds and kinds <= {int, float}:
        return pl.Series(name, values, dtype=pl.Float64, strict=False)
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
        needed = _needed(definition, drawable, tables)
        places = _places(drawable, needed, tables)
        problems += self._ambiguous(places)
        frames = self._select(needed, tables, problems)
        drawable = [pair for pair in drawable if all(axis.file in frames for axis in pair if axis)]
        drawable, unequal = _of_equal_length(drawable, frames)
        problems += (self._problem(definition.id, what) for what in unequal)
        if not drawable:
            return None
        if all(frame.is_empty() for frame in frames.values()):
            problems.append(self._problem(definition.id, "the plot has columns and no rows"))
            return None
        return PlotSource(definition=_resolved(definition, drawable), frames=frames, places=places)

    def _ambiguous(self, places: Mapping[Axis, Sequence[str]]) -> Iterator[Problem]:
        """One footnote for the columns of a file that lie in the same several places."""
        names: dict[tuple[str, Sequence[str]], list[str]] = {}
        for axis, found in places.items():
            if len(found) > 1:
                names.setdefault((axis.file, found), []).append(repr(axis.field))
        for (file, found), fields in names.items():
            listed = f"{', '.join(fields[:_SHOWN])}{', ...' if len(fields) > _SHOWN else ''}"
            more = f" or {len(found) - 2} more" if len(found) > 2 else ""  # noqa: PLR2004  the two that are named
            what = f"the plot file holds {listed} more than once: {found[-1]} is drawn, not {found[0]}{more}"
            remedy = "give each column a name of its own, or a file of its own, and name it in dvc.yaml"
            yield Problem(path=file, side=self._side, what=what, remedy=remedy)

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
    """The pairs of columns that exist, and a sentence for each file that lacks some."""
    x = definition.x if len(definition.x) > 1 else itertools.repeat(next(iter(definition.x), None), len(y))
    pairs: Pairs = []
    missing: dict[str, dict[str, None]] = {}
    for pair in zip(x, y, strict=True):
        absent = [axis for axis in pair if axis and axis.file in tables and axis.field not in tables[axis.file].columns]
        for axis in absent:
            missing.setdefault(axis.file, {})[axis.field] = None
        if not absent and all(axis.file in tables for axis in pair if axis):
            pairs.append(pair)
    return pairs, [(file, _no_columns(tuple(names), tables[file].columns)) for file, names in missing.items()]


def _no_columns(names: Sequence[str], columns: Sequence[str]) -> str:
    close = difflib.get_close_matches(names[0], columns[:_COMPARED], n=1) if len(names) == 1 else []
    guess = f" (perhaps {close[0]!r})" if close else ""
    word = "column" if len(names) == 1 else "columns"
    return f"the plot file has no {word} {_listed(tuple(map(repr, names)))}{guess}; it has {_listed(columns)}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")


def _needed(definition: PlotDefinition, pairs: Pairs, tables: Mapping[str, Table]) -> dict[str, list[str]]:
    """The columns to read by file; a template of the team's own may use any column."""
    needed: dict[str, dict[str, None]] = {}
    for axis in (axis for pair in pairs for axis in pair if axis):
        needed.setdefault(axis.file, {})[axis.field] = None
    if definition.custom is not None:
        return {file: list(tables[file].columns) for file in needed}
    return {file: list(columns) for file, columns in needed.items()}


def _places(pairs: Pairs, needed: Mapping[str, list[str]], tables: Mapping[str, Table]) -> dict[Axis, tuple[str, ...]]:
    """Where each column that is read lies in its file."""
    ys = {y for _, y in pairs}
    only_x = {x for x, _ in pairs if x} - ys
    found: dict[Axis, tuple[str, ...]] = {}
    for file, names in needed.items():
        xs = [name for name in names if Axis(file, name) in only_x]
        places = tables[file].places(xs, [name for name in names if name not in xs])
        found.update({Axis(file, name): where for name, where in places.items()})
    return found


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
