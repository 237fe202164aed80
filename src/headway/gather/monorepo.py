"""The DVC projects of one git repository, and which of them a change touches. git alone: no project is opened.

A project is a folder with a tracked ``.dvc/config``. It has changed where a file below it differs between base and
head, apart from those of projects inside it, or where a file differs that its dvc.yaml or ``.dvc`` files name outside
it (``../shared/params.yaml``). An output that git does not track counts through dvc.lock.
"""

from __future__ import annotations

import posixpath
import re
from functools import cache
from typing import TYPE_CHECKING

from headway.gather.git.revisions import choose_base, choose_head
from headway.gather.network import OFFLINE
from headway.gather.unavailable import UnavailableError
from headway.paths import PathIndex, is_below
from headway.public_files import PublicFiles
from headway.values.revision import WORKSPACE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Self

    from headway.ci.job import PullRequestBase
    from headway.gather.git.history import History
    from headway.gather.network import Network
    from headway.values.revision import Revision

_CONFIG = ".dvc/config"
_WRITTEN_BY_DVC = ".dvc/.gitignore"
"""DVC completes this file whenever it opens a project."""
_DECLARATIONS = ("dvc.yaml", "dvc.lock", ".dvc")
_OUTSIDE = re.compile(rb"(?:\.\./)+[^\s\"'\]\[{}:,]+")
_LIMIT = 64 * 1024 * 1024
"""Bytes of a declaration that are searched."""


class Monorepo:
    """The DVC projects of a git repository at one head; a context manager that closes what it opened.

    Attributes:
        root: the git repository's root.
        head: the head that was asked for.
        projects: the folders of head's projects from git's root, sorted; "" for one at the root.
    """

    def __init__(self, history: History, head: str | None) -> None:
        self._history = history
        self.root = history.root
        self.head = choose_head(history, head)
        self._commit = None if self.head.name == WORKSPACE else history.commit(self.head.sha or "", ".dvc")
        self._files = sorted(history.tracked_files()) if self._commit is None else list(self._commit.below(""))
        self.projects = project_folders(self._files)
        self._modified = cache(history.modified_paths)
        self._folders = cache(self._folders_beside)

    @classmethod
    def open(cls, path: Path, head: str | None, network: Network = OFFLINE) -> Monorepo:
        """Open the git repository that a folder belongs to, at a revision or, with ``None``, the workspace.

        Raises:
            RepositoryError: there is no git repository, no commit, or no such revision.
        """
        from headway.gather.git.fetching import open_history  # noqa: PLC0415 - loads pygit2, which --help need not pay

        return cls(open_history(path.resolve(), network), head)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._history.close()

    def read(self, path: str, limit: int) -> bytes | None:
        """A file of head by its path from git's root; ``None`` where it cannot be read or is too large."""
        from headway.gather.git.files import read_file, within  # noqa: PLC0415 - as in open

        try:
            if self._commit is None:
                return read_file(PublicFiles(self.root).real(self.root / path), limit)
            found = self._commit.read(path)
            return None if found is None else within(found, limit)
        except (UnavailableError, OSError):
            return None

    def base(self, name: str | None, declared: PullRequestBase | None) -> Revision:
        """The base; see :func:`headway.gather.git.revisions.choose_base`."""
        return choose_base(self._history, name, self.head, declared)

    def projects_beside(self, base: Revision) -> tuple[str, ...]:
        """The folders of the projects that head or base has, sorted."""
        return tuple(self._folders(base.sha).below(""))

    def _folders_beside(self, base: str | None) -> PathIndex:
        removed = project_folders(self._history.commit(base, ".dvc").below("")) if base else ()
        return PathIndex({*self.projects, *removed})

    def has_changed(self, project: str, base: Revision, *, apart_from: str = "") -> bool:
        """Whether a project differs between base and head; files in the folder ``apart_from`` do not count."""
        changed = self._changed(base, apart_from)
        folders = self._folders(base.sha)
        if any(folders.holder(path) == project for path in changed):
            return True
        elsewhere = [path for path in changed if not is_below(path, project)]
        named = self._outside(project, folders) if elsewhere else set()
        return any(is_below(path, outside) for outside in named for path in elsewhere)

    def _changed(self, base: Revision, apart_from: str) -> list[str]:
        if base.sha is None:
            return list(self._files)
        paths = self._history.changed_paths(base.sha, self.head.sha or "")
        if self._commit is None:
            paths |= self._modified()
        counted = (path for path in paths if not path.endswith(_WRITTEN_BY_DVC))
        return [path for path in counted if not (apart_from and is_below(path, apart_from))]

    def _outside(self, project: str, folders: PathIndex) -> set[str]:
        """The paths outside a project that its declarations name."""
        declared = (path for path in self._files if path.endswith(_DECLARATIONS) and folders.holder(path) == project)
        named = (
            posixpath.normpath(posixpath.join(posixpath.dirname(path), match.decode(errors="replace")))
            for path in declared
            for match in _OUTSIDE.findall(self.read(path, _LIMIT) or b"")
        )
        return {path for path in named if not is_below(path, project) and not path.startswith("..")}


def project_folders(files: Iterable[str]) -> tuple[str, ...]:
    """The folders of DVC projects among the paths of a git repository, sorted; "" for one at its root."""
    suffix = f"/{_CONFIG}"
    return tuple(sorted(f"/{path}".removesuffix(suffix).lstrip("/") for path in files if f"/{path}".endswith(suffix)))
