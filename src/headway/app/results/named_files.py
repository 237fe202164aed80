"""The files that a user names, if git can hold them; needs no DVC, so a job that has a token installs little."""

from __future__ import annotations

import difflib
import os
import posixpath
import shlex
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

from headway.errors import RepositoryError
from headway.gather.git.executable import GitError, run_git

if TYPE_CHECKING:
    from collections.abc import Sequence


_LITERAL = {"GIT_LITERAL_PATHSPECS": "1"}


def name_files(root: Path, paths: Sequence[Path]) -> tuple[str, ...]:
    """The files and folders that a user names, as paths from git's root.

    Args:
        root: the root of the work tree.
        paths: as they were named, from the current folder.

    Raises:
        RepositoryError: one is not in the work tree, does not exist, or git ignores it.
    """
    names = tuple(_from_root(root, path) for path in paths)
    for name, path in zip(names, paths, strict=True):
        _require_own(root, name, path)
        _require_known(root, name, path)
    _require_not_ignored(root, names)
    return names


def _from_root(root: Path, path: Path) -> str:
    """A path from the root; a link that is named itself is not followed."""
    full = Path(os.path.normpath(path.absolute()))
    try:
        return (full.parent.resolve() / full.name).relative_to(root).as_posix()
    except ValueError as error:
        raise RepositoryError(
            f"{path} is not in the git repository {root}.", why="`headway pr` sends files of one repository."
        ) from error


def _require_own(root: Path, name: str, path: Path) -> None:
    """Raise an error for a path inside git's own folder, a submodule or a clone, which git would skip."""
    parts = Path(name).parts
    inner = next((folder for folder in accumulate(parts[:-1], posixpath.join) if (root / folder / ".git").exists()), "")
    if inner or ".git" in parts:
        raise RepositoryError(
            f"{path} is not a file of the git repository {root}.",
            why=f"It belongs to another one: {inner}." if inner else "It is git's own.",
        )


def _require_known(root: Path, name: str, path: Path) -> None:
    """Raise an error for a path that neither exists nor did in the checked-out commit."""
    if os.path.lexists(root / name) or _tracked(root, name):
        return
    near = difflib.get_close_matches(name, _tracked(root), n=1)
    raise RepositoryError(
        f"There is no file {str(path)!r}, and the checked-out commit has none.",
        why=f"Did you mean {near[0]!r}?" if near else "",
        remedy="git status --short  # lists what has changed",
    )


def _tracked(root: Path, *names: str) -> list[str]:
    """The files of the checked-out commit, or those at some paths."""
    listed = run_git(root, "ls-tree", "-r", "-z", "--name-only", "HEAD", "--", *names, env=_LITERAL)
    return [path for path in listed.split("\0") if path]


def _require_not_ignored(root: Path, names: Sequence[str]) -> None:
    """Raise an error for what git ignores, as it does for the outputs that DVC stores."""
    try:
        ignored = run_git(root, "check-ignore", "-z", "--stdin", stdin="".join(f"{name}\0" for name in names))
    except GitError as error:
        if error.returncode != 1:  # which means that none is ignored
            raise
        return
    first = ignored.split("\0")[0]
    raise RepositoryError(
        f"git ignores {first!r}.",
        why="DVC has git ignore the outputs that it stores itself; the request needs only dvc.lock or the .dvc file.",
        remedy=f"dvc push  # and omit {shlex.quote(first)}",
    )
