"""Clouds of points: the templates scatter and scatter_jitter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from headway.draw.key_numbers import scatter_alt
from headway.draw.reduction.traces import axis_labels, named, on_both_sides, read_pairs, readable_points
from headway.draw.reduction.typed_columns import read_axis, to_names, to_values
from headway.values.chart import AxisType, Points, ScatterChart, Series
from headway.values.problem import Problem

if TYPE_CHECKING:
    from headway.values.snapshot import PlotDefinition
    from headway.values.tables import PlotSource

MOST_SERIES = 12
MOST_POINTS = 3000
"""Of a chart in all, shared evenly by its clouds: a picture of 450 x 300 pixels shows no more."""

_SMALL_SET = 30  # numbers with no more distinct values than this can be jittered as names
_GOLDEN = 2654435761  # Knuth's multiplicative hash: spreads row numbers evenly, on any machine and version alike


def scatter_chart(
    definition: PlotDefinition, base: PlotSource | None, head: PlotSource | None
) -> tuple[ScatterChart | None, list[Problem]]:
    """Draw every y column's points; ``definition`` is the side's that names titles and labels."""
    pairs, problems = read_pairs(base, head)
    pairs = pairs[:MOST_SERIES]
    traces = [trace for pair in pairs for trace in pair.traces]
    jitter = definition.template == "scatter_jitter"
    x = x_type, _ = _read_axis([trace.rows["x"] for trace in traces], jitter=jitter)
    y = y_type, _ = _read_axis([trace.rows["y"] for trace in traces], jitter=jitter)
    clouds, found = readable_points(traces, x, y)
    clouds, sampled = _sample(definition, clouds)
    drawn = [
        Points(x=to_values(cloud["x"], x_type), y=to_values(cloud["y"], y_type)) if len(cloud) else None
        for cloud in clouds
    ]
    series = [Series(name=name, base=old, head=new) for name, old, new in on_both_sides(pairs, traces, drawn)]
    if not series:
        return None, problems + found
    chart = ScatterChart(
        **named(definition),
        **axis_labels(definition),
        series=tuple(series),
        x_type=x_type,
        y_type=y_type,
        jitter=jitter and "nominal" in (x_type, y_type),
    )
    return scatter_alt(chart), problems + found + sampled


def _read_axis(raw: list[pl.Series], *, jitter: bool) -> tuple[AxisType, list[pl.Series]]:
    """Read an axis; DVC's jitter template takes both axes for names, which suits numbers only if they are few."""
    axis_type, read = read_axis(raw)
    if jitter and axis_type == "quantitative" and read and pl.concat(read).n_unique() <= _SMALL_SET:
        return "nominal", [to_names(values) for values in read]
    return axis_type, read


def _sample(definition: PlotDefinition, clouds: list[pl.DataFrame]) -> tuple[list[pl.DataFrame], list[Problem]]:
    rows = sum(len(cloud) for cloud in clouds)
    if rows <= MOST_POINTS:
        return clouds, []
    share = MOST_POINTS // len(clouds)
    sampled = [_sampled(cloud, share) for cloud in clouds]
    count = sum(len(cloud) for cloud in sampled)
    what = f"{count} of {rows} points are drawn, an even sample with all outermost points"
    return sampled, [Problem(where=definition.id, what=what)]


def _sampled(cloud: pl.DataFrame, most: int) -> pl.DataFrame:
    """Keep the outermost points of each numeric axis and an even sample of the others, in the file's order."""
    if len(cloud) <= most:
        return cloud
    numeric = [name for name in cloud.columns if cloud[name].dtype != pl.String]
    outermost = [row for name in numeric for row in (cloud[name].arg_min(), cloud[name].arg_max())]
    order = (pl.int_range(pl.len(), dtype=pl.UInt64) * _GOLDEN) % 2**32
    sample = cloud.select(pl.arg_sort_by(order)).to_series().head(most - len(set(outermost)))
    rows = pl.concat([sample, pl.Series(outermost, dtype=sample.dtype)]).unique().sort()
    return cloud[rows]
