"""The decision threshold of each side, which the settings name or read from a parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.compare.arithmetic import is_number
from headway.values.chart import USUAL_THRESHOLD
from headway.values.problem import Problem

if TYPE_CHECKING:
    from headway.values.snapshot import Snapshot

_SETTING = "settings: threshold"


def decision_thresholds(
    declared: float | str | None, base: Snapshot, head: Snapshot
) -> tuple[tuple[float, float], tuple[Problem, ...]]:
    """The thresholds of base and head, and a problem if head has no such parameter.

    A side without the parameter has the threshold of the other: it is a new name more often than a new threshold.
    """
    if not isinstance(declared, str):
        threshold = USUAL_THRESHOLD if declared is None else declared
        return (threshold, threshold), ()
    old, new = (_parameter(declared, side) for side in (base, head))
    if new is None:
        what = f"no parameter {declared!r} of head is a number from 0 to 1"
        remedy = "name a parameter, such as params.yaml:evaluate.threshold, or write the number"
        return (USUAL_THRESHOLD, USUAL_THRESHOLD), (Problem(where=_SETTING, what=what, remedy=remedy),)
    return (new if old is None else old, new), ()


def _parameter(name: str, side: Snapshot) -> float | None:
    """The value of a parameter by its key, or by ``file:key``; ``None`` if it is no threshold."""
    found = (values[key] for file, values in side.params.items() for key in values if name in (key, f"{file}:{key}"))
    return next((float(value) for value in found if is_number(value) and 0 <= value <= 1), None)
