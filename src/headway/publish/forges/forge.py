"""What every forge can do, and the values that go in and out; ``github``, ``gitlab`` and ``bitbucket`` implement it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from headway.publish.http.error_responses import ErrorFormatter, Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headway.publish.http.session import Session


@dataclass(frozen=True, kw_only=True)
class PullRequestTarget:
    """A pull request, or merge request, to comment on."""

    number: int


@dataclass(frozen=True, kw_only=True)
class IssueTarget:
    """An issue to comment on."""

    number: int


@dataclass(frozen=True, kw_only=True)
class CommitTarget:
    """A commit to comment on, by its full SHA."""

    sha: str


_UNIQUE_PREFIX = 12
"""Characters of a SHA that identify a commit."""

Target = PullRequestTarget | IssueTarget | CommitTarget


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """A pull request as the forge has it now.

    Attributes:
        number: what people call it.
        open: whether it is open.
        head_sha: the SHA of its head commit; on Bitbucket only its first twelve characters.
        head_branch: the branch it comes from.
        head_repository: where that branch is: ``"owner/name"`` on GitHub and Bitbucket, the project's id on GitLab;
            ``None`` where it has been deleted.
    """

    number: int
    open: bool
    head_sha: str
    head_branch: str
    head_repository: str | None

    def has_head(self, sha: str) -> bool:
        """Whether its head is the commit of this full SHA."""
        return len(self.head_sha) >= _UNIQUE_PREFIX and sha.startswith(self.head_sha)


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A comment as the forge has it.

    Attributes:
        id: the forge's own number, which rises with the time of creation.
        body: as it was written.
        author: the forge's id of the account that wrote it; empty where unknown.
        handle: what the forge's own module needs to find it again, besides the number.
        url: its page; empty where unknown.
    """

    id: int
    body: str
    author: str = ""
    handle: str = ""
    url: str = ""


@dataclass(frozen=True)
class SizeLimit:
    """How long a text may be.

    Characters are UTF-16 code units, as Java counts them; whoever counts code points instead never counts more.
    """

    size: int
    unit: Literal["bytes", "characters"] = "bytes"

    def length(self, text: str) -> int:
        """How long a text is, in this limit's unit: UTF-8 bytes or characters."""
        return len(text.encode()) if self.unit == "bytes" else len(text.encode("utf-16-le")) // 2


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much a forge takes, with a margin, and whether comments may hold HTML.

    ``status`` is for a status's summary, in UTF-8 bytes; 0 where a status shows no Markdown.
    """

    comment: SizeLimit
    status: int
    html: bool


State = Literal["success", "failure", "neutral", "pending"]


@dataclass(frozen=True, kw_only=True)
class Status:
    """A commit's status: a check run, a commit status or a Code Insights report.

    Attributes:
        name: distinguishes it from others on the commit: ``"headway"``.
        state: ``neutral`` where nothing was judged.
        title: the headline, one line.
        summary: more of it, in Markdown, for forges that show it.
        url: where the details are; empty for nowhere.
    """

    name: str
    state: State
    title: str
    summary: str = ""
    url: str = ""


def shows(found: object, sent: Mapping[str, object]) -> bool:
    """Whether a forge already has every field that would be sent, with equal values; it may have more."""
    if not isinstance(found, dict):
        return False
    return all(
        shows(found.get(name), value) if isinstance(value, dict) else found.get(name) == value
        for name, value in sent.items()
    )


def open_with_head(found: Iterable[PullRequest], sha: str) -> list[PullRequest]:
    """Those of some pull requests that are open and have this very commit as their head, newest first."""
    return sorted((each for each in found if each.open and each.has_head(sha)), key=lambda each: -each.number)


def on_target(verb: str, target: Target, permission: str, pull_request: str = "pull request") -> Operation:
    """An operation on comments, such as ``"create the comment"``; GitLab has another word for pull requests."""
    match target:
        case CommitTarget():
            return Operation(f"{verb} on the commit", permission)
        case PullRequestTarget():
            return Operation(f"{verb} on {pull_request} {target.number}", permission)
    return Operation(f"{verb} on issue {target.number}", permission)


class Forge(ErrorFormatter, Protocol):
    """A repository on a forge, seen through one token.

    Every method that sends a request raises :class:`~headway.errors.ForgeError` when the forge cannot be reached or
    refuses, and :class:`~headway.errors.DeniedError` when the token may not do it.

    Attributes:
        name: what people call the forge: ``"GitHub"``.
        limits: how much it takes.
        session: the session with its API.
    """

    name: str
    limits: Limits
    session: Session

    def pull_request(self, number: int) -> PullRequest:
        """One pull request as it is now."""

    def open_pull_requests(self, sha: str, branch: str, repository: str) -> list[PullRequest]:
        """The open pull requests of this repository whose head is this very commit, newest first.

        Args:
            sha: the full SHA.
            branch: the branch that was pushed; empty where it is not known.
            repository: where that branch is, in the form of :attr:`PullRequest.head_repository`; empty for here.
        """

    def comments(self, target: Target) -> list[Comment]:
        """Every comment, of all pages, oldest first."""

    def own_comments(self, comments: Sequence[Comment]) -> list[Comment]:
        """Those of the comments that this token's account wrote."""

    def create_comment(self, target: Target, body: str) -> Comment:
        """Write a new comment; raises ``UncertainWriteError`` where it may have been written."""

    def edit_comment(self, target: Target, comment: Comment, body: str) -> Comment:
        """Replace a comment's text."""

    def delete_comment(self, target: Target, comment: Comment) -> None:
        """Remove a comment; that it is gone already is success."""

    def set_status(self, sha: str, status: Status) -> str:
        """Set a commit's status, in place of the one of the same name; gives its page, or nothing.

        Nothing is written where the commit has that very status: each one more is a line in somebody's history.
        """
