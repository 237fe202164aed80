"""What a reader looks at: a report in words, and the table behind each plot. Pure; scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec
import numpy as np
import pandas as pd
from sklearn import metrics

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digits.card import Epoch
    from digits.predictions import Predictions

DECIMALS = 6
"""Of every rate in a table."""


def classification_report(predictions: Predictions) -> str:
    """scikit-learn's table of precision, recall, F1 and rows per class."""
    report = metrics.classification_report(
        predictions.actual, predictions.predicted, labels=list(predictions.classes), digits=4, zero_division=0
    )
    return cast("str", report)


def predictions_table(predictions: Predictions) -> pd.DataFrame:
    """One row per digit: ``id``, ``actual``, ``predicted``, and ``p_<class>`` for each class."""
    table = pd.DataFrame({"id": predictions.ids, "actual": predictions.actual, "predicted": predictions.predicted})
    columns = [f"p_{name}" for name in predictions.classes]
    return table.join(pd.DataFrame(predictions.probabilities, columns=columns))


def confusion_table(predictions: Predictions) -> pd.DataFrame:
    """One row per digit: ``actual``, ``predicted``; sorted, so that the table does not depend on the ids."""
    pairs = pd.DataFrame({"actual": predictions.actual, "predicted": predictions.predicted})
    return pairs.sort_values(["actual", "predicted"], ignore_index=True)


def roc_table(predictions: Predictions, points: int) -> pd.DataFrame:
    """The ROC curve, one class against the rest, averaged over the classes at equal ``fpr``.

    The points are dense near ``fpr`` 0, where good models differ.
    """
    grid = np.linspace(0, 1, points) ** 2
    curves = []
    for of_class, probability in zip(predictions.is_class.T, predictions.probabilities.T, strict=True):
        fpr, tpr, _ = metrics.roc_curve(of_class, probability)
        curves.append(tpr[np.searchsorted(fpr, grid, side="right") - 1])  # a step: the best tpr without a larger fpr
    return pd.DataFrame({"fpr": grid, "tpr": np.mean(curves, axis=0)}).round(DECIMALS)


def precision_recall_table(predictions: Predictions, points: int) -> pd.DataFrame:
    """The interpolated precision-recall curve, averaged over the classes at equal ``recall``.

    Precision at a recall is the best one at that recall or a larger (Manning, Raghavan, Schuetze 2008, section 8.4).
    The points are dense near recall 1, where good models differ.
    """
    grid = 1 - np.linspace(1, 0, points) ** 2
    curves = []
    for of_class, probability in zip(predictions.is_class.T, predictions.probabilities.T, strict=True):
        precision, recall, _ = metrics.precision_recall_curve(of_class, probability)
        best = np.maximum.accumulate(precision)  # recall falls along the curve: the best precision so far
        curves.append(best[np.searchsorted(-recall, -grid, side="right") - 1])
    return pd.DataFrame({"recall": grid, "precision": np.mean(curves, axis=0)}).round(DECIMALS)


def calibration_table(predictions: Predictions, bins: int) -> pd.DataFrame:
    """What probabilities promise and what happens, over all pairs of a row and a class.

    Returns:
        One row per bin of equal width that is not empty: ``predicted``, the mean probability; ``observed``, the share
        of pairs where the row is of the class; ``count``, the pairs.
    """
    probabilities, happened = predictions.probabilities.ravel(), predictions.is_class.ravel()
    at = np.minimum((probabilities * bins).astype(np.int64), bins - 1)  # probability 1 belongs to the last bin
    pairs = pd.DataFrame({"bin": at, "predicted": probabilities, "observed": happened})
    table = pairs.groupby("bin").agg(
        predicted=("predicted", "mean"), observed=("observed", "mean"), count=("observed", "size")
    )
    return table.reset_index(drop=True).round(DECIMALS)


def class_f1_table(predictions: Predictions) -> pd.DataFrame:
    """F1 per class: ``class``, ``f1``."""
    classes = list(predictions.classes)
    f1 = metrics.f1_score(predictions.actual, predictions.predicted, labels=classes, average=None, zero_division=0)
    return pd.DataFrame({"class": classes, "f1": f1}).round(DECIMALS)


def learning_curve_table(curve: Iterable[Epoch]) -> pd.DataFrame:
    """One row per epoch: ``epoch``, and loss and accuracy on both splits."""
    return pd.DataFrame(map(msgspec.structs.asdict, curve))
