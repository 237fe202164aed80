"""How fast the model answers on one CPU thread. Measured, so never the same twice: kept out of the other metrics."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from time import perf_counter

import torch
from torch import Tensor, nn

Clock = Callable[[], float]

WARM_UP = 20
"""Untimed runs before the timed ones: the first ones allocate and choose kernels."""

BATCH_SHARE = 10
"""One timed run of the whole split for so many of a single digit."""


def latency(net: nn.Module, images: Tensor, runs: int, clock: Clock = perf_counter) -> dict[str, float]:
    """Time the network.

    Args:
        net: in evaluation mode.
        images: a split, shape (digits, 1, 8, 8).
        runs: how often one digit is timed.
        clock: tells seconds.

    Returns:
        ``median_ms`` and ``p95_ms`` of one digit at a time; ``rows_per_second`` of the whole split at once.
    """
    with torch.inference_mode():
        single = _seconds(lambda: net(images[:1]), runs, clock)
        whole = _seconds(lambda: net(images), max(2, runs // BATCH_SHARE), clock)
    return {
        "median_ms": round(statistics.median(single) * 1e3, 4),
        "p95_ms": round(statistics.quantiles(single, n=20, method="inclusive")[-1] * 1e3, 4),
        "rows_per_second": round(len(images) / statistics.median(whole)),
    }


def _seconds(answer: Callable[[], Tensor], runs: int, clock: Clock) -> list[float]:
    for _ in range(WARM_UP):
        answer()
    return [_timed(answer, clock) for _ in range(runs)]


def _timed(answer: Callable[[], Tensor], clock: Clock) -> float:
    start = clock()
    answer()
    return clock() - start
