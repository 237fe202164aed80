"""The workspace as its verification sees it: stages, outputs with their owners, and the hashes of what paths hold.

Paths are hashed where they are here, and taken as recorded where they are not; one that is here only in part is taken
as a pull would complete it. Nothing is pulled, and nothing is written into the repository: the hashes that DVC took
before are in its own database, outside of it.
"""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dvc.fs import localfs
from dvc_data.hashfile.build import build
from dvc_data.hashfile.tree import Tree

from headway.gather.dvc.hash_kinds import rehashed
from headway.gather.dvc.objects import OF_DVC_2, decoded_listing, folder_hash, output_object, read_listing
from headway.gather.read.parsing import UnreadableError, parse
from headway.gather.verify.remote_objects import RemoteObjects
from headway.paths import PathIndex
from headway.public_files import PrivateFileError
from headway.sorting import by_name
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from dvc.dependency import Dependency
    from dvc.output import Output

    from headway.gather.dvc.objects import Listing
    from headway.gather.dvc.project import Project
    from headway.gather.git.files import GitStatus

LIGHT_BYTES, LIGHT_FILES = 32 * 1024 * 1024, 2_000
"""The largest output that is hashed where not everything is."""


@dataclass(frozen=True)
class Content:
    """What a path holds.

    Attributes:
        hash: of a file or, ending in ``.dir``, of a folder; ``None`` where nothing is here and nothing is recorded.
        absent: how many files are not here and were taken as recorded; 0 where the whole path is not here.
        unknown: the recorded folders whose listings are not here, so that ``hash`` does not speak for them.
        differing: the files of one recorded folder that differ from the record, relative to it.
    """

    hash: str | None
    absent: int = 0
    unknown: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()


