"""Plots with their data: which columns a plot draws, checked against the files, and only those read."""

from __future__ import annotations

import difflib
import itertools
from typing import TYPE_CHECKING

import msgspec

from headway.gather.read.documents import UnreadableError
from headway.gather.read.plot_columns import Table, open_table
from headway.values.problem import Problem
from headway.values.snapshot import Axis
from headway.values.tables import PlotSource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import polars as pl

    from headway.values.snapshot import PlotDefinition

_SHOWN = 8
"""Column names that a footnote lists at the most."""


class PlotReader:
    """Reads the files of plots on one side.

    Args:
        read: gives a file's bytes, ``None`` where there is none, or the problem that keeps it from being read.
        side: the side's name for footnotes.
    """

    def __init__(self, read: Callable[[str], bytes | Problem | None], side: str) -> None:
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
        return Problem(where=f"{where} ({self._side})", what=what)

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
