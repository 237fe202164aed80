"""What a forge's refusal means, in words that teach: what could not be done, what the forge says, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from headway.errors import DeniedError, ForgeError, RateLimitError
from headway.text import one_line, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 401, 403, 404
MESSAGE_LIMIT = 300


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
    """How one forge says no."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def message(self, body: bytes) -> str:
        """The forge's own sentence in an error's body; empty where there is none."""
        ...

    def missing(self, refusal: Refusal) -> str:
        """What a 401, 403 or 404 says of the token: half a sentence such as "the token lacks ..."."""
        ...

    def remedy(self, refusal: Refusal) -> str:
        """What to do about it: the line of YAML or the setting that grants what is missing."""
        ...


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
