"""Corrects the p-values of multiple tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def benjamini_hochberg(values: Sequence[float]) -> list[float]:
    """The p-values, adjusted to control the false discovery rate, in the order of ``values``.

    Benjamini and Hochberg, "Controlling the false discovery rate", 1995; the same values as
    ``scipy.stats.false_discovery_control``.
    """
    order = sorted(range(len(values)), key=lambda index: values[index], reverse=True)
    adjusted = [1.0] * len(values)
    least = 1.0
    for place, index in enumerate(order):
        least = min(least, values[index] * len(values) / (len(values) - place))
        adjusted[index] = least
    return adjusted


def holm(values: Sequence[float]) -> list[float]:
    """The p-values, adjusted to control the probability of any false discovery, in the order of ``values``.

    Holm, "A simple sequentially rejective multiple test procedure", 1979.
    """
    order = sorted(range(len(values)), key=lambda index: values[index])
    adjusted = [1.0] * len(values)
    most = 0.0
    for place, index in enumerate(order):
        most = max(most, min(values[index] * (len(values) - place), 1.0))
        adjusted[index] = most
    return adjusted
