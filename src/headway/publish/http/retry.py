"""When a request is sent again, and how to create what must exist once.

Sources: GitHub's "Best practices for using the REST API" and "Rate limits for the REST API"; GitLab's "Rate limits on
GitLab.com" (the ``RateLimit-*`` headers); RFC 9110, section 10.2.3 (``Retry-After``). urllib3's ``Retry`` reads neither
an error's body nor the ``RateLimit-*`` headers, and GitHub says in those alone that a 403 is a rate limit.
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from headway.errors import UncertainWriteError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

CONSISTENCY_DELAY = 2.0
"""Seconds after which a write whose response was lost should show up in a listing."""
_FIRST_BACKOFF = 1.0
_SECONDARY_LIMIT_WAIT = 60.0
_CREATE_ATTEMPTS = 4
_NUMBER = re.compile(r"[0-9]{1,12}")
_LIMIT_WORDS = ("rate limit", "abuse detection", "too many requests")


def is_rate_limit(status: int, headers: Mapping[str, str], message: str) -> bool:
    """Whether an error response is a rate limit: any 429, and a 403 whose headers or message say so."""
    limited = "retry-after" in headers or _remaining(headers) == "0" or any(w in message.lower() for w in _LIMIT_WORDS)
    return status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.FORBIDDEN and limited)


def rate_limit_wait(headers: Mapping[str, str], now: float, attempt: int) -> float:
    """Seconds until a rate-limited request may be sent again; doubled with each attempt where no header names them."""
    named = retry_after(headers, now)
    if named is not None:
        return named
    reset = headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset") or ""
    if _remaining(headers) == "0" and _NUMBER.fullmatch(reset):
        return max(0.0, float(reset) - now) + 1.0  # the reset is a whole second: begin after it
    return _SECONDARY_LIMIT_WAIT * 2.0 ** (attempt - 1)


def backoff(headers: Mapping[str, str], now: float, attempt: int) -> float:
    """Seconds until a retry after a server error or a lost connection: 1, 2, 4, 8, or what ``Retry-After`` asks for."""
    return max(_FIRST_BACKOFF * 2.0 ** (attempt - 1), retry_after(headers, now) or 0.0)


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """``Retry-After`` in seconds, be it a number or a date; ``None`` where it is missing or neither."""
    value = headers.get("retry-after", "").strip()
    if _NUMBER.fullmatch(value):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _remaining(headers: Mapping[str, str]) -> str | None:
    return headers.get("x-ratelimit-remaining", headers.get("ratelimit-remaining"))


def create_idempotently(create: Callable[[], T], find: Callable[[], T | None], sleep: Callable[[float], None]) -> T:
    """Create what must exist once: whenever it is uncertain whether that worked, look for it before creating again.

    Raises:
        UncertainWriteError: it failed uncertainly every time and never showed up.
        ForgeError: it was refused.
    """
    for _ in range(_CREATE_ATTEMPTS - 1):
        try:
            return create()
        except UncertainWriteError:
            sleep(CONSISTENCY_DELAY)
            if (found := find()) is not None:
                return found
    return create()
