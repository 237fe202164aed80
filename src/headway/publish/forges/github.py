"""GitHub and GitHub Enterprise: pull requests, comments, check runs and commit statuses.

Sources: "REST API endpoints for issue comments / commit comments / check runs / commit statuses / pull requests" and
the GraphQL interface ``Comment``, whose ``viewerDidAuthor`` is the only answer to "did I write this?" that a job's own
token gets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

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
    Room,
    Status,
    Target,
    keeps,
    open_at,
    place_name,
)
from headway.publish.http.responses import FORBIDDEN, NOT_FOUND, UNAUTHORIZED, Intent, Refusal, missing_for
from headway.publish.http.session import Session, create_once
from headway.text import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence


HEADERS: Final = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
ACCESS_ADVICE: Final = "Give the step a token:\n  env:\n    GITHUB_TOKEN: ${{ github.token }}"

_UNPROCESSABLE = 422
_NODES_AT_ONCE = 100
_DESCRIPTION_LIMIT = 140
_TITLE_LIMIT = 255
_DENIALS = ("not accessible by", "must have", "must be", "scope", "authenticate via a github app", "permission")
_STATES = {"success": "success", "failure": "failure", "neutral": "success", "pending": "pending"}
_AUTHORSHIP = (
    "query($ids: [ID!]!) { nodes(ids: $ids) {"
    " ... on IssueComment { id viewerDidAuthor } ... on CommitComment { id viewerDidAuthor } } }"
)

_READ_PULL_REQUEST = Intent("read the pull request", "pull-requests: read")
_FIND_PULL_REQUEST = Intent("find the pull request of the commit", "pull-requests: read")
_AUTHORS = Intent("tell whose the comments are", "pull-requests: read")
_READ_CHECKS = Intent("list the check runs", "checks: write")
_WRITE_CHECK = Intent("write the check run", "checks: write")
_READ_STATUSES = Intent("list the commit statuses", "statuses: write")
_WRITE_STATUS = Intent("set the commit status", "statuses: write", repeatable=True)


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


class _Nodes(msgspec.Struct):
    nodes: list[_Node | None]


class _Authorship(msgspec.Struct):
    """GraphQL gives data and errors beside each other: a comment that is gone is both a null and an error."""

    data: _Nodes | None = None


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


class GitHubDialect:
    """How GitHub says no.

    Args:
        variable: the environment variable that holds the token; empty without one.
        restricted: whether the job runs for a fork's pull request, with a token that can only read.
    """

    name = "GitHub"

    def __init__(self, variable: str = "", *, restricted: bool = False) -> None:
        self._token = f"the token in {variable}" if variable else "a request without a token"
        self._anonymous = not variable
        self._restricted = restricted

    def message(self, body: bytes) -> str:
        """The sentence, and the reasons of a validation where it gives any."""
        error = msgspec.json.decode(body, type=_Error)
        reasons = [each.get("message") if isinstance(each, dict) else each for each in error.errors]
        return " ".join([error.message, *(str(reason) for reason in reasons if reason)])

    def missing(self, refusal: Refusal) -> str:
        """What the token lacks."""
        accepted = refusal.headers.get("x-accepted-github-permissions", "")
        also = f" (GitHub accepts {accepted})" if accepted else ""
        lacks = f"{self._token} lacks the permission `{refusal.intent.needs}`{also}"
        return missing_for(self._token, refusal, lacks if _denies(refusal) else "")

    def remedy(self, refusal: Refusal) -> str:
        """The lines of YAML that grant it."""
        if "x-github-sso" in refusal.headers:
            return "Authorise the token for the organisation's single sign-on."
        if self._anonymous or refusal.status == UNAUTHORIZED:
            return ACCESS_ADVICE
        if refusal.status == NOT_FOUND:
            return "Check --repo, --pr and --sha; a job's own token sees only its own repository."
        if not _denies(refusal):
            return ""
        if self._restricted:
            return "The token of a fork's pull request can only read: post from a workflow_run, as docs/ci shows."
        return f"Grant it in the job:\n  permissions:\n    {refusal.intent.needs}"


def _denies(refusal: Refusal) -> bool:
    message = refusal.message.lower()
    return refusal.status == FORBIDDEN and any(words in message for words in _DENIALS)


class GitHub:
    """A repository on GitHub.

    Args:
        session: with the REST API.
        repository: ``owner/name``.
        graphql_url: the GraphQL endpoint.
    """

    name = "GitHub"
    limits = Limits(comment=Room(60_000), status=60_000, html=True)

    def __init__(self, session: Session, repository: str, graphql_url: str) -> None:
        self.session = session
        self.repository = repository
        self._graphql_url = graphql_url
        self._repo = f"repos/{repository}"

    def pull_request(self, number: int) -> PullRequest:
        """One pull request as it is now."""
        return _pull_request(self.session.read(_READ_PULL_REQUEST, f"{self._repo}/pulls/{number}", _PullRequest))

    def open_pull_requests(self, sha: str, branch: str, repository: str) -> list[PullRequest]:
        """The open pull requests whose head is this very commit: by the commit, else by ``owner:branch``.

        GitHub does not tell the pull requests of a fork's commit, and a fork's branch may be named like anybody's.
        """
        found = self._pull_requests_of(sha)
        if not found and branch:
            found = self.pull_requests_from(f"{(repository or self.repository).partition('/')[0]}:{branch}")
        return open_at(found, sha)

    def pull_requests_from(self, head: str, intent: Intent = _FIND_PULL_REQUEST) -> list[PullRequest]:
        """The open pull requests of a branch, ``owner:branch``; GitHub may give others with them."""
        query = {"state": "open", "head": head}
        return [_pull_request(each) for each in self.session.pages(intent, f"{self._repo}/pulls", _PullRequest, query)]

    def _pull_requests_of(self, sha: str) -> list[PullRequest]:
        """Those that GitHub names for a commit, closed ones and such that merely contain it included."""
        path = f"{self._repo}/commits/{sha}/pulls"
        try:
            return [_pull_request(each) for each in self.session.pages(_FIND_PULL_REQUEST, path, _PullRequest)]
        except ForgeError as error:
            if error.status != _UNPROCESSABLE:  # "No commit found": a fork's commit
                raise
            return []

    def comments(self, target: Target) -> list[Comment]:
        """Every comment, of all pages, oldest first."""
        found = self.session.pages(_comment_intent("list the comments", target), self._thread(target), _Comment)
        return [_comment(each) for each in found]

    def own(self, comments: Sequence[Comment]) -> list[Comment]:
        """Those of the comments that this token's account wrote."""
        ids = [comment.handle for comment in comments]
        batches = [ids[start : start + _NODES_AT_ONCE] for start in range(0, len(ids), _NODES_AT_ONCE)]
        own = {node for batch in batches for node in self._authored(batch)}
        return [comment for comment in comments if comment.handle in own]

    def _authored(self, ids: list[str]) -> set[str]:
        question = {"query": _AUTHORSHIP, "variables": {"ids": ids}}
        answer = self.session.ask(_AUTHORS, self._graphql_url, question, _Authorship)
        if answer.data is None:
            raise ForgeError("GitHub did not tell whose the comments are.", why="Its GraphQL answer holds no data.")
        return {node.id for node in answer.data.nodes if node is not None and node.viewerDidAuthor}

    def create_comment(self, target: Target, body: str) -> Comment:
        """Write a new comment."""
        intent = _comment_intent("create the comment", target)
        dry = _Comment(id=0, node_id="", body=body, html_url="")
        return _comment(self.session.post(intent, self._thread(target), {"body": body}, _Comment, dry))

    def edit_comment(self, target: Target, comment: Comment, body: str) -> Comment:
        """Replace a comment's text."""
        intent = _comment_intent("update the comment", target)
        dry = _Comment(id=comment.id, node_id="", body=body, html_url=comment.url)
        return _comment(self.session.patch(intent, self._address(target, comment), {"body": body}, _Comment, dry))

    def delete_comment(self, target: Target, comment: Comment) -> None:
        """Remove a comment."""
        self.session.delete(_comment_intent("delete the comment", target), self._address(target, comment))

    def _thread(self, target: Target) -> str:
        if isinstance(target, CommitTarget):
            return f"{self._repo}/commits/{target.sha}/comments"
        return f"{self._repo}/issues/{target.number}/comments"

    def _address(self, target: Target, comment: Comment) -> str:
        kind = "comments" if isinstance(target, CommitTarget) else "issues/comments"
        return f"{self._repo}/{kind}/{comment.id}"

    def set_status(self, sha: str, status: Status) -> str:
        """A check run; a commit status where the token is a person's, who cannot make check runs."""
        try:
            return self._set_check_run(sha, status)
        except DeniedError as denied:
            try:
                return self._set_commit_status(sha, status)
            except DeniedError:
                raise denied from None

    def _set_check_run(self, sha: str, status: Status) -> str:
        found = self._find_check_run(sha, status.name)
        if found is not None and keeps(msgspec.to_builtins(found), _check_run(status)):
            written = found
        elif found is not None:
            path = f"{self._repo}/check-runs/{found.id}"
            written = self.session.patch(_WRITE_CHECK, path, _check_run(status), _CheckRun, found)
        else:
            written = create_once(
                lambda: self._create_check_run(sha, status),
                lambda: self._find_check_run(sha, status.name),
                self.session.transport.sleep,
            )
        return written.html_url or ""

    def _create_check_run(self, sha: str, status: Status) -> _CheckRun:
        body = {"head_sha": sha, **_check_run(status)}
        return self.session.post(_WRITE_CHECK, f"{self._repo}/check-runs", body, _CheckRun, _CheckRun(id=0))

    def _find_check_run(self, sha: str, name: str) -> _CheckRun | None:
        """The check run of that name that Headway made: a job's own check run may have the same name."""
        query = {"check_name": name, "filter": "all", "per_page": "100"}
        found = self.session.read(_READ_CHECKS, f"{self._repo}/commits/{sha}/check-runs", _CheckRuns, query)
        return next((run for run in found.check_runs if run.external_id == _external_id(name)), None)

    def _set_commit_status(self, sha: str, status: Status) -> str:
        target = {"target_url": status.url} if status.url else {}
        description = shortened(status.title, _DESCRIPTION_LIMIT)
        body = {"state": _STATES[status.state], "context": status.name, "description": description, **target}
        listed = self.session.pages(_READ_STATUSES, f"{self._repo}/commits/{sha}/statuses", dict[str, object])
        newest = next((each for each in listed if each.get("context") == status.name), None)
        if not keeps(newest, body):
            self.session.post(_WRITE_STATUS, f"{self._repo}/statuses/{sha}", body, type(None), None)
        return status.url


