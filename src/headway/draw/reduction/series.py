"""Curves and clouds of points, reduced to what an image can show.

Curves are the templates linear, simple and smooth, always without loess; clouds are scatter and scatter_jitter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from headway.draw.key_numbers import line_alt, scatter_alt
from headway.draw.reduction.curves import (
    average_precision,
    bin_sizes,
    curve_labels,
    in_curve_order,
    known_curve,
    lies_within_unit,
    operating_point,
    positive_share,
    roc_area,
)
from headway.draw.reduction.gaps import Curve, find_gaps, placed_rows
from headway.draw.reduction.predictions import measure_predictions
from headway.draw.reduction.traces import (
    MOST_CATEGORIES,
    axis_labels,
    clean_points,
    named,
    paired_series,
    with_few_names,
)
from headway.draw.reduction.typed_columns import read_axis, to_names, to_numbers, to_values
from headway.values.chart import AxisType, CurveKind, LineChart, Points, ScatterChart
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.draw.reduction.traces import Column, Pair, Trace
    from headway.values.snapshot import PlotDefinition

MOST_SERIES = 12
"""Nobody compares more small plots than this; the series declared first are kept."""

PIXEL_COLUMNS = 450
_PIXEL_COLUMNS_OF_MANY = 280  # small multiples are narrower
_FINER = 3  # times more columns for the curves whose corner the image enlarges
POINTS_PER_COLUMN = 4
MOST_POINTS = 3000
"""Of a whole chart, shared evenly by its clouds: an image of 450 x 300 pixels shows no more."""

_SMALL_SET = 30  # numbers with no more distinct values than this can be jittered as names
_AREAS: dict[CurveKind, Callable[[pl.DataFrame], float | None]] = {
    "roc": roc_area,
    "precision-recall": average_precision,
}
_MISSING = r"^([+-]?nan|nat|[+-]?inf|infinity|n/a|na|null|none|missing|-|\?)$"
"""What files hold where a value is missing, in lower case."""
_GOLDEN = 2654435761  # Knuth's multiplicative hash: spreads row numbers evenly, on any machine and version alike


def line_chart(definition: PlotDefinition, pairs: list[Pair]) -> tuple[LineChart | None, list[Problem]]:
    """Draw every y column over its x; ``definition`` names titles and labels."""
    pairs, problems = _first_series(definition, pairs)
    traces = [trace for pair in pairs for trace in pair.traces]
    x_type, curves, lost = _read_curves(traces)
    drawn = [curve.rows for curve in curves if curve and len(curve.rows)]
    if not drawn:
        return None, problems + lost
    is_share = x_type == "quantitative" and lies_within_unit(drawn)
    kind = known_curve(definition, traces) if is_share else ""
    width = PIXEL_COLUMNS if len(pairs) == 1 else _PIXEL_COLUMNS_OF_MANY
    width *= _FINER if kind in _AREAS else 1
    ends = [0.0] if x_type == "nominal" else [float(rows["x"][index]) for rows in drawn for index in (0, -1)]
    reduction = _Reduction(kind, x_type, (min(ends), max(ends)), width)
    points = [
        reduction.points(curve, trace.threshold) if curve else None for curve, trace in zip(curves, traces, strict=True)
    ]
    by_trace: dict[Trace | None, Points | None] = dict(zip(traces, points, strict=True))
    chart = LineChart(
        **named(definition),
        **curve_labels(kind, axis_labels(definition)),
        series=paired_series(pairs, by_trace),
        x_type=x_type,
        diagonal=kind in ("roc", "calibration"),
        curve=kind,
    )
    alt = line_alt(chart)
    return msgspec.structs.replace(chart, alt=alt), problems + lost + _without_area(chart, traces, points)


def _first_series(definition: PlotDefinition, pairs: list[Pair]) -> tuple[list[Pair], list[Problem]]:
    if len(pairs) <= MOST_SERIES:
        return pairs, []
    what = f"only the first {MOST_SERIES} of {len(pairs)} series are drawn"
    return pairs[:MOST_SERIES], [Problem(path=definition.id, what=what, remedy="split the plot in dvc.yaml")]


def _read_curves(traces: list[Trace]) -> tuple[AxisType, list[Curve | None], list[Problem]]:
    """Give the type of x, and each trace's points; ``None`` where no row of a trace has a place on x."""
    x_type, xs = _read_places([trace.rows["x"] for trace in traces])
    ys = [to_numbers(trace.rows["y"]) for trace in traces]
    rows = [placed_rows(trace.rows, *columns) for trace, *columns in zip(traces, xs, ys, strict=True)]
    rows, problems = with_few_names(traces, rows, "x") if x_type == "nominal" else (rows, [])
    curves: list[Curve | None] = []
    lost: list[Problem] = []
    for trace, x, y, placed in zip(traces, xs, ys, rows, strict=True):
        curve = find_gaps(trace, _in_x_order(placed, x_type)) if len(placed) else None
        if curve is None or curve.lost:
            lost += (*trace.lost("y", y, "quantitative"), *trace.lost("x", x, x_type))
        curves.append(curve)
    return x_type, curves, list(dict.fromkeys([*lost, *problems]))


