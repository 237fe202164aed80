"""How GitHub speaks: addresses by number, tokens, headers on every answer, and its ways to fail."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fakes.github import access, refusals
from fakes.github.payloads import repository_id
from fakes.kernel.messages import Call, RefusalError, Reply, Request

if TYPE_CHECKING:
    from fakes.github.world import World
    from fakes.kernel.faults import Fault
    from fakes.kernel.tokens import Token


class GitHubDialect:
    """GitHub's manners, for the kernel."""

    def __init__(self, *, enterprise: bool) -> None:
        self._enterprise = enterprise

    def canonical(self, world: World, request: Request) -> Request:
        """The API's own path, with the repository by name where a Link header had sent the client to its number."""
        if self._enterprise and request.site == "web" and request.path.startswith("/api/"):
            path = request.path.removeprefix("/api/v3").replace("/api/graphql", "/graphql")
            request = replace(request, site="api", path=path)
        by_number = f"/repositories/{repository_id(world.full_name)}"
        if request.site == "api" and f"{request.path}/".startswith(f"{by_number}/"):
            request = replace(request, path=f"/repos/{world.full_name}{request.path.removeprefix(by_number)}")
        return request

    def caller(self, world: World, request: Request) -> Token | None:
        """Whose token it is; the storage server takes none and the web site asks by itself."""
        return access.caller(world, request) if request.site == "api" else None

    def admit(self, world: World, call: Call) -> None:
        """Spend a request of the budget, then look at the token."""
        if call.request.site != "api":
            return
        if not world.budget.spend(world.clock()):
            raise RefusalError(refusals.primary_limit(403, retry_after=None, headers=_budget_headers(world)))
        access.admit(world, call)

    def finish(self, world: World, call: Call, reply: Reply) -> Reply:
        """The headers that every answer of the API carries."""
        if call.request.site != "api":
            return reply
        headers = {
            "X-GitHub-Media-Type": "github.v3; format=json",
            "X-GitHub-Api-Version-Selected": call.request.headers.get("x-github-api-version", access.API_VERSIONS[0]),
            **_budget_headers(world),
        }
        if call.needs:
            headers["X-Accepted-GitHub-Permissions"] = call.needs
        return reply.with_headers(headers)

    def not_found(self) -> Reply:
        """No such address."""
        return refusals.error(404, "Not Found")

    def malformed(self, problem: str) -> Reply:
        """A body that is no JSON, or no object."""
        what = "Body should be a JSON object" if "is no object" in problem else "Problems parsing JSON"
        return refusals.error(400, what)

    def refusal(self, world: World, fault: Fault) -> Reply:
        """The answer of a fault."""
        match fault.refusal:
            case "primary_limit":
                headers = {**_budget_headers(world), "X-RateLimit-Remaining": "0"} if fault.limit_headers else {}
                return refusals.primary_limit(fault.status or 403, retry_after=None, headers=headers)
            case "secondary_limit":
                return refusals.secondary_limit(fault.status or 403, retry_after=fault.retry_after)
            case "invalid_json":
                page = b"<!DOCTYPE html><html><body>Sign in to the proxy</body></html>"
                return Reply(status=200, headers={"Content-Type": "application/json; charset=utf-8"}, body=page)
            case _:
                return refusals.unavailable(fault.status, retry_after=fault.retry_after)


def _budget_headers(world: World) -> dict[str, str]:
    budget = world.budget
    return {
        "X-RateLimit-Limit": str(budget.limit),
        "X-RateLimit-Remaining": str(budget.remaining),
        "X-RateLimit-Used": str(budget.limit - budget.remaining),
        "X-RateLimit-Reset": str(int(budget.reset)),
        "X-RateLimit-Resource": "core",
    }
