"""uvicorn's HTTP protocol with limits of time: neither a request nor an answer holds its connection for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

_ARRIVED = (h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR)


def impatient_protocol(seconds: float) -> type[H11Protocol]:
    """A protocol that closes a connection whose request does not arrive, or whose answer is not read, within seconds.

    uvicorn limits only the time between two requests. The service itself limits the time of a body that it reads; this
    is for what it never sees: slow headers, and a client that does not read.
    """

    class Protocol(_ImpatientProtocol):
        SECONDS = seconds

    return Protocol


class _ImpatientProtocol(H11Protocol):
    SECONDS: ClassVar[float]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._arriving = _Deadline(self.loop, self.SECONDS, self._give_up)
        self._reading = _Deadline(self.loop, self.SECONDS, transport.abort)  # to close it would wait for the reader
        self._arriving.start()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state in _ARRIVED:
            self._arriving.clear()
        else:
            self._arriving.start()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reading.start()

    def resume_writing(self) -> None:
        self._reading.clear()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._arriving.clear()
        self._reading.clear()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            super().send_400_response(msg)
        else:  # the answer has begun, and h11 raises an error for a second one
            self.transport.close()

    def _give_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        else:  # the service reads the body, and answers 408 itself
            self._arriving.start()


class _Deadline:
    """Calls something after some seconds, unless it is cleared before."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, callback: Callable[[], None]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._callback = callback
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to wait, if it does not wait already."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._end)

    def clear(self) -> None:
        """Wait no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        self._callback()
