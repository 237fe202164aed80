"""What git says of a DVC project's files: ignored, or not committed as they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from headway.paths import is_below

if TYPE_CHECKING:
    from collections.abc import Collection

    import pygit2


class WorkingTree:
    """The files of a DVC project in git's eyes; paths are relative to the project's root.

    Args:
        repo: git's repository.
        folder: the project's folder inside it, "" at its root.
        changed: the tracked files that differ from the commit that is checked out, from git's root.
    """

    def __init__(self, repo: pygit2.Repository, folder: str, changed: Collection[str]) -> None:
        self._repo = repo
        self._prefix = f"{folder}/" if folder else ""
        self._changed = changed

    def is_ignored(self, path: str) -> bool:
        """Whether git leaves a path out; one outside the repository counts, too."""
        return Path(path).is_absolute() or bool(self._repo.path_is_ignored(self._prefix + path))

    def is_uncommitted(self, path: str) -> bool:
        """Whether a file, or a file below a folder, is not committed as it is; what is ignored or gone is not."""
        full = self._prefix + path
        if any(is_below(file, full) for file in self._changed):
            return True
        return Path(self._repo.workdir, full).exists() and not self._is_tracked(full) and not self.is_ignored(path)

    def _is_tracked(self, full: str) -> bool:
        index = self._repo.index
        return full in index or any(is_below(entry.path, full) for entry in index)
