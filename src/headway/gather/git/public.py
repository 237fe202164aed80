"""Which files of this machine a report may show: those of the git repository, and no one's secrets.

Whoever writes a change chooses what is read, by a path or by a symbolic link, and everybody who reviews the change sees
the report. So each file of the working tree passes here before it is opened, whoever opens it.
"""

from __future__ import annotations

import os
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pygit2

from headway.gather.unavailable import UnavailableError

OUTSIDE = "lies outside the repository"
LINK_OUTSIDE = "is a symbolic link to a place outside the repository"
REMEDY = "name a file of this git repository"
_PRIVATE_TO_DVC = {(".dvc", name) for name in ("cache", "config.local", "tmp")}
_OBJECT = re.compile(r"(?:files/md5/)?[0-9a-f]{2}/[0-9a-f]{30}(?:\.dir)?")
"""Where a cache keeps an object, which nobody can name without its hash."""


class PrivateFileError(PermissionError):
    """DVC was about to read a file that no report may show; its own errors quote what it reads."""

    @property
    def reason(self) -> str:
        """A sentence without a full stop."""
        return str(self.strerror)


class PublicFiles:
    """The files of a working tree that a report may show.

    Args:
        root: the git repository's root.

    Attributes:
        cache: DVC's cache, into which a link may lead; ``None`` until it is known.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._git_folder = Path(pygit2.discover_repository(str(root)) or root / ".git").resolve()
        self._is_foreign = cache(self._has_repository)
        self.cache: Path | None = None

    def real(self, path: Path) -> Path:
        """Where a file or folder lies, behind all symbolic links.

        Raises:
            UnavailableError: no report may show it.
            OSError: there is none, or the links do not end.
        """
        real = path.resolve(strict=True)
        if reason := self._refusal(real):
            is_link = reason == OUTSIDE and Path(os.path.normpath(path)).is_relative_to(self._root)
            raise UnavailableError(LINK_OUTSIDE if is_link else reason, REMEDY)
        return real

    def _refusal(self, real: Path) -> str:
        """Why no report may show a file; empty where it may."""
        if (
            self.cache
            and real.is_relative_to(self.cache)
            and _OBJECT.fullmatch(real.relative_to(self.cache).as_posix())
        ):
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
