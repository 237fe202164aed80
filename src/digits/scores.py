"""How good the predictions are, in numbers. Pure; scikit-learn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn import metrics

if TYPE_CHECKING:
    from digits.predictions import Floats, Predictions

DECIMALS = 6
"""Of every published score: finer than any test split can tell, coarse enough to be stable."""


def scores(predictions: Predictions) -> dict[str, Any]:
    """The content of ``metrics.json``.

    Returns:
        ``accuracy``; ``macro_f1``; ``log_loss`` in nats; ``brier``, the squared distance between probabilities and
        truth, summed over the classes, 0 to 2 (Brier 1950); ``roc_auc``, one class against the rest, averaged over
        the classes; ``precision`` and ``recall`` by class; ``rows``.
    """
    actual, predicted, probabilities = predictions.actual, predictions.predicted, predictions.probabilities
    classes = list(predictions.classes)
    single = {
        "accuracy": metrics.accuracy_score(actual, predicted),
        "macro_f1": metrics.f1_score(actual, predicted, labels=classes, average="macro", zero_division=0),
        "log_loss": metrics.log_loss(actual, probabilities, labels=classes),
        "brier": metrics.brier_score_loss(actual, probabilities, labels=classes, scale_by_half=False),
        "roc_auc": metrics.roc_auc_score(actual, probabilities, multi_class="ovr", average="macro", labels=classes),
    }
    precision, recall, _, _ = metrics.precision_recall_fscore_support(
        actual, predicted, labels=classes, zero_division=0
    )
    return {
        **{name: round(float(value), DECIMALS) for name, value in single.items()},
        "precision": _by_class(classes, precision),
        "recall": _by_class(classes, recall),
        "rows": len(actual),
    }


def _by_class(classes: list[int], values: Floats) -> dict[str, float]:
    return {str(name): round(float(value), DECIMALS) for name, value in zip(classes, values, strict=True)}
