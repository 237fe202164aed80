"""Limits on the depth and size of a document in any format, and a TOML parser that keeps them."""

from __future__ import annotations

import re
import tomllib
from typing import Any

MAX_DEPTH = 100
"""The most levels of nesting."""
MAX_VALUES = 100_000
"""The most values that ruamel.yaml reads, with keys and repetitions by an alias: a few seconds."""
TOO_DEEP = f"is nested more than {MAX_DEPTH} levels deep"
TOO_MANY = f"contains more than {MAX_VALUES:,} values"

_DEEP_KEY = re.compile(
    rf"(?:^|[\[{{{{,])[ \t]*+(?:(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+\.[ \t]*+){{{MAX_DEPTH}}}", re.MULTILINE
)


def load_toml(text: str) -> dict[str, Any]:
    """Load TOML; raises ``ValueError`` and ``RecursionError``."""
    try:
        if not _DEEP_KEY.search(text):  # tomllib's time grows with the square of a key's parts
            return tomllib.loads(text)
    except RecursionError:
        pass
    raise RecursionError(f"It {TOO_DEEP}")
