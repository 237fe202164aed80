"""Reads and reduces table plots, in the child process that loads polars while the parent loads DVC."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from headway.compare.plots import drawn_apart
from headway.draw.plots.messages import PlotJob, Reduced, load
from headway.draw.plots.sides import read_sides
from headway.draw.reduction.chart import draw_chart
from headway.gather.read.plot_tables import PlotReader
from headway.values.chart import ConfusionChart
from headway.values.problem import Problem

if TYPE_CHECKING:
    from headway.draw.plots.sides import Opener
    from headway.values.chart import Chart
    from headway.values.comparison import PlotPair


def reduce_plot(job: PlotJob) -> Reduced:
    """Read and reduce one plot; whatever is wrong with it is a problem."""
    if any(plot and plot.form == "events" for plot in (job.pair.base, job.pair.head)):
        return _reduce_events(job)
    base = PlotReader(partial(load, job.base), "base").source
    head = PlotReader(partial(load, job.head), "head").source
    charts, problems = _reduce(job.pair, base, head)
    return Reduced(charts=charts, problems=problems)


def _reduce_events(job: PlotJob) -> Reduced:
    try:
        from headway.draw.plots.events import reduce_events  # noqa: PLC0415 - loads TensorBoard, which is an extra
    except ImportError:
        what = "its event files are not drawn, because the package that reads them is not installed"
        remedy = 'pip install "dvc-headway[tensorboard]"'
        return Reduced(problems=(Problem(where="TensorBoard", what=what, remedy=remedy),))
    return reduce_events(job)


def _reduce(pair: PlotPair, base: Opener, head: Opener) -> tuple[tuple[Chart, ...], tuple[Problem, ...]]:
    sides = read_sides(pair, base, head)
    if isinstance(sides, Problem):
        apart = [_reduce(side, base, head) for side in drawn_apart(pair)]
        charts = tuple(chart for found, _ in apart for chart in found)
        return charts, (sides, *(problem for _, found in apart for problem in found))
    sources = (
        source and replace(source, threshold=threshold)
        for source, threshold in zip((sides.base, sides.head), pair.thresholds, strict=True)
    )
    chart, problems = draw_chart(pair.id, *sources)
    if isinstance(chart, ConfusionChart):
        chart = msgspec.structs.replace(chart, judged=pair.judged)
    return (chart,) if chart is not None else (), (*sides.problems, *problems)
