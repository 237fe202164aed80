"""Progress in a notebook: one line below the cell, which is replaced as the work goes on.

It uses the display of the running kernel and needs neither widgets nor an import of IPython.
"""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from headway.gather import Progress, Quiet
from headway.numbers import format_bytes
from headway.report.escaping import clean
from headway.report.formatting import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PAUSE = 0.1
"""Seconds between two counts of a batch: a frontend discards what comes too fast."""


@contextmanager
def notebook_progress(shell: Any = None) -> Iterator[Progress]:  # noqa: ANN401 - IPython's shell, if there is one
    """Show progress while the body runs in a notebook; elsewhere, show nothing.

    What was fetched remains, in one line; if nothing was, the line is empty at the end.
    """
    shell = shell or _kernel_shell()
    if shell is None:
        yield Quiet()
        return
    progress = NotebookLine(shell.display_pub.publish)
    try:
        yield progress
    finally:
        progress.close()


def _kernel_shell() -> Any:  # noqa: ANN401 - as above
    """The shell of the kernel that this code runs in; ``None`` in a terminal or a script.

    Another thread may be importing IPython, and other notebooks have shells of their own, which lack parts.
    """
    get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = get_ipython() if get_ipython else None
    return shell if getattr(shell, "kernel", None) and hasattr(shell, "display_pub") else None


class NotebookLine:
    """A line that says what is being done.

    Args:
        publish: IPython's ``DisplayPublisher.publish``.
    """

    def __init__(self, publish: Callable[..., None]) -> None:
        self._publish = publish
        self._id = uuid4().hex
        self._is_shown = False
        self._fetched: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()
        self._next = 0.0

    def step(self, what: str) -> None:
        """Show what is done now."""
        self._show(f"Headway: {what} ...")

    def log(self, line: str) -> None:
        """Show what git is asked for."""
        self.step(line)

    def transferring(self, remote: str, done: int, files: int, size: int) -> None:
        """Show the files and bytes so far, a few times a second at the most."""
        with self._lock:
            now = time.monotonic()
            if now < self._next:
                return
            self._next = now + _PAUSE
        self.step(f"fetching from remote {remote!r}: {done:,} of {files:,} files, {format_bytes(size)}")

    def fetched(self, remote: str, files: int, size: int) -> None:
        """Add a batch to what came from this remote before."""
        with self._lock:
            known_files, known_size = self._fetched.get(remote, (0, 0))
            self._fetched[remote] = known_files + files, known_size + size

    def close(self) -> None:
        """Leave what came from each remote."""
        fetched = (
            f"{count(files, 'file')}, {format_bytes(size)}, from remote {remote!r}"
            for remote, (files, size) in self._fetched.items()
            if files
        )
        lines = "; ".join(fetched)
        self._show(f"Headway fetched {lines}." if lines else "")

    def _show(self, text: str) -> None:
        with self._lock:
            self._publish({"text/plain": clean(text)}, {}, transient={"display_id": self._id}, update=self._is_shown)
            self._is_shown = True
