"""A real HTTP/1.1 server on loopback, one thread a connection, that can also fail on purpose."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

from fakes.core.messages import Reply, Request

if TYPE_CHECKING:
    from fakes.core.faults import Fault

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
SLOW_PIECES = 10
POLL = 0.005  # seconds; a closing forge waits this long for each of its servers


Answer = Callable[[Request], tuple[Reply, "Fault"]]
Clock = Callable[[], float]
Sleep = Callable[[float], object]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, site: str, answer: Answer, clock: Clock, sleep: Sleep) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.site = site
        self.answer = answer
        self.clock = clock
        self.sleep = sleep

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are part of the game."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class has this name
        """The forge keeps its own log."""

    def exchange(self) -> None:
        reply, fault = self.server.answer(self._request())
        body = b"" if self.command == "HEAD" else reply.body
        match fault.mode:
            case "whole":
                self.wfile.write(self._head(reply) + body)
            case "slow":
                self._trickle(self._head(reply), body, fault.seconds)
            case "truncated" if body:
                self.wfile.write(self._head(reply) + body[: len(body) // 2])
                self.close_connection = True
            case "silent":
                self.server.sleep(fault.seconds)
                self._reset()
            case _:
                self._reset()

    def _request(self) -> Request:
        path, _, query = self.path.partition("?")
        return Request(
            site=self.server.site,
            method=self.command,
            path=path,
            query_string=query,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(self.headers.get("Content-Length", 0))),
            at=self.server.clock(),
        )

    def _head(self, reply: Reply) -> bytes:
        """The status line and headers; one write with the body, so that no packet waits for another."""
        phrase = self.responses.get(reply.status, ("",))[0]
        headers = {"Server": "headway-testing", **reply.headers, "Content-Length": str(len(reply.body))}
        if reply.status == HTTPStatus.NO_CONTENT:
            del headers["Content-Length"]
        lines = [f"HTTP/1.1 {reply.status} {phrase}", *(f"{name}: {value}" for name, value in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _trickle(self, head: bytes, body: bytes, seconds: float) -> None:
        self.wfile.write(head)
        size = -(-len(body) // SLOW_PIECES) or 1
        for start in range(0, len(body), size):
            self.server.sleep(seconds / SLOW_PIECES)
            self.wfile.write(body[start : start + size])

    def _reset(self) -> None:
        """Close with a TCP reset: linger zero, and no reader left that keeps the socket open."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.rfile.close()
        self.connection.close()


for _method in METHODS:
    setattr(_Handler, f"do_{_method}", _Handler.exchange)


class Listener:
    def __init__(self, site: str, answer: Answer, clock: Clock, sleep: Sleep, *, host: str) -> None:
        self._server = _Server(site, answer, clock, sleep)
        self._thread = Thread(target=self._server.serve_forever, args=(POLL,), daemon=True, name=f"fake {site}")
        self.url = f"http://{host}:{self._server.server_port}"
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
