"""What all checks look at: the repository, the project in it, its settings and the job, each as far as it is usable."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from headway.app.doctor.ci_files import read_ci_files
from headway.app.doctor.findings import SkippedError, attempt, need
from headway.app.doctor.workflow_jobs import workflow_jobs
from headway.app.side_settings.reading import SETTINGS_LIMIT, read_settings_file
from headway.errors import HeadwayError
from headway.gather import Repository
from headway.gather.git.executable import GitError, run_git
from headway.gather.git.fetching import open_history
from headway.gather.network import OFFLINE, Network
from headway.publish.forges.token_access import read_access
from headway.settings import Settings, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import ExitStack
    from pathlib import Path

    from headway.app.doctor.ci_files import CiFile
    from headway.app.doctor.workflow_jobs import WorkflowJob
    from headway.ci.job import Context, ForgeKind, Job
    from headway.gather import RevisionReader
    from headway.gather.git.history import History
    from headway.publish.forges.token_access import TokenAccess
    from headway.publish.http.options import ClientOptions
    from headway.remotes.environment import Environment
    from headway.values.snapshot import Snapshot

_HOSTS: dict[str, ForgeKind] = {"github.com": "github", "gitlab.com": "gitlab", "bitbucket.org": "bitbucket"}
_REMOTE = re.compile(rf"(?:\S*[@/])({'|'.join(map(re.escape, _HOSTS))})[:/]([^\s:?#]+?)(?:\.git)?/?(?:[?#]\S*)?")
NO_GIT = "there is no git repository"
NO_PROJECT = "there is no DVC project"
NO_HEAD = "the project cannot be read"


@dataclass(frozen=True, kw_only=True)
class DoctorRequest:
    """What to examine.

    Attributes:
        folder: a folder inside the repository.
        settings: a YAML file to read instead of headway.yaml and pyproject.toml.
        offline: whether to contact nobody.
        job: the CI job.
        forge: the forge of the CI job, or the one that the command line names.
        environment: what CI says about DVC's remote.
        read_context: reads what the job is about, for a repository and forge if the environment names none.
        client: options of the requests to the forge.
        workflow: the path of the workflow that this job of GitHub's belongs to, and the job's id; empty elsewhere.
    """

    folder: Path
    settings: str | None
    offline: bool
    job: Job
    forge: ForgeKind | None
    environment: Environment
    read_context: Callable[[ForgeKind | None, str | None], Context]
    client: ClientOptions
    workflow: tuple[str, str] = ("", "")


class Ground:
    """A repository that may be broken; what cannot be opened is the error instead.

    Args:
        request: what to examine.
        opened: closes what is opened here.
    """

    def __init__(self, request: DoctorRequest, opened: ExitStack) -> None:
        self.request = request
        self._opened = opened

    @cached_property
    def history(self) -> History | HeadwayError:
        """The commits; nothing is ever fetched."""
        found = attempt(lambda: open_history(self.request.folder.resolve(), OFFLINE))
        if not isinstance(found, HeadwayError):
            self._opened.callback(found.close)
        return found

    @cached_property
    def repository(self) -> Repository | HeadwayError:
        """The DVC project in its git repository."""
        network = Network(data=False, credentials=self.request.environment.credentials, job=self.request.job)
        found = attempt(lambda: Repository.open(self.request.folder, network))
        return found if isinstance(found, HeadwayError) else self._opened.enter_context(found)

    @cached_property
    def head(self) -> RevisionReader | HeadwayError | None:
        """The opened workspace; ``None`` if an earlier check says why there is none."""
        repository = self.repository
        if isinstance(repository, HeadwayError) or isinstance(self.commit, HeadwayError):
            return None
        return attempt(lambda: repository.open_revision(repository.resolve_head(None), "head"))

    @cached_property
    def commit(self) -> str | HeadwayError:
        """The commit that is checked out."""
        history = self.history
        return history if isinstance(history, HeadwayError) else attempt(history.head)

    @cached_property
    def snapshot(self) -> Snapshot | HeadwayError | None:
        """What is known of the workspace."""
        head = self.head
        return head if head is None or isinstance(head, HeadwayError) else attempt(head.snapshot)

    @cached_property
    def settings(self) -> Settings | HeadwayError:
        """The settings of the workspace."""
        return attempt(lambda: load_settings(self.read, "workspace", self.request.settings))

    @property
    def usable_settings(self) -> Settings:
        """The settings, or none if they cannot be read, which is a check of its own."""
        return Settings() if isinstance(self.settings, HeadwayError) else self.settings

    @property
    def read(self) -> Callable[[str], bytes | None]:
        """Reads a settings file of the project, of which nothing else need be valid."""
        head = self.head
        usable = head is not None and not isinstance(head, HeadwayError) and head.project is not None
        return partial(read_settings_file, head) if usable else self._read_here  # type: ignore[arg-type]

    def _read_here(self, path: str) -> bytes | None:
        file = self.root / path
        if file.is_symlink() or not file.is_file():
            return None
        with file.open("rb") as stream:
            return stream.read(SETTINGS_LIMIT)

    @property
    def root(self) -> Path:
        """The project's root; the folder itself without a project."""
        return self.request.folder.resolve() if isinstance(self.repository, HeadwayError) else self.repository.root

    @property
    def git_root(self) -> Path:
        """The root of the git repository; the folder itself without one."""
        return self.request.folder.resolve() if isinstance(self.history, HeadwayError) else self.history.root

    @property
    def folder(self) -> str:
        """The project's folder from git's root, ending in a slash; empty for git's root itself."""
        project = "" if isinstance(self.repository, HeadwayError) else self.repository.project
        return f"{project}/" if project else ""

    @cached_property
    def tracked(self) -> frozenset[str]:
        """Every path that git tracks, from git's root."""
        return frozenset(need(self.history, NO_GIT).tracked_files())

    @cached_property
    def context(self) -> Context | HeadwayError | None:
        """What the job is about; outside CI, the repository of the clone's remote; ``None`` if none is known."""
        if self.request.forge:
            return attempt(lambda: self.request.read_context(self.request.forge, None))
        place = self._remote_place()
        return attempt(lambda: self.request.read_context(*place)) if place else None

    def _remote_place(self) -> tuple[ForgeKind, str] | None:
        if isinstance(self.history, HeadwayError):
            return None
        try:
            url = run_git(self.git_root, "remote", "get-url", self.history.remote())
        except GitError:  # there is no remote
            return None
        found = _REMOTE.fullmatch(url.strip())
        return (_HOSTS[found[1]], found[2]) if found else None

    @cached_property
    def access(self) -> TokenAccess | HeadwayError | None:
        """What the forge says about the token; ``None`` without a context."""
        context = self.context
        if context is None or isinstance(context, HeadwayError):
            return None
        return attempt(lambda: read_access(context, self.request.client))

    @cached_property
    def ci_files(self) -> Sequence[CiFile]:
        """What CI runs; without the files that cannot be opened."""
        return read_ci_files(self.git_root)

    @cached_property
    def workflow_jobs(self) -> Sequence[WorkflowJob]:
        """The jobs of GitHub's workflows that run Headway."""
        return workflow_jobs(self.ci_files)

    def from_here(self, path: str) -> str:
        """A path of the project as a word of a shell's command, from the folder that the user named."""
        return shlex.quote(os.path.relpath(self.root / path, self.request.folder.resolve()))

    def untracked(self, paths: Sequence[str]) -> list[str]:
        """Those of some paths of the project that git neither tracks nor ignores."""
        if not paths:
            return []
        need(self.history, NO_GIT)
        listed = run_git(self.root, "ls-files", "-z", "--others", "--exclude-standard", "--", *paths)
        return sorted(set(filter(None, listed.split("\0"))) & set(paths))

    def require_project(self) -> tuple[RevisionReader, Snapshot]:
        """The opened workspace of a project, and what is known of it; skips the check if there is none."""
        need(self.history, NO_GIT)
        need(self.repository, NO_PROJECT)
        need(self.commit, "there is no commit yet")
        head, snapshot = need(self.head, NO_HEAD), need(self.snapshot, NO_HEAD)
        if head.project is None:
            raise SkippedError(NO_PROJECT)
        return head, snapshot
