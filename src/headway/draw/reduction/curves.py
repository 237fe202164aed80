"""Recognises ROC, precision-recall and calibration curves, and computes the areas under them.

A ROC or precision-recall curve is recognised by its axes alone, because its area means nothing over other axes or
swapped ones: the column names, or the label that dvc.yaml gives an axis, say which rate is which. A title does not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import polars as pl

from headway.draw.reduction.typed_columns import to_numbers
from headway.values.chart import OperatingPoint
from headway.values.count import LARGEST_COUNT

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
_NEAR_THRESHOLD = 0.1  # how far the threshold of an operating point may be from the wanted one


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


def positive_share(rows: pl.DataFrame) -> float | None:
    """Read the share of positives off a precision-recall curve: the precision if every row is called positive.

    That is the point of the lowest threshold, if its recall is 1. Without thresholds, only a curve with several
    precisions at recall 1 goes on to that point: a curve may end where it reaches recall 1, or be averaged.
    """
    if "threshold" in rows.columns:
        given = rows.with_columns(to_numbers(rows["threshold"]))
        lowest = given.filter(pl.col("threshold") == pl.col("threshold").min())
        ends = lowest.filter(pl.col("x") >= 1 - _NOISE)["y"]
    else:
        ends = rows.filter(pl.col("x") >= 1 - _NOISE)["y"]
        ends = ends if ends.n_unique() > 1 else ends.clear()
    return min(ends, default=None) or None


def operating_point(rows: pl.DataFrame, wanted: float) -> OperatingPoint | None:
    """Find the point whose threshold is nearest to ``wanted``, if the thresholds are probabilities and one is near.

    One threshold may lie outside of 0 to 1: scikit-learn begins a ROC curve above every score.
    """
    if "threshold" not in rows.columns:
        return None
    given = rows.with_columns(to_numbers(rows["threshold"])).drop_nulls("threshold")
    inside = given.filter(pl.col("threshold").is_between(0, 1))
    distance = (pl.col("threshold") - wanted).abs()
    near = inside.filter(distance <= _NEAR_THRESHOLD).sort(distance, maintain_order=True)
    if len(given) - len(inside) > 1 or near.is_empty():
        return None
    x, y, threshold = near.select("x", "y", "threshold").row(0)
    return OperatingPoint(x, y, threshold, wanted)


def bin_sizes(rows: pl.DataFrame) -> tuple[int, ...]:
    """Read how many rows each point of a calibration curve stands for; nothing if any point lacks a whole number."""
    if "size" not in rows.columns:
        return ()
    sizes = to_numbers(rows["size"])
    whole = sizes.is_between(0, LARGEST_COUNT) & (sizes == sizes.round())
    return tuple(map(int, sizes)) if whole.fill_null(value=False).all() else ()
