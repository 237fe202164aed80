"""The data of a plot: which columns it draws, checked against its files, and only those read."""

from __future__ import annotations

import difflib
import itertools
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import msgspec

from headway.gather.read.parsing import UnreadableError, parse
from headway.gather.read.records import RecordColumns
from headway.gather.read.separated import SeparatedColumns
from headway.values.problem import Problem
from headway.values.snapshot import Axis
from headway.values.tables import PlotSource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import polars as pl

    from headway.values.revision import Side
    from headway.values.snapshot import PlotDefinition

_SHOWN = 8
"""Column names that a footnote lists at the most."""
_COMPARED = 1_000
"""Column names among which a similar one is looked for."""
_SEPARATORS = {".csv": ",", ".tsv": "\t"}

Columns = SeparatedColumns | RecordColumns
"""The columns of a plot file, whose rows are not read yet.

``columns`` are the names in order, without repeats, and ``default`` is the one that is drawn where the plot names no y:
the last, as in DVC. ``select`` reads some of them and says where rows do not fit. ``places`` gives, for x columns and
y columns that are read together, the places in the file that hold each, of which the last is read.
"""
Pairs = list[tuple[Axis | None, Axis]]
"""What is drawn: x, or ``None`` for the row number, and y."""


def open_columns(path: str, data: bytes | None, *, header: bool) -> Columns:
    """Read the column names of a plot file, whose ending tells the format.

    Both this and ``select`` raise ``UnreadableError``: missing, empty, not UTF-8, or not what the ending says.
    """
    if data is None:
        raise UnreadableError("does not exist")
    if not data.strip():
        raise UnreadableError("is empty")
    separator = _SEPARATORS.get(PurePosixPath(path).suffix.lower())
    return RecordColumns(parse(path, data)) if separator is None else SeparatedColumns(data, separator, header=header)


class PlotReader:
    """Reads the files of plots on one side.

    ``read`` gives a file's bytes, ``None`` where there is none, or the problem that keeps it from being read.
    """

    def __init__(self, read: Callable[[str], bytes | Problem | None], side: Side) -> None:
        self._read = read
        self._side = side

    def source(self, definition: PlotDefinition) -> tuple[PlotSource | None, tuple[Problem, ...]]:
        """Open one plot; a column or file that cannot be read costs its own curve and a footnote."""
        problems: list[Problem] = []
        return self._source(definition, problems), tuple(problems)

    def _source(self, definition: PlotDefinition, problems: list[Problem]) -> PlotSource | None:
        files = self._open(definition, problems)
        y = definition.y or tuple(Axis(file, files[file].default) for file in definition.files[:1] if file in files)
        pairs, missing = _drawable(definition, y, files)
        problems += (self._problem(file, what) for file, what in missing)
        needed = _needed(definition, pairs, files)
        places = _places(pairs, needed, files)
        problems += self._ambiguous(places)
        frames = self._select(needed, files, problems)
        pairs = [pair for pair in pairs if all(axis.file in frames for axis in pair if axis)]
        pairs, unequal = _of_equal_length(pairs, frames)
        problems += (self._problem(definition.id, what) for what in unequal)
        if not pairs:
            return None
        if all(frame.is_empty() for frame in frames.values()):
            problems.append(self._problem(definition.id, "the plot has columns and no rows"))
            return None
        return PlotSource(definition=_resolved(definition, pairs), frames=frames, places=places)

    def _problem(self, where: str, what: str) -> Problem:
        return Problem(path=where, side=self._side, what=what)

    def _open(self, definition: PlotDefinition, problems: list[Problem]) -> dict[str, Columns]:
        files: dict[str, Columns] = {}
        for file in definition.files:
            data = self._read(file)
            if isinstance(data, Problem):
                problems.append(data)
                continue
            try:
                files[file] = open_columns(file, data, header=definition.header)
            except UnreadableError as error:
                problems.append(self._problem(file, f"the plot file {error}"))
        return files

    def _select(
        self, needed: Mapping[str, list[str]], files: Mapping[str, Columns], problems: list[Problem]
    ) -> dict[str, pl.DataFrame]:
        frames: dict[str, pl.DataFrame] = {}
        for file, columns in needed.items():
            try:
                frames[file], warning = files[file].select(columns)
            except UnreadableError as error:
                warning = f"the plot file {error}"
            problems += [self._problem(file, warning)] if warning else []
        return frames

    def _ambiguous(self, places: Mapping[Axis, Sequence[str]]) -> Iterator[Problem]:
        """One footnote for the columns of a file that have the same several places."""
        names: dict[tuple[str, Sequence[str]], list[str]] = {}
        for axis, found in places.items():
            if len(found) > 1:
                names.setdefault((axis.file, found), []).append(repr(axis.field))
        for (file, found), fields in names.items():
            more = f" or {len(found) - 2} more" if len(found) > 2 else ""  # noqa: PLR2004  the two that are named
            what = f"the plot file holds {_listed(fields)} more than once: {found[-1]} is drawn, not {found[0]}{more}"
            remedy = "give each column a name of its own, or a file of its own, and name it in dvc.yaml"
            yield Problem(path=file, side=self._side, what=what, remedy=remedy)


def _drawable(
    definition: PlotDefinition, y: Sequence[Axis], files: Mapping[str, Columns]
) -> tuple[Pairs, list[tuple[str, str]]]:
    """The pairs of columns that exist, and a sentence for each file that lacks some."""
    x = definition.x if len(definition.x) > 1 else itertools.repeat(next(iter(definition.x), None), len(y))
    pairs: Pairs = []
    missing: dict[str, dict[str, None]] = {}
    for pair in zip(x, y, strict=True):
        absent = [axis for axis in pair if axis and axis.file in files and axis.field not in files[axis.file].columns]
        for axis in absent:
            missing.setdefault(axis.file, {})[axis.field] = None
        if not absent and all(axis.file in files for axis in pair if axis):
            pairs.append(pair)
    return pairs, [(file, _no_columns(tuple(names), files[file].columns)) for file, names in missing.items()]


def _no_columns(names: Sequence[str], columns: Sequence[str]) -> str:
    close = difflib.get_close_matches(names[0], columns[:_COMPARED], n=1) if len(names) == 1 else []
    guess = f" (perhaps {close[0]!r})" if close else ""
    word = "column" if len(names) == 1 else "columns"
    return f"the plot file has no {word} {_listed(tuple(map(repr, names)))}{guess}; it has {_listed(columns)}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else "")


def _needed(definition: PlotDefinition, pairs: Pairs, files: Mapping[str, Columns]) -> dict[str, list[str]]:
    """The columns to read by file; a template of the team's own may use any column."""
    needed: dict[str, dict[str, None]] = {}
    for axis in (axis for pair in pairs for axis in pair if axis):
        needed.setdefault(axis.file, {})[axis.field] = None
    return {
        file: list(columns if definition.custom is None else files[file].columns) for file, columns in needed.items()
    }


def _places(pairs: Pairs, needed: Mapping[str, list[str]], files: Mapping[str, Columns]) -> dict[Axis, tuple[str, ...]]:
    """The places in its file that hold each column that is read."""
    only_x = {x for x, _ in pairs if x} - {y for _, y in pairs}
    found: dict[Axis, tuple[str, ...]] = {}
    for file, names in needed.items():
        xs = [name for name in names if Axis(file, name) in only_x]
        places = files[file].places(xs, [name for name in names if name not in xs])
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
