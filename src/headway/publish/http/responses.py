"""What a forge's refusal means, in words that teach: what could not be done and why, and how long to be patient.

Sources: GitHub's "Best practices for using the REST API" and "Rate limits for the REST API"; GitLab's "Rate limits on
GitLab.com" (the ``RateLimit-*`` headers); RFC 9110, section 10.2.3 (``Retry-After``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from headway.errors import DeniedError, ForgeError, RateLimitError
from headway.text import one_line, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_MANY_REQUESTS, SERVER_ERROR = 401, 403, 404, 429, 500
MESSAGE_LIMIT = 300
FIRST_BACKOFF = 1.0
LEAST_SECONDARY_WAIT = 60.0
"""Seconds before a call is repeated: after a server's error, and after a rate limit that names no time."""

_NUMBER = re.compile(r"[0-9]{1,12}")
_LIMIT_WORDS = ("rate limit", "abuse detection", "too many requests")


class Intent(NamedTuple):
    """Why a call is made.

    Attributes:
        doing: completes "GitHub refused to ...": ``"create the comment"``.
        needs: the permission or scope, in the forge's own words: ``"pull-requests: write"``; empty where any token
            that reads the repository will do.
        repeatable: whether a POST may be sent again although it was perhaps carried out, because doing it twice is the
            same as doing it once. Reads, PUT, PATCH and DELETE always may.
    """

    doing: str
    needs: str = ""
    repeatable: bool = False


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """An answer that is no success.

    Attributes:
        intent: why the call was made.
        status: the HTTP status.
        headers: by lower-case name.
        body: as it came, at most a few kilobytes of it.
        message: the forge's own words, one line, safe to print.
    """

    intent: Intent
    status: int
    headers: Mapping[str, str]
    body: bytes
    message: str


class Dialect(Protocol):
    """How one forge says no; ``name`` is what people call it."""

    name: str

    def message(self, body: bytes) -> str:
        """The forge's own sentence in an error's body; empty where there is none."""

    def missing(self, refusal: Refusal) -> str:
        """What a 401, 403 or 404 says of the token: half a sentence such as "the token lacks ..."."""

    def remedy(self, refusal: Refusal) -> str:
        """What to do about it: the line of YAML or the setting that grants what is missing."""


def missing_for(token: str, refusal: Refusal, lacks: str) -> str:
    """What every forge's 401 and 404 say of a token, half a sentence; what it ``lacks`` for any other status."""
    said = {
        UNAUTHORIZED: f"{token} is not valid, or no longer",
        NOT_FOUND: f"there is no such thing, or {token} may not see it",
    }
    return said.get(refusal.status, lacks)


def for_log(text: str) -> str:
    """A forge's words for a log: one line, nothing invisible, not too long."""
    return shortened(one_line(text), MESSAGE_LIMIT)


def refusal_error(dialect: Dialect, refusal: Refusal) -> ForgeError:
    """The error of a refusal that no repetition will mend."""
    says = f"{dialect.name} says: {refusal.message}" if refusal.message else f"{dialect.name} gives no reason."
    what = f"{dialect.name} refused to {refusal.intent.doing} (status {refusal.status})."
    if refusal.status not in {UNAUTHORIZED, FORBIDDEN, NOT_FOUND}:
        return ForgeError(what, why=says, status=refusal.status)
    missing, remedy = dialect.missing(refusal), dialect.remedy(refusal)
    why = f"{says}\n{missing[0].upper()}{missing[1:]}." if missing else says
    kind = ForgeError if refusal.status == NOT_FOUND else DeniedError
    return kind(what, why=why, remedy=remedy, status=refusal.status)


def rate_limit_error(dialect: Dialect, refusal: Refusal, wait: float) -> RateLimitError:
    """The error of a rate limit that outlasts the run's patience."""
    return RateLimitError(
        f"{dialect.name} limits the rate of requests and would not {refusal.intent.doing} (status {refusal.status}).",
        why=f"{dialect.name} says: {refusal.message} It asks for {wait:.0f} seconds more than this run will wait.",
        remedy="Run the job again later; a token of its own has a budget of its own.",
        status=refusal.status,
    )


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
    return LEAST_SECONDARY_WAIT * 2.0 ** (attempt - 1)


def backoff(headers: Mapping[str, str], now: float, attempt: int) -> float:
    """Seconds until a call is repeated that met a server's error or a lost connection: 1, 2, 4, 8, or as asked."""
    return max(FIRST_BACKOFF * 2.0 ** (attempt - 1), retry_after(headers, now) or 0.0)


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
