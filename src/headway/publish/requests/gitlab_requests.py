"""GitLab's merge requests and their approvals.

Sources: "Merge requests API", "Merge request approvals API", "Commits API".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import msgspec

from headway.publish.http.error_responses import Operation
from headway.publish.requests.protocol import ChangeRequest, MergedRequest, OpenRequest

if TYPE_CHECKING:
    from headway.publish.http.session import Session

_LONGEST_PAGE: Final = {"per_page": "100"}
_FIND = Operation("find the open merge request of the branch", "read_api")
_CREATE = Operation("open the merge request", "api")
_UPDATE = Operation("update the merge request", "api")
_FIND_MERGED = Operation("find the merged merge request of the commit", "read_api")
_READ = Operation("read the merge request", "read_api")
_READ_APPROVALS = Operation("read who approved the merge request", "read_api")


class _User(msgspec.Struct):
    username: str


class _MergeRequest(msgspec.Struct):
    iid: int
    web_url: str
    state: str
    source_branch: str
    target_branch: str
    source_project_id: int | None
    target_project_id: int
    title: str = ""
    description: str | None = None
    author: _User | None = None
    merge_user: _User | None = None
    merged_at: str | None = None


class _Approval(msgspec.Struct):
    user: _User


class _Approvals(msgspec.Struct):
    approved_by: list[_Approval] = []


class GitLabRequests:
    """See :class:`~headway.publish.requests.protocol.ForgeRequests`."""

    def __init__(self, repository: str, session: Session) -> None:
        self.session = session
        self._path = f"projects/{quote(repository, safe='')}"

    def find_open(self, branch: str, base: str) -> OpenRequest | None:
        """A fork's branch of the same name is listed, too."""
        query = {**_LONGEST_PAGE, "state": "opened", "source_branch": branch, "target_branch": base}
        listed = self.session.pages(_FIND, f"{self._path}/merge_requests", _MergeRequest, query)
        found = [each for each in listed if each.source_project_id == each.target_project_id]
        return _open(min(found, key=lambda each: each.iid)) if found else None

    def create(self, change: ChangeRequest) -> OpenRequest:
        """Open a merge request; its branch goes when it is merged."""
        branches = {"source_branch": change.branch, "target_branch": change.base, "remove_source_branch": True}
        body = {"title": change.title, "description": change.body, **branches}
        return _open(self.session.post(_CREATE, f"{self._path}/merge_requests", body, _dry(0, "", change)))

    def update(self, request: OpenRequest, change: ChangeRequest) -> OpenRequest:
        """Replace title and description."""
        path = f"{self._path}/merge_requests/{request.number}"
        body = {"title": change.title, "description": change.body}
        return _open(self.session.put(_UPDATE, path, body, _dry(request.number, request.url, change)))

    def find_merged(self, sha: str, base: str) -> int | None:
        """Of several that contain it, the one that was merged first."""
        path = f"{self._path}/repository/commits/{sha}/merge_requests"
        listed = self.session.pages(_FIND_MERGED, path, _MergeRequest, _LONGEST_PAGE)
        found = [each for each in listed if each.state == "merged" and each.target_branch == base]
        return min(found, key=lambda each: (each.merged_at or "", each.iid)).iid if found else None

    def merged(self, number: int) -> MergedRequest:
        """GitLab forgets an approval that is taken back, and takes none after the merge."""
        path = f"{self._path}/merge_requests/{number}"
        found = self.session.get(_READ, path, _MergeRequest)
        approvals = self.session.get(_READ_APPROVALS, f"{path}/approvals", _Approvals)
        return MergedRequest(
            number=number,
            url=found.web_url,
            author=found.author.username if found.author else "",
            merged_by=found.merge_user.username if found.merge_user else "",
            approvers=tuple(each.user.username for each in approvals.approved_by),
        )


def _open(found: _MergeRequest) -> OpenRequest:
    author = found.author.username if found.author else ""
    return OpenRequest(
        number=found.iid, url=found.web_url, title=found.title, body=found.description or "", author=author
    )


def _dry(number: int, url: str, change: ChangeRequest) -> _MergeRequest:
    return _MergeRequest(
        iid=number,
        web_url=url,
        state="opened",
        source_branch=change.branch,
        target_branch=change.base,
        source_project_id=None,
        target_project_id=0,
        title=change.title,
        description=change.body,
    )
