"""Sums of floats without any rounding, so that neither the order of the rows nor their division into parts matters.

A float is a whole number times a power of two. Whole numbers of the same power are added exactly, and so are the sums
of all powers, as fractions. Kulisch, "Computer arithmetic and validity", 2013, section 8, adds in the same way.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_BLOCK = 2**20
"""Values that are added at a time: few enough that their halves, of 27 bits, add up exactly as floats."""
_BITS = 53
"""Binary digits of a float."""
_HALF = 2.0**26
_SPLITTER = 2.0**27 + 1


def exact_sum(values: NDArray[Any], *factors: Floats) -> Fraction:
    """The sum of floats, or of their products with other floats, row by row.

    The rounding of a product of two floats is a float, too, and is added to it. Dekker, "A floating-point technique for
    extending the available precision", 1971.

    Raises:
        OverflowError: a value is not finite, or a product exceeds the range of floats.
    """
    total = Fraction(0)
    for start in range(0, len(values), _BLOCK):
        rows = slice(start, start + _BLOCK)
        terms = [values[rows].astype(np.float64, copy=False)]
        for factor in factors:
            terms = [part for term in terms for part in _multiply(term, factor[rows])]
        total += sum(map(_add, terms), Fraction(0))
    return total


def _multiply(one: Floats, two: Floats) -> tuple[Floats, Floats]:
    """The product, rounded, and what rounding has taken from it."""
    with np.errstate(over="ignore", invalid="ignore"):  # what comes of it is refused
        product = one * two
        (high, low), (other_high, other_low) = _halves(one), _halves(two)
        left = product - high * other_high - low * other_high - high * other_low
        return product, low * other_low - left


def _halves(values: Floats) -> tuple[Floats, Floats]:
    """Two floats of half the digits that add up to each value."""
    high = values * _SPLITTER
    high = high - (high - values)
    return high, values - high


def exact_mean(values: NDArray[Any]) -> float:
    """The float that is nearest to the mean of finite floats, of which there is at least one."""
    return float(exact_sum(values) / len(values))


def _add(values: Floats) -> Fraction:
    if not np.isfinite(values).all():
        raise OverflowError("has values that are too large to compute with")
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
