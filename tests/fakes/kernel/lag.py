"""Eventual consistency, made deterministic: what was written shows up only after a number of reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(kw_only=True)
class Lag:
    """How many reads a fresh write stays out of sight; zero, the default, is immediate.

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
