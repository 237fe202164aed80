"""Bitbucket Cloud: pull requests, comments, Code Insights reports and build statuses.

Sources: the groups "Pullrequests", "Commits", "Reports" and "Commit statuses" of the REST API 2.0, and "Code Insights"
for the proxy that Pipelines run beside every step. Bitbucket's issues are not spoken to.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headway.errors import DeniedError, ForgeError
from headway.publish.forges.forge import (
    Comment,
    CommitTarget,
    IssueTarget,
    Limits,
    PullRequest,
    Room,
    Status,
    Target,
    keeps,
    open_at,
    place_name,
)
from headway.publish.http.responses import FORBIDDEN, NOT_FOUND, UNAUTHORIZED, Intent, Refusal, missing_for
from headway.text import shortened

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from headway.publish.http.session import Session

INSIGHTS_URL: Final = "http://api.bitbucket.org/2.0"
"""Where Pipelines' proxy expects requests to go: it turns them into encrypted ones, and signs them."""
ACCESS_ADVICE: Final = (
    "Make a repository access token with the {}, "
    "and give it to the step as the secured variable BITBUCKET_ACCESS_TOKEN."
)

_DESCRIPTION_LIMIT = 255
_DETAILS_LIMIT = 2_000
_KEY_LIMIT = 40
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
_RESULTS = {"success": "PASSED", "failure": "FAILED", "pending": "PENDING"}
_STATES = {"success": "SUCCESSFUL", "failure": "FAILED", "neutral": "SUCCESSFUL", "pending": "INPROGRESS"}

_READ_PULL_REQUEST = Intent("read the pull request", "pullrequest")
_FIND_PULL_REQUEST = Intent("find the pull request of the commit", "pullrequest")
_WHO = Intent("tell whose the comments are", "account")
_WHOSE = Intent("tell whose a comment is", "pullrequest")
_READ_STATUS = Intent("read the status of the commit", "repository")
_WRITE_REPORT = Intent("write the Code Insights report", "repository")
_WRITE_STATUS = Intent("set the build status", "repository", repeatable=True)


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


@dataclass(frozen=True)
class BitbucketDialect:
    """How Bitbucket says no.

    Attributes:
        variable: the environment variable that holds the token; empty without one.
    """

    variable: str = ""
    name = "Bitbucket"

    def message(self, body: bytes) -> str:
        """The sentence, and its detail where that is one, too."""
        reason = msgspec.json.decode(body, type=_Error).error
        return f"{reason.message} {reason.detail}" if isinstance(reason.detail, str) else reason.message

    def missing(self, refusal: Refusal) -> str:
        """What the token lacks; Bitbucket itself lists the scopes that it asks for."""
        if not self.variable:
            return "the request had no token"
        token = f"the token in {self.variable}"
        lacks = f"{token} lacks the scope {_scopes(refusal)}, or its account may not do this"
        return missing_for(token, refusal, lacks)

    def remedy(self, refusal: Refusal) -> str:
        """The token to make, and where it goes."""
        if refusal.status == NOT_FOUND and self.variable:
            return "Check --repo, --pr and --sha."
        if refusal.status == UNAUTHORIZED and self.variable:
            return (
                "App passwords have ended; an API token needs BITBUCKET_EMAIL beside it, a repository's token does not."
            )
        return ACCESS_ADVICE.format(f"scope {_scopes(refusal)}")


def _scopes(refusal: Refusal) -> str:
    """The scopes that the refusal asks for, else those that the call is known to need."""
    try:
        detail = msgspec.json.decode(refusal.body, type=_Error).error.detail
    except msgspec.DecodeError:
        detail = None
    required = detail.get("required") if isinstance(detail, dict) else None
    names = [str(name) for name in required] if isinstance(required, list) else [refusal.intent.needs]
    return " and ".join(f"`{name}`" for name in names)


