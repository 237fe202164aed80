"""Whether the folder in which a command runs holds a fork's commit, whose settings a job with secrets must not follow.

Source: gitformat-commit in git's documentation, for the lines that name a commit's parents; they stand there in a
shallow clone as well.
"""

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
    """Whether a folder's checkout is the commit of a fork that this run is about, or its merge with the base.

    Args:
        folder: a folder; outside of git it holds no commit.
        environ: the environment variables, which say what the run is about.

    Raises:
        ContextError: git was ended by a signal.
    """
    try:
        context = read_context(environ)
    except ContextError:  # no CI, or an event that cannot be read; whoever needs the place will say so
        return False
    return context.from_fork and bool(context.sha) and context.sha in _commits(folder)


def _commits(folder: Path) -> set[str]:
    """The commit that is checked out, and its parents."""
    head = _git(folder, "rev-parse", "HEAD").strip()
    lines = _git(folder, "cat-file", "commit", "HEAD").partition("\n\n")[0].splitlines()
    return {head, *(line.removeprefix("parent ") for line in lines if line.startswith("parent "))}


def _git(folder: Path, *arguments: str) -> str:
    """What git prints; nothing where there is no git, or no repository."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, check=False, capture_output=True)  # noqa: S603, S607 - the git on PATH
    except OSError:
        return ""
    if name := signal_name(done.returncode):  # what a commit is, is then not known
        raise ContextError(f"git could not read the commit that is checked out: it was ended by {name}.")
    return done.stdout.decode(errors="replace")
