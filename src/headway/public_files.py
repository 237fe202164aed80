"""Which files of this machine a report may show: those of the git repository, and no secrets.

The author of a change chooses what is read, by a path or by a symbolic link, and every reviewer sees it. So each file
of the working tree is checked here before it is opened.
"""

from __future__ import annotations

import errno
import os
import re
from contextlib import suppress
from functools import cache
from itertools import pairwise
from pathlib import Path

OUTSIDE = "is outside the repository"
LINK_OUTSIDE = "is a symbolic link to a place outside the repository"
REMEDY = "name a file of this git repository"
_PRIVATE_TO_DVC = {(".dvc", name) for name in ("cache", "config.local", "tmp")}
_OBJECT = re.compile(r"(?:files/md5/)?[0-9a-f]{2}/[0-9a-f]{30}(?:\.dir)?")
"""The path of an object in a cache, which nobody can name without its hash."""


class PrivateFileError(PermissionError):
    """A file may not be shown; ``reason`` completes "the file ..."."""

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EACCES, reason)
        self.reason = reason


class PublicFiles:
    """The files of a folder, such as a working tree, that may be shown; links may lead into DVC's ``cache``."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._git_folder = git_folder(self._root)
        self._is_foreign = cache(self._has_repository)
        self.cache: Path | None = None

    def real(self, path: Path) -> Path:
        """A path with all symbolic links resolved.

        Raises:
            PrivateFileError: the file may not be shown.
            OSError: there is no such file, or the links lead in a circle.
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
        """Whether a folder is inside another repository, such as a submodule."""
        if folder == self._root or not folder.is_relative_to(self._root):
            return False
        return (folder / ".git").exists() or self._is_foreign(folder.parent)


def refuse_links_out(path: Path) -> None:
    """Raise ``PrivateFileError`` for a path that leads out of a git repository through a symbolic link in it.

    A path that the user typed may be anywhere, but a link in a checkout is the work of the author of the change.
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


def project_folder(root: Path, folder: Path) -> Path:
    """The nearest folder that is a DVC project, from a folder up to the root of its repository; the root if none is."""
    while folder != root and not (folder / ".dvc").is_dir():
        folder = folder.parent
    return folder


def git_folder(root: Path) -> Path:
    """Git's own folder, which ``.git`` is, or names if it is a file."""
    git = root / ".git"
    with suppress(OSError):
        if git.is_file() and (text := git.read_text(encoding="utf-8", errors="replace")):
            return (root / text.removeprefix("gitdir:").strip()).resolve()
    return git
