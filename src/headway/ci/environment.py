"""The environment of this process, for callers that were given none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def environment(given: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """The environment that was given, else this process's own."""
    return os.environ if given is None else given
