"""Stage: train the network, alone or under ``torchrun``, and keep the weights of the best epoch."""

from __future__ import annotations

import os

from digits.stage import run

SAME_ON_EVERY_CPU = {
    "ATEN_CPU_CAPABILITY": "default",  # torch: plain loops, not the ones for this CPU's vector unit
    "MKL_CBWR": "COMPATIBLE",  # MKL: the one order of sums that every x86-64 CPU, Intel's or not, can keep
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # CUDA: its own condition for deterministic algorithms
}
"""What torch and its libraries read once, when they are loaded. docs/datasheet.md says what was measured with it."""


def main() -> None:
    """Read the splits, write ``models/digits.*``."""
    os.environ.update(SAME_ON_EVERY_CPU)
    from digits.training import train  # noqa: PLC0415 - loads torch, which has to find the environment so

    train(os.environ)


if __name__ == "__main__":
    run(main)
