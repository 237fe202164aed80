"""What a forge says about a token when it is asked to read: nothing here writes, not even to see whether it could.

- GitHub names the scopes of a classic token in ``X-OAuth-Scopes``. It does not say what a job's own token or a
  fine-grained one may do; the first gets what the workflow grants it.
- GitLab describes a token to itself (``GET /personal_access_tokens/self``), but not a job's own.
- Bitbucket names the scopes in ``X-OAuth-Scopes``, and refuses a request with the scopes that it lacks.

Sources: "Scopes for OAuth apps", "Personal access tokens API", "Projects API", "Bitbucket OAuth 2.0".
"""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import msgspec

from headway.errors import ForgeError
from headway.publish.forges.connect import connect
from headway.publish.http.error_responses import Operation

if TYPE_CHECKING:
    from headway.ci.job import Context
    from headway.publish.forges.forge import Forge
    from headway.publish.http.options import ClientOptions

_READ_REPOSITORY = Operation("read the repository", "metadata: read")
_LIST_REQUESTS = Operation("list the pull requests", "pullrequest")
_READ_TOKEN = Operation("read what the token may do", "read_api")
_READ_PROJECT = Operation("read the project", "read_api")
_JOB_TOKEN = "CI_JOB_TOKEN"  # noqa: S105  the variable's name, not a token
_INSTALLATION = "ghs_"
"""How the tokens of GitHub Apps begin, a job's own token among them."""
_ATTEMPTS = 2
_DEVELOPER = 30
"""GitLab's number for the role that may set a commit's status."""


class TokenAccess(NamedTuple):
    """What is known of a token.

    Attributes:
        granted: what it may do, in the forge's own words; empty if the forge does not say.
        missing: the scopes or permissions that posting needs and it lacks.
        is_job_token: whether it is the job's own, which the workflow or the forge limits.
    """

    granted: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    is_job_token: bool = False


class _Permissions(msgspec.Struct):
    push: bool = False


class _Repository(msgspec.Struct):
    private: bool = True
    permissions: _Permissions | None = None


class _Self(msgspec.Struct):
    scopes: tuple[str, ...] = ()


class _Role(msgspec.Struct):
    access_level: int = 0


class _Roles(msgspec.Struct):
    project_access: _Role | None = None
    group_access: _Role | None = None


class _Project(msgspec.Struct):
    permissions: _Roles = msgspec.field(default_factory=_Roles)


def read_access(context: Context, options: ClientOptions) -> TokenAccess:
    """Ask a forge about the token of a context.

    Raises:
        ForgeError: the forge cannot be reached, or it does not accept the token, or does not show it the repository.
    """
    forge = connect(context, replace(options, attempts=_ATTEMPTS, max_wait=options.read_timeout))
    reader = {"github": _of_github, "gitlab": _of_gitlab, "bitbucket": _of_bitbucket}[context.forge]
    return reader(forge, context)


def _of_github(forge: Forge, context: Context) -> TokenAccess:
    response = forge.session.exchange(_READ_REPOSITORY, f"repos/{context.repository}")
    repository = msgspec.json.decode(response.body, type=_Repository)
    if context.token and context.token.value.startswith(_INSTALLATION):
        return TokenAccess(is_job_token=True)
    if repository.permissions and not repository.permissions.push:
        return TokenAccess(missing=("write access to the repository",))
    scopes = _listed(response.headers.get("x-oauth-scopes", ""))
    enough = {"repo"} if repository.private else {"repo", "public_repo"}
    missing = () if not scopes or enough & set(scopes) else ("the scope repo",)
    return TokenAccess(scopes, missing)


def _of_gitlab(forge: Forge, context: Context) -> TokenAccess:
    if context.token and context.token.variable == _JOB_TOKEN:
        return TokenAccess(missing=("the scope api",), is_job_token=True)
    try:
        scopes = forge.session.get(_READ_TOKEN, "personal_access_tokens/self", _Self).scopes
    except ForgeError as error:
        if error.status not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):  # an OAuth token, or an old GitLab
            raise
        scopes = ()
    missing = ("the scope api",) if scopes and "api" not in scopes else ()
    path = f"projects/{quote(context.repository, safe='')}"
    roles = forge.session.get(_READ_PROJECT, path, _Project).permissions
    level = max((role.access_level for role in (roles.project_access, roles.group_access) if role), default=0)
    is_too_low = 0 < level < _DEVELOPER  # a role in a group further up is not among these
    return TokenAccess(scopes, (*missing, "the role Developer") if is_too_low else missing)


def _of_bitbucket(forge: Forge, context: Context) -> TokenAccess:
    path = f"repositories/{context.repository}/pullrequests"
    response = forge.session.exchange(_LIST_REQUESTS, path, {"pagelen": "1"})
    scopes = _listed(response.headers.get("x-oauth-scopes", ""))
    if not scopes or any(scope.endswith(":bitbucket") for scope in scopes):  # an API token has scopes of another form
        return TokenAccess(scopes)
    held = {scope.partition(":")[0] for scope in scopes}
    held |= {"repository"} if "pullrequest" in held else set()  # which the scope for requests contains
    missing = [scope for scope in ("pullrequest", "repository") if scope not in held]
    return TokenAccess(scopes, tuple(f"the scope {scope}" for scope in missing))


def _listed(header: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[\w:.-]+", header))
