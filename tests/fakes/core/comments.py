"""Comments on a thread (a pull request, an issue, a commit), as every forge keeps them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A comment on a ``thread``: a pull request by its number, or a commit by its SHA. Moments are seconds.

    Bitbucket still lists a ``deleted`` comment, emptied; a ``system`` one was written by the forge itself.
    """

    id: int
    thread: str
    body: str
    author: str
    created_at: float
    updated_at: float
    deleted: bool = False
    system: bool = False


class Comments:
    def __init__(self) -> None:
        self._comments: dict[int, Comment] = {}
        self._unseen: Counter[int] = Counter()

    def add(self, comment: Comment, *, unseen: int = 0) -> Comment:
        """Keep a comment; it is missing from the next ``unseen`` listings of its thread."""
        self._comments[comment.id] = comment
        self._unseen[comment.id] = unseen
        return comment

    def edit(self, number: int, body: str, now: float) -> Comment:
        edited = replace(self._comments[number], body=body, updated_at=now)
        self._comments[number] = edited
        return edited

    def remove(self, number: int) -> None:
        del self._comments[number]

    def blank(self, number: int, now: float) -> None:
        """Empty a comment but keep it listed as deleted."""
        self._comments[number] = replace(self._comments[number], body="", deleted=True, updated_at=now)

    def __iter__(self) -> Iterator[Comment]:
        return iter(self._comments.values())

    def get(self, number: int) -> Comment | None:
        return self._comments.get(number)

    def on(self, thread: str) -> list[Comment]:
        """Everything on a thread, oldest first, whether a reader sees it yet or not."""
        return [comment for comment in self if comment.thread == thread]

    def listed(self, thread: str, *, first_page: bool) -> list[Comment]:
        """What one reader's listing shows; the first page of a listing is what counts as a read."""
        comments = self.on(thread)
        shown = [comment for comment in comments if self._unseen[comment.id] <= 0]
        if first_page:
            self._unseen.subtract(comment.id for comment in comments)
        return shown


class Thread(NamedTuple):
    """What comments are on: all of that kind, the thread's name among them, and what the forge calls such a comment."""

    comments: Comments
    name: str
    kind: str

    def get(self, number: int) -> Comment | None:
        found = self.comments.get(number)
        return found if found is not None and found.thread == self.name else None
