"""The git executable: for what needs its credential helpers, its ssh and its hooks, or its way to write objects."""

from __future__ import annotations

import re
import shlex
import subprocess
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from headway.ci.process import child_environment, signal_name
from headway.errors import RepositoryError
from headway.text import hide_user_info, one_line

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

GIT_SECONDS = 300.0
"""How long one git command may take."""
_LOCAL = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE",
)  # fmt: skip
"""Variables that point git at another repository; a hook sets them for the one it runs in."""
_REFUSED_LOGIN = re.compile(
    r"terminal prompts disabled|could not read (Username|Password)|Authentication failed|Permission denied|"
    r"returned error: 40[13]|Repository not found",
    re.IGNORECASE,
)
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


class GitError(RepositoryError):
    """The git executable is missing, failed, or took too long.

    Attributes:
        returncode: the exit code; negative where a signal ended git, ``None`` where it did not end or never began.
        stderr: what git wrote about it, without credentials.
    """

    def __init__(
        self, what: str, *, why: str = "", remedy: str = "", returncode: int | None = None, stderr: str = ""
    ) -> None:
        super().__init__(what, why=why, remedy=remedy)
        self.returncode = returncode
        self.stderr = stderr

    @property
    def is_refused_login(self) -> bool:
        """Whether the remote did not let git in, or git had nothing to log in with."""
        return _REFUSED_LOGIN.search(self.stderr) is not None


class GitTimeoutError(GitError):
    """The git executable took longer than ``GIT_SECONDS``."""


def run_git(
    root: Path,
    *arguments: str,
    stdin: str | bytes = "",
    env: Mapping[str, str] = _NONE,
    hidden: Collection[str] = (),
) -> str:
    """Run git in a folder without a terminal, in English, and give what it wrote to its standard output.

    No shell is involved, but git itself takes an argument that begins with a dash for an option: give full references.
    ``env`` adds variables to this process's own, of which git and its children do not get those that are ``hidden``.

    Raises:
        GitError: git is not on PATH, or its exit code is not 0.
        GitTimeoutError: it took too long.
    """
    return read_git(root, *arguments, stdin=stdin, env=env, hidden=hidden).decode(errors="replace")


def read_git(
    root: Path,
    *arguments: str,
    stdin: str | bytes = "",
    env: Mapping[str, str] = _NONE,
    hidden: Collection[str] = (),
) -> bytes:
    """What git writes to its standard output, byte for byte; else as :func:`run_git`."""
    command = ["git", *arguments]
    own = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - see above
            command,
            cwd=root,
            env=child_environment(lambda variable: variable not in _LOCAL and variable not in hidden, **own, **env),
            input=stdin.encode(errors="surrogateescape") if isinstance(stdin, str) else stdin,
            capture_output=True,
            timeout=GIT_SECONDS,
            start_new_session=True,  # without a terminal, ssh cannot ask for a password
            check=False,
        )
    except FileNotFoundError as error:
        raise GitError(f"git {arguments[0]} could not be run.", why="There is no git on PATH.") from error
    except subprocess.TimeoutExpired as error:
        what = f"git {arguments[0]} did not end within {GIT_SECONDS:.0f} s."
        raise GitTimeoutError(what, remedy=" ".join(command)) from error
    if done.returncode != 0:
        raise _failed(command, done, reads_input=bool(stdin))
    return done.stdout


def _failed(command: list[str], done: subprocess.CompletedProcess[bytes], *, reads_input: bool) -> GitError:
    stderr = hide_user_info(done.stderr.decode(errors="replace"), "")
    signal = signal_name(done.returncode)
    why = f"It was ended by {signal}." if signal else f"git reported: {one_line(stderr) or 'nothing'}"
    what = f"git {command[1]} failed."
    remedy = "" if reads_input else shlex.join(command)  # in a terminal, it would wait for the input
    return GitError(what, why=why, remedy=remedy, returncode=done.returncode, stderr=stderr)
