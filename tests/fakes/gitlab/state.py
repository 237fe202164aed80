"""What only a fake GitLab remembers. No HTTP here."""

from __future__ import annotations

from dataclasses import dataclass, field

from fakes.core.comments import Comments
from fakes.core.state import State


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
    created_at: float = 0.0
    pipeline: int = 0


@dataclass(frozen=True, kw_only=True)
class Upload:
    id: int
    secret: str
    name: str
    content: bytes


@dataclass(kw_only=True)
class GitLabState(State):
    """One project and everything in it; ``url`` is the host with its sub-path."""

    id: int
    url: str
    default_branch: str = "main"
    issue_comments: Comments = field(default_factory=Comments)
    statuses: dict[int, Status] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    quick_actions: list[str] = field(default_factory=list)

    @property
    def web_url(self) -> str:
        return f"{self.url}/{self.full_name}"

    @property
    def api_url(self) -> str:
        return f"{self.url}/api/v4"
