"""Populations of rows on which two models are tested, to find out how often a statistical method is right.

Both models see the same signal and most of the same noise, so that their errors go together as those of two versions of
a model do. The models are either alike, so that every metric has the same expectation and only chance tells them apart,
or unlike: head has less noise, says so with too much confidence, and leans to another side.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial
from math import log, sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import numpy as np
from judge.statistics.arrays import ArraySample
from scipy.special import expit, ndtr, ndtri

from headway.settings import Estimator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from headway.judge.statistics.sample import Codes, Floats

BUCKETS = 100
ROWS_IN_GROUP = 20
_IN_GROUP = 0.5
"""The share of the variance of every random number that the rows of a group have in common."""
_TAIL = 5
"""The degrees of freedom of the t distribution that heavy tails have."""


@dataclass(frozen=True)
class Rows:
    """The source of random numbers of the rows of one trial.

    Attributes:
        rng: the generator.
        rows: the number of rows.
        grouped: whether the rows belong to groups, and much of each number is that of the group.
        alike: whether both models are equally good.
    """

    rng: np.random.Generator
    rows: int
    grouped: bool = False
    alike: bool = True

    @property
    def group(self) -> Codes | None:
        """The group of each row."""
        return np.arange(self.rows, dtype=np.int32) // ROWS_IN_GROUP if self.grouped else None

    def normal(self, *shape: int) -> NDArray[Any]:
        """Standard normal numbers of shape (rows, *shape)."""
        own = self.rng.standard_normal((self.rows, *shape))
        if not self.grouped:
            return own
        common = self.rng.standard_normal((-(-self.rows // ROWS_IN_GROUP), *shape))
        found: NDArray[Any] = sqrt(_IN_GROUP) * common[self.group] + sqrt(1 - _IN_GROUP) * own
        return found

    def pair(self, closeness: float, *shape: int) -> list[NDArray[Any]]:
        """The noise of both models, with ``closeness`` as their correlation."""
        shared = sqrt(closeness) * self.normal(*shape)
        return [shared + sqrt(1 - closeness) * self.normal(*shape) for _ in range(2)]

    def heavy(self) -> Floats:
        """Factors that turn normal numbers into those of a t distribution with the same variance."""
        found: Floats = np.sqrt((_TAIL - 2) / self.rng.chisquare(_TAIL, self.rows))
        return found

    def buckets(self) -> Codes:
        """Bucket each row, or each group, as a hash does."""
        group = np.arange(self.rows) if self.group is None else self.group
        found: Codes = self.rng.integers(0, BUCKETS, int(group[-1]) + 1, dtype=np.int32)[group]
        return found


class Population(NamedTuple):
    """A kind of rows and models.

    Attributes:
        name: what it is, in a few words.
        draw: gives the predictions of base and of head.
        metrics: what is measured, by the words for it.
    """

    name: str
    draw: Callable[[Rows], list[ArraySample]]
    metrics: Mapping[str, Estimator]


def _binary(
    rows: Rows, share: float, closeness: float = 0.8, signal: float = 2, confidence: float = 1
) -> list[ArraySample]:
    """Two classes; a model sees ``signal`` standard deviations between them. Its confidence is right at 1."""
    actual = (rows.normal() > -ndtri(share)).astype(np.int32)
    noise, found = rows.pair(closeness), []
    for name, each in zip(("base", "head"), noise, strict=True):
        changed = name == "head" and not rows.alike
        seen = signal * actual + each * (0.93 if changed else 1)
        logit = (log(share / (1 - share)) + signal * seen - signal**2 / 2) * confidence
        probability = expit(logit * 1.2 + 0.15 if changed else logit)
        predicted = (probability > 0.5).astype(np.int32)  # noqa: PLR2004 - the usual threshold
        columns = {"right": predicted == actual, "score": expit(1 + signal * each + 0.1 * changed)}
        found.append(
            ArraySample(
                actual_codes=actual,
                predicted_codes=predicted,
                scores=probability,
                probabilities=np.stack([1 - probability, probability], axis=1),
                columns=columns,
                group=rows.group,
            )
        )
    return _with_buckets(rows, found)


def _classes(rows: Rows, shares: Sequence[float], closeness: float = 0.8, signal: float = 2.5) -> list[ArraySample]:
    """Several classes; a model sees ``signal`` standard deviations more of the right one than of any other."""
    actual = np.searchsorted(np.cumsum(shares)[:-1], ndtr(rows.normal())).astype(np.int32)
    noise, found = rows.pair(closeness, len(shares)), []
    for name, each in zip(("base", "head"), noise, strict=True):
        changed = name == "head" and not rows.alike
        seen = each * (0.93 if changed else 1)
        seen[np.arange(rows.rows), actual] += signal
        logit = np.log(shares) + signal * seen
        logit = logit * 1.2 + 0.15 * np.linspace(-1, 1, len(shares)) if changed else logit
        weight = np.exp(logit - logit.max(axis=1, keepdims=True))
        found.append(
            ArraySample(
                actual_codes=actual,
                predicted_codes=logit.argmax(axis=1).astype(np.int32),
                probabilities=weight / weight.sum(axis=1, keepdims=True),
                classes=tuple(str(code) for code in range(len(shares))),
                group=rows.group,
            )
        )
    return _with_buckets(rows, found)


def _labels(rows: Rows, shares: Sequence[float], closeness: float = 0.8, signal: float = 2.5) -> list[ArraySample]:
    """Several labels, each of which a row can have."""
    labels = rows.normal(len(shares)) > -ndtri(shares)
    noise, found = rows.pair(closeness, len(shares)), []
    for name, each in zip(("base", "head"), noise, strict=True):
        changed = name == "head" and not rows.alike
        logit = np.log(shares) - signal**2 / 2 + signal * (signal * labels + each * (0.93 if changed else 1))
        found.append(
            ArraySample(
                labels=labels,
                predicted_labels=logit > (-0.15 if changed else 0),
                classes=tuple(str(code) for code in range(len(shares))),
                group=rows.group,
            )
        )
    return found


def _numbers(rows: Rows, *, heavy: bool, closeness: float = 0.8) -> list[ArraySample]:
    """A regression of positive, skewed targets; with heavy tails, errors also grow with the target."""
    target = np.exp(3 + 0.4 * rows.normal())
    scale = 0.25 * target * rows.heavy() if heavy else 5
    noise, found = rows.pair(closeness), []
    for name, each in zip(("base", "head"), noise, strict=True):
        changed = name == "head" and not rows.alike
        error = scale * (0.93 * each + 0.1 if changed else each)
        found.append(ArraySample(target=target, prediction=target + error, group=rows.group))
    return found


def _with_buckets(rows: Rows, samples: list[ArraySample]) -> list[ArraySample]:
    bucket = rows.buckets()
    for sample in samples:
        object.__setattr__(sample, "bucket", bucket)
    return samples


_OF_TABLE = {
    "recall": Estimator(name="recall"),
    "precision": Estimator(name="precision"),
    "F1": Estimator(name="f1"),
    "MCC": Estimator(name="mcc"),
}
_OF_BINARY = _OF_TABLE | {
    "ROC AUC": Estimator(name="roc_auc"),
    "average precision": Estimator(name="average_precision"),
    "log-loss": Estimator(name="log_loss"),
    "Brier score": Estimator(name="brier"),
}
_OF_BALANCED = {
    "kappa": Estimator(name="kappa"),
    "balanced accuracy": Estimator(name="balanced_accuracy"),
}
_ACCURACY = {"accuracy": Estimator(name="accuracy")}
_OF_ROWS = _ACCURACY | {
    "error": Estimator(name="error"),
    "mean of zeros and ones": Estimator(name="mean", column="right"),
    "mean of a score": Estimator(name="mean", column="score"),
}
_OF_CLASSES = _ACCURACY | {
    "macro F1": Estimator(name="f1", average="macro"),
    "balanced accuracy": Estimator(name="balanced_accuracy"),
    "MCC": Estimator(name="mcc"),
    "top 2": Estimator(name="top_k", k=2),
    "ROC AUC, one-vs-rest": Estimator(name="roc_auc", average="macro"),
    "log-loss": Estimator(name="log_loss"),
    "Brier score": Estimator(name="brier"),
}
_OF_NUMBERS = {
    "MAE": Estimator(name="mae"),
    "MSE": Estimator(name="mse"),
    "RMSE": Estimator(name="rmse"),
    "R²": Estimator(name="r2"),
    "MAPE": Estimator(name="mape"),
    "quantile loss": Estimator(name="quantile_loss", quantile=0.9),
}
_LABELS = {
    "macro F1": Estimator(name="f1", average="macro"),
    "micro F1": Estimator(name="f1", average="micro"),
    "F1 of the rarest": Estimator(name="f1", class_=4),
}
_THREE = (0.5, 0.3, 0.2)
_TEN = (0.25, 0.2, 0.15, 0.1, 0.08, 0.06, 0.05, 0.05, 0.04, 0.02)

POPULATIONS = (
    Population("2 classes, 50% positive", partial(_binary, share=0.5), _OF_ROWS | _OF_BINARY | _OF_BALANCED),
    Population("2 classes, 10% positive", partial(_binary, share=0.1), _OF_BINARY),
    Population(
        "2 classes, 10% positive, similar models", partial(_binary, share=0.1, closeness=0.99), _ACCURACY | _OF_BINARY
    ),
    Population(
        "2 classes, 10% positive, overconfident models",
        partial(_binary, share=0.1, confidence=3),
        {"log-loss": Estimator(name="log_loss"), "Brier score": Estimator(name="brier")},
    ),
    Population(
        "3 classes",
        partial(_classes, shares=_THREE),
        _OF_CLASSES
        | {
            "macro precision": Estimator(name="precision", average="macro"),
            "average precision": Estimator(name="average_precision", average="macro"),
        },
    ),
    Population("10 classes, the rarest 2%", partial(_classes, shares=_TEN), _OF_CLASSES),
    Population("5 labels, the rarest 5%", partial(_labels, shares=(0.5, 0.3, 0.2, 0.1, 0.05)), _LABELS),
    Population("numbers", partial(_numbers, heavy=False), _OF_NUMBERS),
    Population("numbers, heavy tails", partial(_numbers, heavy=True), _OF_NUMBERS),
)
