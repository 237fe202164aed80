"""JSON that many of Bitbucket's answers share: accounts, repositories, pages of a listing."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from fakes.bitbucket.access import errors
from fakes.core import paging
from fakes.core.description import Description
from fakes.core.messages import Json, Reply, json_reply
from fakes.core.state import made_up_sha

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fakes.bitbucket.state import BitbucketState
    from fakes.core.routes import Call

Item = TypeVar("Item")

DESCRIPTION = Description("bitbucket", "#/$defs")
DEFAULT_PAGE, LARGEST_PAGE = 10, 100


def uuid(seed: str) -> str:
    """A uuid in braces, the same for the same seed."""
    digits = made_up_sha(seed)
    return f"{{{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:32]}}}"


def link(href: str) -> Json:
    return {"href": href}


def user(state: BitbucketState, name: str) -> Json:
    return {
        "type": "user",
        "display_name": name,
        "nickname": name,
        "uuid": uuid(f"user {name}"),
        "account_id": made_up_sha(f"account {name}")[:24],
        "links": {"html": link(f"{state.url}/{name}/")},
    }


def repository(state: BitbucketState, full_name: str) -> Json:
    """The repository, or a fork of it, in short."""
    links = {
        "self": link(f"{state.url}/2.0/repositories/{full_name}"),
        "html": link(f"{state.url}/{full_name}"),
    }
    return {
        "type": "repository",
        "full_name": full_name,
        "name": full_name.rpartition("/")[2],
        "uuid": uuid(f"repository {full_name}"),
        "links": links,
    }


def commit_of(state: BitbucketState, call: Call) -> str:
    """The full SHA of the commit in a call's path."""
    sha = state.resolve(call.params["commit"])
    if sha is None:
        raise errors.error(404, "Commit not found", call.params["commit"])
    return sha


def listing(
    state: BitbucketState,
    call: Call,
    items: Sequence[Item],
    show: Callable[[Item], Json],
    *,
    largest: int = LARGEST_PAGE,
) -> Reply:
    """A page of a listing: its values, and the address of the next page where there is one."""
    page = paging.page_of(call.request, items, "pagelen", DEFAULT_PAGE)
    if page.size > largest:
        raise errors.error(400, "Invalid pagelen")
    if page.number > page.last:
        raise errors.error(404, "Invalid page")
    url = f"{state.url}/2.0{call.request.path}"
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