def _read_places(raw: list[pl.Series]) -> tuple[AxisType, list[pl.Series]]:
    """Read the x axis of curves. A word among a few numbers (``1``, ``2``, ``final``) makes all of them names.

    So the word keeps its place in the file's order. Words for a missing value do not count.
    """
    axis_type, read = read_axis(raw)
    if all(values.null_count() == cells.null_count() for values, cells in zip(read, raw, strict=True)):
        return axis_type, read
    names = [to_names(values) for values in raw]
    lost = pl.concat([cells.filter(values.is_null()) for cells, values in zip(names, read, strict=True)])
    words = lost.drop_nulls().filter(~lost.drop_nulls().str.to_lowercase().str.contains(_MISSING))
    if len(words) and pl.concat(names).n_unique() <= MOST_CATEGORIES:
        return "nominal", names
    return axis_type, read


def _in_x_order(points: pl.DataFrame, x_type: AxisType) -> pl.DataFrame:
    """Sort points by x, as Vega-Lite draws a line; names stay in the file's order.

    A curve that is written from right to left (precision and recall by rising threshold) is read backwards, so that
    points of equal x stay in the curve's order.
    """
    if x_type == "nominal" or points["x"].is_sorted():
        return points
    backwards = points["x"].is_sorted(descending=True)
    return (points.reverse() if backwards else points).sort("x", maintain_order=True)


@dataclass(frozen=True)
class _Reduction:
    """How the curves of one chart become points."""

    kind: CurveKind
    x_type: AxisType
    domain: tuple[float, float]  # the smallest and the largest x of the whole image; names have none
    width: int  # its pixel columns

    def points(self, curve: Curve, threshold: float) -> Points:
        has_area = self.kind in _AREAS and not curve.lost
        rows = curve.rows.with_columns(pl.col("x", "y").clip(0, 1)) if self.kind else curve.rows
        rows = in_curve_order(rows, self.kind) if has_area else rows
        kept = m4(rows, self.width, self.domain)
        return Points(
            x=to_values(kept["x"], self.x_type),
            y=tuple(kept["y"]),
            area=_AREAS[self.kind](rows) if has_area else None,
            breaks=tuple(self._breaks(kept, is_reduced=len(kept) < len(rows))),
            lost=curve.lost,
            end=curve.end,
            sizes=bin_sizes(kept) if self.kind == "calibration" else (),
            positives=positive_share(rows) if self.kind == "precision-recall" else None,
            operating=operating_point(rows, threshold) if self.kind in _AREAS else None,
        )

    def _breaks(self, kept: pl.DataFrame, *, is_reduced: bool) -> pl.Series:
        """Find the points before which the line is broken; a gap within one pixel column is invisible."""
        broken = pl.col("piece") != pl.col("piece").shift()
        seen = _pixel_column(self.width, self.domain) if is_reduced else pl.int_range(pl.len())
        index = pl.int_range(pl.len())
        return kept.select(index.filter(broken & (seen != seen.shift()))).to_series()


def _without_area(chart: LineChart, traces: list[Trace], points: list[Points | None]) -> list[Problem]:
    """Report curves without an area, because their axes are unknown or they are too short."""
    if chart.curve == "rates":
        what = "no area under the curve is given, because its axes are not named as those of a known curve"
        remedy = (
            "in dvc.yaml, name the columns or the labels: x the false positive rate and y the true positive rate, "
            "or x the recall and y the precision"
        )
        return [Problem(path=chart.id, what=what, remedy=remedy)]
    if chart.curve != "roc":
        return []
    cut = [trace for trace, side in zip(traces, points, strict=True) if side and side.area is None and not side.lost]
    what = f"the curve has no area, because it covers only a part of the '{chart.x_label}' from 0 to 1"
    return [trace.problem("y", what, "write the whole curve") for trace in cut]


