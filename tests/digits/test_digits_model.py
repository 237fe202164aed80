from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np
import pytest
import torch

from digits.card import CARD, Architecture, Convolution, Epoch, ModelCard, Perceptron, decode_card
from digits.dataset import LEVELS, Digits
from digits.evaluate import predict
from digits.model import WEIGHTS, build, load, normalise, save

if TYPE_CHECKING:
    from pathlib import Path

ARCHITECTURE = Convolution(channels=(3, 5), hidden=7)
of_each_kind = pytest.mark.parametrize("architecture", [ARCHITECTURE, Perceptron(hidden=7)], ids=type)


def card(architecture: Architecture = ARCHITECTURE) -> ModelCard:
    return ModelCard(
        architecture=architecture,
        classes=(0, 1),
        darkest=16,
        epoch=1,
        validation_loss=0.5,
        training={"seed": 1, "device": "cpu", "learning_rate": 0.1},
        learning_curve=(Epoch(1, 0.75, 0.5, 0.25, 0.125),),
    )


@of_each_kind
@pytest.mark.parametrize("rows", [0, 1, 6])
def test_every_image_gets_ten_logits(architecture: Architecture, rows: int) -> None:
    assert build(architecture)(torch.zeros(rows, 1, 8, 8)).shape == (rows, 10)


def layers(architecture: Architecture) -> dict[str, tuple[int, ...]]:
    return {name: tuple(value.shape) for name, value in build(architecture).state_dict().items()}


def test_the_architecture_decides_the_sizes() -> None:
    sizes = layers(ARCHITECTURE)
    assert sizes["first.weight"] == (3, 1, 3, 3)
    assert sizes["second.weight"] == (5, 3, 3, 3)
    assert sizes["hidden.weight"] == (7, 5 * 4 * 4)
    assert sizes["output.weight"] == (10, 7)
    sizes = layers(Perceptron(hidden=7))
    assert sizes == {"hidden.weight": (7, 64), "hidden.bias": (7,), "output.weight": (10, 7), "output.bias": (10,)}


def test_pixels_become_shares_of_the_darkest() -> None:
    images = np.array([[[0, 4], [8, 16]]], dtype=np.uint8)
    assert normalise(images).tolist() == [[[[0.0, 0.25], [0.5, 1.0]]]]
    assert normalise(images, darkest=8)[0, 0, 1, 0] == 1


@of_each_kind
def test_a_model_comes_back_as_it_was_saved(
    architecture: Architecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    net = build(architecture)
    save(net.state_dict(), card(architecture))
    loaded, loaded_card = load()
    images = torch.rand(4, 1, 8, 8)
    assert torch.equal(net(images), loaded(images))
    assert loaded_card == card(architecture)
    assert not loaded.training
    assert WEIGHTS.stat().st_size < 10_000
    assert CARD.read_text().startswith('{\n  "architecture"')


def test_a_card_without_a_kind_is_of_a_convolution() -> None:
    """Versions that are in the registry since before there were several kinds have such a card."""
    with_kind = msgspec.json.encode(card())
    without_kind = with_kind.replace(b'"kind":"convolution",', b"")
    assert without_kind != with_kind
    assert decode_card(without_kind) == card()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"[]", "Expected `object`, got `array`"),
        (b"{", "truncated"),
        (b"{}", "missing required field `architecture`"),
        (b'{"architecture": 3}', "Expected `object`, got `int`"),
        (b'{"architecture": {"kind": "transformer"}}', "Invalid value 'transformer'"),
        (b'{"architecture": {"kind": "perceptron", "channels": [1, 2], "hidden": 3}}', "unknown field `channels`"),
        (b'{"architecture": {"hidden": 3}}', "missing required field `channels`"),
    ],
)
def test_what_is_no_card_is_named(content: bytes, named: str) -> None:
    with pytest.raises(msgspec.DecodeError, match=named):
        decode_card(content)


@pytest.mark.parametrize("architecture", [Convolution(channels=(16, 32), hidden=64), Perceptron(hidden=64)], ids=type)
def test_what_is_read_does_not_depend_on_the_order_in_which_a_machine_adds_up(architecture: Architecture) -> None:
    """Another number of rows is another order of sums, as another CPU is."""
    torch.manual_seed(1)
    net = build(architecture)
    images = torch.randint(LEVELS + 1, (100, 8, 8), dtype=torch.uint8).numpy()
    digits = Digits(tuple(map(str, range(100))), images, np.zeros(100, dtype=np.int64))
    together = predict(net, card(), digits).probabilities
    alone = [predict(net, card(), Digits(("0",), images[[row]], digits.labels[:1])).probabilities for row in range(100)]
    assert np.array_equal(together, np.concatenate(alone))
    assert next(net.parameters()).dtype == torch.float32  # the latency is that of the model as it is used
