"""Which columns belong together: the x and y of each curve on one side, and the curves of both sides paired and named.

The rules are DVC's (``dvc.render.converter.vega``): without an x the row number counts, one x serves every y, several
pair up with the ys in order, and columns of different files are joined row by row. Unlike there, a data column may be
called ``rev``, ``filename`` or ``field``.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.values.revision import Side
    from headway.values.snapshot import Axis, PlotDefinition
    from headway.values.tables import PlotSource

ROW_NUMBER = "step"
"""What DVC calls the axis of row numbers."""


@dataclass(frozen=True)
class Trace:
    """One y column of one side beside its x, rows as in the file and values as ``gather`` read them.

    Attributes:
        x: the x column's place; ``None`` where rows are numbered from 0.
        rows: the columns ``x`` and ``y``.
    """

    side: Side
    x: Axis | None
    y: Axis
    rows: pl.DataFrame


@dataclass(frozen=True)
class Pair:
    """One curve on both sides. ``name`` is empty where the plot has only one."""

    name: str
    base: Trace | None
    head: Trace | None

    @property
    def traces(self) -> list[Trace]:
        """The sides that exist, base first."""
        return [trace for trace in (self.base, self.head) if trace]


def place(axis: Axis, side: Side) -> str:
    """Say where a column stands, for a footnote."""
    return f"{axis.file} ({side})"


def read_pairs(base: PlotSource | None, head: PlotSource | None) -> tuple[list[Pair], list[Problem]]:
    """Join and pair the curves of both sides."""
    base_traces, base_problems = read_traces(base, "base")
    head_traces, head_problems = read_traces(head, "head")
    return pair_up(base_traces, head_traces), base_problems + head_problems


def read_traces(source: PlotSource | None, side: Side) -> tuple[list[Trace], list[Problem]]:
    """Join each y with its x; a curve that cannot be joined is left out and explained."""
    if source is None:
        return [], []
    xs = _xs_for_each_y(source.definition)
    if isinstance(xs, str):
        remedy = "give one x for all, or one x for each y, in dvc.yaml"
        return [], [Problem(where=f"{source.definition.id} ({side})", what=xs, remedy=remedy)]
    results = [_read_trace(source, side, x, y) for x, y in zip(xs, source.definition.y, strict=True)]
    traces = [result for result in results if isinstance(result, Trace)]
    return traces, list(dict.fromkeys(result for result in results if isinstance(result, Problem)))


def pair_up(base: Sequence[Trace], head: Sequence[Trace]) -> list[Pair]:
    """Pair curves by file and column, then by column alone (a renamed file), then the only two there are.

    Head's order comes first, what only base has follows.
    """
    partners = _partners(base, head)
    gone = [trace for trace in base if not any(trace is partner for partner in partners.values())]
    names = unique_names([trace.y for trace in (*head, *gone)])
    sides = [*((partners.get(index), trace) for index, trace in enumerate(head)), *((trace, None) for trace in gone)]
    return [Pair(name, *both) for name, both in zip(names, sides, strict=True)]


def unique_names(ys: Sequence[Axis]) -> list[str]:
    """Give the shortest names that tell columns apart: the column, the file, or both; none to a single column."""
    if len(ys) < 2:  # noqa: PLR2004  nothing to tell apart
        return [""] * len(ys)
    files = _short_files([y.file for y in ys])
    if len(set(files.values())) == 1:
        names = [y.field for y in ys]
    elif len({y.field for y in ys}) == 1:
        names = [files[y.file] for y in ys]
    else:
        names = [f"{files[y.file]}: {y.field}" for y in ys]
    return _numbered(names)


def x_label(definition: PlotDefinition) -> str:
    """Give the declared label, the one x column's name, ``"step"`` for row numbers, else ``"x"``."""
    fields = {x.field for x in definition.x}
    return definition.x_label or _only(fields, "x" if fields else ROW_NUMBER)


def y_label(definition: PlotDefinition) -> str:
    """Give the declared label, the one y column's name, else ``"y"``."""
    return definition.y_label or _only({y.field for y in definition.y}, "y")


def _xs_for_each_y(definition: PlotDefinition) -> list[Axis | None] | str:
    xs, ys = definition.x, definition.y
    if len(xs) > 1 and len(xs) != len(ys):
        return f"{len(xs)} x columns cannot be paired with {len(ys)} y column{'s'[: len(ys) != 1]}"
    if len(xs) > 1:
        return list(xs)
    return [xs[0] if xs else None] * len(ys)


def _read_trace(source: PlotSource, side: Side, x: Axis | None, y: Axis) -> Trace | Problem | None:
    ys = _read_column(source, side, y)
    xs = _read_column(source, side, x) if x else None
    if not isinstance(ys, pl.Series):
        return ys
    if x is None:
        xs = pl.int_range(len(ys), eager=True)
    if not isinstance(xs, pl.Series):
        return xs
    if x and len(xs) != len(ys):
        return _unequal(side, x, y, len(xs), len(ys))
    return Trace(side, x, y, pl.DataFrame({"x": xs, "y": ys}))


def _unequal(side: Side, x: Axis, y: Axis, x_rows: int, y_rows: int) -> Problem:
    return Problem(
        where=place(y, side),
        what=f"'{y.field}' ({y_rows} rows) cannot be joined with '{x.field}' of {x.file} ({x_rows} rows)",
        remedy="write both files with the same number of rows, or name an x column of the same file in dvc.yaml",
    )


def _read_column(source: PlotSource, side: Side, axis: Axis) -> pl.Series | Problem | None:
    frame = source.frames.get(axis.file)
    if frame is None:
        return None  # gather has said why
    if axis.field not in frame.columns:
        what = f"there is no column '{axis.field}'"
        return Problem(
            where=place(axis, side), what=what, remedy=f"name one of its columns in dvc.yaml: {_listing(frame.columns)}"
        )
    if frame.is_empty():
        return Problem(where=place(axis, side), what="the file has no rows")
    return frame[axis.field]


def _listing(names: Sequence[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (", ..." if len(names) > most else "")


def _partners(base: Sequence[Trace], head: Sequence[Trace]) -> dict[int, Trace]:
    partners: dict[int, Trace] = {}
    free = list(base)
    for same in (_same_column, _same_field):
        for index, trace in enumerate(head):
            match = next((other for other in free if same(other, trace)), None)
            if index not in partners and match:
                partners[index] = match
                free = [other for other in free if other is not match]
    if len(base) == len(head) == 1:
        partners[0] = base[0]
    return partners


def _same_column(one: Trace, other: Trace) -> bool:
    return one.y == other.y and one.x == other.x


def _same_field(one: Trace, other: Trace) -> bool:
    return one.y.field == other.y.field


def _short_files(files: Sequence[str]) -> dict[str, str]:
    distinct = list(dict.fromkeys(files))
    if len(distinct) == 1:
        return {distinct[0]: distinct[0]}
    prefix = posixpath.commonpath(distinct)
    short = {file: file[len(prefix) :].strip("/") for file in distinct}
    stems = {file: posixpath.splitext(name)[0] for file, name in short.items()}
    return stems if len(set(stems.values())) == len(distinct) else short


def _numbered(names: Sequence[str]) -> list[str]:
    seen: Counter[str] = Counter()
    numbered = []
    for name in names:
        seen[name] += 1
        numbered.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return numbered


def _only(names: set[str], otherwise: str) -> str:
    return next(iter(names)) if len(names) == 1 else otherwise