def _check_run(status: Status) -> dict[str, object]:
    pending = status.state == "pending"
    verdict = {"status": "in_progress"} if pending else {"status": "completed", "conclusion": status.state}
    details = {"details_url": status.url} if status.url else {}
    output = {"title": shortened(status.title, _TITLE_LIMIT), "summary": status.summary or status.title}
    return {"name": status.name, "external_id": _external_id(status.name), **verdict, **details, "output": output}


def _external_id(name: str) -> str:
    return f"headway:{name}"


def _comment_intent(doing: str, target: Target) -> Intent:
    needs = {CommitTarget: "contents", PullRequestTarget: "pull-requests", IssueTarget: "issues"}[type(target)]
    return Intent(f"{doing} on {place_name(target)}", f"{needs}: write")


def _pull_request(answer: _PullRequest) -> PullRequest:
    return PullRequest(
        number=answer.number,
        open=answer.state == "open",
        head_sha=answer.head.sha,
        head_branch=answer.head.ref,
        head_repository=answer.head.repo.full_name if answer.head.repo else None,
    )


def _comment(answer: _Comment) -> Comment:
    return Comment(
        id=answer.id,
        handle=answer.node_id,
        body=answer.body or "",
        author=answer.user.login if answer.user else "",
        url=answer.html_url,
    )
