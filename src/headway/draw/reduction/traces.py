"""Joins the x and y of each curve on one side, and pairs and names the curves of both sides.

The rules are DVC's (``dvc.render.converter.vega``): without an x the row number counts, one x serves every y, several
pair up with the ys in order, and columns of different files are joined row by row. Unlike there, a data column may be
called ``rev``, ``filename`` or ``field``.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from headway.values.chart import Series
from headway.values.problem import Problem
from headway.values.tables import COMPANIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headway.values.chart import AxisType, Points
    from headway.values.revision import Side
    from headway.values.snapshot import Axis, PlotDefinition
    from headway.values.tables import PlotSource

ROW_NUMBER = "step"
"""What DVC calls the axis of row numbers."""

MOST_CATEGORIES = 60
"""More names than this on one axis cannot be read."""

_LISTED = 12  # columns of a file that a footnote names
_WANTED: dict[AxisType, tuple[str, str]] = {
    "quantitative": ("a number", "numbers"),
    "temporal": ("an ISO 8601 time", "ISO 8601 times"),
    "nominal": ("a name", "names"),
}
_QUOTED_LENGTH = 30  # characters of a bad cell that a footnote shows

_TABLE_ENDING = re.compile(r"\.(csv|json|toml|tsv|ya?ml)$", re.IGNORECASE)
"""The ending of a file of columns; what follows a dot in the name of a run of TensorBoard is none."""

Column = Literal["x", "y"]


@dataclass(frozen=True, eq=False)
class Trace:
    """One y column of one side beside its x, in the file's order and as ``gather`` read it; equal only to itself."""

    side: Side
    x: Axis | None  # ``None`` where rows are numbered from 0
    y: Axis
    rows: pl.DataFrame  # the columns ``x`` and ``y``, and what the file of y says about each row (``COMPANIONS``)
    threshold: float  # the side's decision threshold

    def axis(self, column: Column) -> Axis:
        """Where a column comes from; row numbers come from the file of y."""
        return (self.x if column == "x" else None) or self.y

    def problem(self, column: Column, what: str, remedy: str = "") -> Problem:
        """Make a footnote about a column."""
        return Problem(path=self.axis(column).file, side=self.side, what=what, remedy=remedy)

    def lost(self, column: Column, converted: pl.Series, axis_type: AxisType) -> list[Problem]:
        """Count the cells of a column that could not be converted, and quote the first."""
        lost = converted.is_null()
        count = int(lost.sum())
        if not count:
            return []
        raw, row, field = self.rows[column], lost.arg_max() or 0, self.axis(column).field
        one, several = _WANTED[axis_type]
        first = "empty" if raw[row] in (None, "") else repr(str(raw[row])[:_QUOTED_LENGTH])
        verb = f"is not drawn: it is not {one}" if count == 1 else f"are not drawn: they are not {several}"
        what = f"{count} of {len(raw)} values of '{field}' {verb} (first in row {row + 1}: {first})"
        return [self.problem(column, what)]


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


def read_pairs(base: PlotSource | None, head: PlotSource | None) -> tuple[list[Pair], list[Problem]]:
    """Join and pair the curves of both sides."""
    old, old_problems = read_traces(base, "base")
    new, new_problems = read_traces(head, "head")
    return _pair_up(old, new), old_problems + new_problems


def read_traces(source: PlotSource | None, side: Side) -> tuple[list[Trace], list[Problem]]:
    """Join each y with its x; a curve that cannot be joined is left out and explained."""
    if source is None:
        return [], []
    xs, ys = source.definition.x, source.definition.y
    if len(xs) > 1 and len(xs) != len(ys):
        what = f"{len(xs)} x columns cannot be paired with {len(ys)} y column{'s'[: len(ys) != 1]}"
        remedy = "give one x for all, or one x for each y, in dvc.yaml"
        return [], [Problem(path=source.definition.id, side=side, what=what, remedy=remedy)]
    for_each_y = xs if len(xs) > 1 else (xs or (None,)) * len(ys)
    results = [_read_trace(source, side, x, y) for x, y in zip(for_each_y, ys, strict=True)]
    traces = [result for result in results if isinstance(result, Trace)]
    return traces, list(dict.fromkeys(result for result in results if isinstance(result, Problem)))


def clean_points(
    traces: Sequence[Trace], x: tuple[AxisType, Sequence[pl.Series]], y: tuple[AxisType, Sequence[pl.Series]]
) -> tuple[list[pl.DataFrame], list[Problem]]:
    """Join the converted x and y of each trace, drop the rows that lack either, and report what was dropped."""
    columns = list(zip(traces, x[1], y[1], strict=True))
    problems = [lost for trace, xs, ys in columns for lost in (*trace.lost("y", ys, y[0]), *trace.lost("x", xs, x[0]))]
    points = [pl.DataFrame({"x": xs, "y": ys}).drop_nulls() for _, xs, ys in columns]
    return points, list(dict.fromkeys(problems))


