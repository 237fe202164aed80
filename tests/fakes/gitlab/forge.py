"""The fake GitLab that tests use."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from fakes.gitlab import commits, merge_requests, notes
from fakes.gitlab.dialect import JOB, GitLabDialect
from fakes.gitlab.environ import branch_variables, merge_request_variables
from fakes.gitlab.world import Status, Upload, World
from fakes.kernel.commits import made_up_sha
from fakes.kernel.contract import schema_contract
from fakes.kernel.forge import Forge
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakes.kernel.comments import Comment
    from fakes.kernel.lag import Lag
    from fakes.kernel.pull_request import PullRequest

NOTE_LIMIT = 1_000_000
PROJECT_ID = 42
BOT = f"project_{PROJECT_ID}_bot"
DEVELOPER = frozenset({"member", "developer"})
_KINDS = {
    "write": ("glpat-", "access", BOT, DEVELOPER | {"api", "read_api"}),
    "read": ("glpat-", "access", BOT, DEVELOPER | {"read_api"}),
    "reporter": ("glpat-", "access", BOT, frozenset({"member", "api", "read_api"})),
    "job": ("glcbt-", JOB, "octocat", DEVELOPER),
    "stranger": ("glpat-", "access", "stranger", frozenset({"api", "read_api"})),
}


def gitlab_routes() -> Routes[World]:
    """Everything that the fake answers."""
    routes: Routes[World] = Routes()
    for module in (notes, commits, merge_requests):
        routes.include(module.routes)
    return routes


class FakeGitLab(Forge[World]):
    """A GitLab with one project.

    Args:
        project: its path with namespace.
        merge_requests: what is open (or closed) at the start.
        private: whether strangers see the project at all.
        sub_path: where under its host GitLab lives, such as ``/gitlab``.
        note_limit: characters in a note.
        clock: the moment in seconds; tests that pass their own get the same bytes every time.
        validate: check requests and replies against the schemas; by default where jsonschema is installed.
    """

    def __init__(  # noqa: PLR0913 - independent options, each by its name
        self,
        *,
        project: str = "octo/digits",
        merge_requests: Sequence[PullRequest] = (),
        private: bool = False,
        sub_path: str = "",
        note_limit: int = NOTE_LIMIT,
        clock: Callable[[], float] = time.time,
        validate: bool | None = None,
    ) -> None:
        super().__init__(gitlab_routes(), GitLabDialect(), schema_contract("gitlab", validate=validate))
        self._world = World(
            id=PROJECT_ID,
            path=project,
            private=private,
            note_limit=note_limit,
            url=f"{self._listen('web', clock)}{sub_path}",
            clock=clock,
        )
        self._world.commits[made_up_sha(f"{project} main")] = "main"
        for request in merge_requests:
            self._world.open_merge_request(request)

    @property
    def api_url(self) -> str:
        """The REST API, as ``CI_API_V4_URL`` has it."""
        return self._world.api_url

    @property
    def server_url(self) -> str:
        """The host with its sub-path, as ``CI_SERVER_URL`` has it."""
        return self._world.url

    @property
    def project_id(self) -> int:
        """The project's number."""
        return self._world.id

    @property
    def lag(self) -> Lag:
        """How late writes show up; set its numbers."""
        return self._world.lag

    def token(self, kind: str = "write", *, login: str = "") -> str:
        """A token.

        Args:
            kind: ``write`` and ``read`` are project access tokens of a developer with the scope ``api`` or
                ``read_api``; ``reporter`` has ``api`` and a lower role; ``job`` is a job's own CI_JOB_TOKEN, which
                writes no notes; ``stranger`` belongs to somebody who is not in the project.
            login: who writes with it.
        """
        prefix, family, usual, grants = _KINDS[kind]
        return self._world.tokens.issue(prefix, family, login or usual, grants)

    def revoke(self, token: str) -> None:
        """Make a token worthless."""
        self._world.tokens.revoke(token)

    def environ(self, *, number: int = 0, branch: str = "", token: str | None = None) -> dict[str, str]:
        """The environment variables of a job.

        Args:
            number: of the merge request; the first there is when left out.
            branch: for a branch's pipeline instead.
            token: for ``GITLAB_TOKEN``; one that may write when left out.
        """
        world = self._world
        if branch:
            shas = [sha for sha, name in world.commits.items() if name == branch]
            variables = branch_variables(world, branch, shas[-1])
        else:
            variables = merge_request_variables(world, world.merge_requests[number or min(world.merge_requests)])
        secret = token if token is not None else self.token("write")
        return {**variables, "CI_JOB_TOKEN": self.token("job"), "GITLAB_TOKEN": secret}

    def merge_request(self, number: int = 1) -> PullRequest:
        """A merge request as it is now, with the SHAs that were made up for it."""
        return self._world.merge_requests[number]

    def close_merge_request(self, number: int) -> None:
        """Close a merge request."""
        with self._lock:
            self._world.merge_requests[number] = replace(self._world.merge_requests[number], state="closed")

    def push(self, number: int, sha: str = "") -> str:
        """A new head commit for a merge request; gives its SHA, made up when left out."""
        with self._lock:
            request = self._world.merge_requests[number]
            head = sha or made_up_sha(f"after {request.head_sha}")
            self._world.open_merge_request(replace(request, head_sha=head))
            return head

    def add_commit(self, sha: str, branch: str = "main") -> None:
        """Let the forge know a commit."""
        self._world.commits[sha] = branch

    def add_comment(self, number: int, body: str, *, author: str = "octocat", system: bool = False) -> Comment:
        """Somebody, or GitLab itself, writes a note on a merge request."""
        with self._lock:
            return self._world.add_note(self._world.notes, str(number), body, author, system=system)

    def add_issue(self, number: int) -> None:
        """An issue to write notes on."""
        self._world.issues.add(number)

    def issue_comments(self, number: int) -> list[Comment]:
        """An issue's notes, oldest first."""
        return self._world.issue_notes.on(str(number))

    def comments(self, number: int = 1) -> list[Comment]:
        """A merge request's notes, oldest first, delayed ones too."""
        return self._world.notes.on(str(number))

    def commit_comments(self, sha: str) -> list[Comment]:
        """A commit's comments, oldest first."""
        return self._world.commit_notes.on(sha)

    def statuses(self, sha: str = "") -> list[Status]:
        """All statuses, or a commit's, oldest first."""
        return [status for status in self._world.statuses.values() if sha in {"", status.sha}]

    def uploads(self) -> list[Upload]:
        """Every uploaded file, oldest first."""
        return list(self._world.uploads.values())

    @property
    def quick_actions(self) -> list[str]:
        """Commands that GitLab found in notes and carried out; a report must never cause one."""
        return list(self._world.quick_actions)
