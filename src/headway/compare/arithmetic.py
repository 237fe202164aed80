"""Equality and arithmetic over values as files hold them, NaN and infinities included."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_FRACTION = 1e15
"""Beyond this a double has no digits after the point to take off."""


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value takes part in arithmetic: an int or float that is no bool and is finite."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def same(left: Any, right: Any) -> bool:  # noqa: ANN401 - parameters may be any value a YAML file can hold
    """Whether two values are the same for a reader: NaN equals NaN, 1 equals 1.0, but True is not 1."""
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left) and math.isnan(right):
        return True
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def differing(base: Mapping[str, object], head: Mapping[str, object]) -> list[str]:
    """The keys whose values differ or that only one side has, sorted."""
    return sorted(key for key in {*base, *head} if base.get(key) != head.get(key))


def difference(base: object, head: object) -> float | None:
    """Head minus base; ``None`` unless both are finite numbers and so is the result.

    Binary rounding is taken off: 0.3 - 0.1 is 0.2, not 0.19999999999999998. Fifteen significant digits of the larger
    operand are kept, which is what a double holds for sure; a change that is smaller still is kept as it is.
    """
    if not (is_number(base) and is_number(head)):
        return None
    change = head - base
    if isinstance(change, int):
        return change
    return _rounded(change, max(abs(base), abs(head))) if math.isfinite(change) else None


def _rounded(change: float, magnitude: float) -> float:
    if abs(magnitude) > _NO_FRACTION:
        return change
    return (round(change, 14 - math.floor(math.log10(magnitude))) or change) if magnitude else change


def share(change: float | None, base: object) -> float | None:
    """The change as a share of the base; ``None`` where the base is not a positive number."""
    if change is None or not is_number(base) or base <= 0:
        return None
    ratio = change / base
    return _rounded(ratio, abs(ratio)) if math.isfinite(ratio) else None


def json_value(value: Any) -> Any:  # noqa: ANN401 - parameters may be any value a YAML file can hold
    """The value as JSON can hold it: NaN and infinities become the strings "NaN", "Infinity" and "-Infinity"."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, list):
        return [json_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): json_value(item) for key, item in value.items()}
    return value
