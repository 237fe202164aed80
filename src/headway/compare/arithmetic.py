"""Exact arithmetic with the values of files, whatever their size."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FULL_DIGITS = 15
"""From here on a number was written in full, and only the arithmetic differs."""
_SHARE_DECIMALS = 2
"""The decimals to which 0 and 1 alone are taken to be rounded, because nobody writes shares as whole numbers."""


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a finite int or float, but not a bool."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def differing(base: Mapping[str, object], head: Mapping[str, object]) -> list[str]:
    """The keys whose values differ or that only one side has, sorted."""
    return sorted(key for key in {*base, *head} if base.get(key) != head.get(key))


def difference(base: object, head: object) -> float | None:
    """Head minus base; ``None`` unless both are finite numbers.

    Numbers are as files write them: 0.3 - 0.1 is 0.2, not 0.19999999999999998. The difference of two integers is an
    integer of any size; any other is the nearest float, or ``None`` if it exceeds the range of floats.
    """
    if not (is_number(base) and is_number(head)):
        return None
    if isinstance(base, int) and isinstance(head, int):
        return head - base
    return nearest(_as_written(head) - _as_written(base)) or nearest(Fraction(head) - Fraction(base))


def mean(values: Sequence[float | None]) -> float | None:
    """The mean of finite numbers, free of binary rounding; ``None`` if one is missing."""
    numbers = [_as_written(value) for value in values if value is not None]
    return nearest(sum(numbers, Fraction()) / len(numbers)) if len(numbers) == len(values) else None


def _as_written(value: float) -> Fraction:
    """The number as its file writes it; from 2^53 on, the shortest decimal is not the float's exact value."""
    return Fraction(value if isinstance(value, int) or value.is_integer() else repr(value))


def nearest(exact: Fraction | float) -> float | None:
    """The nearest float; ``None`` if the number exceeds the range of floats."""
    try:
        return float(exact)
    except OverflowError:
        return None


def share(change: float | None, base: object) -> float | None:
    """The change as a share of the base; ``None`` if the base is not positive, or if the share is not a float."""
    if change is None or not is_number(base) or base <= 0:
        return None
    ratio = nearest(_as_written(change) / _as_written(base))
    return None if change and not ratio else ratio


def half_unit(values: Sequence[float]) -> float:
    """Half a unit of the last digit that is written, of the value with most decimals: one program wrote all of them.

    Zero if a value is written in full. Where all are 0 or 1, they are taken for shares with two decimals.
    """
    if {abs(value) for value in values} <= {0, 1}:
        return 0.5 * 10.0**-_SHARE_DECIMALS
    numbers = [Decimal(repr(value)).normalize().as_tuple() for value in values]
    if any(len(number.digits) >= _FULL_DIGITS for number in numbers):
        return 0.0
    return 0.5 * 10.0 ** min(min(int(number.exponent), 0) for number in numbers)
