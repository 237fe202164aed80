"""How fast a model answers, for ``headway speed``: prints the numbers of :func:`digits.latency.latency` as JSON."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import msgspec
import torch

from digits.dataset import read_split
from digits.evaluate import TEST, EvaluateParams
from digits.inference.weights import read_weights
from digits.latency import latency
from digits.model import normalise
from digits.stage import read_params, run


def main() -> None:
    """Time the model that the command line names on the test split."""
    parser = argparse.ArgumentParser(description="Time a model on the test split; prints JSON.")
    parser.add_argument("model", type=Path, help="a file of weights, such as models/digits.safetensors")
    weights = read_weights(parser.parse_args().model)
    params = read_params("evaluate", EvaluateParams)
    torch.set_num_threads(1)  # as in evaluate
    images = normalise(read_split(TEST).images, weights.darkest)
    sys.stdout.write(f"{msgspec.json.encode(latency(weights.net, images, params.latency_runs)).decode()}\n")


if __name__ == "__main__":
    run(main)
