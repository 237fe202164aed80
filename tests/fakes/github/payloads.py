"""JSON that many of GitHub's answers share: accounts, repositories, pages of a listing."""

from __future__ import annotations

import base64
import zlib
from typing import TYPE_CHECKING, TypeVar

from fakes.github.access import holds
from fakes.kernel import paging
from fakes.kernel.clock import iso_seconds
from fakes.kernel.messages import Call, Json, Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakes.github.world import World
    from fakes.kernel.tokens import Token

Item = TypeVar("Item")

DEFAULT_PAGE, LARGEST_PAGE = 30, 100
FOUNDED = 1_700_000_000

_USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_REPOSITORY_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}
_COUNTS = (
    "forks_count",
    "stargazers_count",
    "watchers_count",
    "open_issues_count",
    "forks",
    "open_issues",
    "watchers",
    "size",
)
_FEATURES = ("has_issues", "has_projects", "has_wiki", "has_downloads", "has_discussions")


def stable_id(name: str) -> int:
    """A number for a name, the same every time."""
    return zlib.crc32(name.encode())


def repository_id(full_name: str) -> int:
    """A repository's number."""
    return stable_id(f"repository {full_name.lower()}")


def node_id(kind: str, number: object) -> str:
    """A global id for GraphQL, such as ``IC_...`` for an issue's comment."""
    return f"{kind}_{base64.urlsafe_b64encode(f'{kind}:{number}'.encode()).decode().rstrip('=')}"


def user(world: World, login: str) -> Json:
    """An account, by its login."""
    number = stable_id(f"user {login}")
    url = f"{world.addresses.api}/users/{login.replace('[', '%5B').replace(']', '%5D')}"
    bot = login.endswith("[bot]")
    page = f"{world.addresses.web}/apps/{login.removesuffix('[bot]')}" if bot else f"{world.addresses.web}/{login}"
    return {
        "login": login,
        "id": number,
        "node_id": node_id("U", number),
        "avatar_url": f"{world.addresses.web}/avatars/u/{number}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": page,
        **{name: url + suffix for name, suffix in _USER_LINKS.items()},
        "type": "Bot" if bot else "User",
        "site_admin": False,
    }


def minimal_repository(world: World, full_name: str = "") -> Json:
    """The repository, or a fork of it by its full name, as other things show it."""
    full_name = full_name or world.full_name
    owner, _, name = full_name.partition("/")
    number = repository_id(full_name)
    url = f"{world.addresses.api}/repos/{full_name}"
    return {
        "id": number,
        "node_id": node_id("R", number),
        "name": name,
        "full_name": full_name,
        "private": world.private,
        "owner": user(world, owner),
        "html_url": f"{world.addresses.web}/{full_name}",
        "description": None,
        "fork": full_name != world.full_name,
        "url": url,
        **{key: url + suffix for key, suffix in _REPOSITORY_LINKS.items()},
    }


def repository(world: World, caller: Token | None = None, full_name: str = "") -> Json:
    """The repository with all of its fields; for a caller, with what its token may do."""
    short = minimal_repository(world, full_name)
    page = str(short["html_url"])
    then = iso_seconds(FOUNDED)
    whole: Json = {
        **short,
        "clone_url": f"{page}.git",
        "git_url": page.replace("http://", "git://") + ".git",
        "ssh_url": f"git@github.com:{short['full_name']}.git",
        "svn_url": page,
        "mirror_url": None,
        "homepage": None,
        "language": "Python",
        "license": None,
        "default_branch": world.default_branch,
        "visibility": "private" if world.private else "public",
        "archived": False,
        "disabled": False,
        "has_pages": False,
        **dict.fromkeys(_FEATURES, True),
        **dict.fromkeys(_COUNTS, 0),
        "created_at": then,
        "updated_at": then,
        "pushed_at": then,
    }
    return whole if caller is None else {**whole, "permissions": _permissions(caller)}


def _permissions(caller: Token) -> dict[str, bool]:
    return {
        "admin": False,
        "maintain": False,
        "push": holds(caller, "contents=write"),
        "triage": holds(caller, "issues=write"),
        "pull": holds(caller, "metadata=read"),
    }


def page_of(world: World, call: Call, items: Sequence[Item]) -> tuple[paging.Page[Item], dict[str, str]]:
    """The page that a call asks for, and its Link header, which names the repository by number as GitHub's does."""
    size = paging.positive(call.request, "per_page", DEFAULT_PAGE, most=LARGEST_PAGE)
    page = paging.cut(items, paging.positive(call.request, "page", 1), size)
    path = call.request.path.removeprefix(f"/repos/{call.params['owner']}/{call.params['repo']}")
    link = paging.links(
        call.request, f"{world.addresses.api}/repositories/{repository_id(world.full_name)}{path}", page
    )
    return page, {"Link": link} if link else {}


def listing(world: World, call: Call, items: Sequence[Item], show: Callable[[Item], Json]) -> Reply:
    """A page of a listing as a bare JSON array."""
    page, headers = page_of(world, call, items)
    return json_reply(200, [show(item) for item in page.items], headers)


def counted(world: World, call: Call, name: str, items: Sequence[Item], show: Callable[[Item], Json]) -> Reply:
    """A page of a listing in an object with its total."""
    page, headers = page_of(world, call, items)
    return json_reply(200, {"total_count": page.total, name: [show(item) for item in page.items]}, headers)


def is_first_page(call: Call) -> bool:
    """Whether a call begins a listing."""
    return paging.positive(call.request, "page", 1) == 1
