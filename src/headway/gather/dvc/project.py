"""One revision of a DVC project, opened: its pipeline files, and its data from git, DVC's cache, or the remote.

Reading a file takes it out of the remote where it must; a data file is found where it lies, and downloaded when asked.
"""

from __future__ import annotations

import hashlib
import shlex
from contextlib import chdir
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dvc.exceptions import DvcException

from headway.errors import RepositoryError
from headway.gather.dvc.objects import TrackedObject, md5, output_object, read_listing
from headway.gather.git.files import is_data, read_file, within
from headway.gather.read.declared import named_hash
from headway.gather.unavailable import UnavailableError
from headway.paths import PathIndex, is_below
from headway.values.tables import DataFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dvc.output import Output
    from dvc.repo import Repo

    from headway.gather.dvc.cache import Store
    from headway.gather.dvc.objects import Listing
    from headway.gather.git.files import Tree
    from headway.gather.read.declared import PipelineFile
    from headway.values.problem import Problem


class Project:
    """One revision of a DVC project; see :mod:`headway.gather.dvc.opening`. Paths are relative to the project's root.

    Args:
        repo: DVC's repository.
        files: what its pipeline files declare.
        outs: DVC's output objects by path.
        tree: the files that are not only in the cache.
        store: what DVC's cache and remote hold.
        problems: the files among them that are not valid.
        incomplete: whether some of those declare or record data.

    Attributes:
        dvc: DVC's repository, for the modules of this station that look at its stages.
        listing: gives the files of a tracked folder with their hashes; raises ``UnavailableError``.
        alike: by path and hash of DVC 2, the other side's hash of the same content; empty where nobody can tell.
        remotes: DVC's remotes, and why one refuses.
    """

    def __init__(  # noqa: PLR0913 - what a revision is made of
        self,
        repo: Repo,
        files: tuple[PipelineFile, ...],
        outs: Mapping[str, Output],
        tree: Tree,
        store: Store,
        *,
        problems: Iterable[Problem] = (),
        incomplete: bool = False,
    ) -> None:
        self.dvc = repo
        self.files = files
        self.problems = tuple(problems)
        self.incomplete = incomplete
        self._outs = outs
        self._names = PathIndex(outs)
        self._tree = tree
        self._store = store
        self.remotes = store.remotes
        self.alike: dict[tuple[str, str], str] = {}
        self.listing = cache(self._listing)

    def fetch(self, paths: Iterable[str], limit: int, folders: Iterable[str] = ()) -> None:
        """Bring what is missing of many files into DVC's cache at once; what cannot be had is said when it is read.

        Args:
            paths: files, and folders of which every file is needed.
            limit: the largest size that will be read, in bytes.
            folders: folders of which only the names of the files are needed.
        """
        paths = tuple(dict.fromkeys(map(self._behind_links, paths)))
        self._store.fetch(self._listing_objects((*paths, *folders)))
        self._store.fetch(item for path in paths for item in self._file_objects(path, limit))

    def _listing_objects(self, paths: Iterable[str]) -> Iterator[TrackedObject]:
        for name in {name for path in paths for name in self._names.overlapping(path)}:
            item = self._output(name)
            if _is_stored(item.out) and _is_folder(item.out) and not self._tree.has_folder(name):
                yield item

    def _file_objects(self, path: str, limit: int) -> Iterator[TrackedObject]:
        for name in self._names.overlapping(path):
            item = self._output(name)
            if not _is_stored(item.out):
                continue
            if not _is_folder(item.out):
                if (item.out.meta.size or 0) <= limit and not self._tree.has(name):
                    yield item
            elif item.cached:
                yield from self._objects_of_folder(path, item)

    def _objects_of_folder(self, path: str, folder: TrackedObject) -> Iterator[TrackedObject]:
        try:
            files = self.listing(folder.path)
        except UnavailableError:
            return
        for relative, recorded in files.items():
            file = f"{folder.path}/{relative}"
            if is_below(file, path) and not self._tree.has(file):
                yield TrackedObject(file, folder.out, recorded)

    def pull(self, paths: Sequence[str]) -> None:
        """Bring tracked files into the workspace, as ``dvc pull`` does; a single file of a tracked folder is fine.

        Raises:
            RepositoryError: DVC cannot pull them.
        """
        try:
            with chdir(self.dvc.root_dir):  # DVC looks for dvc.yaml in the current folder
                self.dvc.pull(targets=list(paths))
        except DvcException as error:
            names = shlex.join(paths)
            raise RepositoryError(
                f"{names} cannot be pulled.", why=f"{str(error).rstrip('.')}.", remedy=f"dvc pull {names}"
            ) from error

    def read(self, path: str, limit: int) -> bytes | None:
        """A file's bytes, out of git or the workspace, else DVC's cache, else the remote; ``None`` where there is none.

        Raises:
            UnavailableError: it cannot be had, or is larger than ``limit`` bytes.
        """
        data = self._tree.read(path, limit)
        if data is None:
            data = self._read_tracked(path, limit)
        if data is None and (real := self._behind_links(path)) != path:
            data = self._read_tracked(real, limit)
        return data

    def _behind_links(self, path: str) -> str:
        """The tracked path that a symbolic link leads to; the path itself where it is tracked or leads nowhere."""
        return path if self._names.overlapping(path) else self._tree.resolve(path)

    def _read_tracked(self, path: str, limit: int) -> bytes | None:
        out = self._outs.get(path)
        if out is not None and out.hash_info and not out.use_cache:
            raise UnavailableError(
                "is recorded in dvc.lock, and neither git nor DVC's cache keeps it",
                f"commit {shlex.quote(path)} to git, or remove its cache: false from dvc.yaml",
            )
        if out is not None and out.hash_info and _is_folder(out):
            raise UnavailableError("is a folder")
        item = self._find(path)
        if item is None:
            return None
        if cached := item.cached:
            data = read_file(cached, limit)
            if item.out.hash_name == "md5" and md5(data) != item.oid:
                raise self._damaged(item, cached)
            return data
        data = within(self._store.ask(item, lambda: self._stream(item, limit)), limit)
        self._store.check(item, data)
        return data

    def _stream(self, item: TrackedObject, limit: int) -> bytes:
        """The first bytes of a file; one known to be small goes into DVC's cache, as with DVC's own commands."""
        keep = not _is_folder(item.out) and item.out.meta.size is not None and item.out.meta.size <= limit
        with self.dvc.dvcfs.open(f"/{item.path}", mode="rb", cache=keep) as file:
            return bytes(file.read(limit + 1))

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
        if not found and (real := self._behind_links(path)) != path:
            return tuple(f"{path}{file.removeprefix(real)}" for file in self.expand(real))
        return tuple(sorted(found)) or (path,)

    def _files_of(self, name: str) -> Iterable[str]:
        out = self._outs[name]
        if not _is_folder(out):
            return (name,)
        listing = self.listing(name) if out.use_cache and out.hash_info else ()
        return filter(is_data, (f"{name}/{file}" for file in listing))

    def present(self, path: str, limit: int) -> Iterator[tuple[str, bytes]]:
        """The file at a path, or the files below it, with their bytes, as git or the workspace holds them.

        Raises:
            UnavailableError: one cannot be had, or is larger than ``limit`` bytes.
        """
        for file in self._tree.find(path) or (path,):
            if (data := self._tree.read(file, limit)) is not None:
                yield file, data

    def recorded(self, path: str) -> str:
        """The hash of an output, as it is recorded; empty where there is none."""
        return self._output(path).recorded if path in self._outs else ""

    def comparable_listing(self, name: str) -> Listing:
        """The listing of a tracked folder, for comparing it with the other side's; see ``alike``."""
        return {file: self.alike.get((f"{name}/{file}", oid), oid) for file, oid in self.listing(name).items()}

    def data_file(self, path: str, limit: int, *, fetch: bool) -> DataFile | None:
        """A file, and where its content can be read without a copy; ``None`` where this revision has no such file.

        Args:
            path: the file.
            limit: the largest size that is read out of git, in bytes.
            fetch: whether to download it where it is not on this machine.

        Raises:
            UnavailableError: it cannot be had, or the listing of the folder that may hold it cannot.
        """
        item = self._find(path)
        if item is None:
            data = None if self._is_cached(path) else self._tree.read(path, limit)
            return None if data is None else DataFile(path=path, hash=f"md5:{md5(data)}", size=len(data), source=data)
        source = self._source(item)
        if source is None and fetch:
            self._store.fetch([item])
            source = self._source(item)
            if source is None:
                self._store.ask(item, lambda: self._store.look_up(item))
        return DataFile(
            path=path,
            hash=named_hash(item.out.hash_info.name, self.alike.get((path, item.recorded)) or item.recorded),
            size=self._size(item, source),
            source=source,
            remedy="" if source else f"{self._store.command} {shlex.quote(path)}",
        )

    def _is_cached(self, path: str) -> bool:
        """Whether DVC's cache is where a path belongs; an output with ``cache: false`` stands in git."""
        name = self._names.holder(path)
        return name is not None and bool(self._outs[name].use_cache)

    def fetch_data(self, paths: Iterable[str]) -> None:
        """Bring tracked files into DVC's cache, all at once; what cannot be had is said by :meth:`data_file`."""
        self._store.fetch(item for path in paths if (item := self._found(path)) and not self._source(item))

    def data_size(self, path: str) -> int | None:
        """A tracked file's size, where the lock or the cache tells it."""
        item = self._found(path)
        return None if item is None else self._size(item, item.cached)

    def _size(self, item: TrackedObject, source: Path | None) -> int | None:
        if source:
            return source.stat().st_size
        size: int | None = item.out.meta.size if item.path in self._outs else None
        return size

    def _found(self, path: str) -> TrackedObject | None:
        try:
            return self._find(path)
        except UnavailableError:  # the listing's own problem is told where the file or the folder is looked up
            return None

    def _find(self, path: str) -> TrackedObject | None:
        """A file that DVC keeps, itself an output or below one."""
        name = self._names.holder(path)
        if name is None or not self._outs[name].hash_info or not self._outs[name].use_cache:
            return None
        output = self._output(name)
        if not _is_folder(output.out):
            return output if path == name else None
        recorded = None if path == name else self.listing(name).get(path.removeprefix(f"{name}/"))
        return None if recorded is None else TrackedObject(path, output.out, recorded)

    def _listing(self, name: str) -> Listing:
        item = self._output(name)
        listing = read_listing(item, lambda: self._ask_listing(item))
        if listing is not None:
            return listing
        path = shlex.quote(name)
        if cached := item.cached:
            raise self._damaged(item, cached)
        raise UnavailableError("has a damaged listing in the remote", f"dvc push {path} (where it was made)")

    def _damaged(self, item: TrackedObject, cached: Path) -> UnavailableError:
        """The error for an object that has not the hash by which the cache keeps it."""
        again = f"rm -f {shlex.quote(str(cached))} && {self._store.command} {shlex.quote(item.path)}"
        return UnavailableError("is damaged in DVC's cache", again)

    def _ask_listing(self, folder: TrackedObject) -> bytes:
        data = self._store.ask(folder, lambda: self._store.read_remote(folder))
        if folder.out.stage.is_repo_import:  # a remote's is damaged where it is another
            self._store.check(folder, data)
        return data

    def is_here(self, path: str) -> bool:
        """Whether this revision has a file that can be read without asking a remote.

        Raises:
            UnavailableError: it is, or may be, tracked and not on this machine.
        """
        owner = self._names.holder(path)
        if self._tree.has(path) if owner else self._tree.has_kept(path):
            return True
        if owner is None or not _is_stored(self._outs[owner]):
            return False
        if path == owner or self._output(owner).cached:  # else its listing would be asked of the remote
            item = self._found(path)
            if item is None or item.cached:
                return item is not None
        remedy = f"{self._store.command} {shlex.quote(path)}"
        raise UnavailableError("is not on this machine, and not fetched where only the other side declares it", remedy)

    def tracked_folder(self, path: str) -> str:
        """The tracked folder that a file lies in; empty where none holds it."""
        name = self._names.holder(path)
        return name if name and name != path else ""

    def _output(self, name: str) -> TrackedObject:
        return output_object(name, self._outs[name])

    def _source(self, item: TrackedObject) -> Path | None:
        """The object in the cache, else the file in the workspace where it has the very content."""
        here = Path(self.dvc.root_dir) / item.path
        if (cached := item.cached) or self.dvc.fs.protocol != "local" or not here.is_file():
            return cached
        with here.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False))
        return here if digest.hexdigest() == item.recorded else None


def _is_folder(out: Output) -> bool:
    return bool(out.meta.isdir or (out.hash_info and out.hash_info.isdir))


def _is_stored(out: Output) -> bool:
    """Whether DVC's cache is where an output is kept, and it has been made."""
    return bool(out.is_in_repo and out.use_cache and out.hash_info)
