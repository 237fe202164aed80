"""Curves and clouds of points: what stands over two axes, reduced to what a picture can show.

Curves are the templates linear, simple and smooth, always without loess; clouds are scatter and scatter_jitter.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from headway.draw.key_numbers import line_alt, scatter_alt
from headway.draw.reduction.traces import axis_labels, named, on_both_sides, read_pairs, readable_points
from headway.draw.reduction.typed_columns import read_axis, to_names, to_numbers, to_values
from headway.values.chart import AxisType, LineChart, Points, ScatterChart, Series
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.draw.reduction.traces import Pair
    from headway.values.snapshot import PlotDefinition
    from headway.values.tables import PlotSource

MOST_SERIES = 12
"""More small pictures than this no one compares; the curves declared first are kept."""

PIXEL_COLUMNS = 450
_PIXEL_COLUMNS_OF_MANY = 280  # small multiples are narrower
POINTS_PER_COLUMN = 4
MOST_POINTS = 3000
"""Of a chart in all, shared evenly by its clouds: a picture of 450 x 300 pixels shows no more."""

_SMALL_SET = 30  # numbers with no more distinct values than this can be jittered as names
_GOLDEN = 2654435761  # Knuth's multiplicative hash: spreads row numbers evenly, on any machine and version alike

_CURVES = {
    "calibration": re.compile(r"calibrat|reliability"),
    "roc": re.compile(r"\b(roc|fpr|tpr|false positive rate|true positive rate)\b"),
    "precision-recall": re.compile(r"\b(pr|prc|precision recall|recall precision)\b"),
}

Curve = tuple[str, pl.DataFrame | None, pl.DataFrame | None]
"""A pair's name, and its cleaned points on both sides."""


def line_chart(
    definition: PlotDefinition, base: PlotSource | None, head: PlotSource | None
) -> tuple[LineChart | None, list[Problem]]:
    """Draw every y column over its x; ``definition`` is the side's that names titles and labels."""
    pairs, problems = read_pairs(base, head)
    if len(pairs) > MOST_SERIES:
        what = f"only the first {MOST_SERIES} of {len(pairs)} curves are drawn"
        problems.append(Problem(path=definition.id, what=what, remedy="split the plot in dvc.yaml"))
    x_type, curves, lost = _read_curves(pairs[:MOST_SERIES])
    sides = [side for _, *both in curves for side in both if side is not None]
    if not sides:
        return None, problems + lost
    known = _recognise(definition, sides) if x_type == "quantitative" else None
    chart = LineChart(
        **named(definition),
        **axis_labels(definition),
        series=_reduce(curves, x_type, _domain(sides, x_type), _AREAS.get(known or "")),
        x_type=x_type,
        diagonal=known in ("roc", "calibration"),
    )
    return line_alt(chart), problems + lost


def _read_curves(pairs: list[Pair]) -> tuple[AxisType, list[Curve], list[Problem]]:
    traces = [trace for pair in pairs for trace in pair.traces]
    x_type, xs = read_axis([trace.rows["x"] for trace in traces])
    ys = [to_numbers(trace.rows["y"]) for trace in traces]
    points, problems = readable_points(traces, (x_type, xs), ("quantitative", ys))
    return x_type, on_both_sides(pairs, traces, [_in_x_order(rows, x_type) for rows in points]), problems


def _in_x_order(points: pl.DataFrame, x_type: AxisType) -> pl.DataFrame | None:
    """Put points in x order, as Vega-Lite draws a line; names stay in the file's order.

    A curve that its file holds from right to left (precision and recall by rising threshold) is read backwards, so
    that points of equal x stay in the curve's order. ``None`` where there is no point.
    """
    if points.is_empty():
        return None
    if x_type == "nominal" or points["x"].is_sorted():
        return points
    backwards = points["x"].is_sorted(descending=True)
    return (points.reverse() if backwards else points).sort("x", maintain_order=True)


