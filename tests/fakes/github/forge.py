"""The fake GitHub that tests use."""

from __future__ import annotations

import io
import json
import time
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING

from fakes.core.forge import Forge
from fakes.core.messages import json_reply
from fakes.core.routes import Routes
from fakes.core.tokens import authorization
from fakes.github import (
    access,
    actions,
    checks,
    comments,
    deployments,
    git_data,
    graphql,
    pull_requests,
    repositories,
)
from fakes.github.access import errors
from fakes.github.git_store import GitStore
from fakes.github.openapi import violations
from fakes.github.payloads import repository_id, user, whole_repository
from fakes.github.state import (
    JOB_RUN,
    Artifact,
    CheckRun,
    Deployment,
    DeploymentStatus,
    Dispatch,
    GitHubState,
    RunReview,
    Status,
    WorkflowRun,
    rate_limit_headers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from fakes.core.faults import Fault
    from fakes.core.messages import Json, Reply, Request
    from fakes.core.routes import Call
    from fakes.core.state import PullRequest

PARTS = (repositories, pull_requests, comments, checks, git_data, actions, deployments, graphql)
ROUTES = Routes(*(part.routes for part in PARTS))
NEW_BRANCH = "0" * 40
COMMENT_LIMIT = 65_536
"""Characters in a comment, as GitHub's error names it; some have seen it take four times as many bytes."""


class FakeGitHub(Forge[GitHubState]):
    """A GitHub with one repository.

    Strangers do not see a ``private`` one. An ``enterprise`` serves the API under ``/api/v3`` of the web site, else it
    is on a host of its own. To ``validate`` against GitHub's description takes 4 ms a request. ``clone_url`` is where
    ``git clone`` finds the repository: on disk.
    """

    def __init__(  # noqa: PLR0913 - independent options, each by its name
        self,
        *,
        repository: str = "octo/digits",
        pull_requests: Sequence[PullRequest] = (),
        private: bool = False,
        enterprise: bool = False,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] | None = None,
        validate: bool = True,
    ) -> None:
        contract = violations if validate else None
        super().__init__(ROUTES, access, errors, contract, clock=clock, sleep=sleep)
        self._enterprise = enterprise
        self.repository, self.server_url = repository, self._listen("web")
        api = f"{self.server_url}/api" if enterprise else self._listen("api")
        self.api_url, self.graphql_url = f"{api}/v3" if enterprise else api, f"{api}/graphql"
        self.clone_url = f"file://{self.folder}/repository.git"
        self._state = GitHubState(
            full_name=repository,
            private=private,
            comment_limit=COMMENT_LIMIT,
            api_url=self.api_url,
            web_url=self.server_url,
            storage_url=self._listen("storage", host="localhost"),
            clock=clock,
            git=GitStore(self.folder / "repository.git", "main"),
        )
        self._jobs = 0
        self._state.move_ref("refs/heads/main", self._state.new_commit("base"))
        for request in pull_requests:
            self._state.open_pull_request(request)

    def token(self, kind: str = "write", *, login: str | None = None, **permissions: str) -> str:
        """A token, with its kind's permissions unless others are named, such as ``pull_requests="write"``.

        ``write`` and ``read`` are a job's own GITHUB_TOKEN, ``read`` that of a fork's pull request; ``pat`` is a
        person's token, which makes no check runs; ``stranger`` belongs to somebody without access.
        """
        return access.issue(self._state, kind, login, permissions)

    def environ(
        self, *, event: str = "pull_request", number: int = 0, branch: str = "main", token: str | None = None
    ) -> dict[str, str]:
        """The environment variables of a job, with its event file and files for outputs and summary.

        ``number`` is that of the pull request, or the id of the workflow run; the first there is when left out. A
        ``repository_dispatch`` is the latest that was asked for.
        """
        self._jobs += 1
        folder = self.folder / f"job-{self._jobs}"
        state = self._state
        match event:
            case "pull_request":
                request = state.pull_requests[number or min(state.pull_requests)]
                variables = _pull_request_variables(state, request, folder)
            case "workflow_run":
                variables = _workflow_run_variables(state, state.runs[number or min(state.runs)], folder)
            case "repository_dispatch":
                variables = _dispatch_variables(state, state.dispatches[-1], folder)
            case _:
                variables = _push_variables(state, branch, folder)
        secret = token if token is not None else self.token("write")
        return {**variables, "GITHUB_GRAPHQL_URL": self.graphql_url, "GITHUB_TOKEN": secret}

    def add_files(self, files: Mapping[str, bytes], branch: str = "", parent: str = "") -> str:
        """A commit with these files alone, on its parent or the branch, which then has it as its tip; gives its SHA."""
        with self._lock:
            parent = parent or self._state.tip(branch)
            sha = self._state.commit_files(files, f"files of {branch or 'a fork'}", parent)
            if branch:
                self._state.move_ref(f"refs/heads/{branch}", sha)
            return sha

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
            request = self._state.pull_requests[number]
            run = WorkflowRun(
                id=next(self._state.ids),
                event=event,
                head_sha=request.head_sha,
                head_branch=request.head,
                head_repository=request.head_repository or self._state.full_name,
                path=f".github/workflows/{workflow}.yml",
                conclusion=conclusion,
                attempt=attempt,
            )
            self._state.runs[run.id] = run
            return run

    def add_artifact(
        self, run: WorkflowRun, name: str, content: Mapping[str, bytes] | bytes, *, expired: bool = False
    ) -> Artifact:
        """An artifact of a run: the files of its archive, or the archive itself, however broken."""
        with self._lock:
            archive = content if isinstance(content, bytes) else _zipped(content)
            artifact = Artifact(id=next(self._state.ids), run=run, name=name, archive=archive, expired=expired)
            self._state.artifacts[artifact.id] = artifact
            return artifact

    def forbid_actions_to_open_pull_requests(self) -> None:
        """The repository's setting "Allow GitHub Actions to create and approve pull requests" is off, as at first."""
        self._state.actions_open_pull_requests = False

    def review_run(
        self, environment: str, login: str, state: str = "approved", *, comment: str = "", run: int = JOB_RUN
    ) -> None:
        """Somebody approves or rejects the jobs of a run, by default the one of ``environ``, for an environment."""
        with self._lock:
            answer = RunReview(environment=environment, login=login, state=state, comment=comment)
            self._state.run_reviews.setdefault(run, []).append(answer)

    def dispatches(self) -> list[Dispatch]:
        """The repository_dispatch events so far, oldest first."""
        return list(self._state.dispatches)

    def deployments(self, environment: str = "") -> list[Deployment]:
        """The deployments to an environment, or all of them, oldest first."""
        return [each for each in self._state.deployments.values() if environment in {"", each.environment}]

    def deployment_statuses(self, deployment: int) -> list[DeploymentStatus]:
        """The statuses of a deployment, oldest first."""
        return [each for each in self._state.deployment_statuses if each.deployment == deployment]

    def check_runs(self, sha: str = "") -> list[CheckRun]:
        return [run for run in self._state.check_runs.values() if sha in {"", run.head_sha}]

    def statuses(self, sha: str = "") -> list[Status]:
        return [status for status in self._state.statuses if sha in {"", status.sha}]

    def branches(self) -> dict[str, str]:
        with self._lock:
            refs = self._state.git.refs().items()
        return {name.removeprefix("refs/heads/"): sha for name, sha in refs if name.startswith("refs/heads/")}

    def branch_files(self, branch: str) -> dict[str, bytes]:
        """The files at a branch's tip, by path; raises KeyError where there is no such branch."""
        tip = self.branches()[branch]
        with self._lock:
            return self._state.git.files(tip)

    def _canonical(self, request: Request) -> Request:
        """The API's own path, with the repository by name where a Link header had sent the client to its number."""
        if self._enterprise and request.site == "web" and request.path.startswith("/api/"):
            path = request.path.removeprefix("/api/v3").replace("/api/graphql", "/graphql")
            request = replace(request, site="api", path=path)
        by_number = f"/repositories/{repository_id(self.repository)}"
        if request.site == "api" and f"{request.path}/".startswith(f"{by_number}/"):
            request = replace(request, path=f"/repos/{self.repository}{request.path.removeprefix(by_number)}")
        return request

    def _fault_reply(self, request: Request, fault: Fault) -> Reply:
        """GraphQL tells of the hourly limit with status 200."""
        reply = super()._fault_reply(request, fault)
        if fault.answer != "primary_limit" or not request.path.endswith("/graphql"):
            return reply
        error = {"type": "RATE_LIMITED", "message": "API rate limit exceeded for installation ID 48211."}
        return json_reply(200, {"errors": [error]}, reply.headers)

    def _common_headers(self, call: Call) -> dict[str, str]:
        headers = {
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Api-Version-Selected": call.request.headers.get("x-github-api-version", access.API_VERSIONS[0]),
            **rate_limit_headers(self._clock(), 999),
            **access.scopes(self._state.tokens.find(authorization(call.request.headers))),
        }
        return {**headers, "X-Accepted-GitHub-Permissions": call.route.needs} if call.route.needs else headers


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _pull_request_variables(state: GitHubState, request: PullRequest, folder: Path) -> dict[str, str]:
    """A job on a pull request: ``GITHUB_SHA`` is the merge commit, not the head."""
    shown = repositories.shown_pull_request(state, request)
    event: Json = {"action": "synchronize", "number": request.number, "pull_request": shown}
    return {
        **_job(state, "pull_request", event, folder),
        "GITHUB_REF": f"refs/pull/{request.number}/merge",
        "GITHUB_REF_NAME": f"{request.number}/merge",
        "GITHUB_SHA": state.merge_sha(request),
        "GITHUB_HEAD_REF": request.head,
        "GITHUB_BASE_REF": request.base,
    }


