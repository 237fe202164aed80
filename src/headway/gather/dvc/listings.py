"""The files of tracked folders, hash by path: from the lock, or from the listing that is an object of DVC (``.dir``).

Nothing else parses a listing. One that is not in the cache is read from the remote without being kept.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import msgspec
from dvc.config import RemoteConfigError

from headway.gather.dvc.cache import TAG, TrackedObject
from headway.gather.unavailable import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dvc.output import Output
    from dvc.repo import Repo

    from headway.gather.dvc.cache import Store

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


class Listings:
    """The tracked folders of one revision, each read once.

    Args:
        repo: DVC's repository.
        outs: DVC's output objects by path.
        store: what DVC's cache and remote hold.

    Attributes:
        of: gives the files of a tracked folder with their hashes; raises ``UnavailableError``.
        names: as ``of``; the files of an import, for which its source can be asked, may be without hashes.
    """

    def __init__(self, repo: Repo, outs: Mapping[str, Output], store: Store) -> None:
        self._repo = repo
        self._outs = outs
        self._store = store
        self.of = cache(self._of)
        self.names = cache(self._names)

    def _names(self, name: str) -> Listing:
        out = self._outs[name]
        item = TrackedObject(name, out, str(out.hash_info.value))
        if not out.stage.is_import or out.files or item.cached:
            return self.of(name)
        found = self._store.ask(item, lambda: self._repo.dvcfs.find(f"/{name}"))
        return dict.fromkeys((path.lstrip("/").removeprefix(f"{name}/") for path in found), "")

    def _of(self, name: str) -> Listing:
        out = self._outs[name]
        locked = listing_in_lock(out)
        if locked is not None:
            return locked
        item = TrackedObject(name, out, str(out.hash_info.value))
        cached = item.cached
        parsed = parse_listing(cached.read_bytes() if cached else self._store.ask(item, lambda: self._remote(item)))
        if parsed is None and cached:
            raise UnavailableError("is damaged in DVC's cache", f"rm -f {cached} && {self._store.command} {name}")
        if parsed is None:
            raise UnavailableError("has a damaged listing in the remote", f"dvc push {name} (where it was made)")
        return parsed

    def _remote(self, item: TrackedObject) -> bytes:
        try:
            files, path = self._store.open_remote(item)
        except RemoteConfigError as error:  # a cloud-versioned remote, to which this output was not pushed yet
            raise FileNotFoundError(item.oid) from error
        with files.open(path, "rb") as file:
            return bytes(file.read())
