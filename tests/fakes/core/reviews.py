"""What people decided about a pull request, in the order in which they did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Decision = Literal["approved", "changes_requested", "commented", "dismissed"]


@dataclass(frozen=True, kw_only=True)
class Review:
    """One decision; ``dismissed`` takes an approval back. ``association`` is what GitHub says about the author."""

    id: int
    author: str
    decision: Decision
    at: float
    association: str = "MEMBER"


def approvals(reviews: Iterable[Review]) -> dict[str, Review]:
    """The approvals that stand, for forges that keep each person's last decision alone; a comment decides nothing."""
    last = {review.author: review for review in reviews if review.decision != "commented"}
    return {author: review for author, review in last.items() if review.decision == "approved"}
