"""The files of one commit, straight out of git.

DVC reads them through a file system that starts a thread for every file, and waits for ever where a file is missing.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

import pygit2
from pygit2.enums import FileMode, ObjectType

from headway.gather.unavailable import UnavailableError
from headway.paths import paths_below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LINKS = 8
"""Symbolic links that are followed one after the other."""


class CommitFiles:
    """The files of a commit, by path from the git repository's root.

    Args:
        repo: the repository.
        sha: the commit.
        bring: fetches files that a partial clone left out, by object id; ``None`` where it may not.

    Attributes:
        sha: the commit.
    """

    def __init__(self, repo: pygit2.Repository, sha: str, bring: Callable[[list[str]], None] | None = None) -> None:
        self._repo = repo
        self.sha = sha
        self._bring = bring
        self._entries = dict(_entries(repo[sha].peel(pygit2.Tree)))
        self._paths = sorted(self._entries)

    def below(self, folder: str) -> Iterator[str]:
        """The paths below a folder, sorted; all of them below ""."""
        return paths_below(self._paths, folder)

    def missing(self, folder: str) -> list[str]:
        """The object ids of the files below a folder that a partial clone left out, sorted."""
        return sorted(
            {str(entry.id) for path in self.below(folder) if (entry := self._entries[path]).id not in self._repo}
        )

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return path in self._entries

    def read(self, path: str) -> bytes | None:
        """A file's bytes, through symbolic links; ``None`` where there is no such file.

        Raises:
            UnavailableError: it is a folder, or links lead nowhere.
        """
        for _ in range(_LINKS):
            entry = self._entries.get(path)
            if entry is None:
                if next(self.below(path), None):
                    raise UnavailableError("is no regular file")
                return None
            data = self._blob(entry.id)
            if entry.filemode != FileMode.LINK:
                return data
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), data.decode(errors="replace")))
        raise UnavailableError("is a chain of symbolic links")

    def _blob(self, oid: pygit2.Oid) -> bytes:
        if oid not in self._repo and self._bring:
            self._bring([str(oid)])
        try:
            return self._repo[oid].peel(pygit2.Blob).data
        except KeyError as error:
            raise UnavailableError("is left out of this partial clone", f"git cat-file -e {oid}") from error


def _entries(tree: pygit2.Tree) -> Iterator[tuple[str, pygit2.Object]]:
    """The files below a folder by path, submodules left out.

    Reading the tree into an index would take four times as long: 0.2 s instead of 0.05 s for 50,000 files.
    """
    folders = [("", tree)]
    while folders:
        prefix, folder = folders.pop()
        for entry in folder:
            path = f"{prefix}{entry.name}"
            if entry.type == ObjectType.TREE:
                folders.append((f"{path}/", entry.peel(pygit2.Tree)))
            elif entry.type == ObjectType.BLOB:
                yield path, entry
