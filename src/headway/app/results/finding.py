"""Which files of a work tree are results that git can hold."""

from __future__ import annotations

import difflib
import os
import posixpath
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from headway.errors import RepositoryError
from headway.gather import Quiet, Repository, allowed_network
from headway.gather.git.executable import GitError, run_git

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.ci.job import Job
    from headway.remotes.environment import Credentials

_LITERAL = {"GIT_LITERAL_PATHSPECS": "1"}
_LFS = "lfs"


def find_results(folder: Path, job: Job, credentials: Credentials) -> tuple[str, ...]:
    """What a pipeline has changed that git holds: dvc.lock and .dvc files, and outputs with ``cache: false``.

    Args:
        folder: a folder of the DVC project.
        job, credentials: of the CI job.

    Returns:
        Paths from git's root.

    Raises:
        RepositoryError: the project cannot be read, or its results are not those of its code, parameters and data.
    """
    with Repository.open(folder, allowed_network(None, job, credentials, Quiet())) as repository:
        view = repository.open_revision(repository.resolve_head(None), "head")
        found = repository.verify(view, job.running_stage, remote=False)
        project = repository.project
    if found.status in ("stale", "modified"):
        stages = ", ".join(each.name for each in found.stages)
        outputs = ", ".join(each.path for each in found.modified)
        raise RepositoryError(
            "The results are out of date, so they are not sent.",
            why=f"These stages must be run again: {stages}." if stages else f"dvc.lock records others for {outputs}.",
            remedy="dvc repro  # headway verify says why",
        )
    return tuple(posixpath.normpath(posixpath.join(project, path)) for path in found.uncommitted)


def name_files(root: Path, paths: Sequence[Path]) -> tuple[str, ...]:
    """The files and folders that a user names, as paths from git's root.

    Args:
        root: the root of the work tree.
        paths: as they were named, from the current folder.

    Raises:
        RepositoryError: one is not in the work tree, does not exist, or is not for git to hold.
    """
    names = tuple(_from_root(root, path) for path in paths)
    for name, path in zip(names, paths, strict=True):
        _require_known(root, name, path)
    _require_not_ignored(root, names)
    _require_no_lfs(root, names)
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


def _require_known(root: Path, name: str, path: Path) -> None:
    """Raise an error for a path that neither exists nor did in the checked-out commit."""
    if os.path.lexists(root / name) or _tracked(root, name):
        return
    near = difflib.get_close_matches(name, _tracked(root, "."), n=1)
    raise RepositoryError(
        f"There is no file {str(path)!r}, and the checked-out commit has none.",
        why=f"Did you mean {near[0]!r}?" if near else "",
        remedy="git status --short  # lists what has changed",
    )


def _tracked(root: Path, name: str) -> list[str]:
    listed = run_git(root, "ls-files", "-z", "--", name, env=_LITERAL)
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


def _require_no_lfs(root: Path, names: Sequence[str]) -> None:
    """Raise an error for files of Git LFS, whose contents only its own hook uploads."""
    listed = run_git(root, "check-attr", "-z", "--stdin", "filter", stdin="".join(f"{name}\0" for name in names))
    fields = listed.split("\0")
    held = [name for name, filtered in zip(fields[::3], fields[2::3], strict=False) if filtered == _LFS]
    if held:
        raise RepositoryError(
            f"Git LFS stores {held[0]!r}.",
            why="`headway pr` runs no hooks, and only that of Git LFS uploads its files.",
            remedy=f"dvc add {shlex.quote(held[0])}  # store it with DVC, or commit it by yourself",
        )
