"""JSON that many of GitLab's answers share: accounts, notes, pages of a listing."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, TypeVar

from fakes.core import paging
from fakes.core.description import Description
from fakes.core.messages import Json, Reply, json_reply
from fakes.core.state import iso_milliseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakes.core.comments import Comment
    from fakes.core.routes import Call
    from fakes.gitlab.state import GitLabState

Item = TypeVar("Item")

DESCRIPTION = Description("gitlab", "#/$defs")
DEFAULT_PAGE, LARGEST_PAGE = 20, 100


def user(state: GitLabState, name: str) -> Json:
    known = {
        "id": zlib.crc32(name.encode()) % 1_000_000,
        "username": name,
        "name": name,
        "state": "active",
        "web_url": f"{state.url}/{name}",
    }
    return DESCRIPTION.completed("user", known)


def note(state: GitLabState, comment: Comment, kind: str) -> Json:
    iid = int(comment.thread) if kind != "Commit" else None
    known = {
        "id": comment.id,
        "body": comment.body,
        "author": user(state, comment.author),
        "created_at": iso_milliseconds(comment.created_at),
        "updated_at": iso_milliseconds(comment.updated_at),
        "system": comment.system,
        "noteable_id": iid,
        "noteable_type": kind,
        "project_id": state.id,
        "noteable_iid": iid,
    }
    return DESCRIPTION.completed("note", known)


def listing(state: GitLabState, call: Call, items: Sequence[Item], show: Callable[[Item], Json]) -> Reply:
    page = paging.page_of(call.request, items, "per_page", DEFAULT_PAGE, LARGEST_PAGE)
    headers = {
        "X-Page": str(page.number),
        "X-Per-Page": str(page.size),
        "X-Total": str(page.total),
        "X-Total-Pages": str(page.last),
        "X-Next-Page": str(page.number + 1) if page.number < page.last else "",
        "X-Prev-Page": str(page.number - 1) if page.number > 1 else "",
        **paging.link_header(call.request, f"{state.api_url}{call.request.path}", page),
    }
    return json_reply(200, [show(item) for item in page.items], headers)
