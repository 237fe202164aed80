"""The fake Bitbucket Cloud that tests use."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from fakes.bitbucket import access, comments, insights, repositories
from fakes.bitbucket.access import errors
from fakes.bitbucket.payloads import DESCRIPTION, uuid
from fakes.bitbucket.state import BitbucketState
from fakes.core.description import SchemaContract
from fakes.core.forge import Forge
from fakes.core.routes import Routes
from fakes.core.tokens import authorization

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakes.bitbucket.state import Stored
    from fakes.core.messages import Request
    from fakes.core.routes import Call
    from fakes.core.state import PullRequest

ROUTES = Routes(comments.routes, insights.routes, repositories.routes)
COMMENT_LIMIT = 32_768
_SCOPES = ("repository", "repository:write", "pullrequest", "pullrequest:write")
_KINDS = {
    "write": ("ATCT", "access", (*_SCOPES, "member")),
    "read": ("ATCT", "access", ("repository", "member")),
    "api": ("ATAT", "api", (*_SCOPES, "account", "member")),
    "stranger": ("ATCT", "access", _SCOPES),
}


class FakeBitbucket(Forge[BitbucketState]):
    """A Bitbucket Cloud with one repository; strangers do not see a ``private`` one."""

    def __init__(  # noqa: PLR0913 - independent options, each by its name
        self,
        *,
        repository: str = "octo/digits",
        pull_requests: Sequence[PullRequest] = (),
        private: bool = False,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] | None = None,
        validate: bool = True,
    ) -> None:
        contract = SchemaContract(DESCRIPTION).violations if validate else None
        super().__init__(ROUTES, access, errors, contract, clock=clock, sleep=sleep)
        self.server_url = self._listen("web")
        self.api_url = f"{self.server_url}/2.0"
        self._state = BitbucketState(
            full_name=repository,
            private=private,
            comment_limit=COMMENT_LIMIT,
            url=self.server_url,
            clock=clock,
        )
        self.add_commit(self._state.new_commit("main"))
        for request in pull_requests:
            self._state.open_pull_request(request)

    def token(self, kind: str = "write", *, login: str = "headway-bot", scopes: Sequence[str] = ()) -> str:
        """A token, with its kind's scopes unless others are named.

        ``write`` and ``read`` are repository access tokens, ``read`` without the scope for comments; ``api`` is a
        person's API token, for Basic authentication with an e-mail address; ``stranger`` is of another repository.
        """
        prefix, family, usual = _KINDS[kind]
        return self._state.tokens.issue(prefix, family, login, frozenset((*scopes, "member") if scopes else usual))

    def environ(self, *, number: int = 0, branch: str = "", token: str | None = None) -> dict[str, str]:
        """The environment variables of a Pipelines step for a pull request, the first when left out, or for a branch.

        ``BITBUCKET_API_URL`` is none of them: their API has one address only. It leads a tool to the fake.
        """
        request = None if branch else self.pull_request(number or min(self._state.pull_requests))
        return {
            "CI": "true",
            "BITBUCKET_API_URL": self.api_url,
            "BITBUCKET_PIPELINE_UUID": uuid("pipeline 1"),
            "BITBUCKET_BUILD_NUMBER": "1",
            "BITBUCKET_STEP_RUN_NUMBER": "1",
            "BITBUCKET_WORKSPACE": self._state.owner,
            "BITBUCKET_REPO_SLUG": self._state.name,
            "BITBUCKET_ACCESS_TOKEN": token if token is not None else self.token("write"),
            "NO_PROXY": "127.0.0.1,localhost",
            "BITBUCKET_BRANCH": branch if request is None else request.head,
            "BITBUCKET_COMMIT": self._state.tip(branch) if request is None else request.head_sha,
            **({} if request is None else _pull_request(request)),
        }

    def reports(self, sha: str = "") -> list[Stored]:
        return [report for report in self._state.reports.values() if sha in {"", report.sha}]

    def statuses(self, sha: str = "") -> list[Stored]:
        return [status for status in self._state.statuses.values() if sha in {"", status.sha}]

    def downloads(self) -> dict[str, bytes]:
        return dict(self._state.downloads)

    def _canonical(self, request: Request) -> Request:
        """The API without its version, as a site of its own."""
        if request.site == "web" and request.path.startswith("/2.0/"):
            return replace(request, site="api", path=request.path.removeprefix("/2.0"))
        return request

    def _common_headers(self, call: Call) -> dict[str, str]:
        """Bitbucket tells on every answer which scopes were needed, and which the token has."""
        token = self._state.tokens.find(authorization(call.request.headers))
        held = {"X-OAuth-Scopes": ", ".join(sorted(token.grants - {"member"}))} if token else {}
        return {"X-Accepted-OAuth-Scopes": ", ".join(call.route.needs.split()), **held}


def _pull_request(request: PullRequest) -> dict[str, str]:
    return {
        "BITBUCKET_PR_ID": str(request.number),
        "BITBUCKET_PR_DESTINATION_BRANCH": request.base,
    }
