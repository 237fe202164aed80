from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from digits.model import CARD, WEIGHTS, Architecture, DigitNet, ModelCard, load, normalise, save

if TYPE_CHECKING:
    from pathlib import Path

ARCHITECTURE = Architecture(channels=(3, 5), hidden=7)


def card(architecture: Architecture = ARCHITECTURE) -> ModelCard:
    return ModelCard(
        architecture=architecture, classes=(0, 1), darkest=16, epoch=4, validation_loss=0.5, training={"seed": 1}
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
