"""Everything that a fake GitHub remembers. No HTTP here."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fakes.github.git_store import GitStore, Identity
from fakes.kernel.comments import Comment, Comments
from fakes.kernel.lag import DelayedRefs, Lag
from fakes.kernel.tokens import TokenCase

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakes.kernel.messages import Json
    from fakes.kernel.pull_request import PullRequest

FIRST_ID = 1001
BOT = "github-actions[bot]"


@dataclass(kw_only=True)
class Budget:
    """The primary rate limit.

    Attributes:
        limit: requests an hour; 1,000 is a GITHUB_TOKEN's in one repository.
        remaining: requests left until the reset.
        reset: the moment, in seconds, when the budget is full again.
    """

    limit: int = 1000
    remaining: int = 1000
    reset: float = 0.0

    def spend(self, now: float) -> bool:
        """Use up one request; false when there is none left."""
        if now >= self.reset:
            self.remaining, self.reset = self.limit, now + 3600
        if self.remaining == 0:
            return False
        self.remaining -= 1
        return True


@dataclass(frozen=True, kw_only=True)
class CheckRun:
    """A check run: the fields that its maker sent, with its id and commit."""

    id: int
    head_sha: str
    fields: Json


@dataclass(frozen=True, kw_only=True)
class Status:
    """A commit status."""

    id: int
    sha: str
    state: str
    context: str
    description: str | None
    target_url: str | None
    creator: str
    created_at: float


@dataclass(frozen=True, kw_only=True)
class WorkflowRun:
    """A run of a workflow, as far as a job that follows it asks.

    Attributes:
        id: the run.
        event: what started it, such as ``"pull_request"``.
        head_sha: the commit that it ran on.
        head_branch: the branch of that commit.
        head_repository: full name of the repository of that branch.
        path: the workflow file.
        conclusion: of the finished run.
        attempt: from 1.
    """

    id: int
    event: str
    head_sha: str
    head_branch: str
    head_repository: str
    path: str = ".github/workflows/report.yml"
    conclusion: str = "success"
    attempt: int = 1


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """An artifact of a run: a zip archive."""

    id: int
    run: int
    name: str
    archive: bytes
    expired: bool = False


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Where the fake's servers are: REST, GraphQL, the web site, file storage."""

    api: str
    graphql: str
    web: str
    storage: str


@dataclass(kw_only=True)
class World:
    """One repository and everything in it."""

    owner: str
    name: str
    private: bool
    comment_limit: int
    addresses: Addresses
    clock: Callable[[], float]
    git: GitStore
    default_branch: str = "main"
    tokens: TokenCase = field(default_factory=TokenCase)
    lag: Lag = field(default_factory=Lag)
    budget: Budget = field(default_factory=Budget)
    pull_requests: dict[int, PullRequest] = field(default_factory=dict)
    issues: set[int] = field(default_factory=set)
    commits: set[str] = field(default_factory=set)
    issue_comments: Comments = field(default_factory=Comments)
    commit_comments: Comments = field(default_factory=Comments)
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    runs: dict[int, WorkflowRun] = field(default_factory=dict)
    artifacts: dict[int, Artifact] = field(default_factory=dict)
    refs_seen: DelayedRefs = field(default_factory=DelayedRefs)
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(FIRST_ID))

    @property
    def full_name(self) -> str:
        """``owner/name``."""
        return f"{self.owner}/{self.name}"

    @property
    def url(self) -> str:
        """The repository in the REST API."""
        return f"{self.addresses.api}/repos/{self.full_name}"

    @property
    def html_url(self) -> str:
        """The repository on the web site."""
        return f"{self.addresses.web}/{self.full_name}"

    def has_commit(self, sha: str) -> bool:
        """Whether a commit exists here, in the object store or by a test's word."""
        return sha in self.commits or self.git.kind(sha) == "commit"

    def resolve(self, name: str) -> str | None:
        """The commit of a SHA or branch name; none where there is none."""
        if self.has_commit(name):
            return name
        return self.git.ref(f"refs/{name}") or self.git.ref(f"refs/heads/{name}")

    def move_ref(self, name: str, sha: str) -> None:
        """Create or move a ref; readers see it as late as the lag says."""
        before = self.git.ref(name)
        self.git.set_ref(name, sha)
        self.refs_seen.written(name, before, self.lag.refs)

    def remove_ref(self, name: str) -> None:
        """Delete a ref, with the same delay."""
        before = self.git.ref(name)
        self.git.delete_ref(name)
        self.refs_seen.written(name, before, self.lag.refs)

    def seen_ref(self, name: str) -> str | None:
        """What a reader sees of a ref at this moment; counts as a read."""
        return self.refs_seen.seen(name, self.git.ref(name))

    def add_comment(self, shelf: Comments, thread: str, body: str, author: str) -> Comment:
        """Write a comment now."""
        now = self.clock()
        comment = Comment(id=next(self.ids), thread=thread, body=body, author=author, created_at=now, updated_at=now)
        return shelf.add(comment, unseen=self.lag.comments)

    def open_pull_requests(self, requests: Sequence[PullRequest]) -> None:
        """Set up the default branch and the pull requests, with commits of their own where a test named none."""
        self.move_ref(f"refs/heads/{self.default_branch}", self.make_commit("base", ()))
        for request in requests:
            self.open_pull_request(request)

    def open_pull_request(self, request: PullRequest) -> None:
        """Add one pull request, or put it in place of the one with its number."""
        base = request.base_sha or self.git.ref(f"refs/heads/{request.base}") or self.make_commit(request.base, ())
        parents = (base,) if self.git.kind(base) == "commit" else ()
        head = request.head_sha or self.make_commit(f"{request.number}:{request.head}", parents)
        self.pull_requests[request.number] = replace(request, base_sha=base, head_sha=head)
        self.commits |= {base, head}
        if self.git.kind(head) == "commit":
            self.git.set_ref(f"refs/pull/{request.number}/head", head)
            if not request.head_repository:
                self.git.set_ref(f"refs/heads/{request.head}", head)

    def merge_sha(self, request: PullRequest) -> str:
        """The SHA of the merge commit that GitHub offers for a test of the merge; the object is not kept."""
        return hashlib.sha1(f"{request.base_sha} {request.head_sha}".encode(), usedforsecurity=False).hexdigest()

    def make_commit(self, seed: str, parents: Sequence[str]) -> str:
        """A commit with one file, different for every seed."""
        readme = self.git.write_blob(f"{self.full_name} {seed}\n".encode())
        tree = self.git.write_tree(None, [("README.md", "100644", readme)])
        octocat = Identity(name="octocat", email="octocat@example.org", at=int(self.clock()))
        return self.git.write_commit(tree, parents, f"{seed}\n", octocat, octocat)
