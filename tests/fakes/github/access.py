"""Who may do what on GitHub, and how it says no.

Permissions are GitHub's own, per operation, as its pages on permissions for GitHub Apps list them: a route's ``needs``
is what the header ``X-Accepted-GitHub-Permissions`` prints, alternatives parted by semicolons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.core.errors import ErrorFormat, retry_after, web_page
from fakes.core.messages import HttpError, Json, Reply, json_reply
from fakes.core.tokens import Token, authorization
from fakes.github.state import BOT, GitHubState, rate_limit_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fakes.core.faults import Fault
    from fakes.core.messages import Request
    from fakes.core.routes import Call

SERVER_ERROR = 500
DOCUMENTATION = "https://docs.github.com/rest"
SECONDARY_LIMIT = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
    "For more on scraping GitHub and how it may affect your rights, please review our Terms of Service"
)


class GitHubErrors(ErrorFormat[GitHubState]):
    page_type = "application/json; charset=utf-8"

    def error(self, status: int, message: str, **more: object) -> HttpError:
        """An error: a message, a page about it, the status as text, and more where it has more."""
        body = {"message": message, **more, "documentation_url": DOCUMENTATION, "status": str(status)}
        return HttpError(json_reply(status, body))

    def not_found(self) -> HttpError:
        """404, also for what the caller may not know about."""
        return self.error(404, "Not Found")

    def no_commit(self, name: str) -> HttpError:
        return self.error(422, f"No commit found for SHA: {name}")

    def validation_failed(self, resource: str, field: str, code: str, message: str) -> HttpError:
        """422 with one entry in ``errors``."""
        entry: Json = {"resource": resource, "code": code, "field": field, "message": message}
        return self.error(422, "Validation Failed", errors=[entry])

    def invalid_request(self, why: str) -> HttpError:
        """422 from the check of a body against its schema."""
        return self.error(422, f"Invalid request.\n\n{why}")

    def no_route(self) -> HttpError:
        return self.not_found()

    def malformed(self, problem: str) -> HttpError:
        what = "Body should be a JSON object" if "is no object" in problem else "Problems parsing JSON"
        return self.error(400, what)

    def missing(self, name: str) -> HttpError:
        return self.invalid_request(f'"{name}" wasn\'t supplied.')

    def mistyped(self, name: str, value: object) -> HttpError:
        return self.invalid_request(f"For 'properties/{name}', {value!r} is not a string.")

    def rate_limited(self, state: GitHubState, fault: Fault) -> Reply:
        """The hourly limit, with headers, or too many requests at once; then GitHub seldom names a time."""
        status = fault.status or 403
        if fault.answer == "primary_limit":
            headers = rate_limit_headers(state.clock(), 0) if fault.limit_headers else {}
            return self.error(status, "API rate limit exceeded for installation ID 48211.").reply.with_headers(headers)
        return self.error(status, SECONDARY_LIMIT).reply.with_headers(retry_after(fault))

    def unavailable(self, fault: Fault) -> Reply:
        """500 comes from GitHub itself as JSON, the others from the proxy before it as a page."""
        return (
            self.error(500, "Server Error").reply
            if fault.status == SERVER_ERROR
            else web_page(fault.status, "Unicorn!")
        )


errors = GitHubErrors()


API_VERSIONS = ("2022-11-28", "2026-03-10")
INSTALLATION = "installation"
STRANGER = "stranger"

_ALL = ("actions", "checks", "contents", "deployments", "issues", "pull_requests", "statuses")
_WRITE = {name: "read" if name == "actions" else "write" for name in _ALL}
_KINDS: dict[str, tuple[str, str, Mapping[str, str]]] = {
    "write": ("ghs_", INSTALLATION, _WRITE),
    "read": ("ghs_", INSTALLATION, dict.fromkeys(_ALL, "read")),
    "pat": ("ghp_", "personal", {name: level for name, level in _WRITE.items() if name != "checks"}),
    "stranger": ("ghp_", STRANGER, {}),
}


def issue(state: GitHubState, kind: str, login: str | None, permissions: Mapping[str, str]) -> str:
    """Make a token of a kind; permissions, where given, replace those of the kind."""
    prefix, family, usual = _KINDS[kind]
    levels = {"metadata": "read", **(permissions or usual)} if family != STRANGER else {}
    grants = {f"{name}={level}" for name, level in levels.items()}
    grants |= {f"{name}=read" for name, level in levels.items() if level == "write"}
    writes_as = login or (BOT if family == INSTALLATION else "octocat")
    return state.tokens.issue(prefix, family, writes_as, frozenset(grants))


def caller(state: GitHubState, request: Request) -> Token | None:
    """The token of a request; 401 for one that GitHub never issued."""
    if "authorization" not in request.headers:
        return None
    token = state.tokens.find(authorization(request.headers))
    if token is None:
        raise errors.error(401, "Bad credentials")
    return token


def admit(state: GitHubState, call: Call) -> None:
    _check_headers(call.request)
    _check_repository(state, call)
    if not call.route.needs or (call.request.method == "GET" and not state.private):
        return
    if call.caller is None:
        raise errors.error(401, "Requires authentication")
    if call.caller.kind == STRANGER:
        raise errors.error(403, "Must have admin rights to Repository.")
    if not holds(call.caller, call.route.needs):
        raise inaccessible(call.caller)


def holds(token: Token, needs: str) -> bool:
    """Whether a token has every permission of one of the alternatives."""
    return any(set(option.strip().split(",")) <= token.grants for option in needs.split(";"))


def may_push(token: Token | None) -> bool:
    return token is not None and "contents=write" in token.grants


def scopes(token: Token | None) -> dict[str, str]:
    """The header that names the scopes of a classic token; a job's own token has none."""
    if token is None or token.kind == INSTALLATION:
        return {}
    return {"X-OAuth-Scopes": "repo, workflow" if may_push(token) else "read:org"}


def inaccessible(token: Token) -> HttpError:
    holder = "integration" if token.kind == INSTALLATION else "personal access token"
    return errors.error(403, f"Resource not accessible by {holder}")


def sees(state: GitHubState, token: Token | None) -> bool:
    """Whether the repository exists for the holder of a token, or for nobody."""
    return not state.private or (token is not None and "metadata=read" in token.grants)


def _check_headers(request: Request) -> None:
    if not request.headers.get("user-agent"):
        raise errors.error(
            403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header."
        )
    version = request.headers.get("x-github-api-version", API_VERSIONS[0])
    if version not in API_VERSIONS:
        known = ", ".join(API_VERSIONS)
        raise errors.error(400, f"{version} is not a supported version. Supported versions are: {known}.")


def _check_repository(state: GitHubState, call: Call) -> None:
    """Another repository, and a private one for a stranger, do not exist; names are the same in any case."""
    if "repo" not in call.params:
        return
    named = f"{call.params['owner']}/{call.params['repo']}".lower()
    if named != state.full_name.lower() or not sees(state, call.caller):
        raise errors.not_found()
