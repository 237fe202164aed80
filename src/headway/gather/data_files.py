"""The files behind DVC's hashes: what a tracked folder lists, and where an object can be read without a copy.

Nothing is downloaded unless :meth:`DataFiles.fetch` is asked to, but for a folder's listing, which is small.
"""

from __future__ import annotations

import hashlib
import posixpath
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from headway.gather.pipeline import UnavailableError
from headway.values.tables import DataFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dvc.output import Output
    from dvc.repo import Repo

    from headway.gather.dvc_store import Store, Wanted


class _Entry(msgspec.Struct):
    """A line of a folder's listing."""

    relpath: str
    md5: str


class DataFiles:
    """The tracked data of one revision.

    Args:
        repo: DVC's repository.
        outs: DVC's output objects by path.
        store: what DVC's cache and remote hold.
    """

    def __init__(self, repo: Repo, outs: Mapping[str, Output], store: Store) -> None:
        self._repo = repo
        self._outs = outs
        self._store = store
        self._listings: dict[str, Mapping[str, str]] = {}

    def listing(self, name: str) -> Mapping[str, str]:
        """Hash by path of the files of a tracked folder, from the lock, the cache, or the remote.

        Raises:
            UnavailableError: the listing cannot be had.
        """
        if name not in self._listings:
            self._listings[name] = self._read_listing(name, self._outs[name])
        return self._listings[name]

    def _read_listing(self, name: str, out: Output) -> Mapping[str, str]:
        if out.files:
            return {file["relpath"]: file.get("md5") or file.get("etag", "") for file in out.files}
        oid = str(out.hash_info.value)
        cached = self._store.cached(out, oid)
        data = cached.read_bytes() if cached else self._store.ask(name, out, oid, lambda: self._remote_object(out, oid))
        try:
            return {entry.relpath: entry.md5 for entry in msgspec.json.decode(data, type=list[_Entry])}
        except msgspec.DecodeError as error:
            where = f"rm -f {cached} && " if cached else ""
            raise UnavailableError("has a damaged listing", f"{where}{self._store.command} {name}") from error

    def _remote_object(self, out: Output, oid: str) -> bytes:
        remote = self._repo.cloud.get_remote_odb(out.remote, "fetch", hash_name=out.hash_info.name)
        with remote.fs.open(remote.oid_to_path(oid), "rb") as file:
            return bytes(file.read())

    def find(self, path: str) -> DataFile | None:
        """A tracked file, itself an output or below one; ``None`` where this revision tracks no such file.

        Raises:
            UnavailableError: the listing of the folder that may hold it cannot be had.
        """
        name = self.owner(path)
        oid = self._oid(name, path) if name else None
        if name is None or oid is None:
            return None
        out = self._outs[name]
        source = self._source(path, out, oid)
        size = source.stat().st_size if source else out.meta.size if name == path else None
        return DataFile(
            path=path,
            hash=f"{'md5' if out.hash_info.name == 'md5-dos2unix' else out.hash_info.name}:{oid}",
            size=size,
            source=source,
            remedy="" if source else f"{self._store.command} {path}",
        )

    def size(self, path: str) -> int | None:
        """A tracked file's size, where the lock or the cache tells it."""
        name = self.owner(path)
        oid = self._oid(name, path) if name else None
        if name is None or oid is None:
            return None
        cached = self._store.cached(self._outs[name], oid)
        if cached:
            return cached.stat().st_size
        return self._outs[name].meta.size if name == path else None

    def fetch(self, paths: Iterable[str]) -> None:
        """Bring tracked files into DVC's cache, all at once; what cannot be had is said by :meth:`demand`."""
        self._store.fetch(wanted for path in paths if (wanted := self._wanted(path)))

    def demand(self, path: str) -> None:
        """Say why a tracked file that was to be fetched is not here.

        Raises:
            UnavailableError: the remote does not give it.
        """
        wanted = self._wanted(path)
        if wanted:
            out, oid = wanted.out, wanted.oid
            self._store.ask(path, out, oid, lambda: self._remote_size(out, oid))

    def _wanted(self, path: str) -> Wanted | None:
        from headway.gather.dvc_store import Wanted  # noqa: PLC0415 - loads DVC

        try:
            name = self.owner(path)
            oid = self._oid(name, path) if name else None
        except UnavailableError:  # the listing's own problem is told where the file is looked up
            return None
        out = self._outs[name] if name and oid else None
        return Wanted(path, out, oid) if out and oid and not self._source(path, out, oid) else None

    def _remote_size(self, out: Output, oid: str) -> int | None:
        remote = self._repo.cloud.get_remote_odb(out.remote, "fetch", hash_name=out.hash_info.name)
        size: int | None = remote.fs.info(remote.oid_to_path(oid)).get("size")
        return size

    def owner(self, path: str) -> str | None:
        """The output that is a path or holds it; ``None`` where DVC does not track it."""
        return next((name for name in (path, *_parents(path)) if name in self._outs), None)

    def _oid(self, name: str, path: str) -> str | None:
        out = self._outs[name]
        if not out.hash_info or not out.use_cache:
            return None
        if path == name:
            return None if out.hash_info.isdir else str(out.hash_info.value)
        return self.listing(name).get(path.removeprefix(f"{name}/")) if out.hash_info.isdir else None

    def _source(self, path: str, out: Output, oid: str) -> Path | None:
        """The object in the cache, else the file in the workspace where it has the very content."""
        cached = self._store.cached(out, oid)
        if cached:
            return cached
        here = Path(self._repo.root_dir) / path
        if self._repo.fs.protocol != "local" or not here.is_file():
            return None
        with here.open("rb") as file:
            return here if hashlib.file_digest(file, _md5).hexdigest() == oid else None


def _md5() -> Any:  # noqa: ANN401 - hashlib's objects have no public type
    return hashlib.md5(usedforsecurity=False)


def in_git(path: str, data: bytes) -> DataFile:
    """A file that git holds."""
    digest = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return DataFile(path=path, hash=f"md5:{digest}", size=len(data), source=data)


def _parents(path: str) -> Iterator[str]:
    while (path := posixpath.dirname(path)) not in ("", "/"):
        yield path
