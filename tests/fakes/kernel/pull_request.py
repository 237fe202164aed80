"""A pull request as a test sets it up; GitLab calls it a merge request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class PullRequest:
    """What is to be reviewed.

    Attributes:
        number: its number (GitLab: its iid).
        head: the source branch.
        base: the target branch.
        head_sha: the head commit; made up by the forge when empty.
        base_sha: the base commit; made up by the forge when empty.
        head_repository: full name of the fork it comes from; empty for the same repository.
        state: open or closed.
        title: its title.
        author: the login that opened it.
        locked: whether its conversation is closed to comments.
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
