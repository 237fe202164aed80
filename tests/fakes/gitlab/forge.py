"""The fake GitLab that tests use."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fakes.core.description import SchemaContract
from fakes.core.forge import Forge
from fakes.core.routes import Routes
from fakes.gitlab import access, commits, merge_requests, notes
from fakes.gitlab.access import errors
from fakes.gitlab.merge_requests import source_project
from fakes.gitlab.payloads import DESCRIPTION
from fakes.gitlab.state import GitLabState, Status, Upload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakes.core.comments import Comment
    from fakes.core.messages import Request
    from fakes.core.routes import Call
    from fakes.core.state import PullRequest

ROUTES = Routes(notes.routes, commits.routes, merge_requests.routes)
NOTE_LIMIT = 1_000_000
PROJECT_ID = 42
BOT = f"project_{PROJECT_ID}_bot"
DEVELOPER = frozenset({"member", "developer"})
_KINDS = {
    "write": ("glpat-", "access", BOT, DEVELOPER | {"api", "read_api"}),
    "read": ("glpat-", "access", BOT, DEVELOPER | {"read_api"}),
    "reporter": ("glpat-", "access", BOT, frozenset({"member", "api", "read_api"})),
    "job": ("glcbt-", access.JOB, "octocat", DEVELOPER),
    "stranger": ("glpat-", "access", "stranger", frozenset({"api", "read_api"})),
}


class FakeGitLab(Forge[GitLabState]):
    """A GitLab with one project.

    Strangers do not see a ``private`` one. ``sub_path`` is where under its host GitLab lives, such as ``/gitlab``;
    ``quick_actions`` are commands that GitLab found in notes and carried out: a report must never cause one.
    """

    def __init__(  # noqa: PLR0913 - independent options, each by its name
        self,
        *,
        project: str = "octo/digits",
        merge_requests: Sequence[PullRequest] = (),
        private: bool = False,
        sub_path: str = "",
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] | None = None,
        validate: bool = True,
    ) -> None:
        contract = SchemaContract(DESCRIPTION).violations if validate else None
        super().__init__(ROUTES, access, errors, contract, clock=clock, sleep=sleep)
        self.project_id, self.server_url = PROJECT_ID, f"{self._listen('web')}{sub_path}"
        self._state = GitLabState(
            id=PROJECT_ID,
            full_name=project,
            private=private,
            comment_limit=NOTE_LIMIT,
            url=self.server_url,
            clock=clock,
        )
        self.api_url, self.quick_actions = self._state.api_url, self._state.quick_actions
        self.add_commit(self._state.new_commit("main"))
        for request in merge_requests:
            self._state.open_pull_request(request)

    def token(self, kind: str = "write", *, login: str = "") -> str:
        """A token.

        ``write`` and ``read`` are project access tokens of a developer with the scope ``api`` or ``read_api``;
        ``reporter`` has ``api`` and a lower role; ``job`` is a job's own CI_JOB_TOKEN, which writes no notes;
        ``stranger`` belongs to somebody who is not in the project.
        """
        prefix, family, usual, grants = _KINDS[kind]
        return self._state.tokens.issue(prefix, family, login or usual, grants)

    def environ(self, *, number: int = 0, branch: str = "", token: str | None = None) -> dict[str, str]:
        """The environment variables of a job for a merge request, the first when left out, or for a branch."""
        request = None if branch else self.pull_request(number or min(self._state.pull_requests))
        sha = self._state.tip(branch) if request is None else request.head_sha
        place = self._branch(branch) if request is None else self._merge_request(request)
        return {
            "CI": "true",
            "GITLAB_CI": "true",
            "CI_API_V4_URL": self.api_url,
            "CI_SERVER_URL": self.server_url,
            "CI_PROJECT_ID": str(self.project_id),
            "CI_PROJECT_URL": self._state.web_url,
            "CI_COMMIT_SHA": sha,
            "CI_PIPELINE_ID": "4711",
            "CI_PIPELINE_URL": f"{self._state.web_url}/-/pipelines/4711",
            "CI_JOB_ID": "4712",
            "CI_JOB_URL": f"{self._state.web_url}/-/jobs/4712",
            "CI_JOB_TOKEN": self.token("job"),
            "GITLAB_TOKEN": token if token is not None else self.token("write"),
            "NO_PROXY": "127.0.0.1,localhost",
            **place,
        }

    def issue_comments(self, number: int) -> list[Comment]:
        return self._state.issue_comments.on(str(number))

    def statuses(self, sha: str = "") -> list[Status]:
        return [status for status in self._state.statuses.values() if sha in {"", status.sha}]

    def uploads(self) -> list[Upload]:
        return list(self._state.uploads.values())

    def _merge_request(self, request: PullRequest) -> dict[str, str]:
        """The variables of a merge request's pipeline; it has no ``CI_COMMIT_BRANCH``."""
        return {
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_MERGE_REQUEST_IID": str(request.number),
            "CI_MERGE_REQUEST_PROJECT_ID": str(self.project_id),
            "CI_MERGE_REQUEST_PROJECT_URL": self._state.web_url,
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": str(source_project(self._state, request)),
            "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": request.head,
            "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": request.base,
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": request.base_sha,
            "CI_OPEN_MERGE_REQUESTS": f"{self._state.full_name}!{request.number}",
        }

    def _branch(self, branch: str) -> dict[str, str]:
        """The variables of a branch's pipeline, with the merge requests that are open for it."""
        requests = [each for each in self._state.pull_requests.values() if each.head == branch and each.state == "open"]
        named = ",".join(f"{self._state.full_name}!{each.number}" for each in requests)
        listed = {"CI_OPEN_MERGE_REQUESTS": named} if named else {}
        return {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": branch, **listed}

    def _canonical(self, request: Request) -> Request:
        """Without the sub-path, and the API as a site of its own; what is beside the sub-path is not GitLab."""
        prefix = urlsplit(self._state.url).path
        if not request.path.startswith(f"{prefix}/"):
            return replace(request, site="elsewhere")
        path = request.path.removeprefix(prefix)
        if path.startswith("/api/v4/"):
            return replace(request, site="api", path=path.removeprefix("/api/v4"))
        return replace(request, path=path)

    def _common_headers(self, call: Call) -> dict[str, str]:  # noqa: ARG002 - the same on every answer
        return {"X-Request-Id": "01JHEADWAYTESTING"}
