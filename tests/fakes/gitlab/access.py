"""Who may do what on GitLab, and the three ways to send a token.

A route's ``needs`` are words: ``auth`` for signed-in callers only, ``read_api`` or ``api`` for the scope, ``job`` where
a job's token is accepted, ``developer`` for the role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.core.tokens import Token, authorization
from fakes.gitlab.errors import errors

if TYPE_CHECKING:
    from fakes.core.messages import Request
    from fakes.core.routes import Call
    from fakes.gitlab.state import GitLabState

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
