"""The git side of a repository: names to commits, ancestry, and the exact command where a clone lacks something."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pygit2
from pygit2.enums import ReferenceType

from headway.errors import RepositoryError
from headway.gather.commits import CommitFiles

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADS, _REMOTES, _TAGS = "refs/heads/", "refs/remotes/", "refs/tags/"
_FULL_SHA = re.compile(r"[0-9a-f]{40}")
_DEFAULT_BRANCHES = ("main", "master")


class History:
    """The commits of a repository.

    Attributes:
        root: the working tree's root.
    """

    def __init__(self, path: Path) -> None:
        self._repo = _open(path)
        self.root = Path(self._repo.workdir).resolve()

    def close(self) -> None:
        """Let go of git's files."""
        self._repo.free()

    def head(self) -> str:
        """The SHA of the commit that is checked out.

        Raises:
            RepositoryError: there is no commit yet.
        """
        if self._repo.head_is_unborn:
            raise RepositoryError(
                f"{self.root} has no commit yet.",
                why="Headway compares revisions, so it needs at least one.",
                remedy='git add --all && git commit --message "First commit"',
            )
        return str(self._repo.head.target)

    def branch(self) -> str | None:
        """The branch that is checked out; ``None`` where HEAD is detached."""
        return None if self._repo.head_is_detached else self._repo.head.shorthand

    def is_dirty(self) -> bool:
        """Whether a tracked file differs from the commit that is checked out."""
        return bool(self._repo.status(untracked_files="no"))

    def resolve(self, name: str) -> str:
        """The SHA of a revision by any name that git knows; ``main`` may stand for ``origin/main``.

        Raises:
            RepositoryError: there is no such commit here; the remedy is the command that fetches it, where one can.
        """
        sha = self._find(name)
        if sha is None:
            raise self._unknown(name)
        return sha

    def _find(self, name: str) -> str | None:
        for candidate in (name, *(f"{remote}/{name}" for remote in self._remotes())):
            try:
                return str(self._repo.revparse_single(candidate).peel(pygit2.Commit).id)
            except (KeyError, ValueError, pygit2.GitError):
                continue
        return None

    def _remotes(self) -> list[str]:
        """The remotes' names, ``origin`` first."""
        return sorted((name for name in self._repo.remotes.names() if name), key=lambda name: (name != "origin", name))

    def is_branch(self, name: str) -> bool:
        """Whether a name is a local branch, or a remote's with or without the remote's name."""
        prefixes = (_HEADS, _REMOTES, *(f"{_REMOTES}{remote}/" for remote in self._remotes()))
        return any(f"{prefix}{name}" in self._repo.references for prefix in prefixes)

    def find_branch(self, name: str) -> str | None:
        """The reference of a branch: the remote's, which is what others review against, else the local one."""
        candidates = [f"{_REMOTES}{remote}/{name}" for remote in self._remotes()]
        return next((ref for ref in (*candidates, f"{_HEADS}{name}") if ref in self._repo.references), None)

    def default_branch(self) -> str | None:
        """The reference of the branch that work is merged into; ``None`` where no usual name exists."""
        for remote in self._remotes():
            symbolic = self._repo.references.get(f"{_REMOTES}{remote}/HEAD")
            if symbolic is not None and symbolic.type == ReferenceType.SYMBOLIC:
                target = str(symbolic.target)
                if target in self._repo.references:
                    return target
        return next((ref for name in _DEFAULT_BRANCHES if (ref := self.find_branch(name))), None)

    def tip(self, ref: str) -> str:
        """The commit that a reference points to."""
        return str(self._repo.references[ref].peel(pygit2.Commit).id)

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor of two commits.

        Raises:
            RepositoryError: a shallow clone does not reach it.
        """
        found = self._repo.merge_base(one, other)
        if found is None and self._repo.is_shallow:
            raise RepositoryError(
                f"The commit where {one[:7]} and {other[:7]} parted is not in this clone.",
                why="The clone is shallow.",
                remedy=f"git fetch --unshallow {self._remote()}",
            )
        return None if found is None else str(found)

    def parent(self, sha: str) -> str | None:
        """The first parent; ``None`` for a first commit.

        Raises:
            RepositoryError: a shallow clone does not have it.
        """
        if sha in self._shallow_commits():
            raise RepositoryError(
                f"The commit before {sha[:7]} is not in this clone.",
                why="The clone is shallow.",
                remedy=f"git fetch --deepen=1 {self._remote()}",
            )
        parents = self._repo[sha].peel(pygit2.Commit).parent_ids
        return str(parents[0]) if parents else None

    def behind(self, head: str, tip: str) -> int | None:
        """How many commits up to ``tip`` are not in ``head``; ``None`` in a shallow clone, which cannot tell."""
        return None if self._repo.is_shallow else self._repo.ahead_behind(head, tip)[1]

    def commit(self, sha: str) -> CommitFiles:
        """The files of a commit; raises ``RepositoryError`` where a partial clone lacks them."""
        return CommitFiles(self._repo, sha)

    def changed_paths(self, base: str, head: str) -> set[str]:
        """The paths that differ between two commits; folders that are equal are not looked into."""
        old, new = (self._repo[sha].peel(pygit2.Tree) for sha in (base, head))
        return {file.path for delta in old.diff_to_tree(new).deltas for file in (delta.old_file, delta.new_file)}

    def modified_paths(self) -> set[str]:
        """The paths of the working tree that differ from the commit that is checked out, new files included."""
        return set(self._repo.status(untracked_files="all"))

    def tracked_files(self) -> Iterator[str]:
        """Every path of git's index."""
        return (entry.path for entry in self._repo.index)

    def _shallow_commits(self) -> set[str]:
        if not self._repo.is_shallow:
            return set()
        path = Path(self._repo.path)
        common = path / "commondir"  # a linked worktree shares the repository's list
        folder = (path / common.read_text().strip()) if common.is_file() else path
        return set((folder / "shallow").read_text().split())

    def _remote(self) -> str:
        return next(iter(self._remotes()), "origin")

    def _unknown(self, name: str) -> RepositoryError:
        what = f"There is no revision {name!r} here."
        stem = re.split(r"[~^@:]", name)[0]
        if self._repo.is_shallow and stem != name and self._find(stem):
            return RepositoryError(what, why="The clone is shallow.", remedy=f"git fetch --unshallow {self._remote()}")
        close = difflib.get_close_matches(stem, sorted(set(self._names())), n=3, cutoff=0.7)
        if close:
            return RepositoryError(what, remedy=f"Did you mean {' or '.join(map(repr, close))}?")
        if self.lacks_branches():
            return RepositoryError(what, why="The clone does not hold every branch.", remedy=self._fetch(stem))
        return RepositoryError(what, remedy="git branch --all && git tag  # list the names that exist")

    def _names(self) -> Iterator[str]:
        for ref in self._repo.references:
            for prefix in (_HEADS, _TAGS, _REMOTES):
                if ref.startswith(prefix):
                    yield ref.removeprefix(prefix)
            if ref.startswith(_REMOTES):
                yield ref.removeprefix(_REMOTES).partition("/")[2]

    def _fetches_every_branch(self) -> bool:
        return all("*" in spec for spec in self._repo.remotes[self._remote()].fetch_refspecs)

    def _fetch(self, name: str) -> str:
        """The command that brings one commit or branch into this clone."""
        depth = "--depth=1 " if self._repo.is_shallow else ""
        if _FULL_SHA.fullmatch(name):
            return f"git fetch {depth}{self._remote()} {name}"
        return f"git fetch {depth}{self._branch_to_fetch(name)}"

    def _branch_to_fetch(self, name: str) -> str:
        remote = self._remote()
        branch = name.removeprefix(f"{remote}/")
        return f"{remote} {branch}:{_REMOTES}{remote}/{branch}"

    def lacks_branches(self) -> bool:
        """Whether this is a clone of fewer branches or commits than its remote has."""
        return bool(self._remotes()) and (self._repo.is_shallow or not self._fetches_every_branch())

    def missing_branch(self, what: str, name: str) -> RepositoryError:
        """The error for a branch that the comparison starts from and the clone lacks."""
        whole = "--unshallow " if self._repo.is_shallow else ""
        return RepositoryError(
            what,
            why="The clone does not hold every branch." if self.lacks_branches() else "",
            remedy=f"git fetch {whole}{self._branch_to_fetch(name)}",
        )


def _open(path: Path) -> pygit2.Repository:
    try:
        found = pygit2.discover_repository(str(path))
        repo = pygit2.Repository(found) if found else None
    except (KeyError, pygit2.GitError) as error:
        raise _unusable(path, str(error)) from error
    if repo is None:
        raise RepositoryError(
            f"{path} is in no git repository.",
            why="Headway compares revisions that git keeps.",
            remedy='git init && git add --all && git commit --message "First commit"',
        )
    if repo.is_bare:
        raise RepositoryError(
            f"{path} is a bare git repository.",
            why="Headway reads the files that are checked out.",
            remedy=f"git clone {path} && cd {path.name.removesuffix('.git')}",
        )
    return repo


def _unusable(path: Path, reason: str) -> RepositoryError:
    if "not owned" in reason:
        return RepositoryError(
            f"git does not trust {path}.",
            why="It belongs to another user.",
            remedy=f"git config --global --add safe.directory {path.resolve()}",
        )
    return RepositoryError(f"git cannot open {path}.", why=f"{reason}.")
