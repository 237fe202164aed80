"""Who may do what on GitHub, and how it says no.

Permissions are GitHub's own, per operation, as its pages on permissions for GitHub Apps list them: a route's ``needs``
is what the header ``X-Accepted-GitHub-Permissions`` prints, alternatives parted by semicolons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.github.refusals import not_found, refuse
from fakes.github.world import BOT
from fakes.kernel.tokens import Token, authorization

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fakes.github.world import World
    from fakes.kernel.messages import Call, RefusalError, Request

API_VERSIONS = ("2022-11-28", "2026-03-10")
INSTALLATION = "installation"
PERSONAL = "personal"
STRANGER = "stranger"

_ALL = ("actions", "checks", "contents", "issues", "pull_requests", "statuses")
_WRITE = {name: "read" if name == "actions" else "write" for name in _ALL}
_KINDS: dict[str, tuple[str, str, Mapping[str, str]]] = {
    "write": ("ghs_", INSTALLATION, _WRITE),
    "read": ("ghs_", INSTALLATION, dict.fromkeys(_ALL, "read")),
    "pat": ("ghp_", PERSONAL, {name: level for name, level in _WRITE.items() if name != "checks"}),
    "stranger": ("ghp_", STRANGER, {}),
}


def issue(world: World, kind: str, login: str | None, permissions: Mapping[str, str]) -> str:
    """Make a token of a kind; permissions, where given, replace those of the kind."""
    prefix, family, usual = _KINDS[kind]
    levels = {"metadata": "read", **(permissions or usual)} if family != STRANGER else {}
    grants = {f"{name}={level}" for name, level in levels.items()}
    grants |= {f"{name}=read" for name, level in levels.items() if level == "write"}
    return world.tokens.issue(
        prefix, family, login or (BOT if family == INSTALLATION else "octocat"), frozenset(grants)
    )


def caller(world: World, request: Request) -> Token | None:
    """The token of a request; 401 for one that GitHub never issued."""
    if "authorization" not in request.headers:
        return None
    token = world.tokens.find(authorization(request.headers))
    if token is None:
        raise refuse(401, "Bad credentials")
    return token


def admit(world: World, call: Call) -> None:
    """Raise GitHub's refusal when the caller may not do this."""
    _check_headers(call.request)
    _check_repository(world, call)
    if not call.needs or (call.request.method == "GET" and not world.private):
        return
    require(call, call.needs)


def require(call: Call, needs: str) -> None:
    """Raise unless the caller's token has one of the alternatives."""
    if call.caller is None:
        raise refuse(401, "Requires authentication")
    if call.caller.kind == STRANGER:
        raise not_found() if call.request.method == "GET" else refuse(403, "Must have admin rights to Repository.")
    if not holds(call.caller, needs):
        raise inaccessible(call.caller)


def holds(token: Token, needs: str) -> bool:
    """Whether a token has every permission of one of the alternatives."""
    return any(set(option.strip().split(",")) <= token.grants for option in needs.split(";"))


def inaccessible(token: Token) -> RefusalError:
    """403 for a token that lacks a permission."""
    holder = "integration" if token.kind == INSTALLATION else "personal access token"
    return refuse(403, f"Resource not accessible by {holder}")


def _check_headers(request: Request) -> None:
    if not request.headers.get("user-agent"):
        raise refuse(
            403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header."
        )
    version = request.headers.get("x-github-api-version", API_VERSIONS[0])
    if version not in API_VERSIONS:
        raise refuse(400, f"{version} is not a supported version. Supported versions are: {', '.join(API_VERSIONS)}.")


def _check_repository(world: World, call: Call) -> None:
    """Another repository, and a private one for a stranger, do not exist; names are the same in any case."""
    if "repo" not in call.params:
        return
    named = f"{call.params['owner']}/{call.params['repo']}".lower()
    hidden = world.private and (call.caller is None or "metadata=read" not in call.caller.grants)
    if named != world.full_name.lower() or hidden:
        raise not_found()
