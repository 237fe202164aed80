"""Clouds of points: the templates scatter and scatter_jitter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from headway.draw.reduction import typed_columns
from headway.draw.reduction.alt_text import scatter_alt
from headway.draw.reduction.traces import Pair, Trace, place, read_pairs, x_label, y_label
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
    x_type, xs = _read_axis([trace.rows["x"] for trace in traces], jitter=jitter)
    y_type, ys = _read_axis([trace.rows["y"] for trace in traces], jitter=jitter)
    clouds, lost = _clean(traces, xs, ys, x_type, y_type)
    problems += lost
    clouds, capped = _cap_categories(traces, clouds)
    clouds, sampled = _sample(definition, clouds)
    series = _series(pairs, traces, [_written(cloud, x_type, y_type) for cloud in clouds])
    if not series:
        return None, problems
    chart = ScatterChart(
        id=definition.id,
        title=definition.title or definition.id,
        alt="",
        series=series,
        x_label=x_label(definition),
        y_label=y_label(definition),
        x_type=x_type,
        y_type=y_type,
        jitter=jitter and "nominal" in (x_type, y_type),
    )
    return scatter_alt(chart), problems + capped + sampled


def _read_axis(raw: list[pl.Series], *, jitter: bool) -> tuple[AxisType, list[pl.Series]]:
    """Read an axis; DVC's jitter template takes both axes for names, which suits numbers only if they are few."""
    axis_type, read = typed_columns.read_axis(raw)
    if jitter and axis_type == "quantitative" and read and pl.concat(read).n_unique() <= _SMALL_SET:
        return "nominal", [typed_columns.to_names(values) for values in read]
    return axis_type, read


def _clean(
    traces: list[Trace], xs: list[pl.Series], ys: list[pl.Series], x_type: AxisType, y_type: AxisType
) -> tuple[list[pl.DataFrame], list[Problem]]:
    problems: dict[Problem, None] = {}
    for trace, x, y in zip(traces, xs, ys, strict=True):
        for axis, name, values, axis_type in ((trace.y, "y", y, y_type), (trace.x, "x", x, x_type)):
            if axis:
                where = place(axis, trace.side)
                lost = typed_columns.count_lost(
                    trace.rows[name], values, where=where, field=axis.field, axis_type=axis_type
                )
                problems |= dict.fromkeys(lost)
    return [pl.DataFrame({"x": x, "y": y}).drop_nulls() for x, y in zip(xs, ys, strict=True)], list(problems)


def _cap_categories(traces: list[Trace], clouds: list[pl.DataFrame]) -> tuple[list[pl.DataFrame], list[Problem]]:
    problems = []
    for name in ("x", "y"):
        if not clouds or clouds[0][name].dtype != pl.String:
            continue
        names = pl.concat([cloud[name] for cloud in clouds]).unique(maintain_order=True)
        if len(names) > typed_columns.MOST_CATEGORIES:
            kept = names.head(typed_columns.MOST_CATEGORIES).implode()
            clouds = [cloud.filter(pl.col(name).is_in(kept)) for cloud in clouds]
            axis = (traces[0].x if name == "x" else traces[0].y) or traces[0].y
            problems.append(typed_columns.capped(place(axis, traces[0].side), len(names)))
    return clouds, problems


def _sample(definition: PlotDefinition, clouds: list[pl.DataFrame]) -> tuple[list[pl.DataFrame], list[Problem]]:
    rows = sum(len(cloud) for cloud in clouds)
    if rows <= MOST_POINTS:
        return clouds, []
    share = MOST_POINTS // len(clouds)
    sampled = [_sampled(cloud, share) for cloud in clouds]
    count = sum(len(cloud) for cloud in sampled)
    return sampled, [
        Problem(
            where=definition.id, what=f"{count} of {rows} points are drawn, an even sample with all outermost points"
        )
    ]


def _sampled(cloud: pl.DataFrame, most: int) -> pl.DataFrame:
    """Keep the outermost points of each numeric axis and an even sample of the others, in the file's order."""
    if len(cloud) <= most:
        return cloud
    numeric = [name for name in ("x", "y") if cloud[name].dtype != pl.String]
    outermost = [row for name in numeric for row in (cloud[name].arg_min(), cloud[name].arg_max())]
    order = (pl.int_range(pl.len(), dtype=pl.UInt64) * _GOLDEN) % 2**32
    sample = cloud.select(pl.arg_sort_by(order)).to_series().head(most - len(set(outermost)))
    rows = pl.concat([sample, pl.Series(outermost, dtype=sample.dtype)]).unique().sort()
    return cloud[rows]


def _written(cloud: pl.DataFrame, x_type: AxisType, y_type: AxisType) -> Points | None:
    if cloud.is_empty():
        return None
    x, y = (
        tuple(typed_columns.from_times(values) if axis_type == "temporal" else values)
        for values, axis_type in ((cloud["x"], x_type), (cloud["y"], y_type))
    )
    return Points(x=x, y=y)


def _series(pairs: list[Pair], traces: list[Trace], points: list[Points | None]) -> tuple[Series, ...]:
    found = {id(trace): cloud for trace, cloud in zip(traces, points, strict=True)}
    series = (Series(name=pair.name, base=found.get(id(pair.base)), head=found.get(id(pair.head))) for pair in pairs)
    return tuple(one for one in series if one.base or one.head)
