"""Recognises ROC, precision-recall and calibration curves, and computes the areas under them.

A ROC or precision-recall curve is recognised by its axes alone, because its area means nothing over other axes or
swapped ones: the column names, or the label that dvc.yaml gives an axis, say which rate is which. A title does not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

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
    """Recognise curves, whose points all lie within 0 and 1, by their axes; a calibration curve by any of its words.

    A plot with swapped axes, or that only its title calls a ROC or precision-recall curve, is ``"rates"``.
    """

    def is_called(name: str, column: Column) -> bool:
        """Whether all columns of an axis, or the label that it is given, have one of a rate's names."""
        label = definition.x_label if column == "x" else definition.y_label
        fields = [trace.axis(column).field if column == "y" or trace.x else "" for trace in traces]
        pattern = rf"\b({_NAMES[name]})\b"
        return all(re.search(pattern, _words(field)) for field in fields) or bool(re.search(pattern, _words(label)))

    for kind, (x, y) in _AXES.items():
        if is_called(x, "x") and is_called(y, "y"):
            return kind
    title = _words(definition.id, definition.title)
    fields = (axis.field for axis in (*definition.x, *definition.y))
    axes = _words(definition.x_label, definition.y_label, *fields)
    if re.search("calibrat|reliability", f"{title} {axes}"):
        return "calibration"
    swapped = any(is_called(x, "y") and is_called(y, "x") for x, y in _AXES.values())
    says_nothing = not re.search(rf"\b({'|'.join(_NAMES.values())}|thresholds?)\b", axes)
    return "rates" if swapped or (says_nothing and re.search(r"\b(roc|prc|precision recall)\b", title)) else ""


def _words(*names: str | None) -> str:
    """Split names into words: ``falsePositiveRate``, ``FALSE_POSITIVE_RATE`` and ``false positive rate`` alike."""
    text = " ".join(name for name in names if name)
    return re.sub(r"[^a-z0-9]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()).strip()


def curve_labels(kind: CurveKind, labels: Mapping[str, Any]) -> dict[str, Any]:
    """Name the axes of a known curve where several columns leave them unnamed."""
    names: dict[str, str] = dict(zip(_COLUMNS, _AXES.get(kind, _COLUMNS), strict=True))
    return {place: names.get(label, label) for place, label in labels.items()}


def lies_within_unit(curves: Iterable[pl.DataFrame]) -> bool:
    """Whether all points lie within 0 and 1."""
    columns = (rows[name] for rows in curves for name in _COLUMNS)
    return all(column.is_between(-_NOISE, 1 + _NOISE).all() for column in columns)


def in_curve_order(rows: pl.DataFrame, kind: CurveKind) -> pl.DataFrame:
    """Order the points of a curve from its strictest threshold to its loosest, whatever the order of the file.

    At an equal false positive rate the true positive rate rises; at an equal recall precision falls.
    """
    return rows.sort("x", "y", descending=[False, kind == "precision-recall"], maintain_order=True)


def roc_area(rows: pl.DataFrame) -> float | None:
    """Integrate a curve in its order by trapezoids; ``None`` where the points are only a part of it.

    The points (0, 0) and (1, 1) belong to every ROC curve, and a file may leave them out.
    """
    if rows["x"][0] > _MISSING or rows["x"][-1] < 1 - _MISSING:
        return None
    start, end = pl.Series([0.0]), pl.Series([1.0])
    x, y = (pl.concat([start, rows[name], end]) for name in _COLUMNS)
    return float((x.diff() * (y + y.shift()) / 2).sum())


def average_precision(rows: pl.DataFrame) -> float:
    """Sum precision over the steps of recall, as scikit-learn's ``average_precision_score`` does.

    The first step begins at recall 0, whose point a file may leave out (DVCLive does, as it has no threshold). Where
    several thresholds reach the same recall, the strictest counts, which has the highest precision. Trapezoids would
    draw lines between points that no classifier reaches, and promise too much (Davis and Goadrich, "The Relationship
    Between Precision-Recall and ROC Curves", ICML 2006).
    """
    steps = rows.group_by("x").agg(pl.col("y").max()).sort("x")
    return float((steps["x"].diff().fill_null(steps["x"][0]) * steps["y"]).sum())
