"""One opened revision of a DVC project: its pipeline files, and its data from git, DVC's cache or a remote."""

from __future__ import annotations

import hashlib
import shlex
import shutil
from contextlib import chdir, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dvc.exceptions import DvcException

from headway.errors import RepositoryError
from headway.gather.dvc.cache import has_hash
from headway.gather.dvc.objects import TrackedObject, md5, output_object, read_listing
from headway.gather.git.files import is_data, read_file
from headway.gather.read.declared import named_hash
from headway.gather.unavailable import UnavailableError
from headway.paths import PathIndex, is_below
from headway.values.tables import DataFile

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from dvc.output import Output
    from dvc.repo import Repo

    from headway.gather.dvc.cache import Store
    from headway.gather.dvc.loading import PipelineLoader
    from headway.gather.dvc.objects import Listing
    from headway.gather.git.files import Tree
    from headway.values.problem import Problem


class Project:
    """One revision of a DVC project; see :mod:`headway.gather.dvc.opening`. Paths are relative to the project's root.

    Args:
        loader: has loaded what its pipeline files declare.
        tree: the files that are not only in the cache.
        problems: the footnotes on what else of DVC's could not be read.

    Attributes:
        dvc: DVC's repository.
        incomplete: whether some pipeline files are not valid, so that what they declare is unknown.
        listing: gives the hashes of a tracked folder's files; raises ``UnavailableError``.
        equivalents: by path and hash of DVC 2, the other side's hash of the same content; empty if that is unknown.
    """

    def __init__(
        self, repo: Repo, loader: PipelineLoader, tree: Tree, store: Store, problems: Sequence[Problem] = ()
    ) -> None:
        self.dvc = repo
        self.files = loader.files
        self.problems = (*problems, *loader.problems)
        self.incomplete = bool(loader.problems)
        self.tree = tree
        self.remotes = store.remotes
        self.equivalents: dict[tuple[str, str], str] = {}
        self.listing = cache(self._listing)
        self._outs = loader.outs
        self._names = PathIndex(loader.outs)
        self._store = store

    def fetch(self, paths: Iterable[str], limit: int, folders: Iterable[str] = ()) -> None:
        """Copy what will be read into DVC's cache at once; reading it says why something did not come.

        Args:
            paths: files, and folders of which every file is needed.
            limit: the largest size that will be read, in bytes.
            folders: folders of which only the file names are needed.
        """
        paths = tuple(dict.fromkeys(map(self._behind_links, paths)))
        self._store.fetch(self._missing_listings((*paths, *folders)))
        self._store.fetch(item for path in paths for item in self._missing_files(path, limit))

    def _missing_listings(self, paths: Iterable[str]) -> Iterator[TrackedObject]:
        for name in {name for path in paths for name in self._names.overlapping(path)}:
            item = self._output(name)
            if _is_stored(item.out) and _is_folder(item.out) and not self.tree.has_folder(name):
                yield item

    def _missing_files(self, path: str, limit: int) -> Iterator[TrackedObject]:
        for name in self._names.overlapping(path):
            out = self._outs[name]
            if not _is_stored(out) or self.tree.has(name) or self.tree.has_folder(name):
                continue
            if _is_folder(out) or (out.meta.size or 0) <= limit:
                with suppress(UnavailableError):  # reading it reports what is wrong with its listing
                    files = (file for file in self._files_of(name) if is_below(file, path))
                    yield from filter(None, map(self._found, files))

    def pull(self, paths: Sequence[str]) -> None:
        """Pull files into the workspace, also single files of tracked folders; raises ``RepositoryError``."""
        try:
            with chdir(self.dvc.root_dir):  # DVC looks for dvc.yaml in the current folder
                self.dvc.pull(targets=list(paths))
        except DvcException as error:
            names = shlex.join(paths)
            raise RepositoryError(
                f"{names} cannot be pulled.", why=f"{str(error).rstrip('.')}.", remedy=f"dvc pull {names}"
            ) from error

    def read(self, path: str, limit: int) -> bytes | None:
        """A file's bytes from git or the workspace, else DVC's cache, else a remote; ``None`` if there is no such file.

        Raises:
            UnavailableError: it cannot be had, or is larger than ``limit`` bytes.
        """
        data = self.tree.read(path, limit)
        if data is None:
            data = self._read_tracked(path, limit)
        if data is None and (real := self._behind_links(path)) != path:
            data = self._read_tracked(real, limit)
        return data

    def _behind_links(self, path: str) -> str:
        """The path behind symbolic links; the path itself if it is tracked or leads nowhere."""
        return path if self._names.overlapping(path) else self.tree.resolve(path)

    def _read_tracked(self, path: str, limit: int) -> bytes | None:
        out = self._outs.get(path)
        if out is not None and out.hash_info and not out.use_cache:
            raise UnavailableError(
                "is recorded in dvc.lock, but neither git nor DVC's cache keeps it",
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
        return self._store.read(item, limit)

    def expand(self, path: str) -> tuple[str, ...]:
        """The files below a folder, sorted; the path itself if it is no folder. Raises ``UnavailableError``."""
        return self._expand(path, is_data)

    def _expand(self, path: str, is_wanted: Callable[[str], bool]) -> tuple[str, ...]:
        present = self.tree.find(path)
        found = set(present or ())
        for name in self._names.overlapping(path):
            if present is None or (name not in found and not self.tree.has_folder(name)):
                found.update(file for file in self._files_of(name, is_wanted) if is_below(file, path))
        if not found and (real := self._behind_links(path)) != path:
            return tuple(f"{path}{file.removeprefix(real)}" for file in self._expand(real, is_wanted))
        return tuple(sorted(found)) or (path,)

    def _files_of(self, name: str, is_wanted: Callable[[str], bool] = is_data) -> Iterable[str]:
        """The files of an output; raises ``UnavailableError`` if it is a folder without a listing."""
        out = self._outs[name]
        if not _is_folder(out):
            return (name,)
        listing = self.listing(name) if out.use_cache and out.hash_info else ()
        return filter(is_wanted, (f"{name}/{file}" for file in listing))

    def recorded_files(self, path: str) -> Iterable[str]:
        """The files of an output by its listing, without a walk through the workspace; as :meth:`expand` for others.

        Raises:
            UnavailableError: the listing cannot be had.
        """
        out = self._outs.get(path)
        return self._files_of(path) if out is not None and _is_stored(out) else self.expand(path)

    def fetch_whole(self, path: str) -> tuple[str, ...]:
        """Copy a file, or a folder with all of its files, into DVC's cache; its files, or the file itself.

        Unlike :meth:`expand`, a tracked folder has all of its files here, whatever their names mean to git and DVC.

        Raises:
            UnavailableError: the listing of a folder cannot be had.
        """
        self._store.fetch(self._missing_listings((self._behind_links(path),)))
        files = self._expand(path, lambda _: True)
        self.fetch_data(map(self._behind_links, files))
        return files

    def copy(self, path: str, target: Path, limit: int) -> None:
        """Copy a file to a new place, with the content that this revision records.

        Args:
            path: the file; :meth:`fetch_whole` has fetched it.
            target: where it goes.
            limit: the largest size that is read from git, in bytes.

        Raises:
            UnavailableError: it does not exist, cannot be had, or is damaged.
        """
        item = self._find(self._behind_links(path))
        if item is None:
            target.write_bytes(self._kept(path, limit))
        elif cached := item.cached:
            shutil.copyfile(cached, target)
            with target.open("rb") as file:
                is_whole = has_hash(item, file)
            if not is_whole:
                raise self._damaged(item, cached)
        else:
            self._store.download(item, target)

    def _kept(self, path: str, limit: int) -> bytes:
        data = self.read(path, limit)
        if data is None:
            raise UnavailableError("is neither in git nor recorded by DVC", "run the pipeline, and commit dvc.lock")
        return data

    def recorded(self, path: str) -> str:
        """The hash that is recorded of an output; empty if there is none."""
        return self._output(path).recorded if path in self._outs else ""

    def comparable_listing(self, name: str) -> Listing:
        """The listing of a tracked folder, for comparing it with the other side's; see ``equivalents``."""
        return {file: self.equivalents.get((f"{name}/{file}", oid), oid) for file, oid in self.listing(name).items()}

    def data_file(self, path: str, limit: int, *, fetch: bool) -> DataFile | None:
        """A file and where its content can be read without a copy; ``None`` if this revision has no such file.

        Args:
            limit: the largest size that is read from git, in bytes.
            fetch: whether to download it if it is not on this machine.

        Raises:
            UnavailableError: it, or the listing of the folder that may hold it, cannot be had.
        """
        item = self._find(path)
        if item is None:
            data = None if self._is_cached(path) else self.tree.read(path, limit)
            return None if data is None else DataFile(path=path, hash=f"md5:{md5(data)}", size=len(data), source=data)
        source = self._source(item)
        if source is None and fetch:
            self._store.fetch([item])
            source = self._source(item)
            if source is None:
                raise self._store.failure(item)
        return DataFile(
            path=path,
            hash=named_hash(item.out.hash_info.name, self.equivalents.get((path, item.recorded)) or item.recorded),
            size=self._size(item, source),
            source=source,
            remedy="" if source else f"{self._store.command} {shlex.quote(path)}",
        )

    def hashes_outside_dvc(self, path: str, limit: int, known: Collection[str] = ()) -> Listing:
        """The MD5 by path of the files at or below a path that git has, or may get from the workspace.

        Args:
            path: a file or a folder.
            limit: the largest size that is read, in bytes.
            known: files that count even if ``.gitignore`` names them, since git tracks them.

        Raises:
            UnavailableError: one of them cannot be had, or is larger than ``limit`` bytes.
        """
        if self._is_cached(path):
            return {}
        files = [file for file in self.tree.find(path) or (path,) if not self._is_cached(file)]
        contents = ((file, self.tree.read(file, limit)) for file in files if file in known or self.tree.has_kept(file))
        return {file: md5(data) for file, data in contents if data is not None}

    def _is_cached(self, path: str) -> bool:
        """Whether a path belongs into DVC's cache; an output with ``cache: false`` is in git."""
        name = self._names.holder(path)
        return name is not None and bool(self._outs[name].use_cache)

    def fetch_data(self, paths: Iterable[str]) -> None:
        """Copy tracked files into DVC's cache at once; :meth:`data_file` says why one did not come."""
        self._store.fetch(item for path in paths if (item := self._found(path)) and not self._source(item))

    def data_size(self, path: str) -> int | None:
        """A tracked file's size in bytes, if the lock or the cache has it."""
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
        except UnavailableError:  # reading the file or the folder reports what is wrong with the listing
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
        if listing is None:
            remedy = f"dvc push {shlex.quote(name)} (where it was made)"
            raise UnavailableError("has a damaged listing in the remote", remedy)
        return listing

    def _ask_listing(self, item: TrackedObject) -> bytes:
        if cached := item.cached:
            raise self._damaged(item, cached)
        return self._store.read(item)

    def _damaged(self, item: TrackedObject, cached: Path) -> UnavailableError:
        """The error for an object that does not have the hash by which the cache keeps it."""
        again = f"rm -f {shlex.quote(str(cached))} && {self._store.command} {shlex.quote(item.path)}"
        return UnavailableError("is damaged in DVC's cache", again)

    def is_here(self, path: str) -> bool:
        """Whether this revision has a file on this machine; raises ``UnavailableError`` if it may be elsewhere."""
        owner = self._names.holder(path)
        if self.tree.has(path) if owner else self.tree.has_kept(path):
            return True
        if owner is None or not _is_stored(self._outs[owner]):
            return False
        if path == owner or self._output(owner).cached:  # else its listing would be asked of the remote
            item = self._found(path)
            if item is None or item.cached:
                return item is not None
        remedy = f"{self._store.command} {shlex.quote(path)}"
        what = "is not on this machine, and Headway does not fetch a file that only the other side declares"
        raise UnavailableError(what, remedy)

    def tracked_folder(self, path: str) -> str:
        """The tracked folder that a file lies in; empty if there is none."""
        name = self._names.holder(path)
        return name if name and name != path else ""

    def _output(self, name: str) -> TrackedObject:
        return output_object(name, self._outs[name])

    def _source(self, item: TrackedObject) -> Path | None:
        """The object in the cache, else the file in the workspace if it has the recorded hash."""
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
