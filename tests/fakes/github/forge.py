"""The fake GitHub that tests use."""

from __future__ import annotations

import io
import time
import zipfile
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from fakes.github import access, actions, checks, comments, contents, git_data, graphql, repositories, web
from fakes.github.dialect import GitHubDialect
from fakes.github.environ import pull_request_variables, push_variables, workflow_run_variables
from fakes.github.git_store import GitStore
from fakes.github.world import Addresses, Artifact, Budget, CheckRun, Status, WorkflowRun, World
from fakes.kernel.forge import Forge
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from fakes.kernel.comments import Comment
    from fakes.kernel.contract import Contract
    from fakes.kernel.lag import Lag
    from fakes.kernel.pull_request import PullRequest

COMMENT_LIMIT = 65_536


def github_routes() -> Routes[World]:
    """Everything that the fake answers; the order matters where one path begins like another."""
    routes: Routes[World] = Routes()
    for module in (repositories, comments, checks, git_data, contents, actions, graphql, web):
        routes.include(module.routes)
    return routes


class FakeGitHub(Forge[World]):
    """A GitHub with one repository.

    Args:
        repository: ``owner/name``.
        pull_requests: what is open (or closed) at the start.
        private: whether strangers see the repository at all.
        enterprise: serve the API under ``/api/v3`` of the web site, as GitHub Enterprise does; else on a host of its
            own, as github.com does.
        empty: a repository that nobody has pushed to.
        comment_limit: characters in a comment. GitHub names 65,536 in its error; some have seen it take four times
            as many bytes.
        clock: the moment in seconds; tests that pass their own get the same bytes every time.
        validate: check requests and replies against GitHub's description; by default where openapi-core is installed.

    Attributes:
        api_url, graphql_url, server_url: where it is, as ``GITHUB_API_URL`` and its sisters have it.
        storage_url: the host that artifact downloads are redirected to.
    """

    def __init__(  # noqa: PLR0913 - independent options, each by its name
        self,
        *,
        repository: str = "octo/digits",
        pull_requests: Sequence[PullRequest] = (),
        private: bool = False,
        enterprise: bool = False,
        empty: bool = False,
        comment_limit: int = COMMENT_LIMIT,
        clock: Callable[[], float] = time.time,
        validate: bool | None = None,
    ) -> None:
        super().__init__(github_routes(), GitHubDialect(enterprise=enterprise), _contract(validate=validate))
        owner, _, name = repository.partition("/")
        self._world = World(
            owner=owner,
            name=name,
            private=private,
            comment_limit=comment_limit,
            addresses=self._open(clock, enterprise=enterprise),
            clock=clock,
            git=GitStore(self.folder / "repository.git", "main"),
        )
        self._jobs = 0
        if not empty:
            self._world.open_pull_requests(pull_requests)

    @property
    def repository(self) -> str:
        """``owner/name``."""
        return self._world.full_name

    @property
    def api_url(self) -> str:
        """The REST API."""
        return self._world.addresses.api

    @property
    def graphql_url(self) -> str:
        """The GraphQL endpoint."""
        return self._world.addresses.graphql

    @property
    def server_url(self) -> str:
        """The web site, which also serves raw files and clones."""
        return self._world.addresses.web

    @property
    def storage_url(self) -> str:
        """The storage of artifacts, on another host: a token sent there is refused."""
        return self._world.addresses.storage

    @property
    def clone_url(self) -> str:
        """Where ``git clone`` finds the repository."""
        return f"{self._world.html_url}.git"

    @property
    def lag(self) -> Lag:
        """How late writes show up; set its numbers."""
        return self._world.lag

    @property
    def budget(self) -> Budget:
        """The primary rate limit; set its numbers."""
        return self._world.budget

    def token(self, kind: str = "write", *, login: str | None = None, **permissions: str) -> str:
        """A token.

        Args:
            kind: ``write`` and ``read`` are a job's own GITHUB_TOKEN, ``read`` that of a fork's pull request; ``pat``
                is a person's token, which makes no check runs; ``stranger`` belongs to somebody without access.
            login: who writes with it.
            permissions: in place of the kind's own, such as ``pull_requests="write"``.
        """
        return access.issue(self._world, kind, login, permissions)

    def revoke(self, token: str) -> None:
        """Make a token worthless."""
        self._world.tokens.revoke(token)

    def environ(
        self, *, event: str = "pull_request", number: int = 0, branch: str = "main", token: str | None = None
    ) -> dict[str, str]:
        """The environment variables of a job, with its event file and files for outputs and summary.

        Args:
            event: ``pull_request``, ``push`` or ``workflow_run``.
            number: of the pull request, or the run's id; the first there is when left out.
            branch: for a push.
            token: for ``GITHUB_TOKEN``; one that may write when left out.
        """
        self._jobs += 1
        folder = self.folder / f"job-{self._jobs}"
        world = self._world
        match event:
            case "pull_request":
                request = world.pull_requests[number or min(world.pull_requests)]
                variables = pull_request_variables(world, request, folder)
            case "workflow_run":
                variables = workflow_run_variables(world, world.runs[number or min(world.runs)], folder)
            case _:
                sha = world.git.ref(f"refs/heads/{branch}") or ""
                variables = push_variables(world, branch, sha, folder)
        return {**variables, "GITHUB_TOKEN": token if token is not None else self.token("write")}

    def pull_request(self, number: int = 1) -> PullRequest:
        """A pull request as it is now, with the SHAs that were made up for it."""
        return self._world.pull_requests[number]

    def open_pull_request(self, request: PullRequest) -> PullRequest:
        """Add a pull request."""
        with self._lock:
            self._world.open_pull_request(request)
            return self._world.pull_requests[request.number]

    def close_pull_request(self, number: int) -> None:
        """Close a pull request."""
        with self._lock:
            self._world.pull_requests[number] = replace(self._world.pull_requests[number], state="closed")

    def push(self, number: int, sha: str = "") -> str:
        """A new head commit for a pull request; gives its SHA, made up when left out."""
        with self._lock:
            request = self._world.pull_requests[number]
            parents = (request.head_sha,) if self._world.git.kind(request.head_sha) == "commit" else ()
            head = sha or self._world.make_commit(f"{number}:{request.head_sha}", parents)
            self._world.open_pull_request(replace(request, head_sha=head))
            return head

    def add_commit(self, sha: str) -> None:
        """Let the forge know a commit that it has no objects of."""
        self._world.commits.add(sha)

    def add_issue(self, number: int) -> None:
        """An issue that is no pull request."""
        self._world.issues.add(number)

    def add_comment(self, number: int, body: str, *, author: str = "octocat") -> Comment:
        """Somebody writes a comment on a pull request or issue."""
        with self._lock:
            return self._world.add_comment(self._world.issue_comments, str(number), body, author)

    def add_commit_comment(self, sha: str, body: str, *, author: str = "octocat") -> Comment:
        """Somebody writes a comment on a commit."""
        with self._lock:
            return self._world.add_comment(self._world.commit_comments, sha, body, author)

    def add_run(
        self,
        number: int,
        *,
        event: str = "pull_request",
        conclusion: str = "success",
        attempt: int = 1,
        workflow: str = "report",
    ) -> WorkflowRun:
        """A finished run of a workflow on a pull request's head; its file is called as the workflow is."""
        with self._lock:
            request = self._world.pull_requests[number]
            run = WorkflowRun(
                id=next(self._world.ids),
                event=event,
                head_sha=request.head_sha,
                head_branch=request.head,
                head_repository=request.head_repository or self._world.full_name,
                path=f".github/workflows/{workflow}.yml",
                conclusion=conclusion,
                attempt=attempt,
            )
            self._world.runs[run.id] = run
            return run

    def add_artifact(
        self, run: WorkflowRun, name: str, content: Mapping[str, bytes] | bytes, *, expired: bool = False
    ) -> Artifact:
        """An artifact of a run: the files of its archive, or the archive itself, however broken."""
        with self._lock:
            archive = content if isinstance(content, bytes) else _zipped(content)
            artifact = Artifact(id=next(self._world.ids), run=run.id, name=name, archive=archive, expired=expired)
            self._world.artifacts[artifact.id] = artifact
            return artifact

    def comments(self, number: int = 1) -> list[Comment]:
        """A pull request's or issue's comments, oldest first, delayed ones too."""
        return self._world.issue_comments.on(str(number))

    def commit_comments(self, sha: str) -> list[Comment]:
        """A commit's comments, oldest first."""
        return self._world.commit_comments.on(sha)

    def check_runs(self, sha: str = "") -> list[CheckRun]:
        """All check runs, or a commit's, oldest first."""
        return [run for run in self._world.check_runs.values() if sha in {"", run.head_sha}]

    def statuses(self, sha: str = "") -> list[Status]:
        """All statuses, or a commit's, oldest first."""
        return [status for status in self._world.statuses if sha in {"", status.sha}]

    def branches(self) -> dict[str, str]:
        """Every branch and its tip."""
        with self._lock:
            refs = self._world.git.refs().items()
        return {name.removeprefix("refs/heads/"): sha for name, sha in refs if name.startswith("refs/heads/")}

    def branch_files(self, branch: str) -> dict[str, bytes]:
        """The files at a branch's tip, by path.

        Raises:
            KeyError: when there is no such branch.
        """
        tip = self.branches()[branch]
        with self._lock:
            return self._world.git.files(tip)

    def _open(self, clock: Callable[[], float], *, enterprise: bool) -> Addresses:
        """Start the servers. Storage has another host name too, for clients that compare nothing but that."""
        site = self._listen("web", clock)
        storage = self._listen("storage", clock, host="localhost")
        if enterprise:
            return Addresses(api=f"{site}/api/v3", graphql=f"{site}/api/graphql", web=site, storage=storage)
        api = self._listen("api", clock)
        return Addresses(api=api, graphql=f"{api}/graphql", web=site, storage=storage)


def _contract(*, validate: bool | None) -> Contract | None:
    wanted = find_spec("openapi_core") is not None if validate is None else validate
    if not wanted:
        return None
    from fakes.github.openapi import GitHubContract  # noqa: PLC0415 - openapi-core is optional, and slow

    return GitHubContract()


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
