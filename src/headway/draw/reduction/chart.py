"""One typed chart of a plot on two sides, by the reducer of its template.

A line keeps four points per pixel column and a confusion becomes counts, whatever the number of rows. What cannot be
drawn is left out and reported as a :class:`~headway.values.problem.Problem`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headway.draw.reduction.categories import bar_chart, confusion_chart
from headway.draw.reduction.custom import custom_chart
from headway.draw.reduction.series import line_chart, scatter_chart
from headway.draw.reduction.traces import read_pairs
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.draw.reduction.traces import Pair
    from headway.values.chart import Chart
    from headway.values.snapshot import PlotDefinition
    from headway.values.tables import PlotSource

    Reducer = Callable[[PlotDefinition, list[Pair]], tuple[Chart | None, list[Problem]]]

_REDUCERS: dict[str, Reducer] = {
    "linear": line_chart,
    "simple": line_chart,
    "smooth": line_chart,
    "scatter": scatter_chart,
    "scatter_jitter": scatter_chart,
    "bar_horizontal": bar_chart,
    "bar_horizontal_sorted": bar_chart,
    "confusion": confusion_chart,
    "confusion_normalized": confusion_chart,
}


def draw_chart(id: str, base: PlotSource | None, head: PlotSource | None) -> tuple[Chart | None, tuple[Problem, ...]]:  # noqa: A002  the interface's word
    """Reduce a table plot on two sides to one chart.

    Args:
        id: the plot's id in the report.
        base, head: the opened plot; ``None`` where a side has none. Head's definition says how both are drawn.

    Returns:
        The chart, or ``None`` where nothing can be drawn, and what was left out and why.
    """
    source = head or base
    if source is None:
        return None, ()
    definition = msgspec.structs.replace(source.definition, id=id)
    if definition.custom is not None:
        chart, found = custom_chart(definition, base, head)
        return chart, tuple(found)
    pairs, problems = read_pairs(base, head)
    if definition.template not in _REDUCERS:
        what = f"the template '{definition.template}' is unknown, so the plot is drawn as lines"
        remedy = f"use one of {', '.join(_REDUCERS)}, or put the template into .dvc/plots"
        problems = [Problem(path=id, what=what, remedy=remedy), *problems]
    if not pairs:
        return None, tuple(problems)
    drawn, found = _REDUCERS.get(definition.template, line_chart)(definition, pairs)
    return drawn, (*problems, *found)