class Bitbucket:
    """A repository on Bitbucket Cloud.

    Args:
        session: with the REST API.
        repository: ``workspace/slug``.
        repository_url: its page, to which a status points that has none of its own.
        insights: a session through Pipelines' proxy, which signs requests for reports itself; ``None`` outside
            Pipelines.
    """

    name = "Bitbucket"
    limits = Limits(comment=Room(31_000, "characters"), status=0, html=False)

    def __init__(
        self, session: Session, repository: str, *, repository_url: str = "", insights: Session | None = None
    ) -> None:
        self.session = session
        self.repository = repository
        self._url = repository_url
        self._insights = insights
        self._me: str | None = None
        self._path = f"repositories/{repository}"

    def pull_request(self, number: int) -> PullRequest:
        """One pull request as it is now."""
        return _pull_request(self.session.read(_READ_PULL_REQUEST, f"{self._path}/pullrequests/{number}", _PullRequest))

    def open_pull_requests(self, sha: str, branch: str, repository: str) -> list[PullRequest]:
        """The open pull requests whose head is this very commit.

        All open ones are read: the look-up by commit works only where somebody has installed an app for it.
        """
        del branch, repository
        query = {"state": "OPEN", "pagelen": "50"}
        found = self.session.values(_FIND_PULL_REQUEST, f"{self._path}/pullrequests", _PullRequest, query)
        return open_at(map(_pull_request, found), sha)

    def comments(self, target: Target) -> list[Comment]:
        """Every comment that is not deleted, of all pages, oldest first."""
        query = {"pagelen": "100", "sort": "created_on"}
        thread = self._thread(target)
        found = self.session.values(_intent("list the comments", target), thread, _Comment, query)
        return [_comment(each, thread) for each in found if not each.deleted]

    def own(self, comments: Sequence[Comment]) -> list[Comment]:
        """Those of the comments that this token's account wrote.

        A repository's own token may not ask who it is. It learns that from the first comment it creates. Before, it
        writes a comment back as it is, the oldest of each author until that works: Bitbucket lets nobody edit
        another's comment.
        """
        if not comments:
            return []
        if self._me is None:
            self._me = self._account(comments)
        return [comment for comment in comments if comment.author == self._me]

    def _account(self, comments: Sequence[Comment]) -> str:
        try:
            return self.session.read(_WHO, "user", _User).uuid
        except DeniedError:
            oldest_of_each = {comment.author: comment for comment in reversed(comments)}
            return next((author for author, comment in oldest_of_each.items() if self._may_edit(comment)), "")

    def _may_edit(self, comment: Comment) -> bool:
        """Whether a comment may be written back, read anew just before so that nobody's edit is undone."""
        try:
            now = self.session.read(_WHOSE, comment.handle, _Comment)
            self.session.put(_WHOSE, comment.handle, _content(now.content.raw or comment.body), type(None), None)
        except ForgeError as error:
            if error.status not in {FORBIDDEN, NOT_FOUND}:
                raise
            return False
        return True

    def create_comment(self, target: Target, body: str) -> Comment:
        """Write a new comment."""
        thread = self._thread(target)
        dry = _Comment(id=0, content=_Content(body))
        intent = _intent("create the comment", target)
        created = _comment(self.session.post(intent, thread, _content(body), _Comment, dry), thread)
        self._me = self._me or created.author or None
        return created

    def edit_comment(self, target: Target, comment: Comment, body: str) -> Comment:
        """Replace a comment's text."""
        dry = _Comment(id=comment.id, content=_Content(body))
        intent = _intent("update the comment", target)
        return _comment(self.session.put(intent, comment.handle, _content(body), _Comment, dry), self._thread(target))

    def delete_comment(self, target: Target, comment: Comment) -> None:
        """Remove a comment."""
        self.session.delete(_intent("delete the comment", target), comment.handle)

    def set_status(self, sha: str, status: Status) -> str:
        """A Code Insights report, which a pull request shows in full, and a build status, which points to it."""
        commit = f"{self._path}/commit/{sha}"
        key = _key(status.name)
        report = _report(status)
        if not self._keeps(f"{commit}/reports/{key}", {"result": None, "link": None, **report}):
            self._put_report(f"{commit}/reports/{key}", report)
        build = {
            "key": key,
            "state": _STATES[status.state],
            "name": status.name,
            "description": shortened(status.title, _DESCRIPTION_LIMIT),
            "url": status.url or self._url,
        }
        if not self._keeps(f"{commit}/statuses/build/{key}", build):
            self.session.post(_WRITE_STATUS, f"{commit}/statuses/build", build, type(None), None)
        return build["url"]

    def _keeps(self, path: str, sent: Mapping[str, object]) -> bool:
        """Whether Bitbucket has what would be sent; not where it shows nothing."""
        try:
            return keeps(self.session.read(_READ_STATUS, path, dict[str, object]), sent)
        except ForgeError as error:
            if error.status not in {FORBIDDEN, NOT_FOUND}:
                raise
            return False

    def _put_report(self, path: str, report: dict[str, object]) -> None:
        try:
            self.session.put(_WRITE_REPORT, path, report, type(None), None)
        except DeniedError:
            if self._insights is None:
                raise
            self._insights.put(_WRITE_REPORT, path, report, type(None), None)

    def _thread(self, target: Target) -> str:
        if isinstance(target, IssueTarget):
            raise ForgeError(
                "Headway does not comment on Bitbucket's issues.", remedy="Name a pull request or a commit instead."
            )
        if isinstance(target, CommitTarget):
            return f"{self._path}/commit/{target.sha}/comments"
        return f"{self._path}/pullrequests/{target.number}/comments"


def _intent(doing: str, target: Target) -> Intent:
    needs = "repository" if isinstance(target, CommitTarget) else "pullrequest"
    return Intent(f"{doing} on {place_name(target)}", needs)


def _report(status: Status) -> dict[str, object]:
    """A report without a result is what Bitbucket has for a neutral verdict."""
    result = {"result": _RESULTS[status.state]} if status.state in _RESULTS else {}
    link = {"link": status.url} if status.url else {}
    texts = {"title": status.name, "details": shortened(status.title, _DETAILS_LIMIT)}
    return {**texts, "report_type": "TEST", "reporter": "Headway", **result, **link}


def _key(name: str) -> str:
    """A name as a key, which stands in addresses: at most 40 plain characters, with a hash for what is lost."""
    plain = _NOT_PLAIN.sub("-", name)
    if plain == name and len(name) <= _KEY_LIMIT:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{plain[: _KEY_LIMIT - 9]}-{digest}"


def _content(body: str) -> dict[str, object]:
    return {"content": {"raw": body}}


def _pull_request(answer: _PullRequest) -> PullRequest:
    source = answer.source
    return PullRequest(
        number=answer.id,
        open=answer.state == "OPEN",
        head_sha=source.commit.hash if source.commit else "",
        head_branch=source.branch.name,
        head_repository=source.repository.full_name if source.repository else None,
    )


def _comment(answer: _Comment, thread: str) -> Comment:
    return Comment(
        id=answer.id,
        body=answer.content.raw or "",
        author=answer.user.uuid if answer.user else "",
        handle=f"{thread}/{answer.id}",
        url=answer.links.html.href,
    )
