"""GitHub's pull requests and their reviews.

Sources: "REST API endpoints for pull requests / pull request reviews / commits".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from headway.publish.http.error_responses import Operation
from headway.publish.requests.protocol import ChangeRequest, MergedRequest, OpenRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.publish.http.session import Session

_LONGEST_PAGE: Final = {"per_page": "100"}
_FIND = Operation("find the open pull request of the branch", "pull-requests: read")
_CREATE = Operation("open the pull request", "pull-requests: write")
_UPDATE = Operation("update the pull request", "pull-requests: write")
_FIND_MERGED = Operation("find the merged pull request of the commit", "pull-requests: read")
_READ = Operation("read the pull request", "pull-requests: read")
_READ_REVIEWS = Operation("read who approved the pull request", "pull-requests: read")
_DECIDING = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
"""States of a review that take the place of what the same person decided before; a comment takes nothing back."""
_MEMBERS = ("OWNER", "MEMBER", "COLLABORATOR")
"""Associations of those whom the repository lets in; on a public one, anybody can send an approval."""


class _Repository(msgspec.Struct):
    full_name: str


class _Side(msgspec.Struct):
    ref: str
    repo: _Repository | None = None


class _User(msgspec.Struct):
    login: str


class _Pull(msgspec.Struct):
    number: int
    html_url: str
    head: _Side
    base: _Side
    title: str = ""
    body: str | None = None
    user: _User | None = None
    merged_at: str | None = None
    merged_by: _User | None = None


class _Review(msgspec.Struct):
    state: str
    author_association: str
    user: _User | None = None
    submitted_at: str = ""


class GitHubRequests:
    """See :class:`~headway.publish.requests.protocol.ForgeRequests`."""

    def __init__(self, repository: str, session: Session) -> None:
        self.session = session
        self._repository = repository
        self._path = f"repos/{repository}"

    def find_open(self, branch: str, base: str) -> OpenRequest | None:
        """By ``owner:branch``, which a fork of the same owner shares."""
        query = {**_LONGEST_PAGE, "state": "open", "head": f"{self._repository.partition('/')[0]}:{branch}"}
        listed = self.session.pages(_FIND, f"{self._path}/pulls", _Pull, query)
        found = [each for each in listed if self._is_own(each, branch) and each.base.ref == base]
        return _open(min(found, key=lambda each: each.number)) if found else None

    def _is_own(self, pull: _Pull, branch: str) -> bool:
        head = pull.head
        return head.ref == branch and head.repo is not None and head.repo.full_name.lower() == self._repository.lower()

    def create(self, change: ChangeRequest) -> OpenRequest:
        """Open a pull request."""
        body = {"title": change.title, "body": change.body, "head": change.branch, "base": change.base}
        return _open(self.session.post(_CREATE, f"{self._path}/pulls", body, _dry(0, "", change)))

    def update(self, request: OpenRequest, change: ChangeRequest) -> OpenRequest:
        """Replace title and body."""
        path, body = f"{self._path}/pulls/{request.number}", {"title": change.title, "body": change.body}
        return _open(self.session.patch(_UPDATE, path, body, _dry(request.number, request.url, change)))

    def find_merged(self, sha: str, base: str) -> int | None:
        """Of several that contain it, the one that was merged first."""
        path = f"{self._path}/commits/{sha}/pulls"
        listed = self.session.pages(_FIND_MERGED, path, _Pull, _LONGEST_PAGE)
        found = [each for each in listed if each.merged_at and each.base.ref == base]
        return min(found, key=lambda each: (each.merged_at, each.number)).number if found else None

    def merged(self, number: int) -> MergedRequest:
        """A review after the merge changes nothing; nor does one of a passer-by."""
        pull = self.session.get(_READ, f"{self._path}/pulls/{number}", _Pull)
        reviews = self.session.pages(_READ_REVIEWS, f"{self._path}/pulls/{number}/reviews", _Review, _LONGEST_PAGE)
        merged_at = pull.merged_at or ""
        return MergedRequest(
            number=number,
            url=pull.html_url,
            author=_login(pull.user),
            merged_by=_login(pull.merged_by),
            approvers=tuple(_approvers(each for each in reviews if _counts(each, merged_at))),
        )


def _counts(review: _Review, merged_at: str) -> bool:
    return review.submitted_at <= merged_at and review.author_association in _MEMBERS


def _approvers(reviews: Iterable[_Review]) -> list[str]:
    """Whose last decision is an approval; GitHub lists reviews in the order in which they were submitted."""
    decided = {_login(each.user): each.state for each in reviews if each.state in _DECIDING}
    return [login for login, state in decided.items() if login and state == "APPROVED"]


def _login(user: _User | None) -> str:
    """A name; an account that was deleted has none."""
    return user.login if user else ""


def _open(pull: _Pull) -> OpenRequest:
    author = _login(pull.user)
    return OpenRequest(number=pull.number, url=pull.html_url, title=pull.title, body=pull.body or "", author=author)


def _dry(number: int, url: str, change: ChangeRequest) -> _Pull:
    head, base = _Side(ref=change.branch), _Side(ref=change.base)
    return _Pull(number=number, html_url=url, head=head, base=base, title=change.title, body=change.body)
