"""Everything that a fake Bitbucket remembers. No HTTP here."""

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

    from fakes.kernel.messages import Json
    from fakes.kernel.pull_request import PullRequest

FIRST_ID = 3001


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A report, an annotation or a build status: what its maker sent, under the name that he gave it."""

    sha: str
    key: str
    fields: Json
    created_at: float
    updated_at: float


@dataclass(kw_only=True)
class World:
    """One repository and everything in it."""

    workspace: str
    slug: str
    private: bool
    comment_limit: int
    url: str
    storage: str
    clock: Callable[[], float]
    tokens: TokenCase = field(default_factory=TokenCase)
    lag: Lag = field(default_factory=Lag)
    pull_requests: dict[int, PullRequest] = field(default_factory=dict)
    commits: set[str] = field(default_factory=set)
    comments: Comments = field(default_factory=Comments)
    commit_comments: Comments = field(default_factory=Comments)
    reports: dict[tuple[str, str], Stored] = field(default_factory=dict)
    annotations: dict[tuple[str, str, str], Stored] = field(default_factory=dict)
    statuses: dict[tuple[str, str], Stored] = field(default_factory=dict)
    downloads: dict[str, bytes] = field(default_factory=dict)
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(FIRST_ID))

    @property
    def full_name(self) -> str:
        """``workspace/slug``."""
        return f"{self.workspace}/{self.slug}"

    @property
    def api_url(self) -> str:
        """The repository in the REST API."""
        return f"{self.url}/2.0/repositories/{self.full_name}"

    @property
    def html_url(self) -> str:
        """The repository's page."""
        return f"{self.url}/{self.full_name}"

    def add_comment(self, shelf: Comments, thread: str, body: str, author: str) -> Comment:
        """Write a comment now."""
        now = self.clock()
        comment = Comment(id=next(self.ids), thread=thread, body=body, author=author, created_at=now, updated_at=now)
        return shelf.add(comment, unseen=self.lag.comments)

    def store(self, old: Stored | None, sha: str, key: str, fields: Json) -> Stored:
        """A thing as it is after a write: fields that were not sent again keep their values."""
        now = self.clock()
        if old is None:
            return Stored(sha=sha, key=key, fields=fields, created_at=now, updated_at=now)
        return replace(old, fields={**old.fields, **fields}, updated_at=now)

    def resolve(self, name: str) -> str | None:
        """A known commit by its SHA or the first twelve or more digits of it, as pull requests show it."""
        found = [sha for sha in self.commits if sha.startswith(name)]
        return found[0] if len(name) >= SHORT_SHA and found else None

    def open_pull_request(self, request: PullRequest) -> None:
        """Add a pull request, or put it in place of the one with its number; its commits are known from now on."""
        base = request.base_sha or made_up_sha(f"{self.full_name} {request.base}")
        head = request.head_sha or made_up_sha(f"{self.full_name} {request.number} {request.head}")
        self.pull_requests[request.number] = replace(request, base_sha=base, head_sha=head)
        self.commits |= {base, head}


SHORT_SHA = 12
