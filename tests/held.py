"""Processes that a test stops at a known point: one reads a FIFO where it expects a file, and goes no further.

A FIFO opens only when both ends do. So opening it for writing waits for the process to arrive, however busy the
machine, and keeping it open keeps the process there: nothing is timed, and nothing can be missed.
"""

from __future__ import annotations

import os
import select
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def held(fifo: Path, pid: int) -> Iterator[None]:
    """Wait until process ``pid``, or a child of it, reads the FIFO; it is held there until the context ends.

    The FIFO is gone then: whoever looks for the file once more finds none, and waits for nobody.

    Raises:
        ChildProcessError: the process ended without reading the FIFO.
    """
    process = os.pidfd_open(pid)
    over = threading.Event()
    threading.Thread(target=_stand_in, args=(fifo, process, over), daemon=True).start()
    writer = os.open(fifo, os.O_WRONLY)
    try:
        if ended(process):
            raise ChildProcessError(f"the process ended before it read {fifo.name}")
        yield
    finally:
        fifo.unlink()
        over.set()
        os.close(writer)


def _stand_in(fifo: Path, process: int, over: threading.Event) -> None:
    """Open the FIFO in place of a process that has ended, or its test would wait for ever."""
    select.select([process], [], [])
    with suppress(FileNotFoundError):  # it is over already
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        over.wait()
        os.close(reader)
    os.close(process)


def ended(process: int) -> bool:
    """Whether the process behind a file descriptor of ``os.pidfd_open`` has ended."""
    return select.select([process], [], [], 0)[0] == [process]
