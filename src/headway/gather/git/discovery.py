"""Opening the git repository that a folder belongs to, and the error for one that git cannot read."""

from __future__ import annotations

import shlex
from pathlib import Path

import pygit2

from headway.errors import RepositoryError
from headway.gather.git.files import FSCK
from headway.public_files import repository_root


def open_repository(path: Path) -> pygit2.Repository:
    """Open the git repository that a folder belongs to.

    Raises:
        RepositoryError: there is none, it is damaged, or git does not trust its owner.
    """
    try:
        found = pygit2.discover_repository(str(path))
        repo = pygit2.Repository(found) if found else None
        if repo and not repo.is_bare:  # with --separate-git-dir, libgit2 does not know the working tree
            repo = pygit2.Repository(str(repository_root(path.resolve()) or found))
        if repo:
            _check(repo)
    except (KeyError, pygit2.GitError) as error:
        raise unusable(path, str(error).strip('"')) from error
    if repo is None and (root := repository_root(path.resolve())):
        raise unusable(path, f"{root / '.git'} is damaged, or names a folder that does not exist")
    if repo is None:
        raise RepositoryError(
            f"{path} is not in a git repository.",
            why="Headway compares git revisions.",
            remedy='git init && git add --all && git commit --message "First commit"',
        )
    return repo


def _check(repo: pygit2.Repository) -> None:
    """Read the git files that every run needs; scmrepo, which DVC uses, hangs where they are damaged."""
    repo.references.get("refs/remotes/origin/HEAD")
    if not repo.head_is_unborn:
        repo.head.peel(pygit2.Commit)
    if not repo.is_bare:
        len(repo.index)


def graph_of(repo: pygit2.Repository) -> pygit2.Repository:
    """The repository to read ancestry from: in a linked worktree, libgit2 does not see where a shallow clone ends."""
    path = Path(repo.path)
    common = path / "commondir"
    return pygit2.Repository(str(path / common.read_text().strip())) if common.is_file() else repo


def unusable(path: Path, reason: str) -> RepositoryError:
    """The error for a repository that git cannot read, from libgit2's message."""
    if "not owned" in reason:
        root = repository_root(path.resolve()) or path.resolve()
        return RepositoryError(
            f"git does not trust {root}.",
            why="It belongs to another user.",
            remedy=f"git config --global --add safe.directory {shlex.quote(str(root))}",
        )
    remedy = 'rm "$(git rev-parse --git-path index)" && git reset --quiet' if " index" in reason else FSCK
    return RepositoryError(f"git cannot read the repository of {path}.", why=f"{reason}.", remedy=remedy)
