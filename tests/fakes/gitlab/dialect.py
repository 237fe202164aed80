"""How GitLab speaks: sub-paths, the three ways to send a token, and its ways to fail."""

from __future__ import annotations

from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fakes.gitlab import refusals
from fakes.kernel.messages import Call, Reply, Request, json_reply
from fakes.kernel.tokens import Token, authorization

if TYPE_CHECKING:
    from fakes.gitlab.world import World
    from fakes.kernel.faults import Fault

JOB = "job"
LIMIT = 600


class GitLabDialect:
    """GitLab's manners, for the kernel.

    A route's ``needs`` are words: ``auth`` for signed-in callers only, ``read_api`` or ``api`` for the scope, ``job``
    where a job's token is accepted, ``developer`` for the role.
    """

    def canonical(self, world: World, request: Request) -> Request:
        """Without the sub-path, and the API as a site of its own; what is beside the sub-path is not GitLab."""
        prefix = urlsplit(world.url).path
        if not request.path.startswith(f"{prefix}/"):
            return replace(request, site="elsewhere")
        path = request.path.removeprefix(prefix)
        if path.startswith("/api/v4/"):
            return replace(request, site="api", path=path.removeprefix("/api/v4"))
        return replace(request, path=path)

    def caller(self, world: World, request: Request) -> Token | None:
        """Whose token came along. A job's token counts only in its own header, and other tokens never there."""
        headers = request.headers
        job = headers.get("job-token", "")
        secret = job or headers.get("private-token", "") or authorization(headers)
        if not secret:
            return None
        if secret in world.tokens.revoked:
            sentence = "Token was revoked. You have to re-authorize from the user."
            raise refusals.token_error(401, "invalid_token", sentence)
        token = world.tokens.find(secret)
        if token is None or (token.kind == JOB) != bool(job):
            raise refusals.unauthorized()
        return token

    def admit(self, world: World, call: Call) -> None:
        """Raise GitLab's refusal when the caller may not do this; a job's token is nobody where it is not accepted."""
        if call.request.site != "api":
            return
        needs = call.needs.split()
        caller = call.caller if call.caller is None or call.caller.kind != JOB or JOB in needs else None
        if caller is None and "auth" in needs:
            raise refusals.unauthorized()
        self._check_project(world, call, caller)
        if caller is None or caller.kind == JOB:
            return
        if not caller.grants & {"api", *(need for need in needs if need == "read_api")}:
            raise refusals.insufficient_scope()
        if "developer" in needs and "developer" not in caller.grants:
            raise refusals.forbidden()

    def finish(self, world: World, call: Call, reply: Reply) -> Reply:  # noqa: ARG002 - as the kernel calls it
        """GitLab adds a request id to every answer."""
        return reply.with_headers({"X-Request-Id": "01JHEADWAYTESTING"})

    def not_found(self) -> Reply:
        """No such address."""
        return json_reply(404, {"error": "404 Not Found"})

    def malformed(self, problem: str) -> Reply:  # noqa: ARG002 - as the kernel calls it
        """A body that is no JSON object."""
        return json_reply(400, {"error": "Problems parsing JSON"})

    def refusal(self, world: World, fault: Fault) -> Reply:
        """The answer of a fault. GitLab has one kind of rate limit."""
        match fault.refusal:
            case "primary_limit" | "secondary_limit":
                headers = _throttled(world.clock(), fault.retry_after or 0) if fault.limit_headers else {}
                return refusals.rate_limited(fault.status or 429, headers)
            case "invalid_json":
                page = b"<!DOCTYPE html><html><body>Sign in</body></html>"
                return Reply(status=200, headers={"Content-Type": "text/html; charset=utf-8"}, body=page)
            case _:
                return _unavailable(fault)

    def _check_project(self, world: World, call: Call, caller: Token | None) -> None:
        if "id" not in call.params:
            return
        named = call.params["id"].lower() in {str(world.id), world.path.lower()}
        hidden = world.private and (caller is None or "member" not in caller.grants)
        if hidden or not named:
            raise refusals.not_found("Project")


def _throttled(now: float, retry_after: int) -> dict[str, str]:
    """The headers of GitLab's throttle."""
    reset = now + retry_after
    return {
        "RateLimit-Name": refusals.THROTTLE,
        "RateLimit-Limit": str(LIMIT),
        "RateLimit-Observed": str(LIMIT + 1),
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": str(int(reset)),
        "RateLimit-ResetTime": formatdate(reset, usegmt=True),
        "Retry-After": str(retry_after),
    }


def _unavailable(fault: Fault) -> Reply:
    """500 comes from the application, the others from the proxy before it."""
    head = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.status == 500:
        return refusals.error(500, "500 Internal Server Error").with_headers(head)
    page = f"<!DOCTYPE html><html><body>GitLab is not responding ({fault.status})</body></html>".encode()
    return Reply(status=fault.status, headers={"Content-Type": "text/html; charset=utf-8", **head}, body=page)
