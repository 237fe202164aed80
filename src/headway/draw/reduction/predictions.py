"""Recognises plots of predicted against actual values by the names of their axes, and measures the errors."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import polars as pl

from headway.draw.reduction.typed_columns import to_names
from headway.values.chart import ErrorBin, PredictionErrors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.values.chart import ActualAxis
    from headway.values.revision import Side
    from headway.values.snapshot import Axis, PlotDefinition

_PREDICTED = r"predict(ed|ions?)|preds?|y[_ ]?hat|fitted|forecasts?|estimate[ds]?|modell?ed"
_ACTUAL = (
    r"actuals?|y[_ ]?(true|test|actual|obs)|true|truth|targets?|observ(ed|ations?)|measured|reference|ground[_ ]?truth"
)
_ERROR = r"residuals?|errors?"
_SIMILAR = 0.5  # of the range of both axes together must be common to them, if only one has a telling name
_POINTS_PER_BIN, _LEAST_BINS, _MOST_BINS = 25, 3, 12
_FEW_VALUES = 2  # of a binary target, which has no predictions on a scale


def actual_axis(definition: PlotDefinition) -> tuple[ActualAxis, bool]:
    """Find the axis of actual values, if the other has predictions, and whether both are named so."""
    x, y = _role(definition.x, definition.x_label), _role(definition.y, definition.y_label)
    if "predicted" not in (x, y) or x == y or "error" in (x, y):
        return "", False
    return ("y" if x == "predicted" else "x"), "actual" in (x, y)


def _role(axes: Sequence[Axis], label: str | None) -> str:
    names = " ".join([*(axis.field for axis in axes), label or ""])
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", names).lower()
    roles = {"error": _ERROR, "predicted": _PREDICTED, "actual": _ACTUAL}
    return next((role for role, pattern in roles.items() if re.search(rf"(?<![a-z])({pattern})(?![a-z])", words)), "")


def measure_predictions(definition: PlotDefinition, sides: dict[Side, pl.DataFrame]) -> dict[str, Any]:
    """Measure the errors of predictions; nothing where the axes are something else.

    Args:
        sides: numbers in the columns ``x`` and ``y``, and perhaps an ``id``; no frame is empty.

    Returns:
        The fields of a :class:`~headway.values.chart.ScatterChart` about predictions.
    """
    axis, certain = actual_axis(definition)
    every = [points.select("x", "y") for points in sides.values()]
    if not axis or not every or not _has_one_scale(pl.concat(every), axis, certain=certain):
        return {}
    error = pl.col("x" if axis == "y" else "y") - pl.col(axis)
    errors = {side: points.with_columns(actual=axis, error=error) for side, points in sides.items()}
    paired = _paired(errors)
    edges = _edges(list(errors.values()))
    measured = {f"{side}_errors": _errors(points, edges) for side, points in errors.items()}
    if not all(math.isfinite(each.mae) and math.isfinite(each.bias) for each in measured.values()):
        return {}
    return {"actual": axis, **measured, **paired}


def _has_one_scale(points: pl.DataFrame, actual: ActualAxis, *, certain: bool) -> bool:
    if points[actual].n_unique() <= _FEW_VALUES:
        return False
    return certain or _common_range(points) >= _SIMILAR


def _paired(sides: dict[Side, pl.DataFrame]) -> dict[str, int]:
    """Keep only the points whose id is on both sides, and count where head is closer; do nothing without ids."""
    if len(sides) < 2 or not all("id" in points.columns and _is_unique(points["id"]) for points in sides.values()):  # noqa: PLR2004  both sides
        return {}
    base, head = (points.with_columns(id=to_names(points["id"])) for points in sides.values())
    common = base.join(head, on="id", suffix="_head", maintain_order="left")
    if common.is_empty():
        return {}
    sides["base"], sides["head"] = base.join(common, on="id", how="semi"), head.join(common, on="id", how="semi")
    before, after = common["error"].abs(), common["error_head"].abs()
    return {"paired": len(common), "closer": int((after < before).sum()), "farther": int((after > before).sum())}


def _is_unique(ids: pl.Series) -> bool:
    return not ids.null_count() and ids.n_unique() == len(ids)


def _common_range(points: pl.DataFrame) -> float:
    ends = [tuple(float(points[column].quantile(q) or 0.0) for q in (0.01, 0.99)) for column in ("x", "y")]
    (low, high), (bottom, top) = ends
    return (min(high, top) - max(low, bottom)) / ((max(high, top) - min(low, bottom)) or 1.0)


def _edges(sides: Sequence[pl.DataFrame]) -> list[float]:
    """The limits of ranges with about equally many points."""
    count = min(min(map(len, sides)) // _POINTS_PER_BIN, _MOST_BINS)
    actual = pl.concat([side["actual"] for side in sides])
    if count < _LEAST_BINS:
        return []
    return sorted({float(actual.quantile(index / count) or 0.0) for index in range(count + 1)})


def _errors(side: pl.DataFrame, edges: list[float]) -> PredictionErrors:
    error, actual = pl.col("error"), pl.col("actual")
    place = pl.Series(edges[1:-1], dtype=pl.Float64).search_sorted(side["actual"], side="right")
    measured = side.group_by(place.alias("place")).agg(
        actual=actual.mean(),
        points=pl.len(),
        bias=error.mean(),
        lower=error.quantile(0.1, "linear"),
        upper=error.quantile(0.9, "linear"),
        mae=error.abs().mean(),
    )
    limits = list(pairwise(edges))
    bins = (
        ErrorBin(low=limits[index][0], high=limits[index][1], **values)
        for index, values in ((row.pop("place"), row) for row in measured.sort("place").to_dicts())
        if limits
    )
    whole = side.select(mae=error.abs().mean(), bias=error.mean()).row(0)
    return PredictionErrors(points=len(side), mae=whole[0], bias=whole[1], bins=tuple(bins))
