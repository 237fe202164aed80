"""Curves that are known for what they are, ROC, precision-recall and calibration, and the areas under them.

A ROC or precision-recall curve is known by its axes alone, because its area means nothing if they are others or change
places: the column names, or the label that dvc.yaml gives an axis, say which is which. A title is not enough.
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

WHOLE = 0.05
"""How far a ROC curve may begin or end from its corners, which belong to every ROC curve, and still be whole."""

_FALSE_POSITIVES = (
    r"\b(fpr|fp rate|false positives? (rate|fraction)|false alarm rate|fall ?out|(1|one)( minus)? specificity)\b"
)
_RECALL = r"recall|sensitivity|tpr|tp rate|true positives? (rate|fraction)|hit rate"
_PRECISION = r"\b(precision|prec|ppv|positive predictive value)\b"
_AXES: dict[CurveKind, tuple[str, str]] = {
    "roc": (_FALSE_POSITIVES, rf"\b({_RECALL})\b"),
    "precision-recall": (rf"\b({_RECALL}|rec)\b", _PRECISION),
}
"""What the x and the y of a curve are called, in lower-case words."""

_COLUMNS: tuple[Column, Column] = ("x", "y")
_LABELS: dict[CurveKind, tuple[str, str]] = {
    "roc": ("false positive rate", "true positive rate"),
    "precision-recall": ("recall", "precision"),
}


def known_curve(definition: PlotDefinition, traces: Sequence[Trace]) -> CurveKind:
    """Know a curve whose points all lie within 0 and 1 by its axes; a calibration curve also by any of its words.

    Args:
        definition: names the axes' labels.
        traces: the curves of both sides; each has to have the axes.
    """
    for kind, (x, y) in _AXES.items():
        if _is_called(x, "x", definition.x_label, traces) and _is_called(y, "y", definition.y_label, traces):
            return kind
    axes = (axis.field for axis in (*definition.x, *definition.y))
    said = (definition.id, definition.title, definition.x_label, definition.y_label, *axes)
    return "calibration" if any(re.search("calibrat|reliability", _words(text)) for text in said if text) else ""


def lacks_names(definition: PlotDefinition, traces: Sequence[Trace]) -> bool:
    """Tell whether a plot calls itself a ROC or precision-recall curve, and nothing says which axis is which."""
    said = " ".join(_words(text) for text in (definition.id, definition.title) if text)
    rates = "|".join(pattern for pair in _AXES.values() for pattern in pair)
    named = any(_is_called(rates, axis, None, [trace]) for trace in traces for axis in _COLUMNS)
    return bool(re.search(r"\b(roc|prc|precision recall)\b", said)) and not named


def _is_called(pattern: str, column: Column, label: str | None, traces: Sequence[Trace]) -> bool:
    fields = [trace.axis(column).field for trace in traces if column == "y" or trace.x]
    named = len(fields) == len(traces) and all(re.search(pattern, _words(field)) for field in fields)
    return named or bool(label and re.search(pattern, _words(label)))


def _words(name: str) -> str:
    """Take a name apart: ``falsePositiveRate``, ``FALSE_POSITIVE_RATE`` and ``1 - specificity`` alike."""
    return re.sub(r"[^a-z0-9]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()).strip()


def curve_labels(kind: CurveKind, labels: Mapping[str, str]) -> dict[str, str]:
    """Name the axes of a known curve where several columns leave them without a name of their own."""
    names: dict[str, str] = dict(zip(_COLUMNS, _LABELS.get(kind, _COLUMNS), strict=True))
    return {place: names.get(label, label) for place, label in labels.items()}


def lies_within_unit(curves: Iterable[pl.DataFrame]) -> bool:
    """Tell whether all points lie within 0 and 1."""
    columns = (rows[name] for rows in curves for name in ("x", "y"))
    return all(column.is_between(0, 1).all() for column in columns)


def in_curve_order(rows: pl.DataFrame, kind: CurveKind) -> pl.DataFrame:
    """Order the points of a curve from its strictest threshold to its loosest, in whichever order its file holds them.

    At an equal false positive rate the true positive rate rises; at an equal recall precision falls.
    """
    return rows.sort("x", "y", descending=[False, kind == "precision-recall"], maintain_order=True)


def area(kind: CurveKind, rows: pl.DataFrame) -> float | None:
    """Give the area under a ROC curve by trapezoids, or the average precision; ``None`` for a part of a ROC curve.

    Args:
        kind: ``"roc"`` or ``"precision-recall"``.
        rows: all points in the order of the curve.
    """
    return _roc_area(rows["x"], rows["y"]) if kind == "roc" else _average_precision(rows)


def _roc_area(x: pl.Series, y: pl.Series) -> float | None:
    """Integrate from (0, 0) to (1, 1), which a file may leave out; ``None`` where it leaves out more."""
    if x[0] > WHOLE or x[-1] < 1 - WHOLE:
        return None
    ends = pl.Series([0.0]), pl.Series([1.0])
    xs, ys = (pl.concat([ends[0], column.cast(pl.Float64), ends[1]]) for column in (x, y))
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
