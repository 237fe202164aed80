"""Curves that are known for what they are, ROC, precision-recall and calibration, and the areas under them.

A ROC or precision-recall curve is known by its axes alone, because its area means nothing if they are others or change
places: the column names, or the label that dvc.yaml gives an axis, say which rate is which. A title is not enough.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headway.draw.reduction.traces import Column, Trace
    from headway.values.chart import CurveKind
    from headway.values.snapshot import PlotDefinition

_TRUE_POSITIVES = r"tpr|tp rate|true positives? rate|hit rate|recall|sensitivity"
_NAMES = {
    "false positive rate": "fpr|fp rate|false (positives?|alarm) rate|fall ?out|(1|one) (minus )?specificity",
    "true positive rate": _TRUE_POSITIVES,
    "recall": rf"{_TRUE_POSITIVES}|rec",
    "precision": "precision|prec|ppv|positive predictive value",
}
"""What each rate is called, in lower-case words."""

_AXES: dict[CurveKind, tuple[str, str]] = {
    "roc": ("false positive rate", "true positive rate"),
    "precision-recall": ("recall", "precision"),
}
_COLUMNS: tuple[Column, Column] = ("x", "y")
_NOISE = 1e-9  # what averaging leaves behind
_MISSING = 0.05  # of the axis, at either end of a ROC curve; where more is missing it is a part of a curve


def known_curve(definition: PlotDefinition, traces: Sequence[Trace]) -> CurveKind:
    """Know curves whose points all lie within 0 and 1 by their axes; a calibration curve also by any of its words.

    Axes that change places, and a plot that only calls itself a ROC or precision-recall curve, make ``"rates"``.

    Args:
        definition: names the axes' labels.
        traces: the curves of both sides; each has to have the axes.
    """
    called = {column: {name for name in _NAMES if _is_called(name, column, definition, traces)} for column in _COLUMNS}
    for kind, (x, y) in _AXES.items():
        if x in called["x"] and y in called["y"]:
            return kind
    title = _words(definition.id, definition.title)
    fields = (axis.field for axis in (*definition.x, *definition.y))
    axes = _words(definition.x_label, definition.y_label, *fields)
    if re.search("calibrat|reliability", f"{title} {axes}"):
        return "calibration"
    swapped = any(x in called["y"] and y in called["x"] for x, y in _AXES.values())
    says_nothing = not re.search(rf"\b({'|'.join(_NAMES.values())}|thresholds?)\b", axes)
    return "rates" if swapped or (says_nothing and re.search(r"\b(roc|prc|precision recall)\b", title)) else ""


def _is_called(name: str, column: Column, definition: PlotDefinition, traces: Sequence[Trace]) -> bool:
    """Tell whether all columns of an axis, or the label that it is given, have one of a rate's names."""
    label = definition.x_label if column == "x" else definition.y_label
    fields = [trace.axis(column).field for trace in traces if column == "y" or trace.x]
    pattern = rf"\b({_NAMES[name]})\b"
    named = len(fields) == len(traces) and all(re.search(pattern, _words(field)) for field in fields)
    return named or bool(re.search(pattern, _words(label)))


def _words(*names: str | None) -> str:
    """Take names apart: ``falsePositiveRate``, ``FALSE_POSITIVE_RATE`` and ``false positive rate`` alike."""
    text = " ".join(name for name in names if name)
    return re.sub(r"[^a-z0-9]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()).strip()


def curve_labels(kind: CurveKind, labels: Mapping[str, str]) -> dict[str, str]:
    """Name the axes of a known curve where several columns leave them without a name of their own."""
    names: dict[str, str] = dict(zip(_COLUMNS, _AXES.get(kind, _COLUMNS), strict=True))
    return {place: names.get(label, label) for place, label in labels.items()}


def lies_within_unit(curves: Iterable[pl.DataFrame]) -> bool:
    """Tell whether all points lie within 0 and 1."""
    columns = (rows[name] for rows in curves for name in _COLUMNS)
    return all(column.is_between(-_NOISE, 1 + _NOISE).all() for column in columns)


def in_curve_order(rows: pl.DataFrame, kind: CurveKind) -> pl.DataFrame:
    """Order the points of a curve from its strictest threshold to its loosest, in whichever order its file holds them.

    At an equal false positive rate the true positive rate rises; at an equal recall precision falls.
    """
    return rows.sort("x", "y", descending=[False, kind == "precision-recall"], maintain_order=True)


def area(kind: CurveKind, rows: pl.DataFrame) -> float | None:
    """Give the area under a ROC curve by trapezoids, or the average precision.

    Args:
        kind: ``"roc"`` or ``"precision-recall"``.
        rows: all points in the order of the curve.

    Returns:
        ``None`` where the points are only a part of a ROC curve.
    """
    return _roc_area(rows["x"], rows["y"]) if kind == "roc" else _average_precision(rows)


def _roc_area(x: pl.Series, y: pl.Series) -> float | None:
    """Integrate from (0, 0) to (1, 1), which belong to every ROC curve and which a file may leave out."""
    if x[0] > _MISSING or x[-1] < 1 - _MISSING:
        return None
    start, end = pl.Series([0.0]), pl.Series([1.0])
    xs, ys = pl.concat([start, x, end]), pl.concat([start, y, end])
    return float((xs.diff() * (ys + ys.shift()) / 2).sum())


def _average_precision(rows: pl.DataFrame) -> float:
    """Sum precision over the steps of recall, as scikit-learn's ``average_precision_score`` does.

    The first step begins at recall 0, whose point a file may leave out (DVCLive does, as it has no threshold). Where
    several thresholds reach the same recall, the strictest counts, which has the highest precision. Trapezoids would
    draw lines between points that no classifier reaches, and promise too much (Davis and Goadrich, "The Relationship
    Between Precision-Recall and ROC Curves", ICML 2006).
    """
    steps = rows.group_by("x").agg(pl.col("y").max()).sort("x")
    return float((steps["x"].diff().fill_null(steps["x"][0]) * steps["y"]).sum())
