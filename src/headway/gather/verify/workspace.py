"""The workspace to verify: stages, outputs with their owners, and the hashes of what paths hold.

A path that is here is hashed, another is taken as recorded, and a folder that is here in part is taken as a pull would
complete it. Nothing is pulled, and nothing is written into the repository.
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

from headway.gather.dvc.bounded_reading import load_tree
from headway.gather.dvc.objects import OF_DVC_2, folder_hash, output_object, read_listing
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
        hash: of a file or, ending in ``.dir``, of a folder; ``None`` if nothing is here and nothing is recorded.
        absent: how many files are not here and were taken as recorded; 0 if the whole path is not here.
        unknown: the recorded outputs whose contents are unknown, so that ``hash`` does not cover them.
        differing: the files of one recorded folder that differ from the record, relative to it.
    """

    hash: str | None
    absent: int = 0
    unknown: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()


class Workspace:
    """An opened workspace; its paths are relative to the project's root, or absolute if they lie outside it.

    Attributes:
        declared: the stages as values, by address.
        stages: the same as DVC's objects.
        outs: DVC's outputs inside the project, by path.
        kept_in_git: the paths of the outputs that DVC does not cache; in a monorepo, one may lie beside the project.
        owners: the address of each output's stage or ``.dvc`` file.
        running: the address of the stage that DVC is running.
        pull: what DVC must pull before it notices that a stage is stale.
        unchecked: what cannot be known here.
        unlisted: the folders whose listings neither the cache nor their remote has, with that remote's name, which is
            empty if none is configured.
        hash_present: gives, by path and algorithm, the hash of a file, those of a folder's files, or ``None`` if the
            workspace has neither.
        listing: gives the recorded files of an output that is a folder; ``None`` if its listing is not here.
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
        uncached = (out.fs_path for out in index.outs if out.protocol == "local" and not out.use_cache)
        self.kept_in_git = {posixpath.relpath(path, self._repo.root_dir) for path in uncached}
        self._names = PathIndex(self.outs)
        self.running = _addressed(running, self.declared) if running else None
        self.pull: set[str] = set()
        self.unchecked: set[Problem] = set()
        self.unlisted: dict[str, str] = {}
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
        """Whether the workspace has a path; a broken link does not count."""
        return Path(self._repo.root_dir, path).exists()

    def is_public(self, path: str) -> bool:
        """Whether a report may show the names of the files in a folder."""
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
        """Record what cannot be known here."""
        self.unchecked.add(Problem(path=path, what=what, remedy=remedy))

    def note_unknown(self, path: str, folders: Iterable[str]) -> None:
        """Record that a path could not be checked, because the contents of outputs are unknown."""
        for folder in folders:
            if self.exceeds_hash_limit(folder):
                self.note(path, f"{folder} is too large to be hashed for a report", "headway verify")
            elif self._files_of(folder) is not None:
                what = f"a hash of DVC 2 and one of DVC 3 are recorded of {folder}, which cannot be compared without it"
                self.note(path, what, f"dvc pull {folder}")
            elif (remote := self.remote_objects.last_resort(self.outs[folder])) is not None:
                self.unlisted[folder] = remote
                asked = f"nor in the remote {remote!r}" if remote else "and no remote is configured"
                what = f"the list of files of {folder} is not in order in the cache, {asked}"
                self.note(path, what, f"dvc push {folder} (where it was made)")
            else:
                remedy = f"{'' if self._asks else 'headway verify --remote, or '}dvc pull {folder}"
                self.note(path, f"neither {folder} nor the list of its files is here", remedy)

    def content(self, path: str, entry: Output | Dependency) -> Content | None:
        """What a path holds, hashed as an entry of the lock was; ``None`` if it cannot be read."""
        expected, algorithm = entry.hash_info.value, entry.hash_info.name
        try:
            found = self._content(path, expected, algorithm)
            is_hashed = bool(self.hash_present(path, algorithm)) and not found.absent
        except OSError:
            return None
        if found.hash == expected or is_hashed or not self._is_of_another_kind(path, entry):
            return found
        return Content(None, unknown=tuple(self.owning_outputs(path)))

    def _is_of_another_kind(self, path: str, entry: Output | Dependency) -> bool:
        """Whether an output that a path is, lies in or holds has a hash of DVC 2 where an entry has one of DVC 3."""
        own = self.outs.get(path)
        if own and None not in (own.meta.size, entry.meta.size) and own.meta.size != entry.meta.size:
            return False  # the content differs for sure
        kinds = ({self.outs[name].hash_name, entry.hash_name} for name in self.owning_outputs(path))
        return {"md5", OF_DVC_2} in kinds

    def _content(self, path: str, expected: str | None, algorithm: str) -> Content:
        """See :meth:`content`; if the files that are here have the expected hash, no record is looked up."""
        if unhashed := self._unhashed_below(path):
            return Content(None, unknown=unhashed)
        here = self.hash_present(path, algorithm)
        if isinstance(here, str):
            return Content(here)
        if not here and path in self.outs:
            return Content(self._hash_of(path) or None)
        if here and folder_hash(here, algorithm) == expected:
            return Content(expected)
        recorded, unknown = self._recorded(path)
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
        # A dry run stores nothing; the database only has a cache of hashes.
        database = self._repo.cache.legacy if algorithm == OF_DVC_2 else self._repo.cache.local
        full = Path(self._repo.root_dir, path)
        if not (full.is_file() or full.is_dir()):
            raise OSError("not a regular file")  # DVC would read a FIFO forever
        # Private files are hashed, too: a stage may depend on what lies outside the repository.
        _, _, found = build(database, str(full), localfs, algorithm, dry_run=True, ignore=self._repo.dvcignore)
        if isinstance(found, Tree):
            return {"/".join(key): str(info.value) for key, _, info in found}
        return str(found.hash_info.value)

    def _recorded(self, path: str) -> tuple[str | Listing, tuple[str, ...]]:
        """What is recorded under a path, the hash of a file or those of a folder's files, and what says nothing."""
        names = self.owning_outputs(path)
        if names and not names[0].startswith(f"{path}/"):
            listing = self._files_of(names[0])
            if listing is None:
                return {}, (names[0],)
            inside = path.removeprefix(names[0]).lstrip("/")
            return listing.get(inside) or _below(listing, inside), ()
        found = {name: self._files_of(name) for name in names}
        unknown = tuple(name for name, files in found.items() if files is None)
        return {
            posixpath.join(name, f).removeprefix(f"{path}/").rstrip("/"): oid
            for name, files in found.items()
            for f, oid in (files or {}).items()
        }, unknown

    def _hash_of(self, name: str) -> str:
        return output_object(name, self.outs[name]).recorded

    def _files_of(self, name: str) -> Listing | None:
        """The recorded hashes by path, of an output that is a file under ""; ``None`` if they are unknown."""
        value = self._hash_of(name)
        if value.endswith(".dir"):
            return self.listing(name)
        return {"": value} if value else None

    def _parameters(self, path: str) -> Mapping[str, Any]:
        """The contents of a parameter file; one that is gone counts as empty."""
        tree = load_tree(path, self._repo.fs) if self._repo.fs.exists(path) else {}
        return tree if isinstance(tree, dict) else {}

    def _listing(self, name: str) -> Listing | None:
        out = self.outs[name]
        return read_listing(output_object(name, out), lambda: self.remote_objects.read(out))


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
