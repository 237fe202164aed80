"""Stage: read the test split with the model, score what it says, and time it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import torch

from digits.dataset import Digits, read_split
from digits.latency import latency
from digits.model import DigitNet, load, normalise
from digits.predictions import Predictions, rounded, save_predictions
from digits.scores import scores
from digits.stage import read_params, run, write_json

if TYPE_CHECKING:
    from digits.card import ModelCard

TEST = Path("splits/test.parquet")
METRICS = Path("reports/metrics.json")
LATENCY = Path("reports/latency.json")


class EvaluateParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section ``evaluate`` of ``params.yaml``, where each value is explained."""

    latency_runs: Annotated[int, msgspec.Meta(ge=2)]


def predict(net: DigitNet, card: ModelCard, digits: Digits) -> Predictions:
    """The model's probabilities for every digit, in float64 and rounded: the same on every machine."""
    exact = copy.deepcopy(net).double()
    with torch.inference_mode():
        logits = exact(normalise(digits.images, card.darkest).double())
        probabilities = torch.softmax(logits, dim=1).numpy()
    return Predictions(digits.ids, card.classes, digits.labels, rounded(probabilities))


def main() -> None:
    """Read the model and the test split, write the metrics and ``evaluation/``."""
    params = read_params("evaluate", EvaluateParams)
    torch.set_num_threads(1)  # a latency that means the same on any number of cores
    net, card = load()
    digits = read_split(TEST)
    predictions = predict(net, card, digits)
    save_predictions(predictions)
    write_json(scores(predictions), METRICS)
    write_json(latency(net, normalise(digits.images, card.darkest), params.latency_runs), LATENCY)


if __name__ == "__main__":
    run(main)
