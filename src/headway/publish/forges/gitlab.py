"""GitLab, on gitlab.com, on a host of its own or under a sub-path: merge requests, notes and commit statuses.

Sources: "Notes API", "Discussions API", "Merge requests API", "Commits API". Comments on a commit go through its
discussions, because the plain comments of a commit have no id and cannot be changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
    Room,
    Status,
    Target,
    keeps,
    open_at,
    place_name,
)
from headway.publish.http.responses import NOT_FOUND, Intent, Refusal, missing_for
from headway.text import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.publish.http.session import Session

JOB_TOKEN = "CI_JOB_TOKEN"  # noqa: S105  the variable's name, not a token
ACCESS_ADVICE: Final = (
    "Make a project access token with the scope `{}` and the role Developer, "
    "and give it to the job as the masked CI/CD variable GITLAB_TOKEN."
)

_BAD_REQUEST = 400
_DESCRIPTION_LIMIT = 255
_STATES = {"success": "success", "failure": "failed", "neutral": "success", "pending": "running"}

_READ_MERGE_REQUEST = Intent("read the merge request", "read_api")
_FIND_MERGE_REQUEST = Intent("find the merge request of the commit", "read_api")
_WHO = Intent("tell whose the comments are", "api")
_READ_STATUSES = Intent("list the commit statuses", "read_api")
_WRITE_STATUS = Intent("set the commit status", "api", repeatable=True)


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
    scope: str = ""


@dataclass(frozen=True)
class GitLabDialect:
    """How GitLab says no.

    Attributes:
        variable: the environment variable that holds the token; empty without one.
        restricted: whether the job runs for a fork's merge request, without the project's variables.
    """

    variable: str = ""
    restricted: bool = field(default=False, kw_only=True)
    name = "GitLab"

    def message(self, body: bytes) -> str:
        """The sentence; a validation's reasons stand under the fields' names."""
        error = msgspec.json.decode(body, type=_Error)
        if isinstance(error.message, dict):
            return " ".join(f"{field}: {_flat(reasons)}." for field, reasons in error.message.items())
        return " ".join(part for part in (_flat(error.message or error.error), error.error_description) if part)

    def missing(self, refusal: Refusal) -> str:
        """What the token lacks."""
        if not self.variable:
            return "the request had no token"
        if self.variable == JOB_TOKEN:
            return f"{JOB_TOKEN} can read comments and nothing more"
        token = f"the token in {self.variable}"
        lacks = f"{token} lacks the scope `{refusal.intent.needs}`, or its role is too low"
        return missing_for(token, refusal, lacks)

    def remedy(self, refusal: Refusal) -> str:
        """The token to make, and where it goes."""
        if refusal.status == NOT_FOUND and self.variable not in {"", JOB_TOKEN}:
            return "Check --repo, --pr and --sha."
        advice = ACCESS_ADVICE.format(refusal.intent.needs or "api")
        unseen = " A fork's pipeline does not see it: post from a pipeline of the project."
        return f"{advice}{unseen}" if self.restricted else advice


def _flat(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


class GitLab:
    """A project on GitLab.

    Args:
        session: with the REST API.
        project: the project's id or path.
        project_url: its page, for links to comments.
        pipeline: the pipeline that a status joins; 0 leaves the choice to GitLab, which may begin one of its own.
    """

    name = "GitLab"
    limits = Limits(comment=Room(900_000), status=0, html=True)

    def __init__(self, session: Session, project: str, *, project_url: str = "", pipeline: int = 0) -> None:
        self.session = session
        self.project = project
        self._url = project_url
        self._pipeline = pipeline
        self._path = f"projects/{quote(project, safe='')}"

    def pull_request(self, number: int) -> PullRequest:
        """One merge request as it is now."""
        return _pull_request(
            self.session.read(_READ_MERGE_REQUEST, f"{self._path}/merge_requests/{number}", _MergeRequest)
        )

    def open_pull_requests(self, sha: str, branch: str, repository: str) -> list[PullRequest]:
        """The open merge requests whose head is this very commit; GitLab finds them by the commit alone."""
        del branch, repository
        path = f"{self._path}/repository/commits/{sha}/merge_requests"
        return open_at(map(_pull_request, self.session.pages(_FIND_MERGE_REQUEST, path, _MergeRequest)), sha)

    def comments(self, target: Target) -> list[Comment]:
        """Every comment that a person or a token wrote, of all pages, oldest first."""
        intent = _intent("list the comments", target, "read_api")
        if isinstance(target, CommitTarget):
            found = self.session.pages(intent, self._thread(target), _Discussion)
            return [self._comment(each.notes[0], target, each.id) for each in found if each.notes]
        oldest_first = {"sort": "asc", "order_by": "created_at"}
        notes = self.session.pages(intent, self._thread(target), _Note, oldest_first)
        return [self._comment(note, target) for note in notes if not note.system]

    def own(self, comments: Sequence[Comment]) -> list[Comment]:
        """Those of the comments that this token's account wrote."""
        if not comments:
            return []
        me = str(self.session.read(_WHO, "user", _User).id)
        return [comment for comment in comments if comment.author == me]

    def create_comment(self, target: Target, body: str) -> Comment:
        """Write a new comment."""
        intent = _intent("create the comment", target)
        dry = _Note(id=0, body=body)
        if isinstance(target, CommitTarget):
            return self._create_on_commit(intent, target, body)
        return self._comment(self.session.post(intent, self._thread(target), {"body": body}, _Note, dry), target)

    def _create_on_commit(self, intent: Intent, target: CommitTarget, body: str) -> Comment:
        """GitLab does not tell the id of what it creates here; the listing does."""
        path = f"{self._path}/repository/commits/{target.sha}/comments"
        self.session.post(intent, path, {"note": body}, type(None), None)
        listed = [comment for comment in self.comments(target) if comment.body.rstrip() == body.rstrip()]
        return listed[-1] if listed else Comment(id=0, body=body)

    def edit_comment(self, target: Target, comment: Comment, body: str) -> Comment:
        """Replace a comment's text."""
        intent = _intent("update the comment", target)
        dry = _Note(id=comment.id, body=body)
        note = self.session.put(intent, self._address(target, comment), {"body": body}, _Note, dry)
        return self._comment(note, target, comment.handle)

    def delete_comment(self, target: Target, comment: Comment) -> None:
        """Remove a comment."""
        self.session.delete(_intent("delete the comment", target), self._address(target, comment))

    def set_status(self, sha: str, status: Status) -> str:
        """A commit status beside the pipeline's own jobs. GitLab knows no neutral verdict, so that is a success."""
        state, pipeline = _STATES[status.state], {"pipeline_id": self._pipeline} if self._pipeline else {}
        shown = {
            "name": status.name,
            "description": shortened(status.title, _DESCRIPTION_LIMIT),
            **({"target_url": status.url} if status.url else {}),
            **pipeline,
        }
        asked = {"name": status.name, **{name: str(number) for name, number in pipeline.items()}}
        if keeps(self._newest_status(sha, asked), {"status": state, **shown}):
            return status.url
        body = {"state": state, **shown}
        try:
            self.session.post(_WRITE_STATUS, f"{self._path}/statuses/{sha}", body, type(None), None)
        except ForgeError as error:
            # A status that is so already: "Cannot transition status via :success from :success".
            if error.status != _BAD_REQUEST or "cannot transition status" not in error.why.lower():
                raise
        return status.url

    def _newest_status(self, sha: str, query: dict[str, str]) -> dict[str, Any] | None:
        """The status that counts: GitLab keeps every one that it ever got."""
        path = f"{self._path}/repository/commits/{sha}/statuses"
        return max(self.session.pages(_READ_STATUSES, path, dict[str, Any], query), key=_id_of, default=None)

    def _thread(self, target: Target) -> str:
        if isinstance(target, CommitTarget):
            return f"{self._path}/repository/commits/{target.sha}/discussions"
        kind = "merge_requests" if isinstance(target, PullRequestTarget) else "issues"
        return f"{self._path}/{kind}/{target.number}/notes"

    def _address(self, target: Target, comment: Comment) -> str:
        if isinstance(target, CommitTarget):
            return f"{self._thread(target)}/{comment.handle}/notes/{comment.id}"
        return f"{self._thread(target)}/{comment.id}"

    def _comment(self, note: _Note, target: Target, discussion: str = "") -> Comment:
        author = str(note.author.id) if note.author else ""
        return Comment(id=note.id, body=note.body, author=author, handle=discussion, url=self._page(note, target))

    def _page(self, note: _Note, target: Target) -> str:
        """A note's page, which the API does not tell."""
        if not self._url:
            return ""
        if isinstance(target, CommitTarget):
            return f"{self._url}/-/commit/{target.sha}#note_{note.id}"
        kind = "merge_requests" if isinstance(target, PullRequestTarget) else "issues"
        return f"{self._url}/-/{kind}/{target.number}#note_{note.id}"


def _id_of(status: dict[str, Any]) -> int:
    return int(status["id"])


def _intent(doing: str, target: Target, needs: str = "api") -> Intent:
    return Intent(f"{doing} on {place_name(target, 'merge request')}", needs)


def _pull_request(answer: _MergeRequest) -> PullRequest:
    return PullRequest(
        number=answer.iid,
        open=answer.state == "opened",
        head_sha=answer.sha or "",
        head_branch=answer.source_branch,
        head_repository=None if answer.source_project_id is None else str(answer.source_project_id),
    )
