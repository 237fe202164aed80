"""The data of a plot: which columns it draws, checked against its files, and only those read."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec.structs import replace

from headway.gather.read.parsing import UnreadableError, parse
from headway.gather.read.records import RecordColumns
from headway.gather.read.separated import SeparatedColumns
from headway.text import first_names
from headway.values.problem import Problem
from headway.values.snapshot import Axis
from headway.values.tables import COMPANIONS, PlotSource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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
        """Open one plot; a column or file that cannot be read costs its own curve and a footnote.

        A plot that only the other side declares has no footnotes.
        """
        plot = _Plot(definition, self._side)
        for file in definition.files:
            plot.open(file, self._read(file))
        return plot.source(), () if definition.borrowed else tuple(plot.problems)


@dataclass
class _Plot:
    """One plot with the files that could be opened, and what is wrong with the others."""

    definition: PlotDefinition
    side: Side
    files: dict[str, Columns] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def open(self, file: str, data: bytes | Problem | None) -> None:
        if isinstance(data, Problem):
            self.problems.append(data)
            return
        try:
            self.files[file] = open_columns(file, data, header=self.definition.header)
        except UnreadableError as error:
            self._note(file, f"the plot file {error}")

    def source(self) -> PlotSource | None:
        pairs = self._drawable()
        needed = self._needed(pairs)
        places = self._places(pairs, needed)
        self._note_ambiguity(places)
        frames = self._select(needed)
        pairs = self._joinable([pair for pair in pairs if all(axis.file in frames for axis in pair if axis)], frames)
        if not pairs:
            return None
        if all(frame.is_empty() for frame in frames.values()):
            self._note(self.definition.id, "the plot has columns and no rows")
            return None
        xs = tuple(x for x, _ in pairs if x)
        resolved = replace(self.definition, x=xs[:1] if len(set(xs)) == 1 else xs, y=tuple(y for _, y in pairs))
        return PlotSource(definition=resolved, frames=frames, places=places)

    def _note(self, where: str, what: str, remedy: str = "") -> None:
        self.problems.append(Problem(path=where, side=self.side, what=what, remedy=remedy))

    def _drawable(self) -> Pairs:
        """The pairs of columns that exist; a footnote for each file that lacks some."""
        first = next((file for file in self.definition.files[:1] if file in self.files), None)
        y = self.definition.y or ((Axis(first, self.files[first].default),) if first else ())
        x = self.definition.x if len(self.definition.x) > 1 else (next(iter(self.definition.x), None),) * len(y)
        pairs: Pairs = []
        missing: dict[str, dict[str, None]] = {}
        for pair in zip(x, y, strict=True):
            axes = [axis for axis in pair if axis]
            known = [axis for axis in axes if axis.file in self.files]
            absent = [axis for axis in known if axis.field not in self.files[axis.file].columns]
            for axis in absent:
                missing.setdefault(axis.file, {})[axis.field] = None
            if not absent and known == axes:
                pairs.append(pair)
        for file, names in missing.items():
            self._note(file, _no_columns(tuple(names), self.files[file].columns))
        return pairs

    def _needed(self, pairs: Pairs) -> dict[str, list[str]]:
        """The columns to read by file; a template of the team's own may use any column."""
        needed: dict[str, dict[str, None]] = {}
        for axis in (axis for pair in pairs for axis in pair if axis):
            needed.setdefault(axis.file, {})[axis.field] = None
        if self.definition.custom is not None:
            return {file: list(self.files[file].columns) for file in needed}
        return {file: list(columns) for file, columns in needed.items()}

    def _places(self, pairs: Pairs, needed: Mapping[str, list[str]]) -> dict[Axis, tuple[str, ...]]:
        """The places in its file that hold each column that is read."""
        only_x = {x for x, _ in pairs if x} - {y for _, y in pairs}
        found: dict[Axis, tuple[str, ...]] = {}
        for file, names in needed.items():
            xs = [name for name in names if Axis(file, name) in only_x]
            places = self.files[file].places(xs, [name for name in names if name not in xs])
            found.update({Axis(file, name): where for name, where in places.items()})
        return found

    def _note_ambiguity(self, places: Mapping[Axis, Sequence[str]]) -> None:
        """One footnote for the columns of a file that have the same several places."""
        names: dict[tuple[str, Sequence[str]], list[str]] = {}
        for axis, found in places.items():
            if len(found) > 1:
                names.setdefault((axis.file, found), []).append(repr(axis.field))
        for (file, found), fields in names.items():
            more = f" or {len(found) - 2} more" if len(found) > 2 else ""  # noqa: PLR2004  the two that are named
            what = f"the plot file has {_listed(fields)} more than once: {found[-1]} is drawn, not {found[0]}{more}"
            self._note(file, what, "give each column a name of its own, or a file of its own, and name it in dvc.yaml")

    def _select(self, needed: Mapping[str, list[str]]) -> dict[str, pl.DataFrame]:
        frames: dict[str, pl.DataFrame] = {}
        for file, columns in needed.items():
            try:
                frame, warning = self.files[file].select(columns)
                frames[file] = self._with_companions(file, frame)
            except UnreadableError as error:
                warning = f"the plot file {error}"
            if warning:
                self._note(file, warning)
        return frames

    def _with_companions(self, file: str, frame: pl.DataFrame) -> pl.DataFrame:
        """Add what the file says about the same rows. Nobody declared it, so no footnote tells of its flaws."""
        columns = self.files[file].beside(frame.columns)
        more = [name for name in columns if name.lower() in COMPANIONS and name not in frame.columns]
        return self.files[file].select([*frame.columns, *more])[0] if more else frame

    def _joinable(self, pairs: Pairs, frames: Mapping[str, pl.DataFrame]) -> Pairs:
        """The pairs whose columns join row by row; a footnote for each other, which DVC does not draw either."""
        joined: Pairs = []
        for x, y in pairs:
            rows = frames[(x or y).file].height, frames[y.file].height
            if rows[0] == rows[1]:
                joined.append((x, y))
            elif x:
                columns = f"{x.field!r} of {x.file} and {y.field!r} of {y.file}"
                self._note(
                    self.definition.id, f"the plot cannot join {columns}: they have {rows[0]} and {rows[1]} rows"
                )
        return joined


def _no_columns(names: Sequence[str], columns: Sequence[str]) -> str:
    close = difflib.get_close_matches(names[0], columns[:_COMPARED], n=1) if len(names) == 1 else []
    guess = f" (perhaps {close[0]!r})" if close else ""
    word = "column" if len(names) == 1 else "columns"
    return f"the plot file has no {word} {_listed(tuple(map(repr, names)))}{guess}; it has {_listed(columns)}"


def _listed(names: Sequence[str]) -> str:
    return first_names(names, _SHOWN)
