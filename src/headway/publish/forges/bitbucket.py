"""Bitbucket Cloud: pull requests, comments, Code Insights reports and build statuses, but no issues.

Sources: the groups "Pullrequests", "Commits", "Reports" and "Commit statuses" of the REST API 2.0.
"""

from __future__ import annotations

import hashlib
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headway.errors import DeniedError, ForgeError
from headway.publish.forges.forge import (
    Comment,
    CommitTarget,
    IssueTarget,
    Limits,
    PullRequest,
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
    from collections.abc import Mapping, Sequence

    from headway.ci.job import Context, Token

_ACCESS_ADVICE: Final = (
    "Create a repository access token with the {}, and store it in the secured variable BITBUCKET_ACCESS_TOKEN."
)
_INVALID_ADVICE: Final = (
    "Bitbucket no longer accepts app passwords. An API token needs BITBUCKET_EMAIL too; "
    "a repository access token does not."
)
_DESCRIPTION_LIMIT = 255
_DETAILS_LIMIT = 2_000
_KEY_LIMIT = 40
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
_RESULTS = {"success": "PASSED", "failure": "FAILED", "pending": "PENDING"}
_STATES = {"success": "SUCCESSFUL", "failure": "FAILED", "neutral": "SUCCESSFUL", "pending": "INPROGRESS"}

_READ_PULL_REQUEST = Operation("read the pull request", "pullrequest")
_FIND_PULL_REQUEST = Operation("find the pull request of the commit", "pullrequest")
_READ_USER = Operation("read whose token this is", "account")
_TRY_TO_EDIT = Operation("read who wrote a comment", "pullrequest")
_READ_STATUS = Operation("read the status of the commit", "repository")
_WRITE_REPORT = Operation("write the Code Insights report", "repository")
_WRITE_STATUS = Operation("set the build status", "repository", idempotent=True)


class _Named(msgspec.Struct):
    name: str


class _Repository(msgspec.Struct):
    full_name: str


class _Commit(msgspec.Struct):
    hash: str


class _Side(msgspec.Struct):
    branch: _Named
    commit: _Commit | None = None
    repository: _Repository | None = None


class _PullRequest(msgspec.Struct):
    id: int
    state: str
    source: _Side


class _User(msgspec.Struct):
    uuid: str


class _Content(msgspec.Struct):
    raw: str | None = None


class _Address(msgspec.Struct):
    href: str = ""


class _Links(msgspec.Struct):
    html: _Address = msgspec.field(default_factory=_Address)


class _Comment(msgspec.Struct):
    id: int
    content: _Content = msgspec.field(default_factory=_Content)
    user: _User | None = None
    deleted: bool = False
    links: _Links = msgspec.field(default_factory=_Links)


class _Reason(msgspec.Struct):
    message: str = ""
    detail: Any = None


class _Error(msgspec.Struct):
    error: _Reason = msgspec.field(default_factory=_Reason)


class Bitbucket:
    """A repository on Bitbucket Cloud."""

    name = "Bitbucket"
    limits = Limits(comment=SizeLimit(31_000, "characters"), status=0, html=False)
    api_variable = "BITBUCKET_API_URL"
    access_advice = _ACCESS_ADVICE.format("scopes `pullrequest` and `repository`")

    def __init__(self, context: Context, options: ClientOptions) -> None:
        self._token_variable = context.token.variable if context.token else ""
        self.session = Session(context.api_url, _credentials(context.token), self, options)
        self._url = context.repository_url
        self._user: str | None = None
        self._path = f"repositories/{context.repository}"

    def message(self, body: bytes) -> str:
        """The sentence of an error, and its detail where that is one, too."""
        reason = msgspec.json.decode(body, type=_Error).error
        return f"{reason.message} {reason.detail}" if isinstance(reason.detail, str) else reason.message

    def explain(self, response: ErrorResponse) -> tuple[str, str]:
        """What an error says of the token, and the token to make instead; Bitbucket lists the scopes it asks for."""
        scopes = _scopes(response)
        advice = _ACCESS_ADVICE.format(f"scope {scopes}")
        if response.status == HTTPStatus.FORBIDDEN and self._token_variable:
            cause = f"The token in {self._token_variable} lacks the scope {scopes}, or its account may not do this."
            return cause, advice
        if response.status == HTTPStatus.UNAUTHORIZED and self._token_variable:
            advice = _INVALID_ADVICE
        return explain_access(self._token_variable, response, advice)

    def pull_request(self, number: int) -> PullRequest:
        """One pull request as it is now."""
        return _pull_request(self.session.get(_READ_PULL_REQUEST, f"{self._path}/pullrequests/{number}", _PullRequest))

    def open_pull_requests(self, sha: str, branch: str, repository: str) -> list[PullRequest]:
        """The open pull requests whose head is this very commit.

        All open ones are read: the look-up by commit works only where somebody has installed an app for it.
        """
        del branch, repository
        query = {"state": "OPEN", "pagelen": "50"}
        found = self.session.pages(_FIND_PULL_REQUEST, f"{self._path}/pullrequests", _PullRequest, query)
        return open_with_head(map(_pull_request, found), sha)

    def comments(self, target: Target) -> list[Comment]:
        """Every comment that is not deleted, of all pages, oldest first."""
        query = {"pagelen": "100", "sort": "created_on"}
        thread = self._thread(target)
        found = self.session.pages(_on_comments("list the comments", target), thread, _Comment, query)
        return [_comment(each, thread) for each in found if not each.deleted]

    def own_comments(self, comments: Sequence[Comment]) -> list[Comment]:
        """Those of the comments that this token's account wrote.

        A repository access token may not read its account; it gets to know it from the first comment that it creates.
        Before, it writes a comment back as it is, the oldest of each author until that works: Bitbucket lets nobody
        edit another's comment.
        """
        if not comments:
            return []
        if self._user is None:
            self._user = self._read_user(comments)
        return [comment for comment in comments if comment.author == self._user]

    def _read_user(self, comments: Sequence[Comment]) -> str:
        try:
            return self.session.get(_READ_USER, "user", _User).uuid
        except DeniedError:
            oldest_of_each = {comment.author: comment for comment in reversed(comments)}
            return next((author for author, comment in oldest_of_each.items() if self._may_edit(comment)), "")

    def _may_edit(self, comment: Comment) -> bool:
        """Whether a comment may be written back, read anew just before so that nobody's edit is undone."""
        try:
            now = self.session.get(_TRY_TO_EDIT, comment.handle, _Comment)
            self.session.put(_TRY_TO_EDIT, comment.handle, _content(now.content.raw or comment.body), None)
        except ForgeError as error:
            if error.status not in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
                raise
            return False
        return True

    def create_comment(self, target: Target, body: str) -> Comment:
        """Write a new comment."""
        thread = self._thread(target)
        dry_result = _Comment(id=0, content=_Content(body))
        operation = _on_comments("create the comment", target)
        created = _comment(self.session.post(operation, thread, _content(body), dry_result), thread)
        self._user = self._user or created.author or None
        return created

    def edit_comment(self, target: Target, comment: Comment, body: str) -> Comment:
        """Replace a comment's text."""
        dry_result = _Comment(id=comment.id, content=_Content(body))
        operation = _on_comments("update the comment", target)
        edited = self.session.put(operation, comment.handle, _content(body), dry_result)
        return _comment(edited, self._thread(target))

    def delete_comment(self, target: Target, comment: Comment) -> None:
        """Remove a comment."""
        self.session.delete(_on_comments("delete the comment", target), comment.handle)

    def set_status(self, sha: str, status: Status) -> str:
        """A Code Insights report, which a pull request shows in full, and a build status, which links to it."""
        commit, key = f"{self._path}/commit/{sha}", _key(status.name)
        report = _report(status)
        if not self._shows(f"{commit}/reports/{key}", {"result": None, "link": None, **report}):
            self.session.put(_WRITE_REPORT, f"{commit}/reports/{key}", report, None)
        build = {
            "key": key,
            "state": _STATES[status.state],
            "name": status.name,
            "description": shortened(status.title, _DESCRIPTION_LIMIT),
            "url": status.url or self._url,
        }
        if not self._shows(f"{commit}/statuses/build/{key}", build):
            self.session.post(_WRITE_STATUS, f"{commit}/statuses/build", build, None)
        return build["url"]

    def _shows(self, path: str, sent: Mapping[str, object]) -> bool:
        try:
            return shows(self.session.get(_READ_STATUS, path, dict[str, object]), sent)
        except ForgeError as error:
            if error.status not in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
                raise
            return False

    def _thread(self, target: Target) -> str:
        if isinstance(target, IssueTarget):
            raise ForgeError(
                "Headway does not comment on Bitbucket's issues.", remedy="Name a pull request or a commit instead."
            )
        if isinstance(target, CommitTarget):
            return f"{self._path}/commit/{target.sha}/comments"
        return f"{self._path}/pullrequests/{target.number}/comments"


def _credentials(token: Token | None) -> Credentials | None:
    if token is None:
        return None
    return Credentials.basic(token.user, token.value) if token.user else Credentials.bearer(token.value)


def _scopes(response: ErrorResponse) -> str:
    """The scopes that the response asks for, else the one that the operation is known to need."""
    try:
        detail = msgspec.json.decode(response.body, type=_Error).error.detail
    except msgspec.DecodeError:
        detail = None
    required = detail.get("required") if isinstance(detail, dict) else None
    names = [str(name) for name in required] if isinstance(required, list) else [response.operation.permission]
    return " and ".join(f"`{name}`" for name in names)


def _on_comments(verb: str, target: Target) -> Operation:
    return on_target(verb, target, "repository" if isinstance(target, CommitTarget) else "pullrequest")


def _report(status: Status) -> dict[str, object]:
    """A report without a result is what Bitbucket has for a neutral status."""
    result = {"result": _RESULTS[status.state]} if status.state in _RESULTS else {}
    link = {"link": status.url} if status.url else {}
    texts = {"title": status.name, "details": shortened(status.title, _DETAILS_LIMIT)}
    return {**texts, "report_type": "TEST", "reporter": "Headway", **result, **link}


def _key(name: str) -> str:
    """A name as a key for addresses: at most 40 plain characters, with a hash where something is lost."""
    plain = _NOT_PLAIN.sub("-", name)
    if plain == name and len(name) <= _KEY_LIMIT:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{plain[: _KEY_LIMIT - 9]}-{digest}"


def _content(body: str) -> dict[str, object]:
    return {"content": {"raw": body}}


def _pull_request(found: _PullRequest) -> PullRequest:
    source = found.source
    return PullRequest(
        number=found.id,
        open=found.state == "OPEN",
        head_sha=source.commit.hash if source.commit else "",
        head_branch=source.branch.name,
        head_repository=source.repository.full_name if source.repository else None,
    )


def _comment(found: _Comment, thread: str) -> Comment:
    return Comment(
        id=found.id,
        body=found.content.raw or "",
        author=found.user.uuid if found.user else "",
        handle=f"{thread}/{found.id}",
        url=found.links.html.href,
    )
