"""The files of tracked folders, hash by path: from the lock, or from the listing that is an object of DVC (``.dir``).

Nothing else parses a listing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headway.gather.dvc.cache import TAG

if TYPE_CHECKING:
    from dvc.output import Output

Listing = dict[str, str]
"""Hash by path relative to the folder, as MD5 or as its storage's tag; empty where neither is known."""


class _Entry(msgspec.Struct):
    """A line of a folder's listing."""

    relpath: str
    md5: str


def parse_listing(data: bytes) -> Listing | None:
    """What a listing says; ``None`` where it is damaged."""
    try:
        return {entry.relpath: entry.md5 for entry in msgspec.json.decode(data, type=list[_Entry])}
    except msgspec.DecodeError:
        return None


def listing_in_lock(out: Output) -> Listing | None:
    """The files of a cloud-versioned folder, which the lock names one by one; ``None`` for every other output."""
    if not out.files:
        return None
    return {file["relpath"]: file.get("md5") or f"{TAG}{file.get('etag', '')}" for file in out.files}
