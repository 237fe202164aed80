"""Waiting no longer than is reasonable for work that may never end."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def within_seconds(seconds: float, work: Callable[[], T], done: Callable[[], int] | None = None) -> T:
    """Run work that may never end; a daemon thread holds up neither the report nor the end of the program.

    Args:
        seconds: how long it may take, or how long it may stand still.
        work: what to do.
        done: says how much of it is done. While that grows, the work may go on.

    Raises:
        TimeoutError: it took longer.
    """
    answers: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except Exception as error:  # noqa: BLE001 - raised again where the answer is awaited
            answers.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    value, error = _awaited(answers, seconds, done)
    if error is not None:
        raise error
    return value  # type: ignore[return-value]  # an answer without an error has a value


def _awaited(answers: queue.SimpleQueue[T], seconds: float, done: Callable[[], int] | None) -> T:
    seen = -1
    while True:
        try:
            return answers.get(timeout=seconds)
        except queue.Empty:
            if done is None or done() == seen:
                raise TimeoutError from None
            seen = done()
