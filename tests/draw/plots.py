"""A small test language: a plot is a few lines of CSV and the names of its columns."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import polars as pl

from headway.draw.reduction.chart import draw_chart
from headway.values.snapshot import Axis, PlotDefinition
from headway.values.tables import PlotSource

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.values.chart import Chart, Points
    from headway.values.problem import Problem

FILE = "plot.csv"

Columns = str | list[str]
"""``"loss"``, ``"other.csv loss"``, or several of them."""


def table(text: str) -> pl.DataFrame:
    """Read CSV as ``gather`` does: every cell a string, empty cells null."""
    lines = "\n".join(line.strip() for line in text.strip().splitlines())
    return pl.read_csv(io.StringIO(lines), infer_schema=False)


def plot(
    files: str | pl.DataFrame | Mapping[str, str | pl.DataFrame],
    y: Columns,
    x: Columns = (),  # type: ignore[assignment]  # no x at all
    template: str = "linear",
    **definition: Any,
) -> PlotSource:
    """Make one side of a plot; a lone table is called ``plot.csv``."""
    named = {FILE: files} if isinstance(files, str | pl.DataFrame) else files
    frames = {name: table(content) if isinstance(content, str) else content for name, content in named.items()}
    first = next(iter(frames))
    resolved = PlotDefinition(
        id="plot",
        form="table",
        files=tuple(frames),
        x=_axes(x, first),
        y=_axes(y, first),
        template=template,
        **definition,
    )
    return PlotSource(definition=resolved, frames=frames)


def draw(base: PlotSource | None, head: PlotSource | None) -> tuple[Any, list[str]]:
    """Reduce both sides; give the chart and the problems as ``where: what``."""
    chart, problems = draw_chart("plot", base, head)
    return chart, [written(problem) for problem in problems]


def written(problem: Problem) -> str:
    return f"{problem.where}: {problem.what}"


def assert_one(problems: list[str], where: str, *keywords: str) -> None:
    """There is one problem, at a place, whose text holds each keyword."""
    (problem,) = problems
    assert problem.partition(": ")[0] == where
    for keyword in keywords:
        assert keyword in problem


def pairs(points: Points | None) -> list[tuple[Any, Any]]:
    assert points is not None
    return list(zip(points.x, points.y, strict=True))


def drawn(base: PlotSource | None, head: PlotSource | None) -> Chart:
    """Reduce both sides, which has to work without a problem."""
    chart, problems = draw(base, head)
    assert not problems
    assert chart is not None
    return chart  # type: ignore[no-any-return]  # draw() is loosely typed for tests


def texts(spec: object) -> list[str]:
    """Give every text that a program writes."""
    if isinstance(spec, dict):
        own = [spec["text"]] if isinstance(spec.get("text"), str) else []
        return own + [text for value in spec.values() for text in texts(value)]
    return [text for value in spec for text in texts(value)] if isinstance(spec, list) else []


def _axes(columns: Columns, first: str) -> tuple[Axis, ...]:
    listed = [columns] if isinstance(columns, str) else list(columns)
    return tuple(Axis(*column.split(" ", 1)) if " " in column else Axis(first, column) for column in listed)
