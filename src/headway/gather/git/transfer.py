"""Transfers between a clone and its remote that change nothing else: no pre-push hook runs, no other tag goes along."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from headway.ci.git_credentials import git_credentials, header_setting
from headway.ci.job import TOKEN_VARIABLES
from headway.ci.process import process_environment
from headway.gather.git.executable import GitError, run_git

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

FETCH: Final = (
    "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance", "--recurse-submodules=no",
)  # fmt: skip
PUSH: Final = ("push", "--quiet", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no")
_AT_ONCE = 500
NO_LOGIN: Final[Mapping[str, str]] = MappingProxyType({})


def job_login(root: Path, token_variable: str | None = None) -> Mapping[str, str]:
    """The variables by which git logs in with the token of this CI job, unless the clone holds a login already.

    A token that the user names takes the place of the clone's: what one token pushes must not be another's.
    """
    environ = process_environment()
    if token_variable:
        return git_credentials(environ, token_variable)
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


def fetch(root: Path, remote: str, refs: Mapping[str, str], login: Mapping[str, str] = NO_LOGIN) -> None:
    """Fetch references, or commits by SHA, that the clone lacks; a shallow clone gets no history behind them.

    Args:
        root: a folder of the clone.
        remote: the remote.
        refs: what to fetch, each with the commit that it leads to.
        login: variables by which git logs in there.

    Raises:
        GitError: git failed.
    """
    deep = set(refs)
    if is_shallow(root):
        here = _commits_here(root, refs.values())
        deep = {ref for ref in refs if refs[ref] in here}  # with a depth, git would cut off the history behind these
    for group, depth in ((deep, ()), (refs.keys() - deep, ("--depth=1",))):
        for some in batched(sorted(group)):
            lines = "".join(f"{ref}\n" for ref in some)
            ask_remote(root, *FETCH, *depth, "--stdin", remote, login=login, stdin=lines)


def is_shallow(root: Path) -> bool:
    """Whether a clone lacks a part of the history."""
    return run_git(root, "rev-parse", "--is-shallow-repository").strip() == "true"


def batched(refs: Sequence[str]) -> Iterator[Sequence[str]]:
    """Parts of a list of references that git fetches quickly: its time grows with the square of their number."""
    return (refs[start : start + _AT_ONCE] for start in range(0, len(refs), _AT_ONCE))


def _commits_here(root: Path, commits: Iterable[str]) -> set[str]:
    """Those commits that the clone has; a partial one fetches nothing for that."""
    options = ("--no-walk", "--ignore-missing", "--missing=allow-any", "--stdin")
    return set(run_git(root, "rev-list", *options, stdin="".join(f"{commit}\n" for commit in commits)).split())


def fetch_commit(root: Path, remote: str, sha: str, login: Mapping[str, str] = NO_LOGIN) -> None:
    """Fetch a commit if the clone lacks it.

    Raises:
        GitError: git failed.
    """
    try:
        run_git(root, "cat-file", "-e", f"{sha}^{{commit}}")
    except GitError:
        fetch(root, remote, {sha: sha}, login)
