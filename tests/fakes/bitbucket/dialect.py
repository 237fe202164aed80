"""How Bitbucket speaks: scopes by name, the proxy of its Pipelines, and its ways to fail."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from fakes.bitbucket import refusals
from fakes.kernel.messages import Call, RefusalError, Reply, Request
from fakes.kernel.tokens import Token, authorization

if TYPE_CHECKING:
    from fakes.bitbucket.world import World
    from fakes.kernel.faults import Fault

PIPELINES = Token(secret="", kind="pipelines", login="pipelines", grants=frozenset({"repository", "member"}))
_REPORTS = re.compile(r"/repositories/[^/]+/[^/]+/commit/[^/]+/reports(/.*)?")


class BitbucketDialect:
    """Bitbucket's manners, for the kernel. A route's ``needs`` are the scopes that Atlassian documents for it."""

    def canonical(self, world: World, request: Request) -> Request:  # noqa: ARG002 - as the kernel calls it
        """The API without its version, as a site of its own."""
        if request.site == "web" and request.path.startswith("/2.0/"):
            return replace(request, site="api", path=request.path.removeprefix("/2.0"))
        if request.site == "proxy":
            return replace(request, site="api", path=request.path.removeprefix("/2.0"), through_proxy=True)
        return request

    def caller(self, world: World, request: Request) -> Token | None:
        """Whose token it is. The proxy inside Pipelines signs requests for reports, and nothing else."""
        if request.through_proxy and _REPORTS.fullmatch(request.path):
            return PIPELINES
        if "authorization" not in request.headers:
            return None
        token = world.tokens.find(authorization(request.headers))
        if token is None:
            raise refusals.refuse(401, "Token is invalid, expired, or not supported for this endpoint.")
        return token

    def admit(self, world: World, call: Call) -> None:
        """Raise Bitbucket's refusal when the caller may not do this."""
        if call.request.site != "api":
            return
        if "workspace" in call.params:
            _check_repository(world, call)
        needed = set(call.needs.split())
        readable = call.request.method == "GET" and not world.private and "account" not in needed
        if call.caller is None and not readable:
            raise refusals.refuse(401, "Access token is missing or invalid.")
        if call.caller is not None and not needed <= call.caller.grants:
            raise refusals.missing_scopes(call.caller.grants - {"member"}, needed)

    def finish(self, world: World, call: Call, reply: Reply) -> Reply:  # noqa: ARG002 - as the kernel calls it
        """Bitbucket tells on every answer which scopes there are and which were needed."""
        if call.request.site != "api":
            return reply
        return reply.with_headers({"X-Accepted-OAuth-Scopes": ", ".join(call.needs.split())})

    def not_found(self) -> Reply:
        """No such address."""
        return refusals.error(404, "Resource not found", "There is no API hosted at this URL.")

    def malformed(self, problem: str) -> Reply:
        """A body that is no JSON object."""
        return refusals.error(400, "Bad request", f"Invalid JSON: {problem}")

    def refusal(self, world: World, fault: Fault) -> Reply:  # noqa: ARG002 - as the kernel calls it
        """The answer of a fault. Bitbucket has one kind of rate limit."""
        head = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        match fault.refusal:
            case "primary_limit" | "secondary_limit":
                limits = {"X-RateLimit-Limit": "1000", "X-RateLimit-NearLimit": "true"} if fault.limit_headers else {}
                message = "Rate limit for this resource has been exceeded"
                return refusals.error(fault.status or 429, message).with_headers({**limits, **head})
            case "invalid_json":
                page = b"<!DOCTYPE html><html><body>Log in</body></html>"
                return Reply(status=200, headers={"Content-Type": "text/html; charset=utf-8"}, body=page)
            case _:
                return refusals.error(fault.status, "Something went wrong").with_headers(head)


def _check_repository(world: World, call: Call) -> None:
    """Another repository, and a private one for a stranger, do not exist."""
    named = f"{call.params['workspace']}/{call.params['repo_slug']}".lower()
    hidden = world.private and (call.caller is None or "member" not in call.caller.grants)
    if hidden or named != world.full_name.lower():
        raise RefusalError(refusals.error(404, refusals.HIDDEN))
