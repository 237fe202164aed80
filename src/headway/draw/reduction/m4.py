"""Line reduction that no one sees: the first, last, lowest and highest point of every pixel column.

The method is M4 (Jugel, Jerzak, Hackenbroich and Markl, "M4: A Visualization-Oriented Time Series Data Aggregation",
PVLDB 7(10), 2014). A rasterised line of the kept points equals the line of all points nearly pixel for pixel, and
every extreme survives, which sampling and smoothing do not promise.
"""

from __future__ import annotations

import polars as pl

POINTS_PER_COLUMN = 4


def m4(points: pl.DataFrame, columns: int, domain: tuple[float, float]) -> pl.DataFrame:
    """Keep at most four points in each of ``columns`` equal parts of the x domain.

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
