"""What a forge says about a token when it is asked to read: nothing here writes, not even to see whether it could.

- GitHub names the scopes of a classic token in ``X-OAuth-Scopes``. It does not say what a job's own token or a
  fine-grained one may do; the first gets what the workflow grants it.
- GitLab describes a token to itself (``GET /personal_access_tokens/self``), but not a job's own.
- Bitbucket names the scopes in ``X-OAuth-Scopes``, and refuses a request with the scopes that it lacks.

Sources: "Scopes for OAuth apps", "Personal access tokens API", "Project members API", "Bitbucket OAuth 2.0".
"""

from __future__ import annotations

import re
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import msgspec

from headway.errors import DeniedError, ForgeError
from headway.publish.forges.connect import connect
from headway.publish.http.error_responses import Operation

if TYPE_CHECKING:
    from headway.ci.job import Context
    from headway.publish.forges.forge import Forge
    from headway.publish.http.options import ClientOptions

_READ_REPOSITORY = Operation("read the repository", "metadata: read")
_LIST_REQUESTS = Operation("list the pull requests", "pullrequest")
_READ_TOKEN = Operation("read what the token may do", "read_api")
_JOB_TOKEN = "CI_JOB_TOKEN"  # noqa: S105  the variable's name, not a token
_INSTALLATION = "ghs_"
"""How the tokens of GitHub Apps begin, a job's own token among them."""
_ATTEMPTS = 2


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
    active: bool = True


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
    missing = () if not scopes or enough & set(scopes) else ("repo",)
    return TokenAccess(scopes, missing)


def _of_gitlab(forge: Forge, context: Context) -> TokenAccess:
    if context.token and context.token.variable == _JOB_TOKEN:
        return TokenAccess(missing=("api",), is_job_token=True)
    try:
        own = forge.session.get(_READ_TOKEN, "personal_access_tokens/self", _Self)
    except DeniedError as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            raise
        return TokenAccess(missing=("api",))
    except ForgeError as error:
        if error.status != HTTPStatus.NOT_FOUND:  # an OAuth token, or an old GitLab
            raise
        own = _Self()
    path = f"projects/{quote(context.repository, safe='')}/merge_requests"
    forge.session.exchange(Operation("list the merge requests", "read_api"), path, {"per_page": "1"})
    return TokenAccess(own.scopes, ("api",) if own.scopes and "api" not in own.scopes else ())


def _of_bitbucket(forge: Forge, context: Context) -> TokenAccess:
    path = f"repositories/{context.repository}/pullrequests"
    response = forge.session.exchange(_LIST_REQUESTS, path, {"pagelen": "1"})
    scopes = _listed(response.headers.get("x-oauth-scopes", ""))
    if not scopes or any(scope.endswith(":bitbucket") for scope in scopes):  # an API token has scopes of another form
        return TokenAccess(scopes)
    held = {scope.partition(":")[0] for scope in scopes}
    held |= {"repository"} if "pullrequest" in held else set()  # which the scope for requests contains
    return TokenAccess(scopes, tuple(scope for scope in ("pullrequest", "repository") if scope not in held))


def _listed(header: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[\w:.-]+", header))
