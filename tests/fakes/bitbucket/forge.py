"""The fake Bitbucket Cloud that tests use."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from fakes.bitbucket import comments, insights, repositories
from fakes.bitbucket.dialect import BitbucketDialect
from fakes.bitbucket.environ import branch_variables, pull_request_variables
from fakes.bitbucket.world import World
from fakes.kernel.commits import made_up_sha
from fakes.kernel.contract import schema_contract
from fakes.kernel.forge import Forge
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakes.bitbucket.world import Stored
    from fakes.kernel.comments import Comment
    from fakes.kernel.lag import Lag
    from fakes.kernel.pull_request import PullRequest

COMMENT_LIMIT = 32_768
_SCOPES = ("repository", "repository:write", "pullrequest", "pullrequest:write")
_KINDS = {
    "write": ("ATCT", "access", (*_SCOPES, "member")),
    "read": ("ATCT", "access", ("repository", "member")),
    "api": ("ATAT", "api", (*_SCOPES, "account", "member")),
    "stranger": ("ATCT", "access", _SCOPES),
}


def bitbucket_routes() -> Routes[World]:
    """Everything that the fake answers."""
    routes: Routes[World] = Routes()
    for module in (comments, insights, repositories):
        routes.include(module.routes)
    return routes


class FakeBitbucket(Forge[World]):
    """A Bitbucket Cloud with one repository.

    Args:
        repository: ``workspace/slug``.
        pull_requests: what is open (or closed) at the start.
        private: whether strangers see the repository at all.
        comment_limit: characters in a comment.
        clock: the moment in seconds; tests that pass their own get the same bytes every time.
        validate: check requests and replies against the schemas; by default where jsonschema is installed.

    Attributes:
        proxy_url: the proxy that Pipelines offer at localhost:29418: requests for Code Insights reports through it
            need no token.
        storage_url: the host that downloads are redirected to: a token sent there is refused.
    """

    def __init__(  # noqa: PLR0913 - independent options, each by its name
        self,
        *,
        repository: str = "octo/digits",
        pull_requests: Sequence[PullRequest] = (),
        private: bool = False,
        comment_limit: int = COMMENT_LIMIT,
        clock: Callable[[], float] = time.time,
        validate: bool | None = None,
    ) -> None:
        super().__init__(bitbucket_routes(), BitbucketDialect(), schema_contract("bitbucket", validate=validate))
        workspace, _, slug = repository.partition("/")
        self.proxy_url = self._listen("proxy", clock)
        self.storage_url = self._listen("storage", clock, host="localhost")
        self._world = World(
            workspace=workspace,
            slug=slug,
            private=private,
            comment_limit=comment_limit,
            url=self._listen("web", clock),
            storage=self.storage_url,
            clock=clock,
        )
        self._world.commits.add(made_up_sha(f"{repository} main"))
        for request in pull_requests:
            self._world.open_pull_request(request)

    @property
    def api_url(self) -> str:
        """The REST API with its version."""
        return f"{self._world.url}/2.0"

    @property
    def server_url(self) -> str:
        """The web site."""
        return self._world.url

    @property
    def lag(self) -> Lag:
        """How late writes show up; set its numbers."""
        return self._world.lag

    def token(self, kind: str = "write", *, login: str = "headway-bot", scopes: Sequence[str] = ()) -> str:
        """A token.

        Args:
            kind: ``write`` and ``read`` are repository access tokens, ``read`` without the scope for comments;
                ``api`` is a person's API token, for Basic authentication with an e-mail address; ``stranger`` is a
                token of another repository.
            login: who writes with it.
            scopes: in place of the kind's own.
        """
        prefix, family, usual = _KINDS[kind]
        return self._world.tokens.issue(prefix, family, login, frozenset((*scopes, "member") if scopes else usual))

    def revoke(self, token: str) -> None:
        """Make a token worthless."""
        self._world.tokens.revoke(token)

    def environ(self, *, number: int = 0, branch: str = "", token: str | None = None) -> dict[str, str]:
        """The environment variables of a Pipelines step.

        Args:
            number: of the pull request; the first there is when left out.
            branch: for a branch's pipeline instead.
            token: for ``BITBUCKET_ACCESS_TOKEN``; one that may write when left out.
        """
        world = self._world
        if branch:
            variables = branch_variables(world, branch)
        else:
            variables = pull_request_variables(world, world.pull_requests[number or min(world.pull_requests)])
        return {**variables, "BITBUCKET_ACCESS_TOKEN": token if token is not None else self.token("write")}

    def pull_request(self, number: int = 1) -> PullRequest:
        """A pull request as it is now, with the SHAs that were made up for it."""
        return self._world.pull_requests[number]

    def close_pull_request(self, number: int) -> None:
        """Decline a pull request."""
        with self._lock:
            self._world.pull_requests[number] = replace(self._world.pull_requests[number], state="closed")

    def push(self, number: int, sha: str = "") -> str:
        """A new head commit for a pull request; gives its SHA, made up when left out."""
        with self._lock:
            request = self._world.pull_requests[number]
            head = sha or made_up_sha(f"after {request.head_sha}")
            self._world.open_pull_request(replace(request, head_sha=head))
            return head

    def add_commit(self, sha: str) -> None:
        """Let the forge know a commit."""
        self._world.commits.add(sha)

    def add_comment(self, number: int, body: str, *, author: str = "octocat") -> Comment:
        """Somebody writes a comment on a pull request."""
        with self._lock:
            return self._world.add_comment(self._world.comments, str(number), body, author)

    def comments(self, number: int = 1) -> list[Comment]:
        """A pull request's comments, oldest first, delayed and deleted ones too."""
        return self._world.comments.on(str(number))

    def commit_comments(self, sha: str) -> list[Comment]:
        """A commit's comments, oldest first."""
        return self._world.commit_comments.on(sha)

    def reports(self, sha: str = "") -> list[Stored]:
        """All Code Insights reports, or a commit's."""
        return [report for report in self._world.reports.values() if sha in {"", report.sha}]

    def annotations(self, sha: str = "") -> list[Stored]:
        """All annotations, or a commit's."""
        return [annotation for annotation in self._world.annotations.values() if sha in {"", annotation.sha}]

    def statuses(self, sha: str = "") -> list[Stored]:
        """All build statuses, or a commit's."""
        return [status for status in self._world.statuses.values() if sha in {"", status.sha}]

    def downloads(self) -> dict[str, bytes]:
        """Every download by its name."""
        return dict(self._world.downloads)