def with_few_names(
    traces: Sequence[Trace], points: list[pl.DataFrame], column: Column
) -> tuple[list[pl.DataFrame], list[Problem]]:
    """Keep the rows of the first names, as many as an axis can show."""
    names = pl.concat([rows[column] for rows in points]).unique(maintain_order=True)
    if len(names) <= MOST_CATEGORIES:
        return points, []
    kept = names.head(MOST_CATEGORIES).implode()
    what = f"only the first {MOST_CATEGORIES} of {len(names)} categories are drawn"
    remedy = "plot fewer categories, or a numeric column"
    problem = traces[0].problem(column, what, remedy)
    return [rows.filter(pl.col(column).is_in(kept)) for rows in points], [problem]


def paired_series(pairs: Sequence[Pair], points: Mapping[Trace | None, Points | None]) -> tuple[Series, ...]:
    """Put the points of both sides of each curve together; a curve without any is left out."""
    series = [Series(name=pair.name, base=points.get(pair.base), head=points.get(pair.head)) for pair in pairs]
    return tuple(one for one in series if one.base or one.head)


def _pair_up(base: Sequence[Trace], head: Sequence[Trace]) -> list[Pair]:
    """Pair curves of the same columns of the same files: in head's order, then those that only base has."""
    old, new = _by_columns(base), _by_columns(head)
    both = [(old.get(key), new.get(key)) for key in {**new, **old}]
    names = _unique_names([(after or before).y for before, after in both])  # type: ignore[union-attr]  # one is there
    return [Pair(name, *sides) for name, sides in zip(names, both, strict=True)]


def _by_columns(traces: Sequence[Trace]) -> dict[tuple[Axis, Axis | None, int], Trace]:
    """Index curves by their columns and, where a plot repeats a column, by its occurrence."""
    columns = [(trace.y, trace.x) for trace in traces]
    return {(*key, columns[:index].count(key)): traces[index] for index, key in enumerate(columns)}


def _unique_names(ys: Sequence[Axis]) -> list[str]:
    """Choose the shortest distinct names: the column, the file, or both; a single column needs none."""
    if len(ys) < 2:  # noqa: PLR2004  nothing to tell apart
        return [""] * len(ys)
    files = without_folder(y.file for y in ys)
    stems = {file: _TABLE_ENDING.sub("", name) for file, name in files.items()}
    if len(set(stems.values())) == len(files):
        files = stems
    if len(files) == 1:
        names = [y.field for y in ys]
    elif len({y.field for y in ys}) == 1:
        names = [files[y.file] for y in ys]
    else:
        names = [f"{files[y.file]}: {y.field}" for y in ys]
    repeats = [names[:index].count(name) for index, name in enumerate(names)]
    return [f"{name} ({count + 1})" if count else name for name, count in zip(names, repeats, strict=True)]


def without_folder(files: Iterable[str]) -> dict[str, str]:
    """Map each file to its path below the folder that all share; a single file keeps its whole path."""
    distinct = list(dict.fromkeys(files))
    folder = posixpath.commonpath(distinct) if len(distinct) > 1 else ""
    return {file: file[len(folder) :].strip("/") or "." for file in distinct}


def named(definition: PlotDefinition) -> dict[str, Any]:
    """Give the fields that every chart starts with."""
    return {"id": definition.id, "title": definition.heading, "alt": ""}


def axis_labels(definition: PlotDefinition) -> dict[str, Any]:
    """Give ``x_label`` and ``y_label``: as declared, else the name of the only column, ``"step"`` for row numbers."""
    xs, ys = {x.field for x in definition.x}, {y.field for y in definition.y}
    return {
        "x_label": definition.x_label or only(xs, "x" if xs else ROW_NUMBER),
        "y_label": definition.y_label or only(ys, "y"),
    }


def only(names: set[str], otherwise: str) -> str:
    """The name, if there is exactly one."""
    return next(iter(names)) if len(names) == 1 else otherwise


def _read_trace(source: PlotSource, side: Side, x: Axis | None, y: Axis) -> Trace | Problem | None:
    ys = _read_column(source, side, y)
    if not isinstance(ys, pl.Series):
        return ys
    xs = _read_column(source, side, x) if x else pl.int_range(len(ys), eager=True)
    if not isinstance(xs, pl.Series):
        return xs
    if x and len(xs) != len(ys):
        what = f"'{y.field}' ({len(ys)} rows) cannot be joined with '{x.field}' of {x.file} ({len(xs)} rows)"
        remedy = "write both files with the same number of rows, or name an x column of the same file in dvc.yaml"
        return Problem(path=y.file, side=side, what=what, remedy=remedy)
    frame = source.frames[y.file]
    names = {COMPANIONS.get(name.lower()): name for name in frame.columns if name not in (y.field, x and x.field)}
    more = {role: frame[name] for role, name in names.items() if role}
    return Trace(side, x, y, pl.DataFrame({"x": xs, "y": ys, **more}), source.threshold)


def _read_column(source: PlotSource, side: Side, axis: Axis) -> pl.Series | Problem | None:
    frame = source.frames.get(axis.file)
    if frame is None:
        return None  # gather has said why
    if axis.field not in frame.columns:
        listed = ", ".join(frame.columns[:_LISTED]) + (", ..." if len(frame.columns) > _LISTED else "")
        remedy = f"name one of its columns in dvc.yaml: {listed}"
        return Problem(path=axis.file, side=side, what=f"there is no column '{axis.field}'", remedy=remedy)
    if frame.is_empty():
        return Problem(path=axis.file, side=side, what="the file has no rows")
    return frame[axis.field]
