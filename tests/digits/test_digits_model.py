from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from digits.card import CARD, Architecture, Epoch, ModelCard
from digits.dataset import LEVELS, Digits
from digits.evaluate import predict
from digits.model import WEIGHTS, DigitNet, load, normalise, save

if TYPE_CHECKING:
    from pathlib import Path

ARCHITECTURE = Architecture(channels=(3, 5), hidden=7)


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


@pytest.mark.parametrize("rows", [0, 1, 6])
def test_every_image_gets_ten_logits(rows: int) -> None:
    assert DigitNet(ARCHITECTURE)(torch.zeros(rows, 1, 8, 8)).shape == (rows, 10)


def test_the_architecture_decides_the_sizes() -> None:
    sizes = {name: tuple(value.shape) for name, value in DigitNet(ARCHITECTURE).state_dict().items()}
    assert sizes["first.weight"] == (3, 1, 3, 3)
    assert sizes["second.weight"] == (5, 3, 3, 3)
    assert sizes["hidden.weight"] == (7, 5 * 4 * 4)
    assert sizes["output.weight"] == (10, 7)


def test_pixels_become_shares_of_the_darkest() -> None:
    images = np.array([[[0, 4], [8, 16]]], dtype=np.uint8)
    assert normalise(images).tolist() == [[[[0.0, 0.25], [0.5, 1.0]]]]
    assert normalise(images, darkest=8)[0, 0, 1, 0] == 1


def test_a_model_comes_back_as_it_was_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    net = DigitNet(ARCHITECTURE)
    save(net.state_dict(), card())
    loaded, loaded_card = load()
    images = torch.rand(4, 1, 8, 8)
    assert torch.equal(net(images), loaded(images))
    assert loaded_card == card()
    assert not loaded.training
    assert WEIGHTS.stat().st_size < 10_000
    assert CARD.read_text().startswith('{\n  "architecture"')


def test_what_is_read_does_not_depend_on_the_order_in_which_a_machine_adds_up() -> None:
    """Another number of rows is another order of sums, as another CPU is."""
    torch.manual_seed(1)
    net = DigitNet(Architecture(channels=(16, 32), hidden=64))
    images = torch.randint(LEVELS + 1, (100, 8, 8), dtype=torch.uint8).numpy()
    digits = Digits(tuple(map(str, range(100))), images, np.zeros(100, dtype=np.int64))
    together = predict(net, card(), digits).probabilities
    alone = [predict(net, card(), Digits(("0",), images[[row]], digits.labels[:1])).probabilities for row in range(100)]
    assert np.array_equal(together, np.concatenate(alone))
    assert next(net.parameters()).dtype == torch.float32  # the latency is that of the model as it is used
