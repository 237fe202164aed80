"""One page of a listing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fakes.kernel.messages import Request

Item = TypeVar("Item")


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Item]):
    """A slice of a listing.

    Attributes:
        items: what is on this page.
        number: from 1.
        size: items on a full page.
        total: items in the whole listing.
    """

    items: Sequence[Item]
    number: int
    size: int
    total: int

    @property
    def last(self) -> int:
        """The last page's number; 1 for an empty listing."""
        return max(1, -(-self.total // self.size))


def cut(items: Sequence[Item], number: int, size: int) -> Page[Item]:
    """The page of that number; an empty one past the end."""
    start = (number - 1) * size
    return Page(items=items[start : start + size], number=number, size=size, total=len(items))


def positive(request: Request, name: str, default: int, *, most: int | None = None) -> int:
    """A positive number from the query; the default where it is missing or none, at most ``most``."""
    text = request.query.get(name, "")
    value = int(text) if text.isascii() and text.isdigit() else default
    value = value or default
    return value if most is None else min(value, most)


def links(request: Request, url: str, page: Page[Item]) -> str:
    """A ``Link`` header (RFC 8288) with prev, next, last and first where they apply; empty for a single page."""
    targets = {"prev": page.number - 1, "next": page.number + 1, "last": page.last, "first": 1}
    if page.number <= 1:
        del targets["prev"], targets["first"]
    if page.number >= page.last:
        del targets["next"], targets["last"]
    return ", ".join(f'<{page_url(request, url, number)}>; rel="{rel}"' for rel, number in targets.items())


def page_url(request: Request, url: str, number: int) -> str:
    """The listing's address with its own query, at another page."""
    return f"{url}?{urlencode({**request.query, 'page': number})}"
