"""What is known of a model without its weights: its kind and sizes, its training, and how that went. As JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

CARD = Path("models/digits.json")

Width = Annotated[int, msgspec.Meta(ge=1)]


class Convolution(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="convolution"):
    """Sizes of a convolutional network: channels of both convolutions, units of the hidden layer."""

    channels: tuple[Width, Width]
    hidden: Width


class Perceptron(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="perceptron"):
    """The size of a multilayer perceptron: units of the hidden layer."""

    hidden: Width


Architecture = Convolution | Perceptron


class Epoch(msgspec.Struct, frozen=True):
    """A point of the learning curve: mean cross-entropy (nats) and accuracy on both splits after an epoch.

    Loss and accuracy on the training split are those seen while the weights moved.
    """

    epoch: int
    train_loss: float
    validation_loss: float
    train_accuracy: float
    validation_accuracy: float


class ModelCard(msgspec.Struct, frozen=True, kw_only=True):
    """What the weights need to be used, and where they come from.

    Attributes:
        architecture: the kind of network, and the sizes of its layers.
        classes: the class of each output, in order.
        darkest: the pixel value that becomes 1 at the network's input.
        epoch: the epoch whose weights were kept.
        validation_loss: mean cross-entropy (nats) of that epoch on the validation split.
        training: the parameters of the training.
        learning_curve: every epoch, in order.
    """

    architecture: Architecture
    classes: tuple[int, ...]
    darkest: int
    epoch: int
    validation_loss: float
    training: dict[str, str | int | float]
    learning_curve: tuple[Epoch, ...]


def save_card(card: ModelCard) -> None:
    """Write the card."""
    CARD.parent.mkdir(parents=True, exist_ok=True)
    CARD.write_bytes(msgspec.json.format(msgspec.json.encode(card)) + b"\n")


def load_card() -> ModelCard:
    """Read what :func:`save_card` wrote."""
    return decode_card(CARD.read_bytes())


def decode_card(content: bytes) -> ModelCard:
    """Decode a card. One without a kind is of a convolutional network, the only kind there was at first.

    Raises:
        msgspec.DecodeError: it is not a card.
    """
    card = msgspec.json.decode(content)
    if isinstance(card, dict) and isinstance(card.get("architecture"), dict):
        card["architecture"].setdefault("kind", "convolution")
    return msgspec.convert(card, ModelCard)
