"""Everything that a fake GitLab remembers. No HTTP here."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fakes.kernel.comments import Comment, Comments
from fakes.kernel.commits import made_up_sha
from fakes.kernel.lag import Lag
from fakes.kernel.tokens import TokenCase

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.kernel.pull_request import PullRequest

FIRST_ID = 2001


@dataclass(frozen=True, kw_only=True)
class Status:
    """A commit status, which GitLab keeps as a job of an external pipeline."""

    id: int
    sha: str
    ref: str
    name: str
    state: str
    author: str
    target_url: str | None = None
    description: str | None = None
    coverage: float | None = None
    created_at: float = 0.0
    started_at: float | None = None
    finished_at: float | None = None


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file in a project's uploads."""

    id: int
    secret: str
    name: str
    content: bytes


@dataclass(kw_only=True)
class World:
    """One project and everything in it."""

    id: int
    path: str
    private: bool
    note_limit: int
    url: str
    clock: Callable[[], float]
    default_branch: str = "main"
    tokens: TokenCase = field(default_factory=TokenCase)
    lag: Lag = field(default_factory=Lag)
    merge_requests: dict[int, PullRequest] = field(default_factory=dict)
    commits: dict[str, str] = field(default_factory=dict)
    issues: set[int] = field(default_factory=set)
    issue_notes: Comments = field(default_factory=Comments)
    notes: Comments = field(default_factory=Comments)
    commit_notes: Comments = field(default_factory=Comments)
    statuses: dict[int, Status] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    quick_actions: list[str] = field(default_factory=list)
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(FIRST_ID))

    @property
    def web_url(self) -> str:
        """The project's page."""
        return f"{self.url}/{self.path}"

    @property
    def api_url(self) -> str:
        """The REST API."""
        return f"{self.url}/api/v4"

    def add_note(self, shelf: Comments, thread: str, body: str, author: str, *, system: bool = False) -> Comment:
        """Write a note now."""
        now = self.clock()
        note = Comment(
            id=next(self.ids),
            thread=thread,
            body=body,
            author=author,
            created_at=now,
            updated_at=now,
            system=system,
        )
        return shelf.add(note, unseen=self.lag.comments)

    def open_merge_request(self, request: PullRequest) -> None:
        """Add a merge request, or put it in place of the one with its number; its commits are known from now on."""
        base = request.base_sha or made_up_sha(f"{self.path} {request.base}")
        head = request.head_sha or made_up_sha(f"{self.path} {request.number} {request.head}")
        self.merge_requests[request.number] = replace(request, base_sha=base, head_sha=head)
        self.commits.setdefault(base, request.base)
        self.commits.setdefault(head, request.head)
