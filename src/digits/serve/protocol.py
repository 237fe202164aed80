"""uvicorn's HTTP protocol with one more limit: a request that never arrives does not hold its connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

_ARRIVED = (h11.DONE, h11.MUST_CLOSE, h11.CLOSED, h11.ERROR)


def impatient_protocol(seconds: float) -> type[H11Protocol]:
    """A protocol that closes a connection whose request does not arrive within some seconds.

    uvicorn limits only the time between two requests. The service itself limits the time of a body that it reads; this
    is for what it never sees: slow headers, and the rest of a body after an early answer.
    """

    class Protocol(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
            super().connection_made(transport)
            self._deadline = self.loop.call_later(seconds, self._give_up)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.conn.their_state in _ARRIVED:
                self._clear_deadline()
            elif self._deadline is None:
                self._deadline = self.loop.call_later(seconds, self._give_up)

        def connection_lost(self, exc: Exception | None) -> None:
            self._clear_deadline()
            super().connection_lost(exc)

        def _clear_deadline(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def _give_up(self) -> None:
            if self.cycle is None or self.cycle.response_complete:
                self.transport.close()
            else:  # the service reads the body, and answers 408 itself
                self._deadline = self.loop.call_later(seconds, self._give_up)

    return Protocol
