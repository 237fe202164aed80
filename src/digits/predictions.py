"""What the model says about the test split: computed once by ``evaluate``, read by whoever shows it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

PREDICTIONS = Path("evaluation/predictions.json")

DECIMALS = 8
"""Of a probability: more than float32 weights can mean, and fewer than a CPU's own way to add up can change."""

Labels = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Predictions:
    """What the model says about a labelled split.

    Attributes:
        ids: one id per row.
        classes: the class of each column of ``probabilities``, ascending.
        actual: shape (rows,).
        probabilities: shape (rows, classes); every row sums to 1.
    """

    ids: tuple[str, ...]
    classes: tuple[int, ...]
    actual: Labels
    probabilities: Floats

    @property
    def predicted(self) -> Labels:
        """The most probable class of each row."""
        predicted: Labels = np.array(self.classes, dtype=np.int64)[self.probabilities.argmax(axis=1)]
        return predicted

    @property
    def is_class(self) -> npt.NDArray[np.bool_]:
        """Shape (rows, classes): whether the row is of the class."""
        matches: npt.NDArray[np.bool_] = self.actual[:, np.newaxis] == np.array(self.classes)
        return matches


def rounded(probabilities: Floats) -> Floats:
    """Probabilities with :data:`DECIMALS` decimals, whose rows sum to one as they are printed.

    The units that rounding down leaves over go to the largest remainders (Hamilton's method).

    Args:
        probabilities: shape (rows, classes); every row sums to 1, but for the last bits.
    """
    unit = 10**DECIMALS
    units = np.floor(probabilities * unit).astype(np.int64)
    largest_first = np.argsort(units - probabilities * unit, axis=1, kind="stable")
    left = unit - units.sum(axis=1, keepdims=True)
    np.put_along_axis(
        units, largest_first, np.take_along_axis(units, largest_first, 1) + (np.arange(units.shape[1]) < left), 1
    )
    exact: Floats = units / unit
    return exact


def save_predictions(predictions: Predictions) -> None:
    """Write the predictions, every float in full."""
    PREDICTIONS.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "classes": predictions.classes,
        "ids": predictions.ids,
        "actual": predictions.actual.tolist(),
        "probabilities": predictions.probabilities.tolist(),
    }
    PREDICTIONS.write_text(json.dumps(content) + "\n", encoding="utf-8")


def load_predictions() -> Predictions:
    """Read what :func:`save_predictions` wrote."""
    content = json.loads(PREDICTIONS.read_text(encoding="utf-8"))
    return Predictions(
        tuple(content["ids"]),
        tuple(content["classes"]),
        np.array(content["actual"], dtype=np.int64),
        np.array(content["probabilities"], dtype=np.float64),
    )
