"""How far rounding has moved the numbers that a file holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.judge.statistics.sample import Floats

_MOST_DIGITS = 12
"""Numbers with more digits than this are taken as they are."""
_SAMPLED = 1000
_BLOCK = 1_000_000
_EXACT = 4 * np.finfo(np.float64).eps
_SINGLE = float(np.finfo(np.float32).eps)


class Precision(NamedTuple):
    """The digits that numbers have.

    Attributes:
        decimals: the fewest decimals that reproduce every number; ``None`` if more than 12 are needed.
        digits: likewise the significant digits; ``None`` also if all are whole numbers.
        single: what the rounding of single precision leaves of the largest number; zero if the precision is another.
    """

    decimals: int | None
    digits: int | None
    single: float = 0.0


def rounding_error(values: Floats) -> Floats | float:
    """The most by which rounding can have moved each number; zero for whole numbers and for full precision.

    The precision is inferred: the fewest decimals, and the fewest significant digits, that reproduce every number, at
    most 12; the larger error of both holds. Numbers of single precision are off by its rounding.
    """
    return error_at(values, precision_of(values))


def precision_of(values: Floats) -> Precision:
    """The digits that reproduce every number."""
    decimals = _fewest(values, 0, _at_decimals)
    if decimals == 0:
        return Precision(0, None)
    digits = _fewest(values, 1, _at_digits)
    is_single = decimals is None and digits is None and _all(values, 0, _at_single)
    return Precision(decimals, digits, _SINGLE * float(np.max(np.abs(values))) if is_single else 0.0)


def error_at(values: Floats, precision: Precision) -> Floats | float:
    """The most by which rounding to a precision can have moved each number."""
    decimals, digits, single = precision
    if not decimals and digits is None:
        return single
    fixed = 0.0 if decimals is None else 0.5 * 10.0**-decimals
    return fixed if digits is None else np.maximum(fixed, 0.5 * 10.0 ** (_magnitude(values) - digits + 1))


def _fewest(values: Floats, least: int, rounded: Callable[[Floats, int], Floats]) -> int | None:
    """The fewest digits that reproduce the numbers: a few rows reject most columns, and all rows confirm."""
    few = values[:: max(1, len(values) // _SAMPLED)]
    candidates = range(least, _MOST_DIGITS + 1)
    return next((count for count in candidates if _all(few, count, rounded) and _all(values, count, rounded)), None)


def _all(values: Floats, count: int, rounded: Callable[[Floats, int], Floats]) -> bool:
    blocks = (values[start : start + _BLOCK] for start in range(0, len(values), _BLOCK))
    return all(bool(np.all(np.abs(rounded(block, count) - block) <= _EXACT * np.abs(block))) for block in blocks)


def _at_decimals(values: Floats, count: int) -> Floats:
    return np.round(values, count)


def _at_digits(values: Floats, count: int) -> Floats:
    unit = 10.0 ** (_magnitude(values) - count + 1)
    return np.round(values / unit) * unit


def _at_single(values: Floats, _: int) -> Floats:
    return values.astype(np.float32).astype(np.float64)


def _magnitude(values: Floats) -> Floats:
    """The power of ten of each number's first digit; a zero counts as one."""
    return np.floor(np.log10(np.where(values == 0, 1.0, np.abs(values))))
