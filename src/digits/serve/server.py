"""The HTTP server: it begins to listen when the model is loaded, and stops without cutting off an answer."""

from __future__ import annotations

import os
import signal
import socket
import sys
from typing import TYPE_CHECKING

import uvicorn

from digits.serve.log import write_line
from digits.serve.protocol import impatient_protocol
from digits.stage import PipelineError

if TYPE_CHECKING:
    from types import FrameType

    from digits.serve.app import Service
    from digits.serve.limits import Limits


class Server(uvicorn.Server):
    """uvicorn's server with an exit code of 0 after a signal, and an end at once after a second one."""

    def __init__(self, service: Service, limits: Limits) -> None:
        super().__init__(
            uvicorn.Config(
                service.app(),
                http=impatient_protocol(limits.body_seconds),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=limits.stop_seconds,
            )
        )
        self._service = service

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say where."""
        await super().startup(sockets)
        for each in sockets or []:
            host, port = each.getsockname()[:2]
            write_line(sys.stdout, f"serving on http://{f'[{host}]' if ':' in host else host}:{port}")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn calls it so
        """Stop at the first signal; at the second one, do what the signal does by itself."""
        if self.should_exit:
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
            os._exit(128 + sig)  # the first process of a container, which the signal by itself does not end
        self.should_exit = True
        self._service.is_stopping = True


def listen(host: str, port: int) -> socket.socket:
    """A socket that accepts connections; port 0 is a free one.

    Raises:
        PipelineError: the port is taken, or the host is not an address of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)  # asyncio turns Nagle's delay off only if it names TCP
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen()
    except (OSError, OverflowError, UnicodeError) as error:
        raise PipelineError(f"cannot listen on {host}:{port}: {error}. Name others with --host and --port.") from error
    return listening
