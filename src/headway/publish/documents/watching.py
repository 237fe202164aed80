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
    """Stop at a signal, or when the process that started this one has ended: the parent's id then changes."""

    def __init__(self, *, orphan: bool = False) -> None:
        self._parent = os.getppid()
        self._orphan = orphan
        self._signalled = Event()

    def is_met(self) -> bool:
        """Whether it is time to stop."""
        return self._orphan or self._signalled.is_set() or os.getppid() != self._parent

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
    """Watch a state, ``None`` while there is none, and update its copy whenever it differs, until it is time to stop.

    At least ``every`` seconds are between the beginnings of two updates, except for the last one, which is told so.
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
