"""Pushes the branch of a request, without touching anything that is checked out.

git makes the objects with an index of its own and pushes the commit by its SHA: the work tree, the index, the local
branches and the configuration stay as they are, and no pre-push hook runs. The same files on the same commit make the
same commit, so a run that was killed anywhere can be repeated, and two at once push one commit.
Source: the manual page of git-push.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.errors import RepositoryError
from headway.gather.git.executable import GitError, run_git
from headway.gather.git.transfer import FETCH, NO_LOGIN, PUSH, ask_remote, fetch_commit
from headway.publish.requests.request_commit import FilesCommit, tree_of, tree_of_files, write_commit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_ATTEMPTS = 3
"""How often the branch is read again when somebody else has pushed to it in between."""
_LOGIN = (
    "Give the step a token that may push. GitHub: GITHUB_TOKEN with the permission `contents: write`. GitLab: "
    "GITLAB_TOKEN with the scope `write_repository`. Bitbucket: BITBUCKET_ACCESS_TOKEN with the scope "
    "`repository:write`."
)
_PROTECTED = "Does a rule of the forge protect this branch name? Allow this token to push to it."
_TRAILERS = ("-c", "trailer.separators=:", "interpret-trailers", "--parse")
"""Whatever the user's own trailers look like."""
_NAMES_CLASH = re.compile("directory file conflict|exists; cannot create")
_OTHER_NAME = (
    "git holds no branch whose name continues that of another, as a/b continues a. Delete the other branch, or name "
    "another one with --branch."
)


@dataclass(frozen=True, kw_only=True)
class PushedBranch:
    """What the branch of the remote is now.

    Attributes:
        sha: its commit.
        pushed: whether this run pushed it for certain; if not, the branch was found with the same files on the same
            base, or with something that may not be replaced.
        kept: whether it has something else, which may not be replaced.
    """

    sha: str
    pushed: bool
    kept: bool = False


def always(_: str) -> bool:
    """Replace whatever is found."""
    return True


def push_files(
    root: Path, remote: str, branch: str, change: FilesCommit, login: Mapping[str, str] = NO_LOGIN
) -> PushedBranch | None:
    """Make a branch of the remote that one commit, with ``base`` as its parent and these files, unless it is so.

    What the branch had before is replaced, but only what was there when it was read.

    Args:
        root: a folder inside the repository.
        remote: the name of a remote.
        branch: the branch's name without ``refs/heads/``.
        change: the commit.
        login: variables by which git logs in there, see :mod:`headway.ci.git_credentials`.

    Returns:
        The branch; ``None`` if ``base`` has all of these files already, so that there is nothing to request.

    Raises:
        RepositoryError: the base is unknown, the remote refuses, or others push to the branch all the time.
    """
    repository = GitRemote(root, remote, login)
    repository.fetch(change.base)
    tree = tree_of_files(root, change.base, change.files)
    if tree == tree_of(root, change.base):
        return None
    return push_commit(repository, branch, write_commit(root, change.base, tree, change.message))


def push_commit(
    remote: GitRemote, branch: str, commit: str, may_replace: Callable[[str], bool] = always
) -> PushedBranch:
    """Push a commit unless the branch is as good; a push that failed may still have been carried out.

    Args:
        remote: where to.
        branch: the branch's name without ``refs/heads/``.
        commit: the commit's SHA.
        may_replace: whether another commit that is found on the branch may be replaced; this clone has it then.

    Raises:
        RepositoryError: the remote refuses, or others push to the branch all the time.
    """
    found = remote.tip(branch)
    for _ in range(_ATTEMPTS):
        if found and (found == commit or remote.is_same_change(found, commit)):
            return PushedBranch(sha=found, pushed=False)
        if found and not may_replace(found):
            return PushedBranch(sha=found, pushed=False, kept=True)
        try:
            remote.push(commit, branch, found)
        except GitError as error:
            before, found = found, remote.tip(branch)
            if found == before:  # nobody was faster
                raise remote.refused(branch, error) from error
        else:
            return PushedBranch(sha=commit, pushed=True)
    if found == commit:
        return PushedBranch(sha=commit, pushed=True)
    raise RepositoryError(
        f"The branch {branch!r} of the remote {remote.name!r} could not be pushed.",
        why=f"Somebody else changed it {_ATTEMPTS} times between the moments when this run read and pushed it.",
        remedy="Run the command again when nobody else pushes to it.",
    )


