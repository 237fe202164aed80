"""The files of one commit, straight out of git.

DVC reads them through a file system that starts a thread for every file, and waits for ever where a file is missing.
"""

from __future__ import annotations

import bisect
import itertools
import posixpath
from typing import TYPE_CHECKING

import pygit2
from pygit2.enums import FileMode

from headway.errors import RepositoryError
from headway.gather.pipeline import UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator

_LINKS = 8
"""Symbolic links that are followed one after the other."""


class CommitFiles:
    """The files of a commit, by path from the git repository's root.

    Args:
        repo: the repository.
        sha: the commit.

    Raises:
        RepositoryError: a partial clone has the commit and not its files.
    """

    def __init__(self, repo: pygit2.Repository, sha: str) -> None:
        self._repo = repo
        index = pygit2.Index()
        index.read_tree(repo[sha].peel(pygit2.Tree))
        self._entries = {entry.path: entry for entry in index if entry.mode != FileMode.COMMIT}
        self._paths = sorted(self._entries)
        if _is_partial(repo) and any(entry.id not in repo for entry in self._entries.values()):
            raise RepositoryError(
                f"The files of {sha[:7]} are not in this clone.",
                why="The clone is partial: it leaves files out until git asks for them.",
                remedy=f"git --no-pager diff --stat {sha}",
            )

    def below(self, folder: str) -> Iterator[str]:
        """The paths below a folder, sorted; all of them below ""."""
        prefix = f"{folder}/" if folder else ""
        first = bisect.bisect_left(self._paths, prefix)
        return itertools.takewhile(lambda path: path.startswith(prefix), itertools.islice(self._paths, first, None))

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
            data = self._repo[entry.id].peel(pygit2.Blob).data
            if entry.mode != FileMode.LINK:
                return data
            path = posixpath.normpath(posixpath.join(posixpath.dirname(path), data.decode(errors="replace")))
        raise UnavailableError("is a chain of symbolic links")


def _is_partial(repo: pygit2.Repository) -> bool:
    return any(entry.name.endswith(".promisor") for entry in repo.config)
