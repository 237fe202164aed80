"""Error responses of an API, as errors that say what could not be done, why, and what to do."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple, Protocol

from headway.errors import DeniedError, ForgeError, RateLimitError
from headway.text import one_line, shortened

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGE_LIMIT = 300
_ABOUT_ACCESS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)


class Operation(NamedTuple):
    """What a request is for.

    Attributes:
        description: completes "GitHub refused to ...": ``"create the comment"``.
        permission: the permission or scope, in the forge's own words: ``"pull-requests: write"``; empty where any
            token that reads the repository will do.
        idempotent: whether a POST may be sent again after it may have been carried out.
        spaced: whether a write comes at least ``ClientOptions.write_gap`` seconds after the one before.
    """

    description: str
    permission: str = ""
    idempotent: bool = False
    spaced: bool = True


class ErrorResponse(NamedTuple):
    """A response that is no success; header names in lower case, the forge's message on one line and safe to print."""

    operation: Operation
    status: int
    headers: Mapping[str, str]
    body: bytes
    message: str


class ErrorFormatter(Protocol):
    """Reads the error responses of one forge; ``name`` is what people call it."""

    name: str

    def message(self, body: bytes) -> str:
        """The forge's own sentence in an error's body; empty where there is none."""

    def explain(self, response: ErrorResponse) -> tuple[str, str]:
        """What a 401, 403 or 404 says of the token, and what to do about it; both are sentences or empty."""


def explain_access(variable: str, response: ErrorResponse, advice: str) -> tuple[str, str]:
    """What a 401 or 404 means on every forge; ``variable`` holds the token, ``advice`` says how to get one."""
    if not variable:
        return "The request was sent without a token.", advice
    if response.status == HTTPStatus.UNAUTHORIZED:
        return f"The token in {variable} is not valid or has expired.", advice
    remedy = "Check --repo, --pr and --sha. The token of a CI job may see its own repository only."
    return f"It does not exist, or the token in {variable} cannot see it.", remedy


def for_log(text: str) -> str:
    """Text from elsewhere on one line, with nothing invisible in it, and not too long."""
    return shortened(one_line(text), MESSAGE_LIMIT)


def response_error(formatter: ErrorFormatter, response: ErrorResponse) -> ForgeError:
    """The error of a response that no retry will change."""
    says = f"{formatter.name} says: {response.message}" if response.message else f"{formatter.name} gives no reason."
    what = f"{formatter.name} refused to {response.operation.description} (status {response.status})."
    if response.status not in _ABOUT_ACCESS:
        return ForgeError(what, why=says, status=response.status)
    cause, remedy = formatter.explain(response)
    kind = ForgeError if response.status == HTTPStatus.NOT_FOUND else DeniedError
    return kind(what, why=f"{says}\n{cause}" if cause else says, remedy=remedy, status=response.status)


def rate_limit_error(formatter: ErrorFormatter, response: ErrorResponse, wait: float) -> RateLimitError:
    """The error of a rate limit that lasts longer than the run waits."""
    name, description = formatter.name, response.operation.description
    return RateLimitError(
        f"{name} limits the rate of requests and did not {description} (status {response.status}).",
        why=f"{name} says: {response.message} The limit ends in {wait:.0f} seconds, later than this run waits.",
        remedy="Run the job again later, or use a token of its own, which has its own limit.",
        status=response.status,
    )
