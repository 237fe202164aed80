"""Watch something that changes, and update a copy of it: not too often for a forge, and always with the last state.

The state is polled: files on network drives and in containers send no events. A state counts when it is the same twice
in a row, because a file may be half written. When it is time to stop, because of a signal or because the parent process
has ended, the copy is updated before anything else.
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

Outcome = Literal["updated", "failed", "overtaken"]
"""Of an update. One that failed is tried again later; after one that was overtaken there is no use in going on."""

POLL_INTERVAL = 1.0
"""Seconds."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopCondition(Protocol):
    """When to stop watching."""

    def is_met(self) -> bool:
        """Whether it is time to stop."""

    def wait(self, seconds: float) -> None:
        """Wait for that long, or until it is time to stop."""


class ParentOrSignal:
    """Stop when the process that started this one has ended, or at a signal.

    Args:
        parent: gives the parent process's id; when it changes, the parent has ended.
        orphan: whether the parent had ended before, see :func:`is_orphan`.
    """

    def __init__(self, parent: Callable[[], int] = os.getppid, *, orphan: bool = False) -> None:
        self._parent = parent
        self._first = parent()
        self._orphan = orphan
        self._signalled = Event()

    def is_met(self) -> bool:
        """Whether it is time to stop."""
        return self._orphan or self._signalled.is_set() or self._parent() != self._first

    def wait(self, seconds: float) -> None:
        """Wait for that long, or until a signal comes."""
        self._signalled.wait(seconds)

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Stop at SIGINT and SIGTERM; a second one ends the process as it would have without this.

        A signal that the process was told to ignore stays ignored, as a shell wants it of background processes.
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
    """Whether the process that started this one has ended already.

    A process is in the session of whoever started it, unless it leads one of its own. So a parent in another session
    is the one that adopts orphans.
    """
    try:
        own = os.getsid(0)
        return own not in {os.getpid(), os.getsid(os.getppid())}
    except (AttributeError, OSError):  # a system without sessions, or one that does not tell
        return False


def watch(
    look: Callable[[], Hashable | None],
    update: Callable[[bool], Outcome],
    stop: StopCondition,
    now: Callable[[], float],
    every: float,
) -> None:
    """Watch until it is time to stop, and let errors of ``update`` through.

    Args:
        look: gives the state, ``None`` while there is none; equal states need no update.
        update: updates the copy; gets whether it is for the last time.
        stop: when to stop.
        now: a clock, in seconds.
        every: seconds between the beginnings of two updates at least, except for the last one.
    """
    updated: Hashable | None = None
    before: Hashable | None = None
    last = float("-inf")
    while True:
        ending = stop.is_met()
        state = look()
        settled = ending or (state == before and now() - last >= every)
        if state is not None and state != updated and settled:
            last = now()
            outcome = update(ending)
            if outcome == "overtaken":
                return
            updated = state if outcome == "updated" else updated
        if ending:
            return
        before = state
        stop.wait(POLL_INTERVAL)
