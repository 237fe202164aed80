"""Who may do what on Bitbucket: a route's ``needs`` are the scopes that Atlassian documents for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.bitbucket.errors import HIDDEN, errors
from fakes.core.tokens import authorization

if TYPE_CHECKING:
    from fakes.bitbucket.state import BitbucketState
    from fakes.core.messages import Request
    from fakes.core.routes import Call
    from fakes.core.tokens import Token


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
