"""Transfers between a clone and its remote that change nothing else: no pre-push hook runs, no other tag goes along."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from headway.ci.git_credentials import git_credentials, header_setting
from headway.ci.job import TOKEN_VARIABLES
from headway.ci.process import process_environment
from headway.gather.git.executable import GitError, run_git

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FETCH: Final = (
    "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--recurse-submodules=no",
)  # fmt: skip
PUSH: Final = ("push", "--quiet", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no")
NO_LOGIN: Final[Mapping[str, str]] = MappingProxyType({})


def job_login(root: Path) -> Mapping[str, str]:
    """The variables by which git logs in with the token of this CI job, unless the clone holds a login already."""
    environ = process_environment()
    setting = header_setting(environ)
    try:
        known = bool(setting) and bool(run_git(root, "config", "--get-all", setting))
    except GitError:
        known = False
    return NO_LOGIN if known else git_credentials(environ)


def ask_remote(root: Path, *command: str, login: Mapping[str, str] = NO_LOGIN, stdin: str = "") -> str:
    """Run a command of git that talks to a remote.

    With a login, git and its children get no other token of the job. Without one, they keep the tokens: a credential
    helper may read them.

    Raises:
        GitError: git failed.
    """
    return run_git(root, *command, stdin=stdin, env=login, hidden=TOKEN_VARIABLES if login else ())


def fetch(root: Path, remote: str, refs: Iterable[str], login: Mapping[str, str] = NO_LOGIN) -> None:
    """Fetch references, or commits by SHA, that the clone lacks; a shallow clone gets no history behind them.

    Of a commit that a shallow clone has, this would cut the history off.

    Raises:
        GitError: git failed.
    """
    shallow = run_git(root, "rev-parse", "--is-shallow-repository").strip() == "true"
    depth = ("--depth=1",) if shallow else ()
    ask_remote(root, *FETCH, *depth, "--stdin", remote, login=login, stdin="".join(f"{ref}\n" for ref in refs))


def fetch_commit(root: Path, remote: str, sha: str, login: Mapping[str, str] = NO_LOGIN) -> None:
    """Fetch a commit if the clone lacks it.

    Raises:
        GitError: git failed.
    """
    try:
        run_git(root, "cat-file", "-e", f"{sha}^{{commit}}")
    except GitError:
        fetch(root, remote, (sha,), login)
