"""Natural order of names and paths, the same on every run."""

from __future__ import annotations

import contextlib
import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

NameKey = tuple[tuple[int, float, str], ...]


def by_name(name: str) -> NameKey:
    """Give a sort key: ``class 2`` before ``class 10``, numbers before words; no two names are equal."""
    parts = re.findall(r"\d+|\D+", name)
    counted = [(0, float(part), "") if part.isdecimal() else (1, 0.0, part.casefold()) for part in parts]
    return (*counted, (2, 0.0, name))


def sorted_names(names: Iterable[str]) -> list[str]:
    """Sort by value where all names are numbers (``-1``, ``0.5``, ``10``), else by name."""
    listed = list(names)
    with contextlib.suppress(ValueError):  # raised by a name that is no number
        if all(math.isfinite(float(name)) for name in listed):
            return sorted(listed, key=lambda name: (float(name), name))
    return sorted(listed, key=by_name)
