"""What a reviewer wants to see: the confusion matrix, the digits that were misread, and a sample of all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.colors import SymLogNorm
from matplotlib.figure import Figure
from sklearn.metrics import ConfusionMatrixDisplay

from digits.dataset import LEVELS
from digits.split import position

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from digits.predictions import Predictions

DPI = 110
COLUMNS = 6
CELL_INCHES = 0.85
FRAME = "#c8c8c8"
INK = "#333333"
WRONG = "#c2410c"
SAMPLE_SALT = "sample"


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
    figure, axes = _grid(len(wrong[:most]), f"{len(wrong)} of {len(predictions.actual)} test digits misread")
    for ax, row in zip(axes, wrong, strict=False):
        _draw_digit(
            ax, images[row], f"{predictions.actual[row]} as {_answer(predictions, row)}\n{predictions.ids[row]}"
        )
    return figure


def sample_picture(predictions: Predictions, images: npt.NDArray[np.uint8], per_class: int) -> Figure:
    """A few digits of each class, misread or not: the same digits in the same places, whatever the model says.

    Args:
        predictions: of the test split.
        images: the same rows, shape (rows, 8, 8).
        per_class: how many are drawn of each class, at most.
    """
    rows = [row for of_class in predictions.is_class.T for row in _sampled(predictions, of_class)[:per_class]]
    right = predictions.actual[rows] == predictions.predicted[rows]
    figure, axes = _grid(len(rows), f"{right.sum()} of {len(rows)} sampled test digits read correctly")
    for ax, row, is_right in zip(axes, rows, right, strict=True):
        mark = "\N{CHECK MARK}" if is_right else "\N{BALLOT X}"
        _draw_digit(ax, images[row], f"{mark} {_answer(predictions, row)}", INK if is_right else WRONG)
    return figure


def _grid(count: int, title: str) -> tuple[Figure, list[Axes]]:
    """A figure with room for so many digits, row by row.

    Its letters are large for its width, because a report sets it beside that of another model.
    """
    lines = max(1, math.ceil(count / COLUMNS))
    figure = Figure(figsize=(COLUMNS * CELL_INCHES, lines * CELL_INCHES * 1.35 + 0.4), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    axes = [figure.add_subplot(lines, COLUMNS, place) for place in range(1, lines * COLUMNS + 1)]
    for ax in axes[count:]:
        ax.set_axis_off()
    return figure, axes[:count]


def _draw_digit(ax: Axes, image: npt.NDArray[np.uint8], caption: str, colour: str = INK) -> None:
    ax.imshow(image, cmap="gray_r", vmin=0, vmax=LEVELS)
    ax.set(xticks=[], yticks=[])
    ax.set_xlabel(caption, fontsize=9, color=colour)
    ax.spines[:].set(color=FRAME if colour == INK else colour, linewidth=1 if colour == INK else 3)


def _surest_mistakes(predictions: Predictions) -> list[int]:
    wrong = np.flatnonzero(predictions.actual != predictions.predicted)
    sureness = predictions.probabilities.max(axis=1)
    return [int(row) for row in sorted(wrong, key=lambda row: (-sureness[row], row))]


def _sampled(predictions: Predictions, of_class: npt.NDArray[np.bool_]) -> list[int]:
    """The rows of a class, in an order that follows from their ids alone."""
    return sorted(map(int, np.flatnonzero(of_class)), key=lambda row: position(predictions.ids[row], SAMPLE_SALT))


def _answer(predictions: Predictions, row: int) -> str:
    """The answer and its confidence; certainty, which no softmax means, is never rounded to."""
    confidence = f"{predictions.probabilities[row].max():.0%}"
    return f"{predictions.predicted[row]}, {'>99%' if confidence == '100%' else confidence}"


def write_picture(figure: Figure, path: Path) -> None:
    """Write a PNG whose bytes depend on nothing but the picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DPI, metadata={"Software": None})
