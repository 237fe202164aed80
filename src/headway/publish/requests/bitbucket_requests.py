"""Bitbucket Cloud's pull requests and their participants.

Source: the group "Pullrequests" of the REST API 2.0.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

import msgspec

from headway.publish.http.error_responses import Operation
from headway.publish.requests.protocol import ChangeRequest, MergedRequest, OpenRequest

if TYPE_CHECKING:
    from headway.publish.http.session import Session

_LONGEST_PAGE: Final = {"pagelen": "50"}
_MOST_MERGED = 500
"""Merged pull requests that are looked through at most, the last changed first."""
_SHORT_SHA = 12
_FIND = Operation("find the open pull request of the branch", "pullrequest")
_CREATE = Operation("open the pull request", "pullrequest:write")
_UPDATE = Operation("update the pull request", "pullrequest:write")
_FIND_MERGED = Operation("find the merged pull request of the commit", "pullrequest")
_READ = Operation("read who approved the pull request", "pullrequest")


class _Named(msgspec.Struct):
    name: str


class _Repository(msgspec.Struct):
    full_name: str


class _Commit(msgspec.Struct):
    hash: str


class _Side(msgspec.Struct):
    branch: _Named
    repository: _Repository | None = None


class _User(msgspec.Struct):
    nickname: str = ""
    display_name: str = ""

    @property
    def shown_name(self) -> str:
        return self.nickname or self.display_name


class _Participant(msgspec.Struct):
    user: _User | None
    approved: bool = False


class _Address(msgspec.Struct):
    href: str = ""


class _Links(msgspec.Struct):
    html: _Address = msgspec.field(default_factory=_Address)


class _PullRequest(msgspec.Struct):
    id: int
    source: _Side
    destination: _Side
    title: str = ""
    description: str | None = None
    author: _User | None = None
    closed_by: _User | None = None
    merge_commit: _Commit | None = None
    participants: list[_Participant] = []
    links: _Links = msgspec.field(default_factory=_Links)


class BitbucketRequests:
    """See :class:`~headway.publish.requests.protocol.ForgeRequests`."""

    def __init__(self, repository: str, session: Session) -> None:
        self.session = session
        self._repository = repository
        self._path = f"repositories/{repository}/pullrequests"

    def find_open(self, branch: str, base: str) -> OpenRequest | None:
        """Among all open ones; a fork's branch may have the same name."""
        listed = self.session.pages(_FIND, self._path, _PullRequest, {**_LONGEST_PAGE, "state": "OPEN"})
        found = [each for each in listed if self._is_from(each, branch) and each.destination.branch.name == base]
        return _open(min(found, key=lambda each: each.id)) if found else None

    def _is_from(self, request: _PullRequest, branch: str) -> bool:
        repository = request.source.repository
        own = repository is not None and repository.full_name.lower() == self._repository.lower()
        return own and request.source.branch.name == branch

    def create(self, change: ChangeRequest) -> OpenRequest:
        """Open a pull request, whose branch goes when it is merged; Bitbucket gives the open one where there is one."""
        body = {**_texts(change), **_branches(change), "close_source_branch": True}
        return _open(self.session.post(_CREATE, self._path, body, _dry(0, "", change)))

    def update(self, request: OpenRequest, change: ChangeRequest) -> OpenRequest:
        """Replace title and description."""
        path, dry_result = f"{self._path}/{request.number}", _dry(request.number, request.url, change)
        return _open(self.session.put(_UPDATE, path, _texts(change), dry_result))

    def find_merged(self, sha: str, base: str) -> int | None:
        """Among the last that were merged: the look-up by commit works only where an app has been installed for it."""
        query = {**_LONGEST_PAGE, "state": "MERGED", "sort": "-updated_on"}
        listed = self.session.pages(_FIND_MERGED, self._path, _PullRequest, query)
        for each in islice(listed, _MOST_MERGED):
            if each.merge_commit and _is_named(sha, each.merge_commit.hash) and each.destination.branch.name == base:
                return each.id
        return None

    def merged(self, number: int) -> MergedRequest:
        """Only a pull request read by itself lists its participants."""
        found = self.session.get(_READ, f"{self._path}/{number}", _PullRequest)
        approved = (each.user for each in found.participants if each.approved)
        return MergedRequest(
            number=number,
            url=found.links.html.href,
            author=found.author.shown_name if found.author else "",
            merged_by=found.closed_by.shown_name if found.closed_by else "",
            approvers=tuple(user.shown_name for user in approved if user is not None),
        )


def _is_named(sha: str, name: str) -> bool:
    """Whether a full SHA is meant by one that Bitbucket has shortened."""
    return len(name) >= _SHORT_SHA and sha.startswith(name)


def _texts(change: ChangeRequest) -> dict[str, object]:
    return {"title": change.title, "description": change.body}


def _branches(change: ChangeRequest) -> dict[str, object]:
    sides = {"source": change.branch, "destination": change.base}
    return {side: {"branch": {"name": branch}} for side, branch in sides.items()}


def _open(found: _PullRequest) -> OpenRequest:
    author = found.author.shown_name if found.author else ""
    return OpenRequest(
        number=found.id, url=found.links.html.href, title=found.title, body=found.description or "", author=author
    )


def _dry(number: int, url: str, change: ChangeRequest) -> _PullRequest:
    return _PullRequest(
        id=number,
        source=_Side(branch=_Named(change.branch)),
        destination=_Side(branch=_Named(change.base)),
        title=change.title,
        description=change.body,
        links=_Links(html=_Address(url)),
    )