class GitRemote:
    """The remote of a clone, as a place to push to."""

    def __init__(self, root: Path, name: str, login: Mapping[str, str] = NO_LOGIN) -> None:
        self.root = root
        self.name = name
        self._login = login

    def tip(self, branch: str) -> str:
        """The commit of a branch as the remote has it now; empty where it has no such branch."""
        ref = f"refs/heads/{branch}"
        try:
            answer = self._ask("ls-remote", "--refs", self.name, ref)
        except GitError as error:
            what = f"git could not ask the remote {self.name!r} for the branch {branch!r}."
            raise RepositoryError(what, why=error.why, remedy=_remedy(error)) from error
        refs = (line.split("\t") for line in answer.splitlines())
        return next((sha for sha, name in refs if name == ref), "")

    def fetch(self, sha: str) -> None:
        """Fetch a commit that this clone lacks; a shallow one gets it alone."""
        try:
            fetch_commit(self.root, self.name, sha, self._login)
        except GitError as error:
            raise self._not_fetched(sha, error) from error

    def fetch_history(self, sha: str) -> None:
        """Fetch a commit with the history behind it, as far as this clone's own goes back."""
        if self._has(sha):
            return
        try:
            self._ask(*FETCH, self.name, sha)
        except GitError as error:
            raise self._not_fetched(sha, error) from error

    def has_ancestor(self, sha: str, ancestor: str) -> bool:
        """Whether a commit is, or descends from, another; both are in this clone."""
        try:
            run_git(self.root, "merge-base", "--is-ancestor", ancestor, sha)
        except GitError as error:
            if error.returncode != 1:
                raise
            return False
        return True

    def trailers(self, sha: str) -> dict[str, str]:
        """The trailers of a commit's message, which this clone has."""
        message = run_git(self.root, "show", "--no-patch", "--no-show-signature", "--format=%B", sha)
        lines = run_git(self.root, *_TRAILERS, stdin=message).splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def is_same_change(self, one: str, other: str) -> bool:
        """Whether two commits have the same files and the same parents, whoever made them and said what about it."""
        self.fetch(one)
        return self._tree_and_parents(one) == self._tree_and_parents(other)

    def push(self, commit: str, branch: str, found: str) -> None:
        """Replace what was found on a branch, or nothing, by a commit; raises ``GitError``."""
        ref = f"refs/heads/{branch}"
        self._ask(*PUSH, f"--force-with-lease={ref}:{found}", self.name, f"{commit}:{ref}")

    def refused(self, branch: str, error: GitError) -> RepositoryError:
        """A push that failed with nobody else pushing."""
        what = f"git could not push the branch {branch!r} to the remote {self.name!r}."
        return RepositoryError(what, why=error.why, remedy=_remedy_of_push(error))

    def _has(self, sha: str) -> bool:
        try:
            run_git(self.root, "cat-file", "-e", f"{sha}^{{commit}}")
        except GitError:
            return False
        return True

    def _not_fetched(self, sha: str, error: GitError) -> RepositoryError:
        what = f"git could not fetch the commit {sha[:7]} from the remote {self.name!r}."
        return RepositoryError(what, why=error.why, remedy=_remedy(error))

    def _ask(self, *command: str) -> str:
        return ask_remote(self.root, *command, login=self._login)

    def _tree_and_parents(self, sha: str) -> list[str]:
        """As the object itself has them: at the edge of a shallow clone, git hides the parents elsewhere."""
        header = run_git(self.root, "cat-file", "commit", sha).partition("\n\n")[0]
        return [line for line in header.splitlines() if line.startswith(("tree ", "parent "))]


def _remedy_of_push(error: GitError) -> str:
    if _NAMES_CLASH.search(error.stderr):
        return _OTHER_NAME
    is_protected = "remote rejected" in error.stderr and not error.is_refused_login
    return _PROTECTED if is_protected else _remedy(error)


def _remedy(error: GitError) -> str:
    return _LOGIN if error.is_refused_login else error.remedy
