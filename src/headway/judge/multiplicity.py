"""Many tests at once: p values corrected for their number."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def benjamini_hochberg(values: Sequence[float]) -> list[float]:
    """Adjust p values so that, of those called significant, the expected share that is not stays below the level.

    Benjamini and Hochberg, "Controlling the false discovery rate", 1995; the adjusted values of their step-up
    procedure, as in ``scipy.stats.false_discovery_control``, in the order of ``values``.
    """
    order = sorted(range(len(values)), key=lambda index: values[index], reverse=True)
    adjusted = [1.0] * len(values)
    least = 1.0
    for place, index in enumerate(order):
        least = min(least, values[index] * len(values) / (len(values) - place))
        adjusted[index] = least
    return adjusted
