"""Who approved the request that brought a commit to a branch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headway.publish.requests.protocol import ForgeRequests, MergedRequest


def find_merged_request(requests: ForgeRequests, sha: str, base: str) -> MergedRequest | None:
    """The merged request that brought a commit to a branch; ``None`` for a commit that was pushed to it.

    An approval of the author's own does not count, even on forges that allow it. Whether an approval outlives later
    commits is up to the forge's settings: only those that discard it make sure that the approvers saw what was merged.

    Args:
        requests: the requests of the repository.
        sha: the full SHA of the commit.
        base: the branch that it is on: the default branch.

    Raises:
        ForgeError: the forge cannot be reached, refuses, or does not know the commit.
        DeniedError: the token may not read requests or approvals; the error names the permission.
    """
    number = requests.find_merged(sha, base)
    if number is None:
        return None
    request = requests.merged(number)
    return replace(request, approvers=tuple(sorted({*request.approvers} - {request.author})))
