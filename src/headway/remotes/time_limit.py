"""A time limit for work that may never end."""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def within_seconds(seconds: float, work: Callable[[], T], done: Callable[[], int] | None = None) -> T:
    """Run work in a daemon thread, which does not keep the program from ending.

    Args:
        seconds: how long it may take, or may make no progress.
        work: what to do.
        done: how much of it is done; while that grows, the work may go on.

    Raises:
        TimeoutError: it took longer.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised again by future.result()
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    seen = -1
    while not wait([future], timeout=seconds).done:
        progress = done() if done else seen
        if progress == seen:
            raise TimeoutError
        seen = progress
    return future.result()
