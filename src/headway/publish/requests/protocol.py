"""What a forge can do with requests to change files, and the values that go in and out.

GitHub and Bitbucket call them pull requests, GitLab calls them merge requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from headway.publish.http.session import Session


@dataclass(frozen=True, kw_only=True)
class ChangeRequest:
    """A request as it should read.

    Attributes:
        branch: the branch of this repository that it comes from.
        base: the branch that it is to be merged into.
        title: one line.
        body: Markdown; text from elsewhere in it must be escaped. GitLab carries out a line such as ``/merge``.
    """

    branch: str
    base: str
    title: str
    body: str


@dataclass(frozen=True, kw_only=True)
class OpenRequest:
    """An open request as the forge has it; ``author`` is who opened it, by the name that the forge shows."""

    number: int
    url: str
    title: str
    body: str
    author: str = ""

    def reads(self, change: ChangeRequest) -> bool:
        """Whether title and body are as they should be; forges change line ends and the space around a text."""
        return _plain(self.title) == _plain(change.title) and _plain(self.body) == _plain(change.body)


@dataclass(frozen=True, kw_only=True)
class MergedRequest:
    """A merged request and the people around it, by the names that the forge shows.

    Attributes:
        number: what people call it.
        url: its page.
        author: who opened it.
        merged_by: who merged it; empty where the forge does not know.
        approvers: who approved it, its author excepted, and had not taken that back when it was merged; sorted.
    """

    number: int
    url: str
    author: str
    merged_by: str
    approvers: tuple[str, ...]


class ForgeRequests(Protocol):
    """The requests of one repository, seen through one token.

    Every method raises :class:`~headway.errors.ForgeError` when the forge cannot be reached or refuses, and
    :class:`~headway.errors.DeniedError` when the token may not do it.

    Attributes:
        session: the session with the forge's API.
    """

    session: Session

    def find_open(self, branch: str, base: str) -> OpenRequest | None:
        """The open request from a branch of this repository to another; the oldest if there are several."""

    def create(self, change: ChangeRequest) -> OpenRequest:
        """Open a request; raises ``UncertainWriteError`` where it may have been opened."""

    def update(self, request: OpenRequest, change: ChangeRequest) -> OpenRequest:
        """Replace an open request's title and body."""

    def find_merged(self, sha: str, base: str) -> int | None:
        """The number of the merged request that brought a commit to a branch; ``None`` if it came without one."""

    def merged(self, number: int) -> MergedRequest:
        """A merged request, with every account whose approval stood when it was merged."""


def _plain(text: str) -> str:
    return "\n".join(text.split("\r\n")).strip()
