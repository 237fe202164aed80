"""Which files of this machine may be shown to those who review a change: those of its git repository, and no secrets.

Whoever writes a change chooses what is read, by a path or by a symbolic link, and everybody who reviews the change sees
it. So each file of the working tree passes here before it is opened, whoever opens it.
"""

from __future__ import annotations

import errno
import os
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

OUTSIDE = "lies outside the repository"
LINK_OUTSIDE = "is a symbolic link to a place outside the repository"
REMEDY = "name a file of this git repository"
_PRIVATE_TO_DVC = {(".dvc", name) for name in ("cache", "config.local", "tmp")}
_OBJECT = re.compile(r"(?:files/md5/)?[0-9a-f]{2}/[0-9a-f]{30}(?:\.dir)?")
"""Where a cache keeps an object, which nobody can name without its hash."""


class PrivateFileError(PermissionError):
    """A file may not be shown.

    Args:
        reason: completes "the file ...".
    """

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EACCES, reason)
        self.reason = reason


class PublicFiles:
    """The files of a folder, such as a git repository's working tree, that may be shown.

    Args:
        root: the folder.

    Attributes:
        cache: DVC's cache, into which a link may lead; ``None`` until it is known.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._git_folder = _git_folder(self._root)
        self._is_foreign = cache(self._has_repository)
        self.cache: Path | None = None

    def real(self, path: Path) -> Path:
        """Where a file or folder lies, behind all symbolic links.

        Raises:
            PrivateFileError: it may not be shown.
            OSError: there is none, or the links do not end.
        """
        real = path.resolve(strict=True)
        if reason := self._refusal(real):
            is_link = reason == OUTSIDE and Path(os.path.abspath(path)).is_relative_to(self._root)  # noqa: PTH100 - resolves no link
            raise PrivateFileError(LINK_OUTSIDE if is_link else reason)
        return real

    def _refusal(self, real: Path) -> str:
        """Why a file may not be shown; empty where it may."""
        cached = real.relative_to(self.cache).as_posix() if self.cache and real.is_relative_to(self.cache) else ""
        if _OBJECT.fullmatch(cached):
            return ""
        if not real.is_relative_to(self._root):
            return OUTSIDE
        parts = [part.casefold() for part in real.relative_to(self._root).parts]
        if ".git" in parts or real.is_relative_to(self._git_folder):
            return "is private to git"
        if not _PRIVATE_TO_DVC.isdisjoint(pairwise(parts)):
            return "is private to DVC"
        return "belongs to another git repository" if self._is_foreign(real.parent) or self._is_foreign(real) else ""

    def _has_repository(self, folder: Path) -> bool:
        """Whether a folder is inside a repository of its own: a submodule, or a checkout beside this one."""
        if folder == self._root or not folder.is_relative_to(self._root):
            return False
        return (folder / ".git").exists() or self._is_foreign(folder.parent)


def refuse_links_out(path: Path) -> None:
    """A path that the user typed may lie anywhere, but a link in a checkout is the work of whoever wrote the change.

    Raises:
        PrivateFileError: a symbolic link inside a git repository leads to what may not be shown.
    """
    typed = Path(os.path.abspath(path))  # noqa: PTH100 - resolves no link
    for link in (typed, *typed.parents):
        root = repository_root(link.parent) if link.is_symlink() else None
        if root and link.exists():
            try:
                PublicFiles(root).real(link)
            except PrivateFileError as error:
                raise PrivateFileError(f"{link.name} {error.reason}") from error


def repository_root(folder: Path) -> Path | None:
    """The nearest folder that has a ``.git``."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)


def _git_folder(root: Path) -> Path:
    """Where git keeps its own; ``.git`` is a file that says so where that is elsewhere."""
    place = root / ".git"
    try:
        said = place.read_text(encoding="utf-8", errors="replace") if place.is_file() else ""
    except OSError:
        said = ""
    return (root / said.removeprefix("gitdir:").strip()).resolve() if said else place
