"""docker/health.py, the health check of the prediction image, exits with 0 only if the service says that it is well."""

from __future__ import annotations

import runpy
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from images.dockerfiles import ROOT


def check(port: int) -> int | str | None:
    """Run the health check against a port; what it exits with."""
    module = runpy.run_path(str(ROOT / "docker/health.py"))
    module["main"].__globals__["PORT"] = port
    with pytest.raises(SystemExit) as ended:
        module["main"]()
    return ended.value.code


@pytest.mark.parametrize(("status", "expected"), [(200, 0), (503, "503: stopping")])
def test_a_service_that_stops_is_not_healthy(status: int, expected: int | str) -> None:
    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health" else 404)
            self.end_headers()
            self.wfile.write(b"stopping")

        def log_message(self, *_: object) -> None:
            """Stay silent."""

    with HTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        assert check(server.server_port) == expected
        thread.join()


def test_no_service_is_not_healthy_whatever_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with socket.socket() as taken:  # and nobody listens
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert str(check(port)).startswith(f"no answer on port {port}: ")
