"""How large a change an interval could have shown, and how many rows would decide."""

from __future__ import annotations

import math

NORMAL = 1.959964
"""The 97.5% quantile of the normal distribution: half of a 95% interval is so many standard errors."""
DETECTED = 2.801585
"""Standard errors of a change that a two-sided test at 5% detects with a probability of 80%."""
DECIDED = 2.486475
"""Likewise of a one-sided test at 5%, which margins are judged by."""
MOST_ROWS = 1e12
"""Above so many rows, no number is given."""


def detectable_loss(error: float) -> float:
    """The change for the worse that a one-sided test at 5% detects with a power of 80%."""
    return DECIDED * error


def rows_for_margin(margin: float, rows: int, error: float) -> int | None:
    """About how many such rows pass a model that is as good with a probability of 80%; ``None`` if these do."""
    ratio = detectable_loss(error) / margin
    needed = rows * ratio * ratio  # infinite for extreme numbers, where a power raises an error
    return math.ceil(needed) if rows < needed < MOST_ROWS else None


def standard_error(low: float, high: float) -> float:
    """The standard error that a 95% interval stands for."""
    return (high - low) / 2 / NORMAL


def detectable_change(low: float, high: float) -> float:
    """The change that a two-sided test at 5% detects with a power of 80%, from a 95% interval."""
    return DETECTED * standard_error(low, high)
