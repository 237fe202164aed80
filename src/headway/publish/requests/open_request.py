"""Opens a request, or brings the open one of the same branch up to date.

Run again after any failure, it ends the same; of two runs at once, the later one finds the request of the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from headway.errors import DeniedError, ForgeError
from headway.publish.http.retry import CONSISTENCY_DELAY, create_idempotently
from headway.text import one_line, shortened

if TYPE_CHECKING:
    from headway.publish.requests.protocol import ChangeRequest, ForgeRequests, OpenRequest

_TITLE_LIMIT = 255
"""Characters that every forge takes."""
_EXISTS = (HTTPStatus.BAD_REQUEST, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY)
"""The statuses with which a forge refuses a second open request of a branch, among other reasons."""


@dataclass(frozen=True, kw_only=True)
class OpenedRequest:
    """A request that is open and reads as it should, and what it took."""

    request: OpenRequest
    action: Literal["opened", "updated", "unchanged"]


def open_request(requests: ForgeRequests, change: ChangeRequest) -> OpenedRequest:
    """Have one open request from ``change.branch`` to ``change.base`` that reads as the change says.

    A long title is shortened. A request that was closed stays closed, and a new one is opened.

    Raises:
        ForgeError: the forge cannot be reached or refuses, such as when the branch does not exist.
        DeniedError: the token may not open requests; the error names the permission.
    """
    change = replace(change, title=shortened(one_line(change.title), _TITLE_LIMIT))
    found = requests.find_open(change.branch, change.base)
    request = found or _create(requests, change)
    if not request.reads(change):
        return OpenedRequest(request=requests.update(request, change), action="updated")
    return OpenedRequest(request=request, action="unchanged" if found else "opened")


def _create(requests: ForgeRequests, change: ChangeRequest) -> OpenRequest:
    def find() -> OpenRequest | None:
        return requests.find_open(change.branch, change.base)

    sleep = requests.session.options.sleep
    try:
        return create_idempotently(lambda: requests.create(change), find, sleep)
    except DeniedError:
        raise
    except ForgeError as error:
        if error.status not in _EXISTS:
            raise
        sleep(CONSISTENCY_DELAY)
        if (found := find()) is None:  # refused for another reason
            raise
        return found
