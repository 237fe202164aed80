"""The order of versions, and which one comes next (SemVer 2.0.0)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Bump = Literal["major", "minor", "patch"]

_CORE = re.compile(r"v(\d+)\.(\d+)\.(\d+)(?:-([^+]*))?")
FIRST = "v0.0.1"
"""The first version of an artifact, as GTO numbers it."""

VersionKey = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


def version_key(version: str) -> VersionKey:
    """A sort key in SemVer's order: ``v1.0.0-rc.2`` before ``v1.0.0-rc.10`` before ``v1.0.0``."""
    found = _CORE.match(version)
    if found is None:  # a commit without a version
        return (-1, 0, 0, True, ((True, 0, version),))
    major, minor, patch, prerelease = found.groups()
    parts = (prerelease or "").split(".")
    keys = tuple((not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts)
    return (int(major), int(minor), int(patch), not prerelease, keys)


def next_version(versions: Iterable[str], bump: Bump) -> str:
    """The version after the highest one, with one of its numbers risen; the first one if there is none."""
    highest = max(versions, key=version_key, default=None)
    if highest is None:
        return FIRST
    major, minor, patch, is_release, _ = version_key(highest)
    lower = {"major": (minor, patch), "minor": (patch,), "patch": ()}[bump]
    if not is_release and not any(lower):  # v2.0.0-rc.1 has risen already; its release comes next
        return f"v{major}.{minor}.{patch}"
    risen = {"major": (major + 1, 0, 0), "minor": (major, minor + 1, 0), "patch": (major, minor, patch + 1)}
    return "v{}.{}.{}".format(*risen[bump])
