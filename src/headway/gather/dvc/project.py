"""One revision of a DVC project, opened: its pipeline files, and its data from git, DVC's cache, or the remote."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from dvc.exceptions import DvcException

from headway.errors import RepositoryError
from headway.gather.dvc.cache import Wanted
from headway.gather.dvc.files import DataFiles
from headway.gather.dvc.listings import object_id
from headway.gather.git.trees import is_data, read_file, within
from headway.gather.unavailable import UnavailableError
from headway.paths import PathIndex, is_below

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dvc.output import Output
    from dvc.repo import Repo

    from headway.gather.declared import PipelineFile
    from headway.gather.dvc.cache import Store
    from headway.gather.dvc.remotes import Remotes
    from headway.gather.git.trees import Tree


class Project:
    """One revision of a DVC project; see :mod:`headway.gather.dvc.opening`.

    Args:
        repo: DVC's repository.
        files: what its pipeline files declare.
        outs: DVC's output objects by path.
        tree: the files that are not only in the cache.
        store: what DVC's cache and remote hold.

    Attributes:
        data: the files behind DVC's hashes, where they lie.
    """

    def __init__(
        self, repo: Repo, files: tuple[PipelineFile, ...], outs: Mapping[str, Output], tree: Tree, store: Store
    ) -> None:
        self.files = files
        self._repo = repo
        self._outs = outs
        self._names = PathIndex(outs)
        self._tree = tree
        self._store = store
        self._folders: dict[str, Mapping[str, str]] = {}
        self.data = DataFiles(repo, outs, self._names, store)

    @property
    def dvc(self) -> Repo:
        """DVC's own repository, for the modules of this station that look at its stages."""
        return self._repo

    @property
    def remotes(self) -> Remotes:
        """DVC's remotes, and why one refuses."""
        return self._store.remotes

    def close(self) -> None:
        """Close DVC's databases."""
        self._repo.close()

    def fetch(self, paths: Iterable[str], limit: int, folders: Iterable[str] = ()) -> None:
        """Bring what is missing of many files into DVC's cache at once; what cannot be had is said when it is read.

        Args:
            paths: files, and folders of which every file is needed, relative to the project's root.
            limit: the largest size that will be read, in bytes.
            folders: folders of which only the names of the files are needed.
        """
        paths = tuple(dict.fromkeys(paths))
        self._store.fetch(self._listings((*paths, *folders)))
        self._store.fetch(item for path in paths for item in self._objects(path, limit))

    def _listings(self, paths: Iterable[str]) -> Iterator[Wanted]:
        for name in {name for path in paths for name in self._names.overlapping(path)}:
            out = self._outs[name]
            if _is_stored(out) and _is_folder(out) and not self._tree.has_folder(name):
                yield Wanted(name, out, str(out.hash_info.value))

    def _objects(self, path: str, limit: int) -> Iterator[Wanted]:
        for name in self._names.overlapping(path):
            out = self._outs[name]
            if not _is_stored(out):
                continue
            if not _is_folder(out):
                if (out.meta.size or 0) <= limit and not self._tree.has(name):
                    yield Wanted(name, out, str(out.hash_info.value))
            elif self._store.cached(out, str(out.hash_info.value)):
                yield from self._objects_of_folder(path, name, out)

    def _objects_of_folder(self, path: str, name: str, out: Output) -> Iterator[Wanted]:
        try:
            files = self._folder(name, out)
        except UnavailableError:
            return
        for relative, oid in files.items():
            file = f"{name}/{relative}"
            if is_below(file, path) and not self._tree.has(file):
                yield Wanted(file, out, object_id(oid))

    def pull(self, paths: Sequence[str]) -> None:
        """Bring tracked files into the workspace, as ``dvc pull`` does.

        Args:
            paths: relative to the project's root; a single file of a tracked folder is fine.

        Raises:
            RepositoryError: DVC cannot pull them.
        """
        targets = [str(Path(self._repo.root_dir, path)) for path in paths]
        try:
            self._repo.pull(targets=targets)
        except DvcException as error:
            names = shlex.join(paths)
            raise RepositoryError(
                f"{names} cannot be pulled.", why=f"{str(error).rstrip('.')}.", remedy=f"dvc pull {names}"
            ) from error

    def read(self, path: str, limit: int) -> bytes | None:
        """A file's bytes, out of git or the workspace, else DVC's cache, else the remote.

        Args:
            path: relative to the project's root.
            limit: the largest size that is read, in bytes.

        Returns:
            ``None`` where the revision has no such file.

        Raises:
            UnavailableError: it cannot be had, or is larger than ``limit``.
        """
        data = self._tree.read(path, limit)
        return self._read_tracked(path, limit) if data is None else data

    def read_git(self, path: str, limit: int) -> bytes | None:
        """A file's bytes where git or the workspace holds it and DVC does not; see :meth:`read`."""
        return None if self._names.holder(path) else self._tree.read(path, limit)

    def expand(self, path: str) -> tuple[str, ...]:
        """The files below a folder, sorted; the path itself where it is no folder.

        Raises:
            UnavailableError: DVC tracks the folder, and what it holds cannot be had.
        """
        present = self._tree.find(path)
        found = set(present or ())
        for name in self._names.overlapping(path):
            if present is None or (name not in found and not self._tree.has_folder(name)):
                found.update(file for file in self._files_of(name) if is_below(file, path))
        return tuple(sorted(found)) or (path,)

    def _files_of(self, name: str) -> Iterable[str]:
        out = self._outs[name]
        if not _is_folder(out):
            return (name,)
        return filter(is_data, (f"{name}/{file}" for file in self._folder(name, out)))

    def _read_tracked(self, path: str, limit: int) -> bytes | None:
        name = self._names.holder(path)
        if name is None or not self._outs[name].hash_info:  # untracked, or not made yet
            return None
        out = self._outs[name]
        if not out.use_cache:
            return _lost(path) if path == name else None  # an uncached folder does not say what it holds
        if not _is_folder(out):
            return self._read_object(path, out, str(out.hash_info.value), limit) if path == name else None
        if path == name:
            raise UnavailableError("is a folder")
        oid = self._folder(name, out).get(path.removeprefix(f"{name}/"))
        return None if oid is None else self._read_object(path, out, object_id(oid), limit)

    def _read_object(self, path: str, out: Output, oid: str, limit: int) -> bytes:
        cached = self._store.cached(out, oid)
        if cached:
            return read_file(cached, limit)
        data = within(self._store.ask(path, out, oid, lambda: self._stream(path, out, limit)), limit)
        self._store.check(path, out, oid, data)
        return data

    def _stream(self, path: str, out: Output, limit: int) -> bytes:
        """The first bytes of a file; one known to be small goes into DVC's cache, as with DVC's own commands."""
        keep = not _is_folder(out) and out.meta.size is not None and out.meta.size <= limit
        with self._repo.dvcfs.open(f"/{path}", mode="rb", cache=keep) as file:
            return bytes(file.read(limit + 1))

    def _folder(self, name: str, out: Output) -> Mapping[str, str]:
        """Hash by path of the files of a tracked folder; "" where only the remote knows it."""
        return self.data.listings.names(name) if out.use_cache and out.hash_info else {}


def _lost(path: str) -> NoReturn:
    raise UnavailableError(
        "is recorded in dvc.lock, and neither git nor DVC's cache keeps it",
        f"commit {path} to git, or remove its cache: false from dvc.yaml",
    )


def _is_folder(out: Output) -> bool:
    return bool(out.meta.isdir or (out.hash_info and out.hash_info.isdir))


def _is_stored(out: Output) -> bool:
    """Whether DVC's cache is where an output is kept, and it has been made."""
    return bool(out.is_in_repo and out.use_cache and out.hash_info)
