"""When a forge asks for patience, and how much: pure rules over one answer's status, headers and message.

Sources: GitHub's "Best practices for using the REST API" and "Rate limits for the REST API"; GitLab's "Rate limits on
GitLab.com" (the ``RateLimit-*`` headers); RFC 9110, section 10.2.3 (``Retry-After``).
"""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FORBIDDEN, TOO_MANY_REQUESTS, SERVER_ERROR = 403, 429, 500
FIRST_BACKOFF = 1.0
LEAST_SECONDARY_WAIT = 60.0
"""Seconds before a call is repeated: after a server's error, and after a rate limit that names no time."""

_NUMBER = re.compile(r"[0-9]{1,12}")
_LIMIT_WORDS = ("rate limit", "abuse detection", "too many requests")


def is_rate_limit(status: int, headers: Mapping[str, str], message: str) -> bool:
    """Whether a refusal asks for patience: any 429, and a 403 that says so in its headers or its words."""
    if status == TOO_MANY_REQUESTS:
        return True
    told = "retry-after" in headers or _remaining(headers) == "0" or any(w in message.lower() for w in _LIMIT_WORDS)
    return status == FORBIDDEN and told


def rate_limit_wait(headers: Mapping[str, str], now: float, attempt: int) -> float:
    """Seconds until a rate-limited call may be repeated.

    Args:
        headers: the refusal's, found by lower-case name.
        now: the time of the refusal, in seconds since 1970.
        attempt: how often the call has been tried, from 1; it doubles the wait where no header names one.
    """
    named = retry_after(headers, now)
    if named is not None:
        return named
    reset = headers.get("x-ratelimit-reset") or headers.get("ratelimit-reset") or ""
    if _remaining(headers) == "0" and _NUMBER.fullmatch(reset):
        return max(0.0, float(reset) - now) + 1.0  # the reset is a whole second: begin after it
    return LEAST_SECONDARY_WAIT * _doubled(attempt)


def backoff(headers: Mapping[str, str], now: float, attempt: int) -> float:
    """Seconds until a call is repeated that met a server's error or a lost connection: 1, 2, 4, 8, or as asked."""
    return max(FIRST_BACKOFF * _doubled(attempt), retry_after(headers, now) or 0.0)


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


def _doubled(attempt: int) -> int:
    return 1 << (attempt - 1)
