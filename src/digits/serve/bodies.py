"""What is left of a body after an early answer."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyDrain:
    """An application around another one, which reads the rest of a body after it was answered.

    A connection that is closed while bytes arrive is reset, and the client, which still sends, never sees its answer.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app = app
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        end = asyncio.get_running_loop().time() + self._seconds
        has_more = True

        async def receive_and_note() -> Message:
            nonlocal has_more
            message = await receive()
            has_more = message.get("more_body", False)
            return message

        async def send_and_drain(message: Message) -> None:
            if message["type"] != "http.response.body" or message.get("more_body") or not has_more:
                await send(message)
                return
            await send({**message, "more_body": True})  # the client has its answer, and the connection stays open
            with suppress(TimeoutError):
                async with asyncio.timeout_at(end):
                    while has_more:
                        await receive_and_note()
            await send({"type": "http.response.body"})

        await self._app(scope, receive_and_note, send_and_drain)
