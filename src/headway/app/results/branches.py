"""The branches that results have by default: one for each branch that they are for, and for each project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from headway.public_files import project_folder

if TYPE_CHECKING:
    from pathlib import Path

_PREFIX: Final = "headway/results"
_OURS: Final = re.compile(r"headway/results(-[^/]+)?/")
_NOT_IN_A_NAME: Final = re.compile(r"\W+")


def results_branch(root: Path, folder: Path, base: str) -> str:
    """The branch for the results of a project.

    Args:
        root: the root of the git repository.
        folder: a folder of the DVC project; that of another project than the one at the root becomes part of the name.
        base: the branch that the results are for.
    """
    project = project_folder(root, folder.resolve())
    name = _NOT_IN_A_NAME.sub("-", project.relative_to(root).as_posix()).strip("-")
    return f"{_PREFIX}-{name}/{base}" if name else f"{_PREFIX}/{base}"


def is_results_branch(name: str) -> bool:
    """Whether a branch has such a name, so that a job on it sends nothing back from it."""
    return _OURS.match(name) is not None
