"""Git's login in a CI job: the job's token for this one forge, handed to git in its environment.

A checkout should keep no credentials, because every later step could read them. So the token goes to git where a
command needs it, and is written nowhere. It is bound to the forge's address: no other server gets it, unless the forge
itself redirects git there, since git goes on with the same headers.
"""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from headway.ci.job import Overrides
from headway.ci.read import read_context
from headway.errors import ContextError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.ci.job import Token

_SAFE = re.compile(r"https://|http://(?:localhost|127\.0\.0\.1|\[::1\])(?=[:/]|$)")
"""The beginnings of addresses to which a token may go: encrypted ones, and this machine."""
_USERS = {"github": "x-access-token", "gitlab": "oauth2", "bitbucket": "x-token-auth"}
_JOB_TOKEN = "CI_JOB_TOKEN"  # noqa: S105  the variable's name, not a token


def header_setting(environ: Mapping[str, str]) -> str:
    """The setting of git that would hold the login for the forge of this job; empty outside CI and without a token."""
    token, server = _login(environ, None)
    return f"http.{server}/.extraheader" if token else ""


def git_credentials(environ: Mapping[str, str], token_variable: str | None = None) -> dict[str, str]:
    """The variables by which git logs in at the forge of this job; empty outside CI and without a token.

    They come after the settings that the environment gives git already.

    Args:
        environ: the environment of the job.
        token_variable: the variable that holds the token, which then replaces a login of the clone; ``None`` for the
            usual ones.
    """
    token, server = _login(environ, token_variable)
    if token is None:
        return {}
    pair = base64.b64encode(f"{token.user}:{token.value}".encode()).decode()
    given = environ.get("GIT_CONFIG_COUNT", "")
    place = int(given) if given.isascii() and given.isdigit() else 0
    values = [*([""] if token_variable else []), f"AUTHORIZATION: basic {pair}"]  # an empty one clears those before it
    settings = {"GIT_CONFIG_COUNT": str(place + len(values))}
    for number, value in enumerate(values, start=place):
        settings |= {f"GIT_CONFIG_KEY_{number}": f"http.{server}/.extraheader", f"GIT_CONFIG_VALUE_{number}": value}
    return settings


def _login(environ: Mapping[str, str], token_variable: str | None) -> tuple[Token | None, str]:
    """The token with the user that git gives for it, and the forge's address."""
    try:
        context = read_context(environ, Overrides(token_variable=token_variable))
    except ContextError:
        return None, ""
    if context.token is None or not _SAFE.match(context.server_url):
        return None, ""
    user = "gitlab-ci-token" if context.token.variable == _JOB_TOKEN else _USERS[context.forge]
    return replace(context.token, user=user), context.server_url
