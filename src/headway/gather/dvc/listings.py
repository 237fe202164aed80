"""The files of tracked folders, hash by path: from the lock, or from the listing that is an object of DVC (``.dir``).

Nothing else parses a listing. One that is not in the cache is read from the remote without being kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from headway.gather.unavailable import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dvc.output import Output
    from dvc.repo import Repo

    from headway.gather.dvc.cache import Store

Listing = dict[str, str]
"""Hash by path relative to the folder, as MD5; see :func:`object_id` for what stands there else."""
_TAG = "etag:"


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
    return {file["relpath"]: file.get("md5") or f"{_TAG}{file.get('etag', '')}" for file in out.files}


def object_id(listed: str) -> str:
    """The hash by which a listed file is kept; "" for one that is known by its storage's tag or by its name alone."""
    return "" if listed.startswith(_TAG) else listed


class Listings:
    """The tracked folders of one revision, each read once.

    Args:
        repo: DVC's repository.
        outs: DVC's output objects by path.
        store: what DVC's cache and remote hold.
    """

    def __init__(self, repo: Repo, outs: Mapping[str, Output], store: Store) -> None:
        self._repo = repo
        self._outs = outs
        self._store = store
        self._read: dict[str, Listing] = {}
        self._named: dict[str, Listing] = {}

    def of(self, name: str) -> Listing:
        """The files of a tracked folder with their hashes.

        Raises:
            UnavailableError: the listing cannot be had.
        """
        if name not in self._read:
            self._read[name] = self._listing(name, self._outs[name])
        return self._read[name]

    def names(self, name: str) -> Listing:
        """As :meth:`of`; the files of an import, for which its source can be asked, may be without hashes."""
        out = self._outs[name]
        if not out.stage.is_import or out.files or self._store.cached(out, str(out.hash_info.value)):
            return self.of(name)
        if name not in self._named:
            found = self._store.ask(name, out, str(out.hash_info.value), lambda: self._repo.dvcfs.find(f"/{name}"))
            self._named[name] = dict.fromkeys((path.lstrip("/").removeprefix(f"{name}/") for path in found), "")
        return self._named[name]

    def _listing(self, name: str, out: Output) -> Listing:
        locked = listing_in_lock(out)
        if locked is not None:
            return locked
        oid = str(out.hash_info.value)
        cached = self._store.cached(out, oid)
        data = cached.read_bytes() if cached else self._store.ask(name, out, oid, lambda: self._remote_object(out, oid))
        parsed = parse_listing(data)
        if parsed is None and cached:
            raise UnavailableError("is damaged in DVC's cache", f"rm -f {cached} && {self._store.command} {name}")
        if parsed is None:
            raise UnavailableError("has a damaged listing in the remote", f"dvc push {name} (where it was made)")
        return parsed

    def _remote_object(self, out: Output, oid: str) -> bytes:
        from dvc.config import RemoteConfigError  # noqa: PLC0415 - importing the station loads no DVC

        try:
            remote = self._repo.cloud.get_remote_odb(out.remote, "fetch", hash_name=out.hash_info.name)
        except RemoteConfigError as error:  # a cloud-versioned remote, to which this output was not pushed yet
            raise FileNotFoundError(oid) from error
        with remote.fs.open(remote.oid_to_path(oid), "rb") as file:
            return bytes(file.read())
