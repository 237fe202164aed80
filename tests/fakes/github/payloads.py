"""JSON that many of GitHub's answers share: accounts, repositories, pages of a listing."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, TypeVar

from fakes.core import paging
from fakes.core.messages import Json, Reply, json_reply
from fakes.github.openapi import DESCRIPTION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakes.core.routes import Call
    from fakes.github.state import GitHubState

Item = TypeVar("Item")

DEFAULT_PAGE, LARGEST_PAGE = 30, 100


def stable_id(name: str) -> int:
    """A number for a name, the same every time."""
    return zlib.crc32(name.encode())


def repository_id(full_name: str) -> int:
    return stable_id(f"repository {full_name.lower()}")


def node_id(kind: str, number: object) -> str:
    """A global id for GraphQL, such as ``IC_...`` for an issue's comment."""
    return f"{kind}_{base64.urlsafe_b64encode(f'{kind}:{number}'.encode()).decode().rstrip('=')}"


def user(state: GitHubState, login: str) -> Json:
    number = stable_id(f"user {login}")
    known = {
        "login": login,
        "id": number,
        "node_id": node_id("U", number),
        "url": f"{state.api_url}/users/{login.replace('[', '%5B').replace(']', '%5D')}",
        "html_url": f"{state.web_url}/{login.replace('[bot]', '')}",
        "type": "Bot" if login.endswith("[bot]") else "User",
    }
    return DESCRIPTION.completed("simple-user", known)


def repository(state: GitHubState, full_name: str = "") -> Json:
    """The repository, or a fork of it by its full name, as other things show it."""
    full_name = full_name or state.full_name
    owner, _, name = full_name.partition("/")
    number = repository_id(full_name)
    known = {
        "id": number,
        "node_id": node_id("R", number),
        "name": name,
        "full_name": full_name,
        "private": state.private,
        "owner": user(state, owner),
        "fork": full_name != state.full_name,
        "url": f"{state.api_url}/repos/{full_name}",
        "html_url": f"{state.web_url}/{full_name}",
    }
    return DESCRIPTION.completed("minimal-repository", known)


def whole_repository(state: GitHubState, full_name: str = "", schema: str = "repository") -> Json:
    return DESCRIPTION.completed(schema, {**repository(state, full_name), "default_branch": state.default_branch})


def listing(
    state: GitHubState, call: Call, items: Sequence[Item], show: Callable[[Item], Json], name: str = ""
) -> Reply:
    """A page of a listing: a bare JSON array or, under a name, an object with the total as well.

    Its Link header names the repository by number, as GitHub's does.
    """
    page = paging.page_of(call.request, items, "per_page", DEFAULT_PAGE, LARGEST_PAGE)
    path = call.request.path.removeprefix(f"/repos/{call.params['owner']}/{call.params['repo']}")
    url = f"{state.api_url}/repositories/{repository_id(state.full_name)}{path}"
    shown = [show(item) for item in page.items]
    body = {"total_count": page.total, name: shown} if name else shown
    return json_reply(200, body, paging.link_header(call.request, url, page))
