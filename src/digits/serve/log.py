"""One line for each request: method, path, status, rows and milliseconds. Never a body."""

from __future__ import annotations

import sys
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SHOWN_CHARACTERS = 200


class RequestLog:
    """An application around another one, which logs its requests."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, start = 0, perf_counter()

        async def send_and_note(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        scope["state"] = state = dict(scope.get("state", {}))  # endpoints say here how many rows there were
        try:
            await self._app(scope, receive, send_and_note)
        finally:
            asked = f"{scope['method']} {scope['raw_path'].decode('ascii', 'replace')}"  # neither has line ends
            rows, milliseconds = state.get("rows", 0), (perf_counter() - start) * 1e3
            write_line(sys.stderr, f"{asked[:_SHOWN_CHARACTERS]} {status} {rows} rows {milliseconds:.1f} ms")


def write_line(stream: TextIO | None, line: str) -> None:
    """Write a line, if that is possible: the service goes on without its log where a disk is full or nobody listens.

    Args:
        stream: ``None`` is one that was closed when the program started.
    """
    if stream is None:
        return
    with suppress(OSError):
        stream.write(f"{line}\n")
        stream.flush()
