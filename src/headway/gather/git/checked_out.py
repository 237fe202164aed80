"""What is checked out in a clone, and the names that git takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.gather.git.executable import GitError, run_git

if TYPE_CHECKING:
    from pathlib import Path


def checked_out_commit(root: Path) -> str:
    """The full SHA of the commit that is checked out.

    Raises:
        GitError: there is no commit yet.
    """
    return run_git(root, "rev-parse", "--verify", "HEAD").strip()


def checked_out_branch(root: Path) -> str:
    """The branch that is checked out; empty if a commit is."""
    return _answer(root, "symbolic-ref", "--quiet", "--short", "HEAD") or ""


def is_branch_name(root: Path, name: str) -> bool:
    """Whether git takes a name for a branch."""
    return not name.startswith("-") and _answer(root, "check-ref-format", f"refs/heads/{name}") is not None


def _answer(root: Path, *command: str) -> str | None:
    """What git writes; ``None`` where its exit code says no."""
    try:
        return run_git(root, *command).strip()
    except GitError as error:
        if error.returncode != 1:
            raise
        return None
