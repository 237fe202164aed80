"""Runs of a speed test, written in a line."""

from __future__ import annotations

from headway.values.speed import SpeedSamples

STEADY = (1.0, 1.01, 0.99, 1.02, 0.98, 1.005, 0.995, 1.015, 0.985)
"""Nine runs that differ by 2% at most."""


def samples(name: str = "ms", base: float = 1.0, head: float = 1.0, again: float | None = None) -> SpeedSamples:
    """Nine rounds in which each side is as steady as :data:`STEADY`, around a value; no two runs are equal."""
    second = base if again is None else again
    return SpeedSamples(
        name=name,
        base=tuple(base * each for each in STEADY),
        base_again=tuple(second * each * 1.0011 for each in STEADY),
        head=tuple(head * each * 0.9993 for each in STEADY),
    )
