"""Ways in which a forge can fail, and the plan of which request meets which failure.

A fault says two things: whether the forge carried the request out before it failed, and what the client then sees.
Both matter, for a lost answer to a write that took effect is what makes careless clients write twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from threading import Lock
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.core.messages import Request

DeliveryMode = Literal["whole", "truncated", "slow", "reset", "silent"]
CannedAnswer = Literal["server_error", "primary_limit", "secondary_limit", "invalid_json"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to fail: whether the request ``takes_effect`` first, how the answer travels, and what is in its place."""

    name: str
    takes_effect: bool = False
    mode: DeliveryMode = "whole"
    seconds: float = 0.0
    answer: CannedAnswer | None = None
    status: int = 200
    retry_after: int | None = None
    limit_headers: bool = True


NO_FAULT = Fault(name="", takes_effect=True)
"""All goes well."""


def no_answer(*, took_effect: bool = False, seconds: float = 60.0) -> Fault:
    """The connection stays open and nothing comes, until the client gives up, the time passes or the forge closes."""
    return Fault(name="no answer", takes_effect=took_effect, mode="silent", seconds=seconds)


def connection_reset(*, took_effect: bool = False) -> Fault:
    """The connection is reset instead of an answer."""
    return Fault(name="connection reset", takes_effect=took_effect, mode="reset")


def server_error(status: int = 502, *, took_effect: bool = False, retry_after: int | None = None) -> Fault:
    """A 5xx with the body that the forge sends with it."""
    return Fault(
        name=f"status {status}",
        takes_effect=took_effect,
        answer="server_error",
        status=status,
        retry_after=retry_after,
    )


def rate_limit(
    kind: Literal["primary", "secondary"] = "primary",
    *,
    status: int | None = None,
    headers: bool = True,
    retry_after: int | None = 60,
) -> Fault:
    """A rate limit of the hour (``"primary"``) or against bursts (``"secondary"``); the request is never carried out.

    Forges with one kind of limit treat both alike. ``headers`` says whether the answer tells when to come back.
    """
    return Fault(
        name=f"{kind} rate limit",
        answer="primary_limit" if kind == "primary" else "secondary_limit",
        status=status or 0,
        retry_after=retry_after if headers else None,
        limit_headers=headers,
    )


def truncated_body() -> Fault:
    """The request is carried out; the answer announces its full length and breaks off half-way."""
    return Fault(name="truncated body", takes_effect=True, mode="truncated")


def invalid_json(*, took_effect: bool = True) -> Fault:
    """A 200 whose body is a proxy's web page instead of JSON."""
    return Fault(name="invalid JSON", takes_effect=took_effect, answer="invalid_json")


def slow_body(seconds: float = 1.0) -> Fault:
    """The real answer in ten pieces, spread over the given time."""
    return Fault(name="slow body", takes_effect=True, mode="slow", seconds=seconds)


@dataclass(kw_only=True)
class _Planned:
    """A fault or an interruption, waiting for its requests."""

    method: str
    path: str
    skip: int
    times: int
    what: Fault | Callable[[], None]

    def meets(self, request: Request) -> bool:
        """Count the request when it fits; true when it is this plan's turn."""
        where = request.address if "#" in self.path else request.path
        fits = self.method in {"*", request.method} and fnmatchcase(where, self.path)
        if self.times == 0 or not fits:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class FaultPlan:
    """Which of the coming requests meet a fault or an interruption; safe to use from several threads."""

    def __init__(self) -> None:
        self._planned: list[_Planned] = []
        self._lock = Lock()

    def add(self, what: Fault | Callable[[], None], method: str, path: str, *, times: int, skip: int) -> None:
        """Plan a fault, or a function to call first, for requests by method (``*`` for all) and path (a glob).

        A path such as ``*/graphql#nodes`` also names what a GraphQL request asks for; several are ``one+other``.
        ``times`` is how many requests meet it, -1 for all; ``skip`` how many fitting requests pass unharmed first.
        """
        with self._lock:
            self._planned.append(_Planned(method=method, path=path, skip=skip, times=times, what=what))

    def clear(self) -> None:
        with self._lock:
            self._planned.clear()

    def take(self, request: Request) -> tuple[Fault, list[Callable[[], None]]]:
        """The fault that a request meets (the first planned, or none), and what happens just before it."""
        fault = NO_FAULT
        interruptions: list[Callable[[], None]] = []
        with self._lock:
            for plan in self._planned:
                if isinstance(plan.what, Fault):
                    fault = plan.what if fault is NO_FAULT and plan.meets(request) else fault
                elif plan.meets(request):
                    interruptions.append(plan.what)
        return fault, interruptions
