"""Does a deployed model read digits at all? It reads some, and most of the answers must be right.

Example:
    python -m digits.smoke_test deploy/digits.safetensors
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from sklearn.datasets import load_digits

from digits.card import Architecture
from digits.model import DigitNet, normalise

SAMPLE = 200
"""How many digits are read."""
LEAST_RIGHT = 0.9
"""The share of them that a model reads which is not broken."""


def load_weights(path: Path) -> DigitNet:
    """A network with the weights of a file, whose shapes say how large its layers are."""
    weights = safetensors.torch.load_file(path)
    channels = len(weights["first.bias"]), len(weights["second.bias"])
    net = DigitNet(Architecture(channels=channels, hidden=len(weights["hidden.bias"])))
    net.load_state_dict(weights)
    return net.eval()


def share_right(net: DigitNet) -> float:
    """The share of the first digits of scikit-learn's copy of the data that a network reads correctly."""
    digits = load_digits()
    images, labels = digits.images[:SAMPLE].astype(np.uint8), digits.target[:SAMPLE]
    with torch.no_grad():
        answers = net(normalise(images)).argmax(dim=1).numpy()
    return float((answers == labels).mean())


def main() -> None:
    """Exit with 1 if the model fails."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("model", type=Path, help="the file with the weights")
    share = share_right(load_weights(parser.parse_args().model))
    sys.stdout.write(f"{share:.1%} of {SAMPLE} digits right\n")
    if share < LEAST_RIGHT:
        raise SystemExit(f"At least {LEAST_RIGHT:.0%} should be.")


if __name__ == "__main__":
    main()
