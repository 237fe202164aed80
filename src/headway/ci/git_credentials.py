"""Git's login in a CI job: the job's token for this one forge, handed to git in its environment.

A checkout should keep no credentials, because every later step could read them. So the token goes to git where a
command needs it, and is written nowhere. It is bound to the forge's address: no other server gets it.
"""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from typing import TYPE_CHECKING

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
    token, server = _login(environ)
    return f"http.{server}/.extraheader" if token else ""


def git_credentials(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables by which git logs in at the forge of this job; empty outside CI and without a token.

    Settings of git that the environment holds already, such as ``safe.directory``, stay.
    """
    token, server = _login(environ)
    if token is None:
        return {}
    pair = base64.b64encode(f"{token.user}:{token.value}".encode()).decode()
    count = environ.get("GIT_CONFIG_COUNT", "")
    place = int(count) if count.isdecimal() else 0
    return {
        "GIT_CONFIG_COUNT": str(place + 1),
        f"GIT_CONFIG_KEY_{place}": f"http.{server}/.extraheader",
        f"GIT_CONFIG_VALUE_{place}": f"AUTHORIZATION: basic {pair}",
    }


def _login(environ: Mapping[str, str]) -> tuple[Token | None, str]:
    """The token with the user that git gives for it, and the forge's address."""
    try:
        context = read_context(environ)
    except ContextError:
        return None, ""
    if context.token is None or not _SAFE.match(context.server_url):
        return None, ""
    user = "gitlab-ci-token" if context.token.variable == _JOB_TOKEN else _USERS[context.forge]
    return replace(context.token, user=user), context.server_url
