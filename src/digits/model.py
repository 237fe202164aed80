"""The network, of one kind or another, and how it is kept: weights as safetensors, its card beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn import functional

from digits.card import Architecture, Convolution, ModelCard, Perceptron, load_card, save_card
from digits.dataset import CLASSES, LEVELS, SIZE

WEIGHTS = Path("models/digits.safetensors")


class ConvolutionNet(nn.Module):
    """Two 3 x 3 convolutions, one pooling, one hidden layer.

    No dropout and no batch normalisation: both would make the result depend on how a batch is cut among processes.
    """

    def __init__(self, architecture: Convolution) -> None:
        super().__init__()
        first, second = architecture.channels
        self.first = nn.Conv2d(1, first, kernel_size=3, padding=1)
        self.second = nn.Conv2d(first, second, kernel_size=3, padding=1)
        self.hidden = nn.Linear(second * (SIZE // 2) ** 2, architecture.hidden)
        self.output = nn.Linear(architecture.hidden, len(CLASSES))

    def forward(self, images: Tensor) -> Tensor:
        """Logits, shape (digits, 10), of images in [0, 1], shape (digits, 1, 8, 8)."""
        features = functional.relu(self.second(functional.relu(self.first(images))))
        pooled = functional.max_pool2d(features, 2).flatten(start_dim=1)
        logits: Tensor = self.output(functional.relu(self.hidden(pooled)))
        return logits


class PerceptronNet(nn.Module):
    """One hidden layer, which takes all pixels."""

    def __init__(self, architecture: Perceptron) -> None:
        super().__init__()
        self.hidden = nn.Linear(SIZE**2, architecture.hidden)
        self.output = nn.Linear(architecture.hidden, len(CLASSES))

    def forward(self, images: Tensor) -> Tensor:
        """As that of :class:`ConvolutionNet`."""
        logits: Tensor = self.output(functional.relu(self.hidden(images.flatten(start_dim=1))))
        return logits


DigitNet = ConvolutionNet | PerceptronNet


def build(architecture: Architecture) -> DigitNet:
    """A network of the kind and the sizes of an architecture, with fresh weights."""
    return ConvolutionNet(architecture) if isinstance(architecture, Convolution) else PerceptronNet(architecture)


def normalise(images: npt.NDArray[np.uint8], darkest: int = LEVELS) -> Tensor:
    """Images as the network takes them: shape (digits, 8, 8) in 0..darkest to (digits, 1, 8, 8) in 0..1."""
    return torch.from_numpy(images.astype(np.float32) / darkest).unsqueeze(1)


def save(weights: dict[str, Tensor], card: ModelCard) -> None:
    """Write weights and card."""
    WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
    safetensors.torch.save_file(weights, WEIGHTS)
    save_card(card)


def load() -> tuple[DigitNet, ModelCard]:
    """Read what :func:`save` wrote; the network is on the CPU and in evaluation mode."""
    card = load_card()
    net = build(card.architecture)
    net.load_state_dict(safetensors.torch.load_file(WEIGHTS))
    return net.eval(), card
