"""Watch something that changes, and bring a copy of it up to date: not too often for a forge, the end never missing.

The state is looked at, not waited for: files on network drives and in containers tell nobody that they change. A state
counts when it is the same twice in a row, for a file may be half written. When the end comes, by a signal or because
the parent process is gone, the last state is brought over before anything else.
"""

from __future__ import annotations

import os
import signal
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator
    from types import FrameType

Outcome = Literal["brought", "again", "over"]
"""What an update says: the state was brought over; it was not, so try again later; there is no use in going on."""

LOOK = 1.0
"""Seconds between two looks."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class End(Protocol):
    """Tells when to stop watching."""

    def has_come(self) -> bool:
        """Whether it is time to stop."""

    def wait(self, seconds: float) -> None:
        """Wait for that long, or until the end comes."""


class EndOfParent:
    """The end of the process that started this one, or a signal to this one.

    Args:
        parent: gives the parent process's id; when it is another one than at first, the parent has ended.
        orphan: whether the parent had ended before, as :func:`is_orphan` says.
    """

    def __init__(self, parent: Callable[[], int] = os.getppid, *, orphan: bool = False) -> None:
        self._parent = parent
        self._first = parent()
        self._orphan = orphan
        self._signalled = Event()

    def has_come(self) -> bool:
        """Whether it is time to stop."""
        return self._orphan or self._signalled.is_set() or self._parent() != self._first

    def wait(self, seconds: float) -> None:
        """Wait for that long, or until a signal comes."""
        self._signalled.wait(seconds)

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Let SIGINT and SIGTERM bring the end; a second one ends the process as it would have without this.

        A signal that the process was told to ignore stays ignored, as a shell wants it of what runs behind its back.
        """
        before: dict[int, Any] = {number: signal.getsignal(number) for number in _SIGNALS}

        def end(number: int, _: FrameType | None) -> None:
            self._signalled.set()
            signal.signal(number, before[number])

        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, end)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def is_orphan() -> bool:
    """Whether the process that started this one had ended before it could be looked at.

    A process is in the session of whoever started it, unless it leads one of its own. So a parent in another session
    is the one that takes over orphans.
    """
    try:
        own = os.getsid(0)
        return own not in {os.getpid(), os.getsid(os.getppid())}
    except (AttributeError, OSError):  # a system without sessions, or one that does not tell
        return False


def watch(
    look: Callable[[], Hashable | None],
    update: Callable[[bool], Outcome],
    end: End,
    now: Callable[[], float],
    every: float,
) -> None:
    """Watch until the end comes.

    Args:
        look: gives the state, ``None`` while there is none; equal states need no update.
        update: brings the copy up to date, told whether it is for the last time.
        end: when to stop.
        now: a clock, in seconds.
        every: seconds between the beginnings of two updates at the least, the last one excepted.

    Raises:
        HeadwayError: whatever ``update`` lets through.
    """
    brought: Hashable | None = None
    before: Hashable | None = None
    last = float("-inf")
    while True:
        ending = end.has_come()
        state = look()
        settled = ending or (state == before and now() - last >= every)
        if state is not None and state != brought and settled:
            last = now()
            outcome = update(ending)
            if outcome == "over":
                return
            brought = state if outcome == "brought" else brought
        if ending:
            return
        before = state
        end.wait(LOOK)
