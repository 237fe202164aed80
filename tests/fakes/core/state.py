"""What every fake forge remembers of its one repository, and moments as forges write them. No HTTP here."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from fakes.core.comments import Comment, Comments
from fakes.core.tokens import TokenCase

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.core.reviews import Review


FOUNDED = 1_700_000_000
"""The moment from which everything is that no test writes: the repository, its pull requests, its people."""


def iso_seconds(moment: float) -> str:
    """``2026-01-31T12:00:00Z``."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_milliseconds(moment: float) -> str:
    """``2026-01-31T12:00:00.250Z``."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_offset(moment: float) -> str:
    """``2026-01-31T12:00:00.250000+00:00``."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="microseconds")


def made_up_sha(seed: str) -> str:
    """A name of forty hexadecimal digits, the same for the same seed."""
    return hashlib.sha1(seed.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """What is to be reviewed, as a test sets it up; GitLab calls it a merge request.

    SHAs are made up by the forge when empty. ``head_repository`` is the full name of the fork it comes from; empty for
    the same repository. ``locked`` closes its conversation to comments. A merged one has the commit that the merge
    made, and who merged it when.
    """

    number: int = 1
    head: str = "feature"
    base: str = "main"
    head_sha: str = ""
    base_sha: str = ""
    head_repository: str = ""
    state: Literal["open", "closed"] = "open"
    title: str = "Change the model"
    author: str = "octocat"
    locked: bool = False
    body: str = ""
    merged_sha: str = ""
    merged_by: str = ""
    merged_at: float = 0.0


@dataclass(kw_only=True)
class Lag:
    """Eventual consistency, made deterministic: how many reads a fresh write stays out of sight; zero is immediate.

    Attributes:
        refs: reads of a branch that still give its tip before an update.
        comments: listings that a new comment is still missing from (a listing begins at its first page).
    """

    refs: int = 0
    comments: int = 0


class DelayedRefs:
    """What readers see of refs that were just written."""

    def __init__(self) -> None:
        self._stale: dict[str, tuple[str | None, int]] = {}

    def written(self, name: str, before: str | None, reads: int) -> None:
        """A ref was updated: the next reads still see what was before, none where it did not exist."""
        self._stale.pop(name, None)
        if reads > 0:
            self._stale[name] = (before, reads)

    def seen(self, name: str, now: str | None) -> str | None:
        """What one read sees of a ref that now is at a commit, or gone."""
        before, reads = self._stale.get(name, (now, 0))
        if reads > 1:
            self._stale[name] = (before, reads - 1)
        else:
            self._stale.pop(name, None)
        return before


@dataclass(kw_only=True)
class State:
    """One repository and everything in it; ``commits`` are those that a test may name, each with its branch."""

    full_name: str
    private: bool
    comment_limit: int
    clock: Callable[[], float]
    tokens: TokenCase = field(default_factory=TokenCase)
    lag: Lag = field(default_factory=Lag)
    pull_requests: dict[int, PullRequest] = field(default_factory=dict)
    reviews: dict[int, list[Review]] = field(default_factory=dict)
    commits: dict[str, str] = field(default_factory=dict)
    issues: set[int] = field(default_factory=set)
    comments: Comments = field(default_factory=Comments)
    commit_comments: Comments = field(default_factory=Comments)
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1001))

    @property
    def owner(self) -> str:
        return self.full_name.rpartition("/")[0]

    @property
    def name(self) -> str:
        return self.full_name.rpartition("/")[2]

    def write_comment(
        self, comments: Comments, thread: str, body: str, author: str, *, system: bool = False
    ) -> Comment:
        """Write a comment now; readers see it as late as the lag says."""
        now = self.clock()
        comment = Comment(
            id=next(self.ids),
            thread=thread,
            body=body,
            author=author,
            created_at=now,
            updated_at=now,
            system=system,
        )
        return comments.add(comment, unseen=self.lag.comments)

    def tip(self, branch: str) -> str:
        """The last commit of a branch; empty where it has none."""
        return ([sha for sha, name in self.commits.items() if name == branch] or [""])[-1]

    def new_commit(self, seed: str, parent: str = "") -> str:  # noqa: ARG002 - a forge with git objects needs it
        """A commit that the forge makes up, the same for the same seed."""
        return made_up_sha(f"{self.full_name} {seed}")

    def open_between(self, head: str, base: str) -> PullRequest | None:
        """The open pull request from one branch of this repository to another."""
        return next(
            (
                each
                for each in self.pull_requests.values()
                if (each.head, each.base, each.state, each.head_repository) == (head, base, "open", "")
            ),
            None,
        )

    def next_number(self) -> int:
        """Pull requests and issues share their numbers."""
        return max((*self.pull_requests, *self.issues), default=0) + 1

    def open_pull_request(self, request: PullRequest) -> None:
        """Add a pull request, or put it in place of the one with its number; its commits are known from now on."""
        base = request.base_sha or self.tip(request.base) or self.new_commit(request.base)
        head = request.head_sha or self.new_commit(f"{request.number} {request.head}", base)
        self.pull_requests[request.number] = replace(request, base_sha=base, head_sha=head)
        self.commits.setdefault(base, request.base)
        self.commits.setdefault(head, request.head)
