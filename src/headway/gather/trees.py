"""The files of one revision as git or the working tree holds them, without DVC's cache."""

from __future__ import annotations

import posixpath
import stat
from typing import TYPE_CHECKING, Any, Protocol

from headway.gather.pipeline import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_NOT_DATA = frozenset({".dvcignore", ".gitignore", "dvc.lock", "dvc.yaml"})
_LINKS = 8
"""Symbolic links that are followed one after the other."""


class Tree(Protocol):
    """Files by path relative to the DVC project's root."""

    def read(self, path: str, limit: int) -> bytes | None:
        """A file's bytes; ``None`` where there is none. Raises ``UnavailableError``."""

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
        if not any(real.is_relative_to(folder) for folder in self._allowed):
            raise UnavailableError("is a symbolic link to a place outside the repository")
        if not real.is_file():
            raise UnavailableError("is no regular file")
        return read_file(real, limit)

    def find(self, path: str) -> list[str] | None:
        """See :class:`Tree`."""
        return _find(self._repo, str(self._root / path))


class CommitTree:
    """A commit's tree, through the file system that DVC makes of it."""

    def __init__(self, repo: Any) -> None:  # noqa: ANN401 - DVC has no types
        self._repo = repo

    def read(self, path: str, limit: int) -> bytes | None:
        """See :class:`Tree`."""
        full = posixpath.join(self._repo.root_dir, path)
        for _ in range(_LINKS):
            try:
                info = self._repo.fs.info(full)
            except FileNotFoundError:
                return None
            if info["type"] == "directory":
                raise UnavailableError("is no regular file")
            with self._repo.fs.open(full, "rb") as file:
                data = within(file.read(limit + 1), limit)
            if not stat.S_ISLNK(info["mode"]):
                return data
            full = posixpath.normpath(posixpath.join(posixpath.dirname(full), data.decode(errors="replace")))
        raise UnavailableError("is a chain of symbolic links")

    def find(self, path: str) -> list[str] | None:
        """See :class:`Tree`."""
        return _find(self._repo, posixpath.join(self._repo.root_dir, path))


def _find(repo: Any, full: str) -> list[str] | None:  # noqa: ANN401 - DVC has no types
    if not repo.fs.isdir(full):
        return None
    paths = (
        repo.fs.relpath(file, repo.root_dir).replace(repo.fs.sep, "/") for file in repo.dvcignore.find(repo.fs, full)
    )
    return sorted(path for path in paths if is_data(path))


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
