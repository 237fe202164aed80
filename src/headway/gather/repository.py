"""A DVC project in its git repository: names become revisions, and revisions are opened."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from headway.errors import RepositoryError
from headway.gather.git.revisions import choose_base, choose_head
from headway.gather.monorepo import project_folders
from headway.gather.network import OFFLINE
from headway.gather.revision_reader import RevisionReader
from headway.gather.verify.uncommitted import UncommittedFiles, uncommitted_files
from headway.paths import normalize
from headway.values.problem import Problem
from headway.values.revision import WORKSPACE, Revision
from headway.values.verification import Verification

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from headway.ci.job import PullRequestBase, RunningStage
    from headway.errors import MissingHistoryError
    from headway.gather.dvc.project import Project
    from headway.gather.git.history import History
    from headway.gather.network import Network
    from headway.remotes.trust import Trust
    from headway.values.revision import Side

_LEFT_BEHIND = {"cache", "config.local", "tmp"}
"""What git ignores in the folder ``.dvc``, so it stays when a branch without the project is checked out."""


class Repository:
    """A DVC project in a git repository; a context manager that closes what it opened.

    Attributes:
        root: the DVC project's root.
        project: the same inside the git repository, with forward slashes; "" at its root.
    """

    def __init__(self, history: History, root: Path, network: Network) -> None:
        self.root = root
        self.project = normalize(root.relative_to(history.root).as_posix())
        self._history = history
        self._network = network
        self._opened = ExitStack()
        self._opened.callback(history.close)

    @classmethod
    def open(
        cls,
        path: Path,
        network: Network = OFFLINE,
        *,
        head: str | None = None,
        base: str | None = None,
        project: str | None = None,
    ) -> Repository:
        """Open the project that a folder belongs to.

        Args:
            path: the folder; where head is a commit, it need not be checked out.
            network: what may be fetched.
            head, base: the revisions to compare, if known; the project is searched in head, the working tree, and base.
            project: the project's folder from git's root, if known; either side may lack it.

        Raises:
            RepositoryError: there is no such folder, no git repository, no DVC project, or no such head.
        """
        from headway.gather.git.fetching import open_history  # noqa: PLC0415 - loads pygit2, which --help need not pay

        path = path.resolve()
        if head is None and not path.is_dir():
            raise RepositoryError(f"There is no folder {path}.")
        history = open_history(next(folder for folder in (path, *path.parents) if folder.is_dir()), network)
        if head is None:
            history.require_files()
        if project is None:
            project = _find_project(path, history, head, base)
        return cls(history, history.root / project, network)

    @property
    def git_root(self) -> Path:
        """The root of the git repository."""
        return self._history.root

    @property
    def upstream(self) -> str:
        """The remote that may be asked for tags and commits; empty if none may, or if there is none."""
        return self._history.remote() if self._network.history and self._history.has_remote() else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from headway.gather.git.discovery import unusable  # noqa: PLC0415 - likewise
        from headway.gather.git.files import is_of_git  # noqa: PLC0415 - likewise

        self._opened.__exit__(kind, error, trace)
        if is_of_git(error):
            raise unusable(self.root, str(error)) from error

    def resolve_head(self, name: str | None) -> Revision:
        """The head that was asked for; see :func:`headway.gather.git.revisions.choose_head`."""
        head = choose_head(self._history, name)
        own = self._history.branch() if name is None and not head.dirty else None
        branch = self._network.job.branch if name is None else ""
        return self._described(msgspec.structs.replace(head, branch=branch or own or ""))

    def resolve_base(self, name: str | None, head: Revision, declared: PullRequestBase | None) -> Revision:
        """The base to compare with; see :func:`headway.gather.git.revisions.choose_base`."""
        return self._described(choose_base(self._history, name, head, declared))

    def resolve_anchor(self, name: str) -> Revision:
        """The revision that the settings name as the anchor; raises ``RepositoryError`` where there is none."""
        return self._described(Revision(name=name, sha=self._history.resolve_tag(name), chosen="named in the settings"))

    def described(self, name: str, sha: str, chosen: str) -> Revision:
        """A commit under another name than git has for it.

        Raises:
            RepositoryError: the clone lacks it.
        """
        return self._described(Revision(name=name, sha=self._history.resolve(sha), chosen=chosen))

    def is_added(self, commit: str, base: Revision, head: Revision) -> bool:
        """Whether a commit is head, or certainly among those that head adds to base."""
        return self._history.is_added(commit, base.sha, head.sha or self._history.head())

    def _described(self, revision: Revision) -> Revision:
        about = self._history.describe(revision.sha) if revision.sha else None
        return msgspec.structs.replace(revision, **about._asdict()) if about else revision

    def unavailable_base(self, error: MissingHistoryError) -> RevisionReader:
        """A base that the clone lacks: nothing of it is known, and the report says why."""
        revision = Revision(name="unavailable", sha=None, chosen="because this clone lacks it")
        why = " ".join(filter(None, (error.what, error.why)))
        lost = Problem(where="base", what=why.removesuffix("."), remedy=error.remedy)
        return RevisionReader(revision, "base", self.project, None, (f"Base is unavailable: {error.what}",), lost=lost)

    def nothing(self) -> RevisionReader:
        """A base without anything in it, beside which head's data is described."""
        revision = Revision(name="nothing", sha=None, chosen="because head's data is described by itself")
        return RevisionReader(revision, "base", self.project, None)

    def open_revision(self, revision: Revision, side: Side) -> RevisionReader:
        """Open one side; raises ``RepositoryError`` where a DVC file of head is not valid."""
        project = self._project(revision, side)
        if project is not None:
            self._opened.callback(project.dvc.close)
        return RevisionReader(revision, side, self.project, project, self._notes(revision, side))

    def _notes(self, revision: Revision, side: Side) -> tuple[str, ...]:
        history, name = self._history, revision.name
        if name == WORKSPACE or history.find(name) != revision.sha or not (ref := history.hidden_reference(name)):
            return ()
        return (f"{side.capitalize()} is `{name}` as git resolves it; `{ref}` has the same name but is another commit",)

    def verify(
        self, workspace: RevisionReader, running: RunningStage | None, *, remote: bool = False, thorough: bool = True
    ) -> Verification:
        """Whether dvc.lock is the product of what the workspace holds; see :mod:`headway.gather.verify.verification`.

        Raises:
            RepositoryError: a remote should be asked but cannot be.
        """
        if workspace.project is None:
            return Verification(status="verified")  # nothing is recorded that could be wrong
        from headway.gather.verify.verification import verify_project  # noqa: PLC0415 - loads DVC

        stage = running.name if running and running.root == str(self.root) else None
        status = self._history.git_status(self.project)
        return verify_project(workspace.project, status, stage, remote=remote, thorough=thorough)

    def uncommitted(self, workspace: RevisionReader) -> UncommittedFiles:
        """What is not committed beside the results of the workspace."""
        if workspace.project is None:
            return UncommittedFiles()
        return uncommitted_files(workspace.project, self._history.git_status(self.project))

    def _project(self, revision: Revision, side: Side) -> Project | None:
        if revision.sha is None:
            return None
        streams = sys.stdout, sys.stderr
        from headway.gather.dvc import opening  # noqa: PLC0415 - loads DVC, half a second

        sys.stdout, sys.stderr = streams  # importing DVC wraps them
        self._opened.enter_context(opening.silent(self.root))
        label = f"{side}, {revision.name}"
        network = replace(self._network, trust=self._trust)
        if revision.name == WORKSPACE:
            if not _is_checked_out(self.root):
                return None
            return opening.open_workspace(self._history.root, self.project, label, network)
        commit = self._history.commit(revision.sha, self.project)
        inside = f"{self.project}/.dvc".lstrip("/")
        if {path.removeprefix(f"{inside}/").split("/")[0] for path in commit.below(inside)} <= _LEFT_BEHIND:
            return None
        root, strict = self._history.root, side == "head"
        return opening.open_commit(root, self.project, label, commit, network, strict=strict, cache=self._cache())

    def _cache(self) -> str | None:
        """A temporary folder in place of DVC's cache where the project is not checked out, else ``None``."""
        if (self.root / ".dvc").is_dir():
            return None
        return self._opened.enter_context(TemporaryDirectory(prefix="headway-"))

    @cached_property
    def _trust(self) -> Trust | None:
        from headway.gather.checkout_trust import checkout_trust  # noqa: PLC0415 - loads DVC

        job = self._network.job
        return checkout_trust(self.root, lambda: self._history, job.base) if job.in_ci else None


