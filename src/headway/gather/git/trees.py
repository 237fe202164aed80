"""The files of one revision as git or the working tree holds them, without DVC's cache."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING, Any, Protocol

from headway.gather.unavailable import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from headway.gather.git.commit import CommitFiles

_NOT_DATA = frozenset({".dvcignore", ".gitignore", "dvc.lock", "dvc.yaml"})
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"


class Tree(Protocol):
    """Files by path relative to the DVC project's root."""

    def read(self, path: str, limit: int) -> bytes | None:
        """A file's bytes; ``None`` where there is none. Raises ``UnavailableError``."""

    def has(self, path: str) -> bool:
        """Whether there is such a file."""

    def has_folder(self, path: str) -> bool:
        """Whether there is such a folder; unlike :meth:`find`, it does not walk the folder's files for the answer."""

    def find(self, path: str) -> list[str] | None:
        """The data files below a folder, sorted; ``None`` where there is no such folder."""


class WorkspaceTree:
    """The working tree.

    Args:
        repo: DVC's repository, which knows what ``.dvcignore`` leaves out.
        root: the DVC project's root.
        allowed: folders that a symbolic link may lead into: the git repository and DVC's cache. A link to anywhere else
            would carry a file of the machine into a report that others read.
    """

    def __init__(self, repo: Any, root: Path, allowed: Sequence[Path]) -> None:  # noqa: ANN401 - DVC has no types
        self._repo = repo
        self._root = root
        self._allowed = [path.resolve() for path in allowed]

    def read(self, path: str, limit: int) -> bytes | None:
        """See :class:`Tree`."""
        try:
            real = (self._root / path).resolve(strict=True)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, RuntimeError) as error:
            raise UnavailableError(f"cannot be read: {error}") from error
        if not self._allows(real):
            raise UnavailableError("is a symbolic link to a place outside the repository")
        if not real.is_file():
            raise UnavailableError("is no regular file")
        return read_file(real, limit)

    def has(self, path: str) -> bool:
        """See :class:`Tree`."""
        return (self._root / path).exists()

    def has_folder(self, path: str) -> bool:
        """See :class:`Tree`."""
        folder = self._root / path
        return folder.is_dir() and self._allows(folder.resolve())

    def find(self, path: str) -> list[str] | None:
        """See :class:`Tree`."""
        if not self.has_folder(path):
            return None
        found = self._repo.dvcignore.find(self._repo.fs, str(self._root / path))
        files = (os.path.relpath(file, self._root).replace(os.sep, "/") for file in found)
        return sorted(file for file in files if is_data(file))

    def _allows(self, real: Path) -> bool:
        return any(real.is_relative_to(folder) for folder in self._allowed)


class CommitTree:
    """A commit's tree.

    Args:
        files: the commit's files, from the git repository's root.
        repo: DVC's repository, bound to the commit, which knows ``.dvcignore`` and Git LFS.
        folder: the DVC project's folder inside the git repository.
    """

    def __init__(self, files: CommitFiles, repo: Any, folder: str) -> None:  # noqa: ANN401 - DVC has no types
        self._files = files
        self._repo = repo
        self._folder = folder

    def read(self, path: str, limit: int) -> bytes | None:
        """See :class:`Tree`."""
        data = self._files.read(self._from_git_root(path))
        if data is not None and data.startswith(_LFS_POINTER):
            with self._repo.fs.open(posixpath.join(self._repo.root_dir, path), "rb") as file:
                data = file.read(limit + 1)
        return None if data is None else within(data, limit)

    def has(self, path: str) -> bool:
        """See :class:`Tree`."""
        return self._files.has(self._from_git_root(path))

    def has_folder(self, path: str) -> bool:
        """See :class:`Tree`."""
        return next(self._files.below(self._from_git_root(path)), None) is not None

    def find(self, path: str) -> list[str] | None:
        """See :class:`Tree`."""
        prefix = f"{self._folder}/" if self._folder else ""
        below = [file.removeprefix(prefix) for file in self._files.below(self._from_git_root(path))]
        return [file for file in below if is_data(file) and not self._is_ignored(file)] if below else None

    def _from_git_root(self, path: str) -> str:
        normal = posixpath.normpath(posixpath.join(self._folder, path))
        return "" if normal == "." else normal

    def _is_ignored(self, path: str) -> bool:
        return bool(self._repo.dvcignore.is_ignored_file(posixpath.join(self._repo.root_dir, path)))


def is_data(path: str) -> bool:
    """Whether a path is a file of the team's rather than one of DVC's own."""
    return posixpath.basename(path) not in _NOT_DATA and not path.endswith(".dvc")


def read_file(path: Path, limit: int) -> bytes:
    """A file's bytes; raises ``UnavailableError`` where it is larger than ``limit`` or cannot be read."""
    try:
        with path.open("rb") as file:
            return within(file.read(limit + 1), limit)
    except OSError as error:
        raise UnavailableError(f"cannot be read: {error.strerror or error}") from error


def within(data: bytes, limit: int) -> bytes:
    """The bytes themselves; raises ``UnavailableError`` where they are more than ``limit``."""
    if len(data) > limit:
        raise UnavailableError(f"is larger than {limit // 1024:,} KiB")
    return data
