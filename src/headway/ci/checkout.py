"""Whether a folder holds a fork's commit, whose settings a job with secrets must not follow."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from headway.ci.process import signal_name
from headway.ci.read import read_context
from headway.errors import ContextError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def holds_forks_commit(folder: Path, environ: Mapping[str, str]) -> bool:
    """Whether the commit that is checked out is the fork's commit that this run is about, or its merge with the base.

    Raises:
        ContextError: git was ended by a signal, so the commit is not known.
    """
    try:
        context = read_context(environ)
    except ContextError:  # no CI, or an event that cannot be read, which publishing reports
        return False
    return context.from_fork and bool(context.sha) and context.sha in _head_and_parents(folder)


def _head_and_parents(folder: Path) -> set[str]:
    """The commit that is checked out and its parents; none outside of git.

    The commit's own text names its parents in a shallow clone, too. Source: gitformat-commit.
    """
    command = ["git", "cat-file", "--batch"]
    try:
        done = subprocess.run(command, cwd=folder, input=b"HEAD\n", check=False, capture_output=True)  # noqa: S603 - the git on PATH
    except OSError:
        return set()
    if name := signal_name(done.returncode):
        raise ContextError(f"git could not read the commit that is checked out: it was ended by {name}.")
    head, *lines = done.stdout.decode(errors="replace").partition("\n\n")[0].splitlines() or [""]
    return {head.split(" ")[0], *(line.removeprefix("parent ") for line in lines if line.startswith("parent "))}
