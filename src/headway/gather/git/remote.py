"""A clone's remote, asked through the git executable, so that credential helpers, ssh and proxies work.

Nothing of the user's is touched: no branch, no file that is checked out, no configuration, not even FETCH_HEAD.
"""

from __future__ import annotations

import re
import subprocess
from functools import cache
from typing import TYPE_CHECKING

from headway.ci.process import child_environment
from headway.errors import RepositoryError
from headway.text import hide_user_info, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

GIT_SECONDS = 300.0
"""How long one command of git may take."""
_LOCAL = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE",
)  # fmt: skip
"""Variables that point git at another repository; a hook sets them for the one it runs in."""
_FETCH = (
    "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--recurse-submodules=no",
)  # fmt: skip
_REFUSED_LOGIN = re.compile(
    r"terminal prompts disabled|could not read (Username|Password)|Authentication failed|Permission denied|"
    r"returned error: 40[13]|Repository not found",
    re.IGNORECASE,
)


class GitError(RepositoryError):
    """The git executable failed, or took too long."""


class Upstream:
    """The remote of a clone.

    Args:
        root: the working tree's root.
        name: the remote's name, such as ``"origin"``.
    """

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self.name = name
        self.advertised = cache(self._advertised)
        self.default_branch = cache(self._default_branch)

    def find(self, name: str) -> tuple[str, str] | None:
        """The remote's branch of a name, else its tag: its full name and its SHA; raises ``GitError``."""
        refs = self.advertised("--heads", "--tags")
        return next(((ref, refs[ref]) for ref in (f"refs/heads/{name}", f"refs/tags/{name}") if ref in refs), None)

    def _advertised(self, *kinds: str) -> Mapping[str, str]:
        """SHA by full name of the remote's references, of some kinds or all of them; asked once."""
        lines = (line.split("\t") for line in self._git("ls-remote", "--refs", *kinds, self.name).splitlines())
        return {ref: sha for sha, ref in lines}

    def _default_branch(self) -> str | None:
        """The name of the branch that the remote's HEAD names; asked once."""
        answer = self._git("ls-remote", "--symref", self.name, "HEAD")
        found = re.match(r"ref: refs/heads/(\S+)\tHEAD", answer)
        return found[1] if found else None

    def fetch(self, wanted: Sequence[str], *options: str) -> None:
        """Fetch references, or commits by SHA; raises ``GitError``."""
        self._git(*_FETCH, *options, self.name, *wanted)

    def fetch_objects(self, oids: Iterable[str]) -> None:
        """Fetch objects that a partial clone left out, in one go, as git itself does; raises ``GitError``."""
        options = ("--filter=blob:none", "--stdin")
        self._git("-c", "fetch.negotiationAlgorithm=noop", *_FETCH, *options, self.name, stdin="\n".join(oids) + "\n")

    def fetch_trees(self, sha: str) -> None:
        """Have git read every folder of a commit, for which it fetches those that a partial clone left out."""
        self._git("ls-tree", "-r", "--full-tree", "--name-only", sha)

    def _git(self, *arguments: str, stdin: str = "") -> str:
        command = ["git", *arguments]
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and every name that could be an option is a full reference
                command,
                cwd=self._root,
                env=child_environment(lambda variable: variable not in _LOCAL, GIT_TERMINAL_PROMPT="0", LC_ALL="C"),
                input=stdin,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=GIT_SECONDS,
                start_new_session=True,  # without a terminal ssh cannot stop and ask either
                check=False,
            )
        except FileNotFoundError as error:
            raise GitError(f"git could not ask the remote {self.name!r}.", why="There is no git on PATH.") from error
        except subprocess.TimeoutExpired as error:
            raise GitError(
                f"The remote {self.name!r} did not answer git within {GIT_SECONDS:.0f} s.",
                remedy=" ".join(command),
            ) from error
        if done.returncode != 0:
            raise self._failed(command, done.stderr)
        return done.stdout

    def _failed(self, command: Sequence[str], stderr: str) -> GitError:
        said = one_line(hide_user_info(stderr, "")) or "nothing"
        shown = " ".join(part for part in command if part not in _FETCH[1:] or part == "--no-tags")
        remedy = shown
        if _REFUSED_LOGIN.search(said):
            remedy = (
                f"Let git log in here (actions/checkout: persist-credentials: true), or check out the whole history "
                f"(fetch-depth: 0); then this works: {shown}"
            )
        return GitError(f"git could not fetch from the remote {self.name!r}.", why=f"It said: {said}", remedy=remedy)
