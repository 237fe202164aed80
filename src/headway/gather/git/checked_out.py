"""What is checked out in a clone, and the names that git takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.errors import RepositoryError
from headway.gather.git.executable import GitError, run_git
from headway.public_files import repository_root
from headway.text import is_text

if TYPE_CHECKING:
    from pathlib import Path

_BRANCHES = "refs/heads/"


def working_tree(folder: Path, why: str) -> Path:
    """The root of the working tree that a folder belongs to.

    Args:
        folder: any folder.
        why: what needs a working tree, a sentence for the error.

    Raises:
        RepositoryError: the folder is in none.
    """
    root = repository_root(folder.resolve())
    if root is None:
        raise RepositoryError(
            f"{folder.resolve()} is not in the working tree of a git repository.",
            why=why,
            remedy="git clone URL  # and run Headway in the clone",
        )
    return root


def checked_out_commit(root: Path) -> str:
    """The full SHA of the commit that is checked out.

    Raises:
        RepositoryError: there is no commit yet.
    """
    found = _answer(root, "rev-parse", "--quiet", "--verify", "HEAD")
    if not found:
        raise RepositoryError("The repository has no commit yet.", why="Results belong to the commit of their code.")
    return found


def checked_out_branch(root: Path) -> str:
    """The branch that is checked out; empty if a commit is."""
    ref = _answer(root, "symbolic-ref", "--quiet", "HEAD") or ""  # git shortens it to heads/main beside a tag main
    return ref.removeprefix(_BRANCHES) if ref.startswith(_BRANCHES) else ""


def is_branch_name(root: Path, name: str) -> bool:
    """Whether git takes a name for a branch."""
    is_option = name.startswith("-")
    return not is_option and is_text(name) and _answer(root, "check-ref-format", f"{_BRANCHES}{name}") is not None


def is_ignored(root: Path, path: str) -> bool:
    """Whether git ignores a path, which need not exist."""
    return _answer(root, "check-ignore", "--", path) is not None


def _answer(root: Path, *command: str) -> str | None:
    """What git writes; ``None`` where its exit code says no."""
    try:
        return run_git(root, *command).strip()
    except GitError as error:
        if error.returncode != 1:
            raise
        return None
