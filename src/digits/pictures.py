"""What a reviewer wants to see: the confusion matrix, and the digits that were misread."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.colors import SymLogNorm
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from digits.dataset import LEVELS

if TYPE_CHECKING:
    from pathlib import Path

    from digits.scores import Predictions

DPI = 110
COLUMNS = 6
CELL_INCHES = 1.35
FRAME = "#c8c8c8"


def confusion_picture(predictions: Predictions) -> Figure:
    """The confusion matrix, drawn by scikit-learn; colours are logarithmic, so that one error shows beside 40 hits."""
    figure = Figure(figsize=(5.2, 5.2), layout="constrained")
    display = ConfusionMatrixDisplay.from_predictions(
        predictions.actual,
        predictions.predicted,
        labels=list(predictions.classes),
        cmap="Blues",
        colorbar=False,
        im_kw={"norm": SymLogNorm(linthresh=1, vmin=0)},
        ax=figure.subplots(),
    )
    for text in display.text_.ravel():
        if text.get_text() == "0":
            text.set_text("")
    title = f"Confusion matrix, {len(predictions.actual)} test digits"
    display.ax_.set(xlabel="predicted", ylabel="actual", title=title)
    return figure


def errors_picture(predictions: Predictions, images: npt.NDArray[np.uint8], most: int) -> Figure:
    """The misread digits, the surest mistakes first.

    Args:
        predictions: of the test split.
        images: the same rows, shape (rows, 8, 8).
        most: how many are drawn; the title counts all.
    """
    wrong = _surest_mistakes(predictions)
    shown = wrong[:most]
    lines = max(1, math.ceil(len(shown) / COLUMNS))
    figure = Figure(figsize=(COLUMNS * CELL_INCHES, lines * CELL_INCHES * 1.3 + 0.4), layout="constrained")
    figure.suptitle(f"{len(wrong)} of {len(predictions.actual)} test digits misread", x=0.01, ha="left", fontsize=11)
    axes = figure.subplots(lines, COLUMNS, squeeze=False).ravel()
    for ax in axes[len(shown) :]:
        ax.set_axis_off()
    for ax, row in zip(axes, shown, strict=False):
        ax.imshow(images[row], cmap="gray_r", vmin=0, vmax=LEVELS)
        ax.set_title(_caption(predictions, row), fontsize=8)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_color(FRAME)
    return figure


def _surest_mistakes(predictions: Predictions) -> list[int]:
    wrong = np.flatnonzero(predictions.actual != predictions.predicted)
    sureness = predictions.probabilities.max(axis=1)
    return [int(row) for row in sorted(wrong, key=lambda row: (-sureness[row], row))]


def _caption(predictions: Predictions, row: int) -> str:
    actual, predicted = predictions.actual[row], predictions.predicted[row]
    return f"{actual} read as {predicted} ({predictions.probabilities[row].max():.2f})\n{predictions.ids[row]}"


def write_picture(figure: Figure, path: Path) -> None:
    """Write a PNG whose bytes depend on nothing but the picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
