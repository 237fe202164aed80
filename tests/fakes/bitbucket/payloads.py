"""JSON that many of Bitbucket's answers share: accounts, comments, pages of a listing."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, TypeVar

from fakes.bitbucket.refusals import refuse
from fakes.kernel import paging
from fakes.kernel.clock import iso_offset
from fakes.kernel.commits import made_up_sha
from fakes.kernel.messages import Call, Json, Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakes.bitbucket.world import World
    from fakes.kernel.comments import Comment

Item = TypeVar("Item")

DEFAULT_PAGE, LARGEST_PAGE = 10, 100


def uuid(seed: str) -> str:
    """A uuid in braces, the same for the same seed."""
    digits = made_up_sha(seed)
    return f"{{{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}}}"


def link(href: str) -> Json:
    """A link, as Bitbucket wraps it."""
    return {"href": href}


def user(world: World, name: str) -> Json:
    """An account, by its nickname."""
    return {
        "type": "user",
        "display_name": name,
        "nickname": name,
        "uuid": uuid(f"user {name}"),
        "account_id": made_up_sha(f"account {name}")[:24],
        "links": {"html": link(f"{world.url}/{name}/")},
    }


def repository(world: World, full_name: str = "") -> Json:
    """The repository, or a fork of it, in short."""
    full_name = full_name or world.full_name
    links = {
        "self": link(f"{world.url}/2.0/repositories/{full_name}"),
        "html": link(f"{world.url}/{full_name}"),
    }
    return {
        "type": "repository",
        "full_name": full_name,
        "name": full_name.rpartition("/")[2],
        "uuid": uuid(f"repository {full_name}"),
        "links": links,
    }


def comment(world: World, written: Comment, kind: str) -> Json:
    """A comment on a pull request or on a commit."""
    on_request = kind == "pullrequest_comment"
    place = "pullrequests" if on_request else "commit"
    page = (
        f"{world.html_url}/pull-requests/{written.thread}"
        if on_request
        else f"{world.html_url}/commits/{written.thread}"
    )
    target = (
        {"type": "pullrequest", "id": int(written.thread)} if on_request else {"type": "commit", "hash": written.thread}
    )
    return {
        "type": kind,
        "id": written.id,
        "created_on": iso_offset(written.created_at),
        "updated_on": iso_offset(written.updated_at),
        "content": {"raw": written.body, "markup": "markdown", "html": f"<p>{html.escape(written.body)}</p>"},
        "user": user(world, written.author),
        "deleted": written.deleted,
        "links": {
            "self": link(f"{world.api_url}/{place}/{written.thread}/comments/{written.id}"),
            "html": link(f"{page}#comment-{written.id}"),
        },
        "pullrequest" if on_request else "commit": target,
    }


def listing(
    world: World, call: Call, items: Sequence[Item], show: Callable[[Item], Json], *, largest: int = LARGEST_PAGE
) -> Reply:
    """A page of a listing: its values, and the address of the next page where there is one."""
    size = paging.positive(call.request, "pagelen", DEFAULT_PAGE)
    if size > largest:
        raise refuse(400, "Invalid pagelen")
    page = paging.cut(items, paging.positive(call.request, "page", 1), size)
    if page.number > page.last:
        raise refuse(404, "Invalid page")
    url = f"{world.url}/2.0{call.request.path}"
    shown: Json = {
        "size": page.total,
        "page": page.number,
        "pagelen": page.size,
        "values": [show(item) for item in page.items],
    }
    if page.number < page.last:
        shown["next"] = paging.page_url(call.request, url, page.number + 1)
    if page.number > 1:
        shown["previous"] = paging.page_url(call.request, url, page.number - 1)
    return json_reply(200, shown)


def is_first_page(call: Call) -> bool:
    """Whether a call begins a listing."""
    return paging.positive(call.request, "page", 1) == 1