def _find_project(path: Path, history: History, head: str | None, base: str | None) -> str:
    """The project that a folder belongs to, from git's root: as head has it, the working tree, or base."""
    inside = path.relative_to(history.root) if path.is_relative_to(history.root) else Path()
    folders = [normalize(folder.as_posix()) for folder in (inside, *inside.parents)]
    searches = (
        (lambda folder: history.has_project(history.resolve(head), folder)) if head else None,
        lambda folder: _is_checked_out(history.root / folder),
        (lambda folder: history.has_project(history.find(base) or "", folder)) if base else None,
    )
    found = next((folder for has in searches if has for folder in folders if has(folder)), None)
    if found is None:
        raise _no_project(path, history, head)
    return found


def _is_checked_out(root: Path) -> bool:
    return any(entry.name not in _LEFT_BEHIND for entry in (root / ".dvc").glob("*"))


def _no_project(path: Path, history: History, head: str | None) -> RepositoryError:
    """The error for a folder without a DVC project; it names the projects below the folder."""
    files = history.commit(history.resolve(head), ".dvc").below("") if head else history.tracked_files()
    below = [folder for folder in project_folders(files) if folder]
    what = f"{path} is not in a DVC project{f' of {head}' if head else ''}."
    if not below:
        return RepositoryError(what, why="Headway compares what DVC tracks.", remedy="" if head else "dvc init")
    folder = os.path.relpath(history.root / below[0], path)
    return RepositoryError(
        what,
        why=f"The DVC projects of {head or 'this repository'} are in {', '.join(below)}.",
        remedy=f"{f'add -C {folder}' if head else f'cd {folder}'}  # diff and report: or --all-projects",
    )
