"""Sums of floats without any rounding, so that neither the order of the rows nor their division into parts matters.

A float is a whole number times a power of two. Whole numbers of the same power are added exactly, and so are the sums
of all powers, as fractions. Kulisch, "Computer arithmetic and validity", 2013, section 8, adds in the same way.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from headway.judge.statistics.sample import CannotEstimateError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from headway.judge.statistics.sample import Floats

_BLOCK = 2**20
"""Values that are added at a time: few enough that their halves, of 27 bits, add up exactly as floats."""
_BITS = 53
"""Binary digits of a float."""
_HALF = 2.0**26
_SPLITTER = 2.0**27 + 1
_LARGEST = 1e150
"""Squares of larger numbers exceed the range of floats."""


def exact_sum(values: NDArray[Any]) -> Fraction:
    """The sum of finite floats; raises ``CannotEstimateError`` if some are not finite."""
    return sum((_add(block) for block in _blocks(values.astype(np.float64, copy=False))), Fraction(0))


def exact_squares(values: Floats) -> Fraction:
    """The sum of the squares of floats; raises ``CannotEstimateError`` if some are too large.

    The rounding of each square is a float, too, and is added to it. Dekker, "A floating-point technique for extending
    the available precision", 1971.
    """
    total = Fraction(0)
    for block in _blocks(values):
        if np.any(np.abs(block) > _LARGEST):
            raise _too_large()
        squares = block * block
        high = block * _SPLITTER
        high -= high - block
        low = block - high
        total += _add(squares) + _add(low * low - ((squares - high * high) - 2 * high * low))
    return total


def exact_mean(values: NDArray[Any]) -> float:
    """The float that is nearest to the mean of finite floats, of which there is at least one."""
    return float(exact_sum(values) / len(values))


def _blocks(values: Floats) -> Iterator[Floats]:
    for start in range(0, len(values), _BLOCK):
        yield values[start : start + _BLOCK]


def _add(values: Floats) -> Fraction:
    if not np.isfinite(values).all():
        raise _too_large()
    shares, powers = np.frexp(values)
    lowest = int(powers.min())
    places = powers - lowest
    wholes = np.ldexp(shares, _BITS)
    upper = np.floor(wholes / _HALF)
    lower = wholes - upper * _HALF
    uppers, lowers = (np.bincount(places, weights=half) for half in (upper, lower))
    return sum(
        (
            (int(uppers[place]) * int(_HALF) + int(lowers[place])) * Fraction(2) ** (lowest + int(place) - _BITS)
            for place in np.flatnonzero((uppers != 0) | (lowers != 0))
        ),
        Fraction(0),
    )


def _too_large() -> CannotEstimateError:
    return CannotEstimateError("has values that are too large to compute with")
