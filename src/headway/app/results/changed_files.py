"""What results change in git, if a commit of them is of use to others."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Final

from headway.errors import RepositoryError
from headway.gather.git.executable import read_git

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_GONE: Final = "000000"
_REPOSITORY: Final = "160000"
"""The mode of a submodule, and of a clone in a folder."""
_LFS: Final = "lfs"


def changed_files(root: Path, before: str, after: str) -> tuple[str, ...]:
    """The files that differ between two trees, as paths from the root.

    Args:
        root: the root of the work tree.
        before, after: the trees; ``after`` is that of the work tree.

    Raises:
        RepositoryError: one is in Git LFS or is another repository, so that nobody else would have its contents.
    """
    listed = os.fsdecode(read_git(root, "diff-tree", "-r", "-z", "--no-renames", before, after)).split("\0")
    modes = {path: entry.split()[:2] for entry, path in zip(listed[::2], listed[1::2], strict=False)}
    _require_no_repository([path for path, (old, new) in modes.items() if new == _REPOSITORY != old.lstrip(":")])
    _require_no_lfs(root, [path for path, (_, new) in modes.items() if new != _GONE])
    return tuple(modes)


def _require_no_repository(paths: Sequence[str]) -> None:
    """Raise an error for clones in folders, of which git would commit the SHA alone."""
    if paths:
        raise RepositoryError(
            f"{paths[0]!r} is a git repository of its own.",
            why="Of its files, git would commit none.",
            remedy=f"Name the files beside it, or have git ignore it: a line in .gitignore, /{paths[0]}/",
        )


def _require_no_lfs(root: Path, paths: Sequence[str]) -> None:
    """Raise an error for files of Git LFS, whose contents only its own hook uploads."""
    listed = read_git(root, "check-attr", "-z", "--stdin", "filter", stdin="".join(f"{path}\0" for path in paths))
    fields = os.fsdecode(listed).split("\0")
    held = [path for path, filtered in zip(fields[::3], fields[2::3], strict=False) if filtered == _LFS]
    if held:
        path = shlex.quote(held[0])
        raise RepositoryError(
            f"Git LFS stores {held[0]!r}.",
            why="`headway pr` runs no hooks, and only that of Git LFS uploads its files.",
            remedy=f"git rm --cached --quiet --ignore-unmatch {path} && dvc add {path}  # or commit it by yourself",
        )