def _recognise(definition: PlotDefinition, sides: list[pl.DataFrame]) -> str | None:
    """Know a ROC, precision-recall or calibration curve by its words, if all of it lies within 0 and 1."""
    if not all(side.select(pl.all_horizontal(pl.all().is_between(0, 1).all())).item() for side in sides):
        return None
    axes = sorted({axis.field for axis in definition.x + definition.y})
    said = [definition.id, definition.title or "", definition.x_label or "", definition.y_label or "", *axes]
    text = re.sub(r"[^a-z]+", " ", " ".join(said).lower())
    return next((name for name, pattern in _CURVES.items() if pattern.search(text)), None)


def _reduce(
    curves: list[Curve], x_type: AxisType, domain: tuple[float, float], area: Callable[[pl.DataFrame], float] | None
) -> tuple[Series, ...]:
    width = PIXEL_COLUMNS if len(curves) == 1 else _PIXEL_COLUMNS_OF_MANY

    def points(side: pl.DataFrame | None) -> Points | None:
        if side is None:
            return None
        kept = m4(side, width, domain)
        return Points(x=to_values(kept["x"], x_type), y=tuple(kept["y"]), area=area(side) if area else None)

    return tuple(Series(name=name, base=points(base), head=points(head)) for name, base, head in curves)


def _domain(sides: list[pl.DataFrame], x_type: AxisType) -> tuple[float, float]:
    """Give the smallest and the largest x; names have none."""
    if x_type == "nominal":
        return 0.0, 0.0
    return min(float(side["x"][0]) for side in sides), max(float(side["x"][-1]) for side in sides)


def m4(points: pl.DataFrame, columns: int, domain: tuple[float, float]) -> pl.DataFrame:
    """Keep the first, last, lowest and highest point of every pixel column: a reduction that no one sees.

    The method is M4 (Jugel, Jerzak, Hackenbroich and Markl, "M4: A Visualization-Oriented Time Series Data
    Aggregation", PVLDB 7(10), 2014). A rasterised line of the kept points equals the line of all points nearly pixel
    for pixel, and every extreme survives, which sampling and smoothing do not promise.

    Args:
        points: numeric ``x`` and ``y`` without nulls, sorted by ``x``.
        columns: pixel columns that the domain is drawn on.
        domain: the smallest and largest x of the whole picture.

    Returns:
        Rows of ``points`` in their order; all of them where there are too few to gain anything.
    """
    low, high = domain
    if len(points) <= POINTS_PER_COLUMN * columns or high <= low:
        return points
    # Halves keep high - low finite at the far ends of the floating-point range.
    share = (pl.col("x") / 2 - low / 2) / (high / 2 - low / 2)
    column = (share * columns).floor().clip(0, columns - 1).cast(pl.Int32)
    kept = (
        points.lazy()
        .with_row_index("row")
        .group_by(column.alias("column"))
        .agg(
            pl.col("row").first().alias("first"),
            pl.col("row").last().alias("last"),
            pl.col("row").get(pl.col("y").arg_min()).alias("lowest"),
            pl.col("row").get(pl.col("y").arg_max()).alias("highest"),
        )
        .select(pl.concat_list("first", "last", "lowest", "highest").explode().unique().sort())
        .collect()
    )
    return points[kept.to_series()]


def _area(points: pl.DataFrame) -> float:
    """Integrate y over x by the trapezoidal rule, over all points."""
    x, y = pl.col("x"), pl.col("y")
    return float(points.select((x.diff() * (y + y.shift()) / 2).sum()).item())


def _area_from_zero(points: pl.DataFrame) -> float:
    """Integrate from x = 0 on, with the first y up to the first x, as average precision does.

    scikit-learn ends a precision-recall curve with a point at recall 0 that has no threshold, and DVCLive, which writes
    a threshold in each row, leaves it out.
    """
    x, y = points.row(0)
    return _area(points) + float(x) * float(y)


_AREAS: dict[str, Callable[[pl.DataFrame], float]] = {"roc": _area, "precision-recall": _area_from_zero}
"""The curves that are known by the area under them."""


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
