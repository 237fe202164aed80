"""One page of a listing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakes.core.messages import Request

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Item]):
    """A slice of a listing; its number counts from 1, ``total`` is of the whole listing."""

    items: Sequence[Item]
    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        """The last page's number; 1 for an empty listing."""
        return max(1, -(-self.total // self.size))


def page_of(
    request: Request, items: Sequence[Item], size_name: str, default: int, most: int | None = None
) -> Page[Item]:
    """The page of a listing that a request asks for; its size is at most ``most``."""
    number, size = _positive(request, "page", 1), _positive(request, size_name, default)
    size = size if most is None else min(size, most)
    start = (number - 1) * size
    return Page(items=items[start : start + size], number=number, size=size, total=len(items))


def is_first_page(request: Request) -> bool:
    return _positive(request, "page", 1) == 1


def link_header(request: Request, url: str, page: Page[Item]) -> dict[str, str]:
    """A ``Link`` header (RFC 8288) with prev, next, last and first where they apply; none for a single page."""
    targets = {"prev": page.number - 1, "next": page.number + 1, "last": page.last, "first": 1}
    if page.number <= 1:
        del targets["prev"], targets["first"]
    if page.number >= page.last:
        del targets["next"], targets["last"]
    links = [f'<{page_url(request, url, number)}>; rel="{rel}"' for rel, number in targets.items()]
    return {"Link": ", ".join(links)} if links else {}


def page_url(request: Request, url: str, number: int) -> str:
    """The listing's address with its own query, at another page."""
    return f"{url}?{urlencode({**request.query, 'page': number})}"


def _positive(request: Request, name: str, default: int) -> int:
    """A positive number from the query; the default where it is missing or none."""
    text = request.query.get(name, "")
    return (int(text) if text.isascii() and text.isdigit() else 0) or default
