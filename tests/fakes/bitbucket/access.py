"""Who may do what on Bitbucket: a route's ``needs`` are the scopes that Atlassian documents for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.bitbucket.state import BitbucketState
from fakes.core.errors import ErrorFormat, retry_after
from fakes.core.messages import HttpError, Json, Reply, json_reply
from fakes.core.tokens import authorization

if TYPE_CHECKING:
    from collections.abc import Collection

    from fakes.core.faults import Fault
    from fakes.core.messages import Request
    from fakes.core.routes import Call
    from fakes.core.tokens import Token

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


def caller(state: BitbucketState, request: Request) -> Token | None:
    if "authorization" not in request.headers:
        return None
    token = state.tokens.find(authorization(request.headers))
    if token is None:
        raise errors.error(401, "Token is invalid, expired, or not supported for this endpoint.")
    return token


def admit(state: BitbucketState, call: Call) -> None:
    if "workspace" in call.params:
        _check_repository(state, call)
    needed = set(call.route.needs.split())
    readable = call.request.method == "GET" and not state.private and "account" not in needed
    if call.caller is None and not readable:
        raise errors.error(401, "Access token is missing or invalid.")
    if call.caller is not None and not needed <= call.caller.grants:
        detail = {"granted": sorted(call.caller.grants - {"member"}), "required": sorted(needed)}
        raise errors.error(403, "Your credentials lack one or more required privilege scopes.", detail)


def _check_repository(state: BitbucketState, call: Call) -> None:
    """Another repository, and a private one for a stranger, do not exist."""
    named = f"{call.params['workspace']}/{call.params['repo_slug']}".lower()
    hidden = state.private and (call.caller is None or "member" not in call.caller.grants)
    if hidden or named != state.full_name.lower():
        raise errors.error(404, HIDDEN)
