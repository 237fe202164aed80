"""What lies on the branch: batches, the pictures of one version of one comment, each a folder at the top.

A batch is a commit without parents that holds its pictures and nothing else, so that their addresses name that commit
and stay good when the rest of the branch's history is dropped. The folder's name says when the batch was last used,
whose it is, and which commit it is::

    2026-01-31_pr-12_1f0c0e6c0ff5b0a3a1a9e5c6de9b1e7f0e0b4d52/loss-0f3a9c51d2e87b46.png
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from headway.publish.forges.forge import IssueTarget, PullRequestTarget

if TYPE_CHECKING:
    from headway.publish.forges.forge import Target

_NAME = re.compile(r"(?P<day>\d{4}-\d\d-\d\d)_(?P<scope>[a-z0-9-]+)_(?P<commit>[0-9a-f]{40,64})")
_PULL_REQUEST = re.compile(r"pr-(\d+)(?:-|$)")
_UNSAFE = re.compile(r"[^a-z0-9]+")
_SLUG_LIMIT = 60


class Batch(NamedTuple):
    """The pictures of one version of one comment.

    Attributes:
        day: when it was last put there.
        scope: whose it is, as :func:`scope_of` says it.
        commit: the commit that holds its pictures.
        tree: the name of its content.
    """

    day: date
    scope: str
    commit: str
    tree: str

    @property
    def name(self) -> str:
        """The folder's name."""
        return f"{self.day.isoformat()}_{self.scope}_{self.commit}"

    @property
    def pull_request(self) -> int | None:
        """The pull request it belongs to, if any."""
        match = _PULL_REQUEST.match(self.scope)
        return int(match[1]) if match else None


def read_batch(name: str, tree: str) -> Batch | None:
    """The batch of a folder; ``None`` for one that is no batch."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        day = date.fromisoformat(match["day"])
    except ValueError:
        return None
    return Batch(day, match["scope"], match["commit"], tree)


def scope_of(target: Target, *words: str) -> str:
    """Whose a batch is: the comment's place, and the words that tell several comments there apart.

    Args:
        target: what the comment is on.
        words: its label, its project's folder; empty ones do not count.
    """
    match target:
        case PullRequestTarget():
            place = f"pr-{target.number}"
        case IssueTarget():
            place = f"issue-{target.number}"
        case _:
            place = "commit"
    slug = _UNSAFE.sub("-", "-".join(word for word in words if word).lower())[:_SLUG_LIMIT].strip("-")
    return f"{place}-{slug}" if slug else place
