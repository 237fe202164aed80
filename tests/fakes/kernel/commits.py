"""Made-up commits, for forges whose fake keeps no git objects."""

from __future__ import annotations

import hashlib


def made_up_sha(seed: str) -> str:
    """A commit's SHA, the same for the same seed."""
    return hashlib.sha1(seed.encode(), usedforsecurity=False).hexdigest()
