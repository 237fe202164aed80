"""Who may do what on GitLab, and the three ways to send a token.

A route's ``needs`` are words: ``auth`` for signed-in callers only, ``read_api`` or ``api`` for the scope, ``job`` where
a job's token is accepted, ``developer`` for the role.
"""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING

from fakes.core.errors import ErrorFormat, retry_after, web_page
from fakes.core.messages import HttpError, Reply, json_reply
from fakes.core.tokens import Token, authorization
from fakes.gitlab.state import GitLabState

if TYPE_CHECKING:
    from fakes.core.faults import Fault
    from fakes.core.messages import Request
    from fakes.core.routes import Call

LIMIT = 600
SERVER_ERROR = 500


class GitLabErrors(ErrorFormat[GitLabState]):
    def error(self, status: int, message: str) -> HttpError:
        return HttpError(json_reply(status, {"message": message}))

    def not_found(self, what: str) -> HttpError:
        """404, also for what the caller may not see."""
        return self.error(404, f"404 {what} Not Found")

    def fields(self, **problems: str) -> HttpError:
        """400 from a validation: the problems of each field."""
        return HttpError(json_reply(400, {"message": {name: [problem] for name, problem in problems.items()}}))

    def conflict(self, sentence: str) -> HttpError:
        """409, with its reasons as a list."""
        return HttpError(json_reply(409, {"message": [sentence]}))

    def forbidden(self) -> HttpError:
        """403: the role is too low, or the note is somebody else's."""
        return self.error(403, "403 Forbidden")

    def invalid(self, sentence: str, status: int = 400) -> HttpError:
        """An error from the check of parameters."""
        return HttpError(json_reply(status, {"error": sentence}))

    def token(self, status: int, code: str, description: str, **more: object) -> HttpError:
        """An error in the form of OAuth 2."""
        return HttpError(json_reply(status, {"error": code, "error_description": description, **more}))

    def no_route(self) -> HttpError:
        return self.invalid("404 Not Found", 404)

    def malformed(self, problem: str) -> HttpError:  # noqa: ARG002 - GitLab does not tell it
        return self.invalid("Problems parsing JSON")

    def missing(self, name: str) -> HttpError:
        return self.invalid(f"{name} is missing")

    def mistyped(self, name: str, value: object) -> HttpError:  # noqa: ARG002 - GitLab does not tell it
        return self.invalid(f"{name} is invalid")

    def rate_limited(self, state: GitLabState, fault: Fault) -> Reply:
        """The throttle in front of the application answers in plain text; GitLab has one kind of limit."""
        reset = state.clock() + (fault.retry_after or 0)
        headers = {
            "RateLimit-Name": "throttle_authenticated_api",
            "RateLimit-Limit": str(LIMIT),
            "RateLimit-Observed": str(LIMIT + 1),
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": str(int(reset)),
            "RateLimit-ResetTime": formatdate(reset, usegmt=True),
            **retry_after(fault),
        }
        plain = Reply(status=fault.status or 429, headers={"Content-Type": "text/plain"}, body=b"Retry later\n")
        return plain.with_headers(headers) if fault.limit_headers else plain

    def unavailable(self, fault: Fault) -> Reply:
        """500 comes from the application, the others from the proxy before it."""
        if fault.status == SERVER_ERROR:
            return self.error(500, "500 Internal Server Error").reply
        return web_page(fault.status, f"GitLab is not responding ({fault.status})")


errors = GitLabErrors()


JOB = "job"


def caller(state: GitLabState, request: Request) -> Token | None:
    """Whose token came along. A job's token counts only in its own header, and other tokens never there."""
    headers = request.headers
    job = headers.get("job-token", "")
    secret = job or headers.get("private-token", "") or authorization(headers)
    if not secret:
        return None
    if secret in state.tokens.revoked:
        raise errors.token(401, "invalid_token", "Token was revoked. You have to re-authorize from the user.")
    token = state.tokens.find(secret)
    if token is None or (token.kind == JOB) != bool(job):
        raise errors.error(401, "401 Unauthorized")
    return token


def admit(state: GitLabState, call: Call) -> None:
    """Raise GitLab's error when the caller may not do this; a job's token is nobody where it is not accepted."""
    needs = call.route.needs.split()
    known = call.caller if call.caller is None or call.caller.kind != JOB or JOB in needs else None
    if known is None and "auth" in needs:
        raise errors.error(401, "401 Unauthorized")
    _check_project(state, call, known)
    if known is None or known.kind == JOB:
        return
    if not known.grants & {"api", *(need for need in needs if need == "read_api")}:
        sentence = "The request requires higher privileges than provided by the access token."
        raise errors.token(403, "insufficient_scope", sentence, scope="api")
    if "developer" in needs and "developer" not in known.grants:
        raise errors.forbidden()


def _check_project(state: GitLabState, call: Call, known: Token | None) -> None:
    if "id" not in call.params:
        return
    named = call.params["id"].lower() in {str(state.id), state.full_name.lower()}
    hidden = state.private and (known is None or "member" not in known.grants)
    if hidden or not named:
        raise errors.not_found("Project")