def m4(points: pl.DataFrame, columns: int, domain: tuple[float, float]) -> pl.DataFrame:
    """Keep the first, last, lowest and highest point of every pixel column that the domain is drawn on.

    The method is M4 (Jugel, Jerzak, Hackenbroich and Markl, "M4: A Visualization-Oriented Time Series Data
    Aggregation", PVLDB 7(10), 2014). A rasterised line of the kept points equals the line of all points nearly pixel
    for pixel, and every extreme survives, which sampling and smoothing do not guarantee. ``points`` are sorted by x and
    hold no nulls.
    """
    low, high = domain
    if len(points) <= POINTS_PER_COLUMN * columns or high <= low:
        return points
    row, y = pl.col("row"), pl.col("y")
    extremes = pl.concat_list(row.first(), row.last(), row.get(y.arg_min()), row.get(y.arg_max()))
    column = _pixel_column(columns, domain).set_sorted()  # groups are then slices, which need neither time nor memory
    placed = points.select("y", column.alias("column")).with_row_index("row")
    kept = placed.group_by("column").agg(extremes.alias("kept"))
    return points[kept["kept"].explode().explode().unique().sort()]


def _pixel_column(columns: int, domain: tuple[float, float]) -> pl.Expr:
    low, high = domain
    # Halves keep high - low finite at the far ends of the floating-point range.
    share = (pl.col("x") / 2 - low / 2) / (high / 2 - low / 2)
    return (share * columns).floor().clip(0, columns - 1).cast(pl.Int32)


def scatter_chart(definition: PlotDefinition, pairs: list[Pair]) -> tuple[ScatterChart | None, list[Problem]]:
    """Draw every y column's points; ``definition`` names titles and labels."""
    pairs, problems = _first_series(definition, pairs)
    traces = [trace for pair in pairs for trace in pair.traces]
    jitter = definition.template == "scatter_jitter"
    x = x_type, _ = _read_axis([trace.rows["x"] for trace in traces], jitter=jitter)
    y = y_type, _ = _read_axis([trace.rows["y"] for trace in traces], jitter=jitter)
    axes: dict[Column, AxisType] = {"x": x_type, "y": y_type}
    clouds, found = clean_points(traces, x, y)
    for column in [column for column, axis_type in axes.items() if axis_type == "nominal"]:
        clouds, cut = with_few_names(traces, clouds, column)
        found += cut
    predictions = _predictions(definition, traces, x[1], y[1]) if x_type == y_type == "quantitative" else {}
    clouds, sampled = _sample(definition, clouds)
    points: dict[Trace | None, Points | None] = {
        trace: Points(x=to_values(cloud["x"], x_type), y=to_values(cloud["y"], y_type))
        for trace, cloud in zip(traces, clouds, strict=True)
        if len(cloud)
    }
    if not points:
        return None, problems + found
    chart = ScatterChart(
        **named(definition),
        **axis_labels(definition),
        series=paired_series(pairs, points),
        x_type=x_type,
        y_type=y_type,
        jitter=jitter and "nominal" in (x_type, y_type),
        **predictions,
    )
    return msgspec.structs.replace(chart, alt=scatter_alt(chart)), problems + found + sampled


def _predictions(
    definition: PlotDefinition, traces: list[Trace], xs: list[pl.Series], ys: list[pl.Series]
) -> dict[str, Any]:
    """Give the fields of a chart of predicted against actual values; none for other charts."""
    columns = zip(traces, xs, ys, strict=True)
    rows = {trace.side: trace.rows.with_columns(x=x, y=y).drop_nulls(["x", "y"]) for trace, x, y in columns}
    sides = {side: points for side, points in rows.items() if len(points)}
    return measure_predictions(definition, sides) if len(rows) == len(traces) else {}


def _read_axis(raw: list[pl.Series], *, jitter: bool) -> tuple[AxisType, list[pl.Series]]:
    """Read an axis; DVC's jitter template takes both for names, which suits numbers only if they are few."""
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
    return sampled, [Problem(path=definition.id, what=what)]


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
