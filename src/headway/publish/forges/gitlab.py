"""GitLab, on gitlab.com, on a host of its own or under a sub-path: merge requests, notes and commit statuses.

Sources: "Notes API", "Discussions API", "Merge requests API", "Commits API". Comments on a commit go through its
discussions, because the plain comments of a commit have no id and cannot be changed.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import msgspec

from headway.errors import ForgeError
from headway.publish.forges.forge import (
    Comment,
    CommitTarget,
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
from headway.publish.http.session import Session
from headway.text import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.ci.job import Context, Token

_JOB_TOKEN = "CI_JOB_TOKEN"  # noqa: S105  the variable's name, not a token
_ACCESS_ADVICE: Final = (
    "Create a project access token with the scope `{}` and the role Developer, "
    "and store it in the masked CI/CD variable GITLAB_TOKEN."
)
_LONGEST_PAGE: Final = {"per_page": "100"}
_DESCRIPTION_LIMIT = 255
_STATES = {"success": "success", "failure": "failed", "neutral": "success", "pending": "running"}

_READ_MERGE_REQUEST = Operation("read the merge request", "read_api")
_FIND_MERGE_REQUEST = Operation("find the merge request of the commit", "read_api")
_READ_USER = Operation("read whose token this is", "api")
_READ_STATUSES = Operation("list the commit statuses", "read_api")
_WRITE_STATUS = Operation("set the commit status", "api", idempotent=True)


class _MergeRequest(msgspec.Struct):
    iid: int
    state: str
    sha: str | None
    source_branch: str
    source_project_id: int | None


class _User(msgspec.Struct):
    id: int


class _Note(msgspec.Struct):
    id: int
    body: str
    author: _User | None = None
    system: bool = False


class _Discussion(msgspec.Struct):
    id: str
    notes: list[_Note]


class _Error(msgspec.Struct):
    message: Any = None
    error: Any = None
    error_description: str = ""


class GitLab:
    """A project on GitLab."""

    name = "GitLab"
    limits = Limits(comment=SizeLimit(900_000), status=0, html=True)
    api_variable = "CI_API_V4_URL or CI_SERVER_URL"
    access_advice = _ACCESS_ADVICE.format("api")

    def __init__(self, context: Context, options: ClientOptions) -> None:
        self._token_variable = context.token.variable if context.token else ""
        self._restricted = context.restricted
        self.session = Session(context.api_url, _credentials(context.token), self, options)
        self._url = context.repository_url
        self._pipeline = context.pipeline
        self._path = f"projects/{quote(context.repository, safe='')}"

    def message(self, body: bytes) -> str:
        """The sentence of an error, or the reasons of a validation by the fields' names."""
        error = msgspec.json.decode(body, type=_Error)
        if isinstance(error.message, dict):
            return " ".join(f"{field}: {_flat(reasons)}." for field, reasons in error.message.items())
        return " ".join(part for part in (_flat(error.message or error.error), error.error_description) if part)

    def explain(self, response: ErrorResponse) -> tuple[str, str]:
        """What an error says of the token, and the token to make instead."""
        scope = response.operation.permission or "api"
        advice = _ACCESS_ADVICE.format(scope)
        if self._restricted:
            advice += " A fork's pipeline does not get it: post from a pipeline of the project."
        if self._token_variable == _JOB_TOKEN:
            return f"{_JOB_TOKEN} can read comments and merge requests, but not write them.", advice
        if response.status == HTTPStatus.FORBIDDEN and self._token_variable:
            return f"The token in {self._token_variable} lacks the scope `{scope}`, or its role is too low.", advice
        return explain_access(self._token_variable, response, advice)

    def pull_request(self, number: int) -> PullRequest:
        """One merge request as it is now."""
        path = f"{self._path}/merge_requests/{number}"
        return _pull_request(self.session.get(_READ_MERGE_REQUEST, path, _MergeRequest))

    def open_pull_requests(self, sha: str, branch: str, repository: str) -> list[PullRequest]:
        """The open merge requests whose head is this very commit; GitLab finds them by the commit alone."""
        del branch, repository
        path = f"{self._path}/repository/commits/{sha}/merge_requests"
        found = self.session.pages(_FIND_MERGE_REQUEST, path, _MergeRequest, _LONGEST_PAGE)
        return open_with_head(map(_pull_request, found), sha)

    def comments(self, target: Target) -> list[Comment]:
        """Every comment that a person or a token wrote, of all pages, oldest first."""
        operation = _on_comments("list the comments", target, "read_api")
        if isinstance(target, CommitTarget):
            found = self.session.pages(operation, self._thread(target), _Discussion, _LONGEST_PAGE)
            return [self._comment(each.notes[0], target, each.id) for each in found if each.notes]
        oldest_first = {**_LONGEST_PAGE, "sort": "asc", "order_by": "created_at"}
        notes = self.session.pages(operation, self._thread(target), _Note, oldest_first)
        return [self._comment(note, target) for note in notes if not note.system]

    def own_comments(self, comments: Sequence[Comment]) -> list[Comment]:
        """Those of the comments that this token's account wrote."""
        if not comments:
            return []
        user = str(self.session.get(_READ_USER, "user", _User).id)
        return [comment for comment in comments if comment.author == user]

    def create_comment(self, target: Target, body: str) -> Comment:
        """Write a new comment."""
        operation = _on_comments("create the comment", target)
        if isinstance(target, CommitTarget):
            return self._create_on_commit(operation, target, body)
        dry_result = _Note(id=0, body=body)
        return self._comment(self.session.post(operation, self._thread(target), {"body": body}, dry_result), target)

    def _create_on_commit(self, operation: Operation, target: CommitTarget, body: str) -> Comment:
        """GitLab does not return the id of what it creates here; the listing has it."""
        self.session.post(operation, f"{self._path}/repository/commits/{target.sha}/comments", {"note": body}, None)
        listed = [comment for comment in self.comments(target) if comment.body.rstrip() == body.rstrip()]
        return listed[-1] if listed else Comment(id=0, body=body)

    def edit_comment(self, target: Target, comment: Comment, body: str) -> Comment:
        """Replace a comment's text."""
        operation = _on_comments("update the comment", target)
        dry_result = _Note(id=comment.id, body=body)
        note = self.session.put(operation, self._address(target, comment), {"body": body}, dry_result)
        return self._comment(note, target, comment.handle)

    def delete_comment(self, target: Target, comment: Comment) -> None:
        """Remove a comment."""
        self.session.delete(_on_comments("delete the comment", target), self._address(target, comment))

    def set_status(self, sha: str, status: Status) -> str:
        """A commit status beside the pipeline's own jobs. GitLab has no neutral status, so that is a success.

        The status joins the context's pipeline; without one, GitLab chooses, and may begin one of its own.
        """
        pipeline = {"pipeline_id": self._pipeline} if self._pipeline else {}
        body = {
            "state": _STATES[status.state],
            "name": status.name,
            "description": shortened(status.title, _DESCRIPTION_LIMIT),
            **({"target_url": status.url} if status.url else {}),
            **pipeline,
        }
        query = {**_LONGEST_PAGE, "name": status.name, **{key: str(number) for key, number in pipeline.items()}}
        found = self._newest_status(sha, query)
        if found is None or not shows({**found, "state": found.get("status")}, body):
            self._post_status(sha, body)
        return status.url

    def _newest_status(self, sha: str, query: dict[str, str]) -> dict[str, Any] | None:
        """The status that counts: GitLab keeps every one that it ever got."""
        path = f"{self._path}/repository/commits/{sha}/statuses"
        found = self.session.pages(_READ_STATUSES, path, dict[str, Any], query)
        return max(found, key=lambda status: int(status["id"]), default=None)

    def _post_status(self, sha: str, body: dict[str, object]) -> None:
        try:
            self.session.post(_WRITE_STATUS, f"{self._path}/statuses/{sha}", body, None)
        except ForgeError as error:
            # A status that is so already: "Cannot transition status via :success from :success".
            if error.status != HTTPStatus.BAD_REQUEST or "cannot transition status" not in error.why.lower():
                raise

    def _thread(self, target: Target) -> str:
        if isinstance(target, CommitTarget):
            return f"{self._path}/repository/commits/{target.sha}/discussions"
        return f"{self._path}/{_kind(target)}/{target.number}/notes"

    def _address(self, target: Target, comment: Comment) -> str:
        if isinstance(target, CommitTarget):
            return f"{self._thread(target)}/{comment.handle}/notes/{comment.id}"
        return f"{self._thread(target)}/{comment.id}"

    def _comment(self, note: _Note, target: Target, discussion: str = "") -> Comment:
        """A note as a comment; the API does not return its page."""
        author = str(note.author.id) if note.author else ""
        place = f"commit/{target.sha}" if isinstance(target, CommitTarget) else f"{_kind(target)}/{target.number}"
        url = f"{self._url}/-/{place}#note_{note.id}" if self._url else ""
        return Comment(id=note.id, body=note.body, author=author, handle=discussion, url=url)


def _credentials(token: Token | None) -> Credentials | None:
    if token is None:
        return None
    return Credentials.job(token.value) if token.variable == _JOB_TOKEN else Credentials.bearer(token.value)


def _flat(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _kind(target: Target) -> str:
    return "merge_requests" if isinstance(target, PullRequestTarget) else "issues"


def _on_comments(verb: str, target: Target, scope: str = "api") -> Operation:
    return on_target(verb, target, scope, "merge request")


def _pull_request(found: _MergeRequest) -> PullRequest:
    return PullRequest(
        number=found.iid,
        open=found.state == "opened",
        head_sha=found.sha or "",
        head_branch=found.source_branch,
        head_repository=None if found.source_project_id is None else str(found.source_project_id),
    )
