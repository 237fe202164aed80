"""What requirements bring along, as the metadata of the installed packages has it."""

from __future__ import annotations

import re
from importlib.metadata import requires
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable


def needed(lines: Iterable[str]) -> set[str]:
    """The packages that some requirements name on this machine, and those that these need."""
    found: set[str] = set()
    ahead = [(line, frozenset[str]()) for line in lines]
    seen: set[tuple[str, frozenset[str]]] = set()
    while ahead:
        line, wanted = ahead.pop()
        each = Requirement(line)
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in ("", *wanted)):
            name, extras = re.sub(r"[-_.]+", "-", each.name).lower(), frozenset(each.extras)
            found.add(name)
            if (name, extras) not in seen:
                seen.add((name, extras))
                ahead += [(line, extras) for line in requires(name) or ()]
    return found
