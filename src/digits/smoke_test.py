"""Does a deployed model read digits at all? The real service is started with it and asked; most answers must be right.

Example:
    python -m digits.smoke_test deploy/digits.safetensors
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.datasets import load_digits

from digits.serve.process import RunningService, running_service
from digits.stage import PipelineError, run

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SAMPLE = 200
"""How many digits are read."""
LEAST_RIGHT = 0.9
"""The share of them that a model reads which is not broken."""


def main() -> None:
    """Exit with 1 if the model fails."""
    parser = argparse.ArgumentParser(
        prog="python -m digits.smoke_test",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, help="the file with the weights")
    with running_service("--model", str(parser.parse_args().model)) as service:
        sha256 = check_health(service)
        check_bad_request(service)
        share = share_right(service)
        if code := service.stop():
            raise PipelineError(f"the service ended with exit code {code} instead of 0.")
    sys.stdout.write(f"{share:.1%} of {SAMPLE} digits right, answered over HTTP by the model {sha256[:12]}\n")
    if share < LEAST_RIGHT:
        raise PipelineError(f"at least {LEAST_RIGHT:.0%} should be right. Do not roll this model out.")


def check_health(service: RunningService) -> str:
    """Check that the service says that it is well; the hash of its model.

    Raises:
        PipelineError: it does not.
    """
    answer = service.ask("GET", "/health")
    if answer.status != HTTPStatus.OK or answer.json.get("status") != "ok":
        raise PipelineError(f"GET /health answered {answer.status}, not 200.")
    return str(answer.json["model"]["sha256"])


def check_bad_request(service: RunningService) -> None:
    """Check that a bad pixel is refused by name.

    Raises:
        PipelineError: it is not.
    """
    pixels = [[0] * 8 for _ in range(8)]
    pixels[2][5] = 17
    answer = service.ask("POST", "/predict", _body([{"id": "bad", "pixels": pixels}]))
    named = [(cell["row"], cell["field"]) for cell in answer.json.get("rows", [])]
    if answer.status != HTTPStatus.UNPROCESSABLE_ENTITY or named != [(1, "pixels[2][5]")]:
        raise PipelineError(f"a bad pixel was answered with {answer.status} and {named}, not named with 422.")


def share_right(service: RunningService) -> float:
    """The share of the first digits of scikit-learn's copy of the data that the service reads correctly.

    Raises:
        PipelineError: it does not answer.
    """
    known = load_digits()
    images: npt.NDArray[np.float64] = known.images[:SAMPLE]
    answer = service.ask("POST", "/predict", _body([{"pixels": image.astype(int).tolist()} for image in images]))
    if answer.status != HTTPStatus.OK:
        raise PipelineError(f"POST /predict answered {answer.status}, not 200.")
    answers = [each["digit"] for each in answer.json["predictions"]]
    return float((answers == known.target[:SAMPLE]).mean())


def _body(digits: list[dict[str, Any]]) -> bytes:
    return json.dumps({"digits": digits}).encode()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # ends the service as well
    run(main)
