"""Recognises plots of predicted against actual values by the names of their axes, and measures the errors."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from headway.values.chart import ErrorBin, PredictionErrors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.values.chart import ActualAxis
    from headway.values.snapshot import Axis, PlotDefinition

_PREDICTED = r"predict(ed|ions?)|preds?|y_?hat|fitted|forecasts?|estimate[ds]?|modell?ed"
_ACTUAL = r"actuals?|y_?(true|test|actual|obs)|true|truth|targets?|observ(ed|ations?)|measured|reference|ground_?truth"
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


def measure_errors(clouds: Sequence[pl.DataFrame], actual: ActualAxis, *, certain: bool) -> list[PredictionErrors]:
    """Measure the errors of each side's points; nothing where the values of both axes are too different.

    Args:
        clouds: numbers in the columns ``x`` and ``y``, one frame for each side, none of them empty.
        certain: whether the names of both axes say what they hold.
    """
    predicted = "x" if actual == "y" else "y"
    sides = [cloud.select(actual=actual, error=pl.col(predicted) - pl.col(actual)) for cloud in clouds]
    every = pl.concat(clouds)
    if every[actual].n_unique() <= _FEW_VALUES:
        return []
    if not certain and _common_range(every) < _SIMILAR:
        return []
    edges = _edges(sides)
    errors = [_errors(side, edges) for side in sides]
    return errors if all(math.isfinite(each.mae) and math.isfinite(each.bias) for each in errors) else []


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