def _push_variables(state: GitHubState, branch: str, folder: Path) -> dict[str, str]:
    change: Json = {"ref": f"refs/heads/{branch}", "before": NEW_BRANCH, "after": state.tip(branch)}
    return _on_branch(state, branch, "push", {**change, "created": True, "deleted": False, "forced": False}, folder)


def _workflow_run_variables(state: GitHubState, run: WorkflowRun, folder: Path) -> dict[str, str]:
    """A job that follows another workflow's run: ref and SHA are the default branch's, whatever the run was on."""
    event: Json = {"action": "completed", "workflow_run": actions.shown_run(state, run)}
    return _on_branch(state, state.default_branch, "workflow_run", event, folder)


def _dispatch_variables(state: GitHubState, dispatch: Dispatch, folder: Path) -> dict[str, str]:
    """A job that an event by the API starts: always that of the default branch, whatever the payload names."""
    branch = state.default_branch
    event: Json = {"action": dispatch.event_type, "branch": branch, "client_payload": dispatch.client_payload}
    return _on_branch(state, branch, "repository_dispatch", event, folder)


def _on_branch(state: GitHubState, branch: str, name: str, event: Json, folder: Path) -> dict[str, str]:
    return {
        **_job(state, name, event, folder),
        "GITHUB_REF": f"refs/heads/{branch}",
        "GITHUB_REF_NAME": branch,
        "GITHUB_SHA": state.tip(branch),
        "GITHUB_HEAD_REF": "",
        "GITHUB_BASE_REF": "",
    }


def _job(state: GitHubState, name: str, event: Json, folder: Path) -> dict[str, str]:
    """What every job has: where the forge is, which run this is, and files to write to."""
    folder.mkdir(parents=True)
    whole = {**event, "repository": whole_repository(state), "sender": user(state, "octocat")}
    (folder / "event.json").write_text(json.dumps(whole), encoding="utf-8")
    files = {"GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary.md"}
    for file in files.values():
        (folder / file).touch()
    return {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": state.api_url,
        "GITHUB_SERVER_URL": state.web_url,
        "GITHUB_REPOSITORY": state.full_name,
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(folder / "event.json"),
        "GITHUB_RUN_ID": str(JOB_RUN),
        "GITHUB_RUN_ATTEMPT": "1",
        "RUNNER_TEMP": str(folder),
        "NO_PROXY": "127.0.0.1,localhost",
        **{variable: str(folder / file) for variable, file in files.items()},
    }
