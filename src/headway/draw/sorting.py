"""The order of names on an axis: as people count, and the same on every run."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def by_name(name: str) -> tuple[tuple[int, float, str], ...]:
    """Give a sort key: ``class 2`` before ``class 10``, numbers before words; no two names are equal."""
    parts = re.findall(r"\d+|\D+", name)
    counted = [(0, float(part), "") if part.isdecimal() else (1, 0.0, part.casefold()) for part in parts]
    return (*counted, (2, 0.0, name))


def sorted_names(names: Iterable[str]) -> list[str]:
    """Sort by value where all names are numbers (``-1``, ``0.5``, ``10``), else by name."""
    listed = sorted(names, key=by_name)
    values = [_number(name) for name in listed]
    if None in values:
        return listed
    return [name for _, name in sorted(zip(values, listed, strict=True))]


def _number(name: str) -> float | None:
    try:
        value = float(name)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
