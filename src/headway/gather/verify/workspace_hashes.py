"""What the paths of a workspace hold: hashed where they are here, as recorded where they are not.

Nothing is pulled, and nothing is written into the repository: the hashes that DVC took before are in its own database,
outside of it. A path that is here only in part is taken as a pull would complete it.
"""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dvc_data.hashfile.build import build
from dvc_data.hashfile.hash_info import HashInfo
from dvc_data.hashfile.tree import Tree

from headway.gather.dvc.cache import md5, output_object, read_listing
from headway.paths import PathIndex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dvc.output import Output
    from dvc.repo import Repo

    from headway.gather.dvc.cache import Listing
    from headway.gather.verify.remote_objects import RemoteObjects

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


class WorkspaceHashes:
    """Hashes of the workspace and of what is recorded.

    Args:
        repo: DVC's opened workspace.
        outs: DVC's outputs by path relative to the project's root.
        remote: gives the listings of folders that are not in the cache, where it may.
        thorough: whether outputs are hashed however large they are.

    Attributes:
        hash_present: gives, by path and algorithm, the hash of a file, those of a folder's files, or ``None`` where the
            workspace has neither.
        listing: gives the recorded files of an output that is a folder; ``None`` where its listing cannot be had here.
    """

    def __init__(self, repo: Repo, outs: Mapping[str, Output], remote: RemoteObjects, *, thorough: bool) -> None:
        self._thorough = thorough
        self._repo = repo
        self._outs = outs
        self._names = PathIndex(outs)
        self._remote = remote
        self.hash_present = cache(self._hash_present)
        self.listing = cache(self._listing)

    def owning_outputs(self, path: str) -> list[str]:
        """The outputs that a path is, lies in, or holds."""
        return self._names.overlapping(path)

    def is_here(self, path: str) -> bool:
        """Whether anything stands in the workspace under a path; a broken link does not."""
        return self._full(path).exists()

    def of(self, path: str, expected: str | None, algorithm: str) -> Content:
        """What a path holds.

        Args:
            path: relative to the project's root, or absolute.
            expected: the recorded hash; where the files that are here have it, nothing recorded is looked up.
            algorithm: DVC's name of the hash.

        Raises:
            OSError: what is here cannot be read.
        """
        if unhashed := self._unhashed_below(path):
            return Content(None, unknown=unhashed)
        here = self.hash_present(path, algorithm)
        if isinstance(here, str):
            return Content(here)
        if not here and path in self._outs:
            return Content(output_object(path, self._outs[path]).recorded or None)
        if here and digest(here, algorithm) == expected:
            return Content(expected)
        recorded, unknown = self._recorded(path)
        if isinstance(recorded, str) and not here:
            return Content(recorded)
        return self._completed(here or {}, {} if isinstance(recorded, str) else recorded, unknown, algorithm)

    @staticmethod
    def _completed(here: Listing, recorded: Listing, unknown: tuple[str, ...], algorithm: str) -> Content:
        """A folder's content with the files that are not here as recorded."""
        files = recorded | here
        return Content(
            digest(files, algorithm) if files else None,
            absent=len(recorded.keys() - here.keys()) if here else 0,
            unknown=unknown,
            differing=() if unknown else tuple(sorted(f for f, oid in here.items() if recorded.get(f) != oid)),
        )

    def _hash_present(self, path: str, algorithm: str) -> str | Listing | None:
        hashed = self.is_here(path) and not any(map(self.exceeds_hash_limit, self.owning_outputs(path)))
        return self._hashes(path, algorithm) if hashed else None

    def exceeds_hash_limit(self, name: str) -> bool:
        """Whether an output is left unhashed because it is large."""
        meta = self._outs[name].meta
        return not self._thorough and ((meta.size or 0) > LIGHT_BYTES or (meta.nfiles or 0) > LIGHT_FILES)

    def _unhashed_below(self, path: str) -> tuple[str, ...]:
        """The outputs inside a path that are left unhashed; one that is the path is simply taken as recorded."""
        return tuple(
            name for name in self.owning_outputs(path) if name.startswith(f"{path}/") and self.exceeds_hash_limit(name)
        )

    def _full(self, path: str) -> Path:
        return Path(self._repo.root_dir, path)

    def _hashes(self, path: str, algorithm: str) -> str | Listing:
        # The output database only lends its cache of hashes: a dry run stores nothing.
        database = self._repo.cache.legacy if algorithm == "md5-dos2unix" else self._repo.cache.local
        _, _, found = build(
            database, str(self._full(path)), self._repo.fs, algorithm, dry_run=True, ignore=self._repo.dvcignore
        )
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

    def _files_of(self, name: str) -> Listing | None:
        """The recorded files of an output; one that is a file itself has the empty name."""
        value = output_object(name, self._outs[name]).recorded
        if value.endswith(".dir"):
            return self.listing(name)
        return {"": value} if value else None

    def _listing(self, name: str) -> Listing | None:
        out = self._outs[name]
        return read_listing(output_object(name, out), lambda: self._remote.read(out))


def digest(files: Listing, algorithm: str) -> str:
    """The hash that DVC gives to a folder of files."""
    tree = Tree()  # type: ignore[no-untyped-call]  # of dvc_data
    for path, oid in files.items():
        tree.add(tuple(path.split("/")), None, HashInfo(algorithm, oid))
    return f"{md5(tree.as_bytes())}.dir"


def relative(repo: Repo, path: str) -> str:
    """A full path relative to the project's root with forward slashes; one outside of it stays as it is."""
    root = f"{repo.root_dir}{os.sep}"
    return path.removeprefix(root).replace(os.sep, "/") if path.startswith(root) else path


def _below(listing: Listing, folder: str) -> Listing:
    prefix = f"{folder}/" if folder else ""
    return {file.removeprefix(prefix): oid for file, oid in listing.items() if file.startswith(prefix)}
