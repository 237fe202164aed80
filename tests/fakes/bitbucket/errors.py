"""Bitbucket's errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.bitbucket.state import BitbucketState
from fakes.core.errors import ErrorFormat, retry_after
from fakes.core.messages import HttpError, Json, Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Collection

    from fakes.core.faults import Fault

HIDDEN = (
    "You may not have access to this repository or it no longer exists in this workspace. "
    "If you think this repository exists and you have access, make sure you are authenticated."
)


class BitbucketErrors(ErrorFormat[BitbucketState]):
    def error(self, status: int, message: str, detail: object = None) -> HttpError:
        """An error: a message, and details where there are any."""
        more = {} if detail is None else {"detail": detail}
        return HttpError(json_reply(status, {"type": "error", "error": {"message": message, **more}}))

    def bad_request(self, detail: str) -> HttpError:
        return self.error(400, "Bad request", detail)

    def no_route(self) -> HttpError:
        return self.error(404, "Resource not found", "There is no API hosted at this URL.")

    def malformed(self, problem: str) -> HttpError:
        return self.bad_request(f"Invalid JSON: {problem}")

    def missing(self, name: str) -> HttpError:
        return self.bad_request(f"{name}: required key not provided")

    def mistyped(self, name: str, value: object) -> HttpError:  # noqa: ARG002 - Bitbucket says no more than this
        return self.missing(name)

    def rate_limited(self, state: BitbucketState, fault: Fault) -> Reply:  # noqa: ARG002 - it tells no moment
        """Bitbucket has one kind of rate limit."""
        limits = {"X-RateLimit-Limit": "1000", "X-RateLimit-NearLimit": "true"} if fault.limit_headers else {}
        reply = self.error(fault.status or 429, "Rate limit for this resource has been exceeded").reply
        return reply.with_headers({**limits, **retry_after(fault)})

    def unavailable(self, fault: Fault) -> Reply:
        return self.error(fault.status, "Something went wrong").reply

    def choice(self, body: Json, name: str, allowed: Collection[object]) -> None:
        """Refuse a value that is none of those allowed; a missing one is fine."""
        if name in body and body[name] not in allowed:
            raise self.bad_request(f"{name}: {body[name]!r} is not one of {', '.join(map(str, allowed))}")


errors = BitbucketErrors()
