"""The fake GitLab that tests use."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fakes.core.contract import SchemaContract
from fakes.core.forge import Forge
from fakes.core.routes import Routes
from fakes.gitlab import access, commits, merge_requests, notes
from fakes.gitlab.environ import branch_variables, merge_request_variables
from fakes.gitlab.errors import errors
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

    Args:
        project: its path with namespace.
        merge_requests: what is open (or closed) at the start.
        private: whether strangers see the project at all.
        sub_path: where under its host GitLab lives, such as ``/gitlab``.
        clock, sleep: see :class:`fakes.core.forge.Forge`.
        validate: check requests and replies against the schemas.

    Attributes:
        project_id: the project's number.
        api_url, server_url: where it is, as ``CI_API_V4_URL`` and ``CI_SERVER_URL`` have it.
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
        super().__init__(
            routes=ROUTES,
            access=access,
            errors=errors,
            contract=SchemaContract(DESCRIPTION) if validate else None,
            clock=clock,
            sleep=sleep,
        )
        self.project_id, self.server_url = PROJECT_ID, f"{self._listen('web')}{sub_path}"
        self._state = GitLabState(
            id=PROJECT_ID,
            full_name=project,
            private=private,
            comment_limit=NOTE_LIMIT,
            url=self.server_url,
            clock=clock,
        )
        self.api_url = self._state.api_url
        self.add_commit(self._state.new_commit("main"))
        for request in merge_requests:
            self._state.open_pull_request(request)

    def token(self, kind: str = "write", *, login: str = "") -> str:
        """A token.

        Args:
            kind: ``write`` and ``read`` are project access tokens of a developer with the scope ``api`` or
                ``read_api``; ``reporter`` has ``api`` and a lower role; ``job`` is a job's own CI_JOB_TOKEN, which
                writes no notes; ``stranger`` belongs to somebody who is not in the project.
            login: who writes with it.
        """
        prefix, family, usual, grants = _KINDS[kind]
        return self._state.tokens.issue(prefix, family, login or usual, grants)

    def environ(self, *, number: int = 0, branch: str = "", token: str | None = None) -> dict[str, str]:
        """The environment variables of a job.

        Args:
            number: of the merge request; the first there is when left out.
            branch: for a branch's pipeline instead.
            token: for ``GITLAB_TOKEN``; one that may write when left out.
        """
        if branch:
            variables = branch_variables(self._state, branch)
        else:
            request = self.pull_request(number or min(self._state.pull_requests))
            variables = merge_request_variables(self._state, request)
        secret = token if token is not None else self.token("write")
        return {**variables, "CI_JOB_TOKEN": self.token("job"), "GITLAB_TOKEN": secret}

    def issue_comments(self, number: int) -> list[Comment]:
        """An issue's notes, oldest first."""
        return self._state.issue_comments.on(str(number))

    def statuses(self, sha: str = "") -> list[Status]:
        """All statuses, or a commit's, oldest first."""
        return [status for status in self._state.statuses.values() if sha in {"", status.sha}]

    def uploads(self) -> list[Upload]:
        """Every uploaded file, oldest first."""
        return list(self._state.uploads.values())

    @property
    def quick_actions(self) -> list[str]:
        """Commands that GitLab found in notes and carried out; a report must never cause one."""
        return list(self._state.quick_actions)

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
