"""What only a fake GitHub remembers. No HTTP here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fakes.core.state import DelayedRefs, State, made_up_sha
from fakes.github.git_store import GitStore, person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fakes.core.messages import Json
    from fakes.core.state import PullRequest

BOT = "github-actions[bot]"
JOB_RUN = 4711
"""The id of the workflow run that a job belongs to."""


def rate_limit_headers(now: float, remaining: int) -> dict[str, str]:
    """What every answer tells of the primary rate limit: 1,000 requests an hour are a GITHUB_TOKEN's."""
    return {
        "X-RateLimit-Limit": "1000",
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(int(now) + 3600),
        "X-RateLimit-Resource": "core",
    }


@dataclass(frozen=True, kw_only=True)
class CheckRun:
    """A check run: the fields that its maker sent, with its id and commit."""

    id: int
    head_sha: str
    fields: Json


@dataclass(frozen=True, kw_only=True)
class Status:
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
    """A finished run of a workflow, as far as a job that follows it asks; ``path`` is the workflow file."""

    id: int
    event: str
    head_sha: str
    head_branch: str
    head_repository: str
    path: str
    conclusion: str
    attempt: int


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """An artifact of a run: a zip archive."""

    id: int
    run: WorkflowRun
    name: str
    archive: bytes
    expired: bool


@dataclass(frozen=True, kw_only=True)
class RunReview:
    """Somebody's answer to a job of a run that waits for an environment; the state is approved or rejected."""

    environment: str
    login: str
    state: str
    comment: str


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """A repository_dispatch event, and whose token asked for it."""

    event_type: str
    client_payload: Json
    sender: str


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployment: the commit that its ref named when it was made, and the fields that its maker sent."""

    id: int
    sha: str
    fields: Json
    creator: str
    created_at: float

    @property
    def environment(self) -> str:
        return str(self.fields["environment"])


@dataclass(frozen=True, kw_only=True)
class DeploymentStatus:
    """A status of a deployment; the latest one counts."""

    id: int
    deployment: int
    state: str
    description: str
    log_url: str
    environment_url: str
    creator: str
    created_at: float


@dataclass(kw_only=True)
class GitHubState(State):
    """One repository and everything in it; where its API, its web site and the storage of files are."""

    api_url: str
    web_url: str
    storage_url: str
    git: GitStore
    default_branch: str = "main"
    actions_open_pull_requests: bool = True
    check_runs: dict[int, CheckRun] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)
    runs: dict[int, WorkflowRun] = field(default_factory=dict)
    artifacts: dict[int, Artifact] = field(default_factory=dict)
    refs_seen: DelayedRefs = field(default_factory=DelayedRefs)
    run_reviews: dict[int, list[RunReview]] = field(default_factory=dict)
    dispatches: list[Dispatch] = field(default_factory=list)
    deployments: dict[int, Deployment] = field(default_factory=dict)
    deployment_statuses: list[DeploymentStatus] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.api_url}/repos/{self.full_name}"

    @property
    def html_url(self) -> str:
        return f"{self.web_url}/{self.full_name}"

    def has_commit(self, sha: str) -> bool:
        """Whether a commit exists here, in the object store or by a test's word."""
        return sha in self.commits or self.git.kind(sha) == "commit"

    def resolve(self, name: str) -> str | None:
        """The commit of a SHA or branch name; none where there is none."""
        return name if self.has_commit(name) else self.git.ref(f"refs/heads/{name}")

    def tip(self, branch: str) -> str:
        return self.git.ref(f"refs/heads/{branch}") or ""

    def move_ref(self, name: str, sha: str | None) -> None:
        """Create, move or, without a commit, delete a ref; readers see it as late as the lag says."""
        before = self.git.ref(name)
        self.git.set_ref(name, sha)
        self.refs_seen.written(name, before, self.lag.refs)

    def open_pull_request(self, request: PullRequest) -> None:
        """Add a pull request with its refs, as far as the repository has its head."""
        super().open_pull_request(request)
        head = self.pull_requests[request.number].head_sha
        if self.git.kind(head) == "commit":
            self.git.set_ref(f"refs/pull/{request.number}/head", head)
            if not request.head_repository:
                self.git.set_ref(f"refs/heads/{request.head}", head)

    def merge_sha(self, request: PullRequest) -> str:
        """The SHA of the merge commit that GitHub offers for a test of the merge; the object is not kept."""
        return made_up_sha(f"{request.base_sha} {request.head_sha}")

    def new_commit(self, seed: str, parent: str = "") -> str:
        """A commit with one file, different for every seed, on its parent where the repository has that."""
        return self.commit_files({"README.md": f"{self.full_name} {seed}\n".encode()}, seed, parent)

    def commit_files(self, files: Mapping[str, bytes], message: str, parent: str = "") -> str:
        """A commit with these files alone, on its parent where the repository has that."""
        blobs = [(path, "100644", self.git.write_blob(content)) for path, content in files.items()]
        octocat = person("octocat", "octocat@example.org", self.clock())
        parents = [parent] if self.git.kind(parent) == "commit" else []
        return self.git.write_commit(self.git.write_tree(None, blobs), parents, f"{message}\n", octocat, octocat)