class Workspace:
    """An opened workspace; its paths are relative to the project's root, or absolute where they lie outside of it.

    Args:
        project: the project.
        tree: what git says of its files.
        running: the stage that DVC is running, as DVC calls it.
        remote, thorough: as for :meth:`headway.gather.Repository.verify`.

    Attributes:
        declared: the stages as values, by address.
        stages: the same as DVC's objects.
        outs: DVC's outputs inside the project, by path.
        owners: the address of each output's stage or ``.dvc`` file.
        running: the address of the stage that is running.
        pull: what DVC must pull before it notices that a stage is stale.
        unchecked: what cannot be known here.
        nowhere: the folders that were looked into, whose listings neither the cache nor their remote has in order, with
            that remote's name, empty where none is configured.
        remote_objects: what the remotes hold.
        hash_present: gives, by path and algorithm, the hash of a file, those of a folder's files, or ``None`` where the
            workspace has neither.
        listing: gives the recorded files of an output that is a folder; ``None`` where its listing cannot be had here.
        parameters: gives what a parameter file holds now, by its full path.
    """

    def __init__(self, project: Project, tree: GitStatus, running: str | None, *, remote: bool, thorough: bool) -> None:
        index = project.dvc.index
        self._repo = project.dvc
        self.tree = tree
        self.declared = {stage.address: stage for file in project.files for stage in file.stages}
        self.stages = dict(zip(self.declared, index.stages, strict=True))
        self.owners = {self.path(out): address for address, stage in self.stages.items() for out in stage.outs}
        self.outs: dict[str, Output] = {self.path(out): out for out in index.outs if out.is_in_repo}
        self._names = PathIndex(self.outs)
        self.running = _addressed(running, self.declared) if running else None
        self.pull: set[str] = set()
        self.unchecked: set[Problem] = set()
        self.nowhere: dict[str, str] = {}
        self.remote_objects = RemoteObjects(project.dvc, project.remotes, ask=remote)
        self._asks = remote
        self._thorough = thorough
        self.hash_present = cache(self._hash_present)
        self.listing = cache(self._listing)
        self.parameters = cache(self._parameters)

    def path(self, entry: Output | Dependency) -> str:
        """The path of an output or dependency."""
        path, root = entry.fs_path or str(entry), f"{self._repo.root_dir}{os.sep}"
        return path.removeprefix(root).replace(os.sep, "/") if path.startswith(root) else path

    def owning_outputs(self, path: str) -> list[str]:
        """The outputs that a path is, lies in, or holds."""
        return self._names.overlapping(path)

    def owners_of(self, path: str) -> list[str]:
        """The stages and ``.dvc`` files of those outputs."""
        return [self.owners[name] for name in self.owning_outputs(path)]

    def is_here(self, path: str) -> bool:
        """Whether anything stands in the workspace under a path; a broken link does not."""
        return Path(self._repo.root_dir, path).exists()

    def is_public(self, path: str) -> bool:
        """Whether the names of the files that are here may be shown."""
        try:
            self._repo.fs.check(Path(self._repo.root_dir, path))
        except PrivateFileError:
            return False
        return True

    def exceeds_hash_limit(self, name: str) -> bool:
        """Whether an output is left unhashed because it is large."""
        meta = self.outs[name].meta
        return not self._thorough and ((meta.size or 0) > LIGHT_BYTES or (meta.nfiles or 0) > LIGHT_FILES)

    def note(self, path: str, what: str, remedy: str = "") -> None:
        """Keep what cannot be known here."""
        self.unchecked.add(Problem(path=path, what=what, remedy=remedy))

    def note_unknown(self, path: str, folders: Iterable[str]) -> None:
        """Keep that a path cannot be told for want of what folders hold."""
        for folder in folders:
            if self.exceeds_hash_limit(folder):
                self.note(path, f"{folder} is too large to be hashed for a report", "headway verify")
            elif self._files_of(folder) is not None:
                what = f"{folder} is not here, and of it a hash of DVC 2 and one of DVC 3 are recorded, "
                self.note(path, f"{what}so nobody can tell whether it changed", f"dvc pull {folder}")
            elif (remote := self.remote_objects.last_resort(self.outs[folder])) is not None:
                self.nowhere[folder] = remote
                asked = f"nor in the remote {remote!r}" if remote else "and no remote is configured"
                what = f"the list of files of {folder} is not in order in the cache, {asked}"
                self.note(path, what, f"dvc push {folder} (where it was made)")
            else:
                remedy = f"{'' if self._asks else 'headway verify --remote, or '}dvc pull {folder}"
                self.note(path, f"neither {folder} nor the list of its files is here", remedy)

    def content(self, path: str, entry: Output | Dependency) -> Content | None:
        """What a path holds, hashed as an entry of the lock was; ``None`` where it cannot be read.

        Where the files that are here have the hash of the entry, nothing recorded is looked up. What is recorded with
        another kind of hash, and differs, is hashed anew in the cache.
        """
        expected, algorithm = entry.hash_info.value, entry.hash_info.name
        try:
            found = self._content(path, expected, algorithm)
            if found.hash == expected or not self._is_of_another_kind(path, entry):
                return found
            return self._content(path, expected, algorithm, rehash=True)
        except OSError:
            return None

    def _is_of_another_kind(self, path: str, entry: Output | Dependency) -> bool:
        """Whether an output that a path is, lies in or holds has a hash of DVC 2 where an entry has one of DVC 3."""
        outs = [self.outs[name] for name in self.owning_outputs(path)]
        own = self.outs.get(path)
        if own and None not in (own.meta.size, entry.meta.size) and own.meta.size != entry.meta.size:
            return False  # it is another content for sure
        return any({out.hash_name, entry.hash_name} == {"md5", OF_DVC_2} for out in outs)

    def _content(self, path: str, expected: str | None, algorithm: str, *, rehash: bool = False) -> Content:
        if unhashed := self._unhashed_below(path):
            return Content(None, unknown=unhashed)
        here = self.hash_present(path, algorithm)
        if isinstance(here, str):
            return Content(here)
        if not here and path in self.outs:
            return self._rehashed(path, expected, algorithm) if rehash else Content(self._hash_of(path) or None)
        if here and folder_hash(here, algorithm) == expected:
            return Content(expected)
        recorded, unknown = self._recorded(path, algorithm if rehash else None)
        if isinstance(recorded, str) and not here:
            return Content(recorded)
        return _completed(here or {}, {} if isinstance(recorded, str) else recorded, unknown, algorithm)

    def _unhashed_below(self, path: str) -> tuple[str, ...]:
        """The outputs inside a path that are left unhashed; one that is the path is simply taken as recorded."""
        return tuple(
            name for name in self.owning_outputs(path) if name.startswith(f"{path}/") and self.exceeds_hash_limit(name)
        )

    def _hash_present(self, path: str, algorithm: str) -> str | Listing | None:
        if not self.is_here(path) or any(map(self.exceeds_hash_limit, self.owning_outputs(path))):
            return None
        # The output database only lends its cache of hashes: a dry run stores nothing.
        database = self._repo.cache.legacy if algorithm == OF_DVC_2 else self._repo.cache.local
        full = Path(self._repo.root_dir, path)
        if not (full.is_file() or full.is_dir()):
            raise OSError("no file that ends")  # DVC would read a FIFO for ever
        # What a report may not show is hashed, too: a stage may depend on what lies outside of the repository.
        _, _, found = build(database, str(full), localfs, algorithm, dry_run=True, ignore=self._repo.dvcignore)
        if isinstance(found, Tree):
            return {"/".join(key): str(info.value) for key, _, info in found}
        return str(found.hash_info.value)

    def _rehashed(self, name: str, expected: str | None, algorithm: str) -> Content:
        """What is recorded of an output, with another kind of hash; told by either content that the cache has."""
        back = rehashed(self._repo, {"": expected or ""}, algorithm, self.outs[name].hash_name)
        if back and back[""] == self._hash_of(name):
            return Content(expected)
        files = self._files_of(name, algorithm)
        if files is None:
            return Content(None, unknown=(name,))
        return Content(files.get("") or folder_hash(files, algorithm))

    def _recorded(self, path: str, algorithm: str | None) -> tuple[str | Listing, tuple[str, ...]]:
        """What is recorded under a path, the hash of a file or those of a folder's files, and what says nothing."""
        names = self.owning_outputs(path)
        if names and not names[0].startswith(f"{path}/"):
            listing = self._files_of(names[0], algorithm)
            if listing is None:
                return {}, (names[0],)
            inside = path.removeprefix(names[0]).lstrip("/")
            return listing.get(inside) or _below(listing, inside), ()
        found = {name: self._files_of(name, algorithm) for name in names}
        unknown = tuple(name for name, files in found.items() if files is None)
        return {
            posixpath.join(name, f).removeprefix(f"{path}/").rstrip("/"): oid
            for name, files in found.items()
            for f, oid in (files or {}).items()
        }, unknown

    def _hash_of(self, name: str) -> str:
        return output_object(name, self.outs[name]).recorded

    def _files_of(self, name: str, algorithm: str | None = None) -> Listing | None:
        """The recorded files of an output, hashed anew where another kind of hash is asked for.

        Returns:
            The hashes by path, of an output that is a file under the empty name; ``None`` where they are not known.
        """
        value, kind = self._hash_of(name), self.outs[name].hash_name
        files = self.listing(name) if value.endswith(".dir") else {"": value} if value else None
        if files is None or algorithm is None or algorithm == kind:
            return files
        return None if self.exceeds_hash_limit(name) else rehashed(self._repo, files, kind, algorithm)

    def _parameters(self, path: str) -> Mapping[str, Any]:
        """A parameter file as it is; one that is gone is as good as an empty one."""
        fs = self._repo.fs
        if fs.exists(path) and not fs.isfile(path):  # a pipe would be waited for
            raise UnreadableError("is no regular file")
        try:
            with fs.open(path, "rb") as file:
                tree = parse(path, file.read())
        except FileNotFoundError:
            return {}
        return tree if isinstance(tree, dict) else {}

    def _listing(self, name: str) -> Listing | None:
        out = self.outs[name]
        item = output_object(name, out)
        listing = read_listing(item, lambda: self.remote_objects.read(out))
        if listing is None and item.cached and (data := self.remote_objects.read(out)):  # the cache's own is damaged
            return decoded_listing(data)
        return listing


def _completed(here: Listing, recorded: Listing, unknown: tuple[str, ...], algorithm: str) -> Content:
    """A folder's content with the files that are not here as recorded."""
    files = recorded | here
    changed = (file for file, oid in here.items() if recorded.get(file) != oid)
    return Content(
        folder_hash(files, algorithm) if files else None,
        absent=len(recorded.keys() - here.keys()) if here else 0,
        unknown=unknown,
        differing=() if unknown else tuple(sorted(changed, key=by_name)),
    )


def _below(listing: Listing, folder: str) -> Listing:
    prefix = f"{folder}/" if folder else ""
    return {file.removeprefix(prefix): oid for file, oid in listing.items() if file.startswith(prefix)}


def _addressed(running: str, known: Collection[str]) -> str | None:
    """The address of a stage by DVC's name for it, whose path is relative to where ``dvc repro`` was called."""
    if running in known:
        return running
    name = running.rpartition(":")[2]
    same = [address for address in known if address.rpartition(":")[2] == name]
    return same[0] if len(same) == 1 else None
