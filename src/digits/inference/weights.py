"""A file of weights as a network. Nothing in the file is run, and nothing in it is trusted."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import msgspec
import safetensors
import safetensors.torch
import torch

from digits.card import Architecture, Convolution, ModelCard, Perceptron, decode_card
from digits.dataset import CLASSES, LEVELS
from digits.model import DigitNet, build
from digits.stage import PipelineError

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

MOST_BYTES = 256 * 1024 * 1024
"""Of a file of weights; that of the pipeline has 154 kB."""

_REMEDY = "Fetch the model again, with `dvc pull` or `headway deploy digits --in STAGE --no-record`."


class Weights(NamedTuple):
    """A network in evaluation mode, and what is known of it.

    Attributes:
        net: on the CPU, in float32.
        sha256: of the file.
        classes: the class of each output.
        darkest: the pixel value that becomes 1 at the network's input.
    """

    net: DigitNet
    sha256: str
    classes: tuple[int, ...]
    darkest: int


def read_weights(path: Path) -> Weights:
    """Read a file of weights. The kind and the sizes of the network follow from it, so its card may be missing.

    Args:
        path: such as models/digits.safetensors; the card has the same name with ``.json``.

    Raises:
        PipelineError: the file is missing, damaged, or of another network; or the card is of another model.
    """
    content = _read(path)
    try:
        tensors = safetensors.torch.load(content)
    except (safetensors.SafetensorError, ValueError, KeyError, RuntimeError) as error:
        # It is truncated, or has an unknown type of numbers or a shape of more numbers than torch can count.
        raise PipelineError(f"{path} is not a complete file of safetensors: {error}. {_REMEDY}") from error
    architecture = _architecture(path, tensors)
    net = _network(path, architecture, tensors)
    card = _read_card(path.with_suffix(".json"))
    if card is None:
        return Weights(net, hashlib.sha256(content).hexdigest(), CLASSES, LEVELS)
    if card.architecture != architecture or len(set(card.classes)) != len(CLASSES) or card.darkest < 1:
        raise PipelineError(f"{path.with_suffix('.json')} is the card of another model than {path}. {_REMEDY}")
    return Weights(net, hashlib.sha256(content).hexdigest(), card.classes, card.darkest)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise PipelineError(f"{path} has more than {MOST_BYTES} bytes, so it is not this network. {_REMEDY}")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise PipelineError(f"{path} is missing: fetch it with `dvc pull`, or name one with --model.") from error
    except OSError as error:
        raise PipelineError(f"{path} cannot be read: {error.strerror}. Name the file of the weights.") from error


def _architecture(path: Path, tensors: dict[str, Tensor]) -> Architecture:
    """The kind, by the names of the layers, and their sizes, which are those of their biases."""
    convolution = any(name.startswith(("first.", "second.")) for name in tensors)
    sizes = []
    for name in ("first.bias", "second.bias", "hidden.bias") if convolution else ("hidden.bias",):
        if name not in tensors or tensors[name].ndim != 1 or not len(tensors[name]):
            raise PipelineError(f"{path} has no {name}, so it is not of this network. {_REMEDY}")
        sizes.append(len(tensors[name]))
    return Convolution((sizes[0], sizes[1]), sizes[2]) if convolution else Perceptron(sizes[0])


def _network(path: Path, architecture: Architecture, tensors: dict[str, Tensor]) -> DigitNet:
    with torch.device("meta"):  # no memory before it is known that the file has as many numbers
        net = build(architecture)
    expected = {name: tuple(value.shape) for name, value in net.state_dict().items()}
    wrong = [f"missing {name}" for name in expected if name not in tensors]
    for name, tensor in tensors.items():
        if name not in expected:
            wrong.append(f"unknown {name[:40]}")
        elif tuple(tensor.shape) != expected[name]:
            wrong.append(f"{name} has the shape {tuple(tensor.shape)}, not {expected[name]}")
        elif not tensor.is_floating_point() or not torch.isfinite(tensor.float()).all():
            wrong.append(f"{name} has values that are not finite numbers")
    if wrong:
        raise PipelineError(f"{path} is not of this network: {'; '.join(wrong[:3])}. {_REMEDY}")
    net.load_state_dict({name: tensor.float() for name, tensor in tensors.items()}, assign=True)
    return net.eval()


def _read_card(path: Path) -> ModelCard | None:
    try:
        return decode_card(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise PipelineError(f"{path} is not the card of a model: {error}. {_REMEDY}") from error
