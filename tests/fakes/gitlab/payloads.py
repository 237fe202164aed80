"""JSON that many of GitLab's answers share: accounts, notes, pages of a listing."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, TypeVar

from fakes.kernel import paging
from fakes.kernel.clock import iso_milliseconds
from fakes.kernel.messages import Call, Json, Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakes.gitlab.world import World
    from fakes.kernel.comments import Comment

Item = TypeVar("Item")

DEFAULT_PAGE, LARGEST_PAGE = 20, 100


def user(world: World, name: str) -> Json:
    """An account, by its user name."""
    return {
        "id": zlib.crc32(name.encode()) % 1_000_000,
        "username": name,
        "name": name,
        "state": "active",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{world.url}/{name}",
    }


def note(world: World, comment: Comment, kind: str) -> Json:
    """A note on a merge request, an issue or a commit."""
    iid = int(comment.thread) if kind != "Commit" else None
    return {
        "id": comment.id,
        "type": None,
        "body": comment.body,
        "attachment": None,
        "author": user(world, comment.author),
        "created_at": iso_milliseconds(comment.created_at),
        "updated_at": iso_milliseconds(comment.updated_at),
        "system": comment.system,
        "noteable_id": iid,
        "noteable_type": kind,
        "project_id": world.id,
        "resolvable": False,
        "confidential": False,
        "internal": False,
        "imported": False,
        "imported_from": "none",
        "noteable_iid": iid,
        "commands_changes": {},
    }


def listing(world: World, call: Call, items: Sequence[Item], show: Callable[[Item], Json]) -> Reply:
    """A page of a listing, with its place in the headers."""
    size = paging.positive(call.request, "per_page", DEFAULT_PAGE, most=LARGEST_PAGE)
    page = paging.cut(items, paging.positive(call.request, "page", 1), size)
    headers = {
        "X-Page": str(page.number),
        "X-Per-Page": str(page.size),
        "X-Total": str(page.total),
        "X-Total-Pages": str(page.last),
        "X-Next-Page": str(page.number + 1) if page.number < page.last else "",
        "X-Prev-Page": str(page.number - 1) if page.number > 1 else "",
    }
    link = paging.links(call.request, f"{world.api_url}{call.request.path}", page)
    return json_reply(200, [show(item) for item in page.items], headers | ({"Link": link} if link else {}))


def is_first_page(call: Call) -> bool:
    """Whether a call begins a listing."""
    return paging.positive(call.request, "page", 1) == 1
