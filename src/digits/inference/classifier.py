"""The model's answers, the same as those of the pipeline whatever the other rows are."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from digits.dataset import SIZE
from digits.model import normalise
from digits.predictions import Floats, rounded

if TYPE_CHECKING:
    from digits.inference.samples import Sample
    from digits.inference.weights import Weights

CHUNK = 16
"""How many digits the network reads at once, always: the rest of a smaller chunk is blank.

A library adds up in another order for another number of rows, and could so change the last bit, and with it the last
decimal of a probability that lies between two. From 16 rows on, it gives the bits of the whole test split.
"""


@dataclass(frozen=True)
class Prediction:
    """What the model says about digits.

    Attributes:
        ids: one per row.
        classes: the class of each column of ``probabilities``.
        probabilities: shape (rows, classes), rounded; every row sums to 1.
    """

    ids: tuple[str, ...]
    classes: tuple[int, ...]
    probabilities: Floats

    @property
    def digits(self) -> list[int]:
        """The most probable class of each row."""
        return [self.classes[column] for column in self.probabilities.argmax(axis=1)]


class Classifier:
    """A model that is ready to predict."""

    def __init__(self, weights: Weights) -> None:
        self._net = copy.deepcopy(weights.net).double()  # as the pipeline's stage `evaluate` does
        self._classes = weights.classes
        self._darkest = weights.darkest

    def predict(self, sample: Sample) -> Prediction:
        """The probabilities of every digit."""
        count = len(sample.images)
        blank = np.zeros((-count % CHUNK, SIZE, SIZE), dtype=np.uint8)
        images = normalise(np.concatenate([sample.images, blank]), self._darkest).double()
        with torch.inference_mode():
            chunks = [torch.softmax(self._net(chunk), dim=1) for chunk in torch.split(images, CHUNK)]
        return Prediction(sample.ids, self._classes, rounded(torch.cat(chunks).numpy()[:count]))
