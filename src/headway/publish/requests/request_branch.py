"""Commits files on a branch of the remote, without touching anything that is checked out.

git makes the objects with an index of its own and pushes the commit by its SHA: the work tree, the index, the local
branches and the configuration stay as they are, and no pre-push hook runs. The same files on the same commit make the
same commit, so a run that was killed anywhere can be repeated, and two at once push one commit.
Sources: the manual pages of git-hash-object, git-update-index, git-commit-tree and git-push.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from headway.errors import RepositoryError
from headway.gather.git.executable import GitError, run_git
from headway.gather.git.transfer import NO_LOGIN, PUSH, ask_remote, fetch_commit

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE: Final = "100644"
_EXECUTABLE: Final = "100755"
_ATTEMPTS = 3
"""How often the branch is read again when somebody else has pushed to it in between."""
_NOBODY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Headway"), ("EMAIL", "headway@localhost"))
}
"""Who commits where git knows nobody, as on most runners."""
_LOGIN = (
    "Give the step a token that may push. GitHub: GITHUB_TOKEN with the permission `contents: write`. GitLab: "
    "GITLAB_TOKEN with the scope `write_repository`. Bitbucket: BITBUCKET_ACCESS_TOKEN with the scope "
    "`repository:write`."
)
_PROTECTED = "Does a rule of the forge protect this branch name? Allow this token to push to it."


@dataclass(frozen=True, kw_only=True)
class FilesCommit:
    """A commit to make.

    Attributes:
        base: the full SHA of its parent: a commit of the default branch.
        files: the content of each file by its path from the repository's root, as git stores it: no filter of
            ``.gitattributes`` is applied.
        message: the commit's message.
    """

    base: str
    files: Mapping[str, bytes]
    message: str


@dataclass(frozen=True, kw_only=True)
class PushedBranch:
    """What the branch of the remote is now.

    Attributes:
        sha: its commit.
        pushed: whether this run pushed it for certain; if not, the branch was found with the same files on the same
            base.
    """

    sha: str
    pushed: bool


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
    repository = _Remote(root, remote, login)
    repository.fetch(change.base)
    tree = _write_tree(root, change)
    if tree == run_git(root, "rev-parse", f"{change.base}^{{tree}}").strip():
        return None
    commit = _write_commit(root, change, tree)
    return _push(repository, branch, commit)


def _write_tree(root: Path, change: FilesCommit) -> str:
    """The base's tree with the files in it; of what is replaced, an executable file stays executable."""
    with tempfile.TemporaryDirectory(prefix="headway-index-") as folder:
        own = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        try:
            run_git(root, "read-tree", change.base, env=own)
            modes = _modes(run_git(root, "ls-tree", "-r", "-z", "--full-tree", change.base))
            entries = [_entry(root, path, content, modes) for path, content in change.files.items()]
            options = (part for entry in entries for part in ("--cacheinfo", entry))
            run_git(root, "update-index", "--add", "--replace", *options, env=own)
            return run_git(root, "write-tree", "--missing-ok", env=own).strip()  # a partial clone has few blobs
        except GitError as error:
            raise RepositoryError("git could not make the commit.", why=error.why, remedy=error.remedy) from error


def _modes(listing: str) -> dict[str, str]:
    """The mode of each path in a listed tree."""
    lines = (line.partition("\t") for line in listing.split("\0") if line)
    return {path: entry.partition(" ")[0] for entry, _, path in lines}


def _entry(root: Path, path: str, content: bytes, modes: Mapping[str, str]) -> str:
    """A file for the index; of a path that git does not allow, ``--index-info`` would only warn."""
    mode = _EXECUTABLE if modes.get(path) == _EXECUTABLE else _FILE
    blob = run_git(root, "hash-object", "-w", "--stdin", stdin=content).strip()
    return f"{mode},{blob},{path}"


def _write_commit(root: Path, change: FilesCommit, tree: str) -> str:
    """The commit, as old as its base: a date of its own would make another commit of the same change."""
    date = run_git(root, "show", "--no-patch", "--no-show-signature", "--format=@%ct +0000", change.base).strip()
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    try:
        command = ("commit-tree", tree, "-p", change.base, "-F", "-")
        return run_git(root, *command, stdin=change.message, env={**_nobody(root), **dates}).strip()
    except GitError as error:
        raise RepositoryError("git could not make the commit.", why=error.why, remedy=error.remedy) from error


def _nobody(root: Path) -> Mapping[str, str]:
    """A name for who commits, unless git knows one; git's guess from the machine's name is none."""
    try:
        for role in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            run_git(root, "-c", "user.useConfigOnly=true", "var", role)
    except GitError:
        return _NOBODY
    return {}


def _push(remote: _Remote, branch: str, commit: str) -> PushedBranch:
    """Push a commit unless the branch is as good; a push that failed may still have been carried out."""
    found = remote.tip(branch)
    for _ in range(_ATTEMPTS):
        if found and (found == commit or remote.is_same_change(found, commit)):
            return PushedBranch(sha=found, pushed=False)
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


class _Remote:
    """The remote of a clone, as a place to push to."""

    def __init__(self, root: Path, name: str, login: Mapping[str, str]) -> None:
        self._root = root
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
            fetch_commit(self._root, self.name, sha, self._login)
        except GitError as error:
            what = f"git could not fetch the commit {sha[:7]} from the remote {self.name!r}."
            raise RepositoryError(what, why=error.why, remedy=_remedy(error)) from error

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
        is_protected = "remote rejected" in error.stderr and not error.is_refused_login
        return RepositoryError(what, why=error.why, remedy=_PROTECTED if is_protected else _remedy(error))

    def _ask(self, *command: str) -> str:
        return ask_remote(self._root, *command, login=self._login)

    def _tree_and_parents(self, sha: str) -> list[str]:
        """As the object itself has them: at the edge of a shallow clone, git hides the parents elsewhere."""
        header = run_git(self._root, "cat-file", "commit", sha).partition("\n\n")[0]
        return [line for line in header.splitlines() if line.startswith(("tree ", "parent "))]


def _remedy(error: GitError) -> str:
    return _LOGIN if error.is_refused_login else error.remedy
