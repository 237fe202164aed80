"""GitHub and GitHub Enterprise: pull requests, comments, check runs and commit statuses.

Sources: "REST API endpoints for issue comments / commit comments / check runs / commit statuses / pull requests" and
the GraphQL interface ``Comment``, whose ``viewerDidAuthor`` is the only answer to "did I write this?" that a job's own
token gets.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from headway.ci.providers import Head
from headway.errors import DeniedError, ForgeError
from headway.publish.forges.forge import (
    Comment,
    CommitTarget,
    IssueTarget,
    Limits,
    PullRequest,
    PullRequestTarget,
    SizeLimit,
    Status,
    Target,
    on_target,
    open_with_head,
    shows,
)
from headway.publish.http.error_responses import ErrorResponse, Operation, explain_access
from headway.publish.http.options import ClientOptions, Credentials
from headway.publish.http.retry import create_idempotently
from headway.publish.http.session import Session
from headway.text import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.ci.job import Context

_HEADERS: Final = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_LONGEST_PAGE: Final = {"per_page": "100"}
_NODES_AT_ONCE = 100
_DESCRIPTION_LIMIT = 140
_TITLE_LIMIT = 255
_DENIALS = ("not accessible by", "must have", "must be", "scope", "authenticate via a github app", "permission")
_FORBIDDEN_TO_ACTIONS = "not permitted to create or approve pull requests"
_ALLOW_ACTIONS = (
    'Turn on "Allow GitHub Actions to create and approve pull requests" in the repository\'s Settings > Actions > '
    "General, or put the token of a GitHub App or of a person into HEADWAY_TOKEN."
)
_STATES = {"success": "success", "failure": "failure", "neutral": "success", "pending": "pending"}
_AUTHORSHIP = (
    "query($ids: [ID!]!) { nodes(ids: $ids) {"
    " ... on IssueComment { id viewerDidAuthor } ... on CommitComment { id viewerDidAuthor } } }"
)

_READ_PULL_REQUEST = Operation("read the pull request", "pull-requests: read")
_FIND_PULL_REQUEST = Operation("find the pull request of the commit", "pull-requests: read")
_READ_AUTHORS = Operation("read who wrote the comments", "pull-requests: read")
_READ_CHECKS = Operation("list the check runs", "checks: write")
_WRITE_CHECK = Operation("write the check run", "checks: write")
_READ_STATUSES = Operation("list the commit statuses", "statuses: write")
_WRITE_STATUS = Operation("set the commit status", "statuses: write", idempotent=True)


class _PullRequest(msgspec.Struct):
    number: int
    state: str
    head: Head


class _User(msgspec.Struct):
    login: str


class _Comment(msgspec.Struct):
    id: int
    node_id: str
    body: str | None
    html_url: str
    user: _User | None = None


class _Node(msgspec.Struct):
    id: str = ""
    viewerDidAuthor: bool = False  # noqa: N815  GitHub's name


class _Authorship(msgspec.Struct):
    """GraphQL gives data and errors beside each other: a comment that is gone is both a null and an error."""

    data: dict[Literal["nodes"], list[_Node | None]] | None = None


class _CheckRun(msgspec.Struct):
    id: int
    html_url: str | None = None
    external_id: str | None = None
    name: str = ""
    status: str = ""
    conclusion: str | None = None
    details_url: str | None = None
    output: dict[str, Any] = {}


class _CheckRuns(msgspec.Struct):
    check_runs: list[_CheckRun]


class _Error(msgspec.Struct):
    message: str = ""
    errors: list[Any] = []


class GitHub:
    """A repository on GitHub."""

    name = "GitHub"
    limits = Limits(comment=SizeLimit(60_000), status=60_000, html=True)
    api_variable = "GITHUB_API_URL"
    access_advice = "Give the step a token:\n  env:\n    GITHUB_TOKEN: ${{ github.token }}"

    def __init__(self, context: Context, options: ClientOptions) -> None:
        token = context.token
        self._token_variable = token.variable if token else ""
        self._restricted = context.restricted
        credentials = Credentials.bearer(token.value) if token else None
        self.session = Session(context.api_url, credentials, self, options, _HEADERS)
        self.repository = context.repository
        self._graphql_url = context.graphql_url
        self._path = f"repos/{context.repository}"

    def message(self, body: bytes) -> str:
        """The sentence of an error, and the reasons of a validation where it gives any."""
        error = msgspec.json.decode(body, type=_Error)
        reasons = [each.get("message") if isinstance(each, dict) else each for each in error.errors]
        return " ".join(str(each) for each in (error.message, *reasons) if each)

    def explain(self, response: ErrorResponse) -> tuple[str, str]:
        """What an error says of the token, and the lines of YAML that grant what is missing."""
        if "x-github-sso" in response.headers:
            return "", "Authorise the token for the organisation's single sign-on."
        if response.status != HTTPStatus.FORBIDDEN or not self._token_variable:
            return explain_access(self._token_variable, response, self.access_advice)
        if _FORBIDDEN_TO_ACTIONS in response.message.lower():
            return "", _ALLOW_ACTIONS
        if not any(words in response.message.lower() for words in _DENIALS):
            return "", ""
        permission = response.operation.permission
        accepted = response.headers.get("x-accepted-github-permissions")
        also = f" (GitHub accepts {accepted})" if accepted else ""
        cause = f"The token in {self._token_variable} lacks the permission `{permission}`{also}."
        if self._restricted:
            remedy = "The token of a fork's pull request can only read: post from a workflow_run, as docs/ci shows."
            return cause, remedy
        return cause, f"Grant it in the job:\n  permissions:\n    {permission}"

    def pull_request(self, number: int) -> PullRequest:
        """One pull request as it is now."""
        return _pull_request(self.session.get(_READ_PULL_REQUEST, f"{self._path}/pulls/{number}", _PullRequest))

    def open_pull_requests(self, sha: str, branch: str, repository: str) -> list[PullRequest]:
        """The open pull requests whose head is this very commit: by the commit, else by ``owner:branch``.

        GitHub does not list the pull requests of a fork's commit, and a fork's branch may be named like anybody's.
        """
        found = self._pull_requests_of(sha)
        if not found and branch:
            found = self.pull_requests_from(f"{(repository or self.repository).partition('/')[0]}:{branch}")
        return open_with_head(found, sha)

    def pull_requests_from(self, head: str, operation: Operation = _FIND_PULL_REQUEST) -> list[PullRequest]:
        """The open pull requests of a branch, ``owner:branch``; GitHub may give others with them."""
        query = {**_LONGEST_PAGE, "state": "open", "head": head}
        return [
            _pull_request(each) for each in self.session.pages(operation, f"{self._path}/pulls", _PullRequest, query)
        ]

    def _pull_requests_of(self, sha: str) -> list[PullRequest]:
        """Those that GitHub names for a commit, closed ones and such that merely contain it included."""
        path = f"{self._path}/commits/{sha}/pulls"
        try:
            found = self.session.pages(_FIND_PULL_REQUEST, path, _PullRequest, _LONGEST_PAGE)
            return [_pull_request(each) for each in found]
        except ForgeError as error:
            if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:  # "No commit found": a fork's commit
                raise
            return []

    def comments(self, target: Target) -> list[Comment]:
        """Every comment, of all pages, oldest first."""
        operation = _on_comments("list the comments", target)
        return [_comment(each) for each in self.session.pages(operation, self._thread(target), _Comment, _LONGEST_PAGE)]

    def own_comments(self, comments: Sequence[Comment]) -> list[Comment]:
        """Those of the comments that this token's account wrote."""
        ids = [comment.handle for comment in comments]
        batches = [ids[start : start + _NODES_AT_ONCE] for start in range(0, len(ids), _NODES_AT_ONCE)]
        own = {node for batch in batches for node in self._authored(batch)}
        return [comment for comment in comments if comment.handle in own]

    def _authored(self, ids: list[str]) -> set[str]:
        body = {"query": _AUTHORSHIP, "variables": {"ids": ids}}
        found = self.session.query(_READ_AUTHORS, self._graphql_url, body, _Authorship).data
        if not found:
            raise ForgeError("GitHub did not say who wrote the comments.", why="Its GraphQL response contains no data.")
        return {node.id for node in found["nodes"] if node is not None and node.viewerDidAuthor}

    def create_comment(self, target: Target, body: str) -> Comment:
        """Write a new comment."""
        operation = _on_comments("create the comment", target)
        dry_result = _Comment(id=0, node_id="", body=body, html_url="")
        return _comment(self.session.post(operation, self._thread(target), {"body": body}, dry_result))

    def edit_comment(self, target: Target, comment: Comment, body: str) -> Comment:
        """Replace a comment's text."""
        operation = _on_comments("update the comment", target)
        dry_result = _Comment(id=comment.id, node_id="", body=body, html_url=comment.url)
        return _comment(self.session.patch(operation, self._address(target, comment), {"body": body}, dry_result))

    def delete_comment(self, target: Target, comment: Comment) -> None:
        """Remove a comment."""
        self.session.delete(_on_comments("delete the comment", target), self._address(target, comment))

    def _thread(self, target: Target) -> str:
        if isinstance(target, CommitTarget):
            return f"{self._path}/commits/{target.sha}/comments"
        return f"{self._path}/issues/{target.number}/comments"

    def _address(self, target: Target, comment: Comment) -> str:
        kind = "comments" if isinstance(target, CommitTarget) else "issues/comments"
        return f"{self._path}/{kind}/{comment.id}"

    def set_status(self, sha: str, status: Status) -> str:
        """Write a check run; a commit status where the token is a person's, who cannot make check runs."""
        try:
            return self._set_check_run(sha, status)
        except DeniedError as denied:
            try:
                return self._set_commit_status(sha, status)
            except DeniedError:
                raise denied from None

    def _set_check_run(self, sha: str, status: Status) -> str:
        body = _check_run(status)
        written = self._find_check_run(sha, status)
        if written is None:
            written = create_idempotently(
                lambda: self._create_check_run(sha, body),
                lambda: self._find_check_run(sha, status),
                self.session.options.sleep,
            )
        elif not shows(msgspec.to_builtins(written), body):
            written = self.session.patch(_WRITE_CHECK, f"{self._path}/check-runs/{written.id}", body, written)
        return written.html_url or ""

    def _create_check_run(self, sha: str, body: dict[str, object]) -> _CheckRun:
        return self.session.post(_WRITE_CHECK, f"{self._path}/check-runs", {"head_sha": sha, **body}, _CheckRun(id=0))

    def _find_check_run(self, sha: str, status: Status) -> _CheckRun | None:
        """The check run of that name that Headway made: a job's own check run may have the same name."""
        query = {**_LONGEST_PAGE, "check_name": status.name, "filter": "all"}
        found = self.session.get(_READ_CHECKS, f"{self._path}/commits/{sha}/check-runs", _CheckRuns, query)
        return next((run for run in found.check_runs if run.external_id == _external_id(status)), None)

    def _set_commit_status(self, sha: str, status: Status) -> str:
        target = {"target_url": status.url} if status.url else {}
        description = shortened(status.title, _DESCRIPTION_LIMIT)
        body = {"state": _STATES[status.state], "context": status.name, "description": description, **target}
        path = f"{self._path}/commits/{sha}/statuses"
        listed = self.session.pages(_READ_STATUSES, path, dict[str, object], _LONGEST_PAGE)
        newest = next((each for each in listed if each.get("context") == status.name), None)
        if not shows(newest, body):
            self.session.post(_WRITE_STATUS, f"{self._path}/statuses/{sha}", body, None)
        return status.url


def _check_run(status: Status) -> dict[str, object]:
    pending = status.state == "pending"
    progress = {"status": "in_progress"} if pending else {"status": "completed", "conclusion": status.state}
    details = {"details_url": status.url} if status.url else {}
    output = {"title": shortened(status.title, _TITLE_LIMIT), "summary": status.summary or status.title}
    return {"name": status.name, "external_id": _external_id(status), **progress, **details, "output": output}


def _external_id(status: Status) -> str:
    return f"headway:{status.name}"


def _on_comments(verb: str, target: Target) -> Operation:
    scopes = {CommitTarget: "contents", PullRequestTarget: "pull-requests", IssueTarget: "issues"}
    return on_target(verb, target, f"{scopes[type(target)]}: write")


def _pull_request(found: _PullRequest) -> PullRequest:
    return PullRequest(
        number=found.number,
        open=found.state == "open",
        head_sha=found.head.sha,
        head_branch=found.head.ref,
        head_repository=found.head.repo.full_name if found.head.repo else None,
    )


def _comment(found: _Comment) -> Comment:
    return Comment(
        id=found.id,
        handle=found.node_id,
        body=found.body or "",
        author=found.user.login if found.user else "",
        url=found.html_url,
    )
