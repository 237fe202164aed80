"""Finding and opening the git repository that a folder belongs to, and what is said where git cannot read it."""

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
        if repo and not repo.is_bare:  # of a git folder that lies elsewhere, libgit2 would not know the files' folder
            repo = pygit2.Repository(str(repository_root(path.resolve()) or found))
        if repo:
            _check(repo)
    except (KeyError, pygit2.GitError) as error:
        raise unusable(path, str(error).strip('"')) from error
    if repo is None and (root := repository_root(path.resolve())):
        raise unusable(path, f"{root / '.git'} is damaged, or names a folder that is gone")
    if repo is None:
        raise RepositoryError(
            f"{path} is in no git repository.",
            why="Headway compares revisions that git keeps.",
            remedy='git init && git add --all && git commit --message "First commit"',
        )
    return repo


def _check(repo: pygit2.Repository) -> None:
    """Read what every run reads of git's own files; scmrepo, which DVC uses, waits for ever where it cannot."""
    repo.references.get("refs/remotes/origin/HEAD")
    if not repo.head_is_unborn:
        repo.head.peel(pygit2.Commit)
    if not repo.is_bare:
        len(repo.index)


def graph_of(repo: pygit2.Repository) -> pygit2.Repository:
    """The repository by which ancestry is read: in a linked worktree, libgit2 does not see where a clone ends."""
    path = Path(repo.path)
    common = path / "commondir"
    return pygit2.Repository(str(path / common.read_text().strip())) if common.is_file() else repo


def unusable(path: Path, reason: str) -> RepositoryError:
    """The error for a repository that git cannot read, whatever libgit2 says of it."""
    if "not owned" in reason:
        root = repository_root(path.resolve()) or path.resolve()
        return RepositoryError(
            f"git does not trust {root}.",
            why="It belongs to another user.",
            remedy=f"git config --global --add safe.directory {shlex.quote(str(root))}",
        )
    remedy = 'rm "$(git rev-parse --git-path index)" && git reset --quiet' if " index" in reason else FSCK
    return RepositoryError(f"git cannot read the repository of {path}.", why=f"{reason}.", remedy=remedy)
