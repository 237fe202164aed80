"""GraphQL's errors, which come with status 200, as the HTTP status that a REST API gives for the same reason.

Sources: GitHub's "Rate limits and query limits for the GraphQL API". No reference lists the types of its errors; these
are from responses that were seen.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

_STATUSES: Final[Mapping[str, HTTPStatus]] = {
    "FORBIDDEN": HTTPStatus.FORBIDDEN,
    "INSUFFICIENT_SCOPES": HTTPStatus.FORBIDDEN,
    "NOT_FOUND": HTTPStatus.NOT_FOUND,
    "RATE_LIMITED": HTTPStatus.TOO_MANY_REQUESTS,
    "STALE_DATA": HTTPStatus.CONFLICT,
    "INTERNAL": HTTPStatus.BAD_GATEWAY,
    "SERVICE_UNAVAILABLE": HTTPStatus.BAD_GATEWAY,
}
_RATE_LIMITS = ("rate limit", "submitted too quickly")
_FAILURES = ("something went wrong", "timeout")
"""In GitHub's message when its own server failed or ran out of time."""


class _Error(msgspec.Struct):
    message: str | None = None
    type: str | None = None

    @property
    def status(self) -> HTTPStatus:
        message = (self.message or "").lower()
        if any(words in message for words in _RATE_LIMITS):
            return HTTPStatus.TOO_MANY_REQUESTS
        if any(words in message for words in _FAILURES):
            return HTTPStatus.BAD_GATEWAY
        return _STATUSES.get(self.type or "", HTTPStatus.UNPROCESSABLE_ENTITY)


class _Answer(msgspec.Struct):
    data: dict[str, object] | None = None
    errors: list[_Error] | None = None


def status_of(body: bytes) -> HTTPStatus:
    """What a response with status 200 would be in a REST API; raises ``msgspec.DecodeError`` where it is no answer.

    Errors within data are no failure: a query for several nodes has one for each that does not exist. It is a failure
    where all of a field is missing, even if another mutation of the same request was carried out.
    """
    answer = msgspec.json.decode(body, type=_Answer)
    has_data = bool(answer.data) and None not in (answer.data or {}).values()
    return HTTPStatus.OK if has_data or not answer.errors else answer.errors[0].status
