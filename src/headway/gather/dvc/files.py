"""The files behind DVC's hashes: where the content of each can be read without a copy.

Nothing is downloaded unless :meth:`DataFiles.fetch` is asked to, but for a folder's listing, which is small.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.gather.dvc.listings import Listings, object_id
from headway.gather.read.locks import named_hash
from headway.gather.unavailable import UnavailableError
from headway.values.tables import DataFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dvc.output import Output
    from dvc.repo import Repo

    from headway.gather.dvc.cache import Store, Wanted
    from headway.paths import PathIndex


class DataFiles:
    """The tracked data of one revision.

    Args:
        repo: DVC's repository.
        outs: DVC's output objects by path.
        names: their paths.
        store: what DVC's cache and remote hold.

    Attributes:
        listings: the files of the tracked folders.
    """

    def __init__(self, repo: Repo, outs: Mapping[str, Output], names: PathIndex, store: Store) -> None:
        self._repo = repo
        self._outs = outs
        self._names = names
        self._store = store
        self.listings = Listings(repo, outs, store)

    def find(self, path: str) -> DataFile | None:
        """A tracked file, itself an output or below one; ``None`` where this revision tracks no such file.

        Raises:
            UnavailableError: the listing of the folder that may hold it cannot be had.
        """
        name = self._names.holder(path)
        oid = self._oid(name, path) if name else None
        if name is None or oid is None:
            return None
        out = self._outs[name]
        source = self._source(path, out, oid)
        size = source.stat().st_size if source else out.meta.size if name == path else None
        return DataFile(
            path=path,
            hash=named_hash(out.hash_info.name, oid),
            size=size,
            source=source,
            remedy="" if source else f"{self._store.command} {path}",
        )

    def size(self, path: str) -> int | None:
        """A tracked file's size, where the lock or the cache tells it."""
        name = self._names.holder(path)
        oid = self._oid(name, path) if name else None
        if name is None or oid is None:
            return None
        cached = self._store.cached(self._outs[name], object_id(oid))
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
        from headway.gather.dvc.cache import Wanted  # noqa: PLC0415 - loads DVC

        try:
            name = self._names.holder(path)
            oid = self._oid(name, path) if name else None
        except UnavailableError:  # the listing's own problem is told where the file is looked up
            return None
        out = self._outs[name] if name and oid else None
        return Wanted(path, out, object_id(oid)) if out and oid and not self._source(path, out, oid) else None

    def _remote_size(self, out: Output, oid: str) -> int | None:
        remote = self._repo.cloud.get_remote_odb(out.remote, "fetch", hash_name=out.hash_info.name)
        size: int | None = remote.fs.info(remote.oid_to_path(oid)).get("size")
        return size

    def _oid(self, name: str, path: str) -> str | None:
        out = self._outs[name]
        if not out.hash_info or not out.use_cache:
            return None
        if path == name:
            return None if out.hash_info.isdir else str(out.hash_info.value)
        return self.listings.of(name).get(path.removeprefix(f"{name}/")) if out.hash_info.isdir else None

    def _source(self, path: str, out: Output, oid: str) -> Path | None:
        """The object in the cache, else the file in the workspace where it has the very content."""
        cached = self._store.cached(out, object_id(oid))
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
