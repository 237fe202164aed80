"""The service as a process: it says where it listens, stops without cutting off an answer, and gives up the slow."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from digit_service import digit, write_weights

from digits import predict, smoke_test
from digits.serve import __main__ as start
from digits.serve import command as serve
from digits.serve.process import running_service
from digits.serve.server import listen
from digits.stage import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

    from digits.serve.process import RunningService

BODY = json.dumps({"digits": [digit("a")]}).encode()
HEAD = (
    b"POST /predict HTTP/1.1\r\nHost: digits\r\nContent-Type: application/json\r\n"
    b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY)
)

ONE_SIGNAL_WHILE_LOADING = """
import os, signal, sys, types
import digits.serve.__main__ as start

print("first" if os.getpid() == 1 else "not the first", flush=True)
sys.modules["digits.serve.command"] = types.SimpleNamespace(main=lambda: signal.raise_signal(signal.SIGTERM))
start.main()
"""
TWO_SIGNALS = """
import os, signal
from unittest.mock import Mock
from digits.serve.limits import Limits
from digits.serve.server import Server

print("first" if os.getpid() == 1 else "not the first", flush=True)
server = Server(Mock(), Limits())
server.handle_exit(signal.SIGTERM, None)
server.handle_exit(signal.SIGTERM, None)
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_weights(tmp_path_factory.mktemp("model") / "digits.safetensors")


def connect(service: RunningService) -> socket.socket:
    host, _, port = service.address.rpartition(":")
    return socket.create_connection((host, int(port)))


@contextmanager
def request_in_flight(service: RunningService) -> Iterator[socket.socket]:
    """A request whose body the service waits for."""
    with connect(service) as connection:
        connection.sendall(HEAD)
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")
        yield connection


def wait_until_closed(service: RunningService) -> None:
    """Until the service accepts no more connections, which it does not before it has seen the signal."""
    while True:
        try:
            connect(service).close()
        except OSError:
            return


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(9999), b""))


def test_a_signal_ends_it_when_the_request_in_flight_is_answered(model: Path) -> None:
    with running_service("--model", str(model)) as service:
        with request_in_flight(service) as connection:
            service.process.send_signal(signal.SIGTERM)
            wait_until_closed(service)
            connection.sendall(BODY)
            answer = read_all(connection)
        assert answer.startswith(b"HTTP/1.1 200")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["predictions"][0]["id"] == "a"
        assert service.process.wait() == 0


@pytest.mark.slow
def test_a_second_signal_ends_it_at_once(model: Path) -> None:
    with running_service("--model", str(model)) as service, request_in_flight(service):
        service.process.send_signal(signal.SIGTERM)
        wait_until_closed(service)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait() == -signal.SIGTERM


@pytest.mark.slow
def test_a_client_that_wants_its_connection_closed_sees_why_its_long_body_is_refused(model: Path) -> None:
    with running_service("--model", str(model)) as service, connect(service) as connection:
        head = b"POST /predict HTTP/1.1\r\nHost: digits\r\nConnection: close\r\nContent-Type: application/json\r\n"
        connection.sendall(b"%sContent-Length: 30000000\r\n\r\n" % head + b"1" * 30_000_000)
        assert read_all(connection).startswith(b"HTTP/1.1 413")


def test_a_signal_ends_it_before_it_has_loaded_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> None:
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setitem(sys.modules, "digits.serve.command", Mock(main=load))
    usual = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit, match="143"):
            start.main()
    finally:
        signal.signal(signal.SIGTERM, usual)


def test_it_can_be_stopped_before_it_imports_what_takes_seconds() -> None:
    code = "import sys, digits.serve.__main__; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("script", [ONE_SIGNAL_WHILE_LOADING, TWO_SIGNALS], ids=["while loading", "twice"])
def test_signals_end_it_as_the_first_process_of_a_container(script: str) -> None:
    unshare = ["unshare", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*unshare, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user cannot make a namespace of processes")
    ended = subprocess.run([*unshare, sys.executable, "-c", script], check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (128 + signal.SIGTERM, "first\n"), ended.stderr


@pytest.mark.slow
def test_a_request_that_is_never_complete_is_given_up(model: Path) -> None:
    with running_service("--model", str(model), "--stop-seconds", "1") as service, request_in_flight(service) as half:
        service.process.send_signal(signal.SIGTERM)
        assert read_all(half).startswith(b"HTTP/1.1 503")
        assert service.process.wait() == 0


def test_answers_are_sent_without_delay() -> None:
    with listen("127.0.0.1", 0) as listening:
        assert listening.proto == socket.IPPROTO_TCP, "or asyncio leaves Nagle's algorithm on: 40 ms an answer"


def test_a_port_that_is_taken_is_an_error(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setattr("sys.argv", ["digits.serve", "--model", str(model), "--port", port])
        with pytest.raises(PipelineError, match=rf"cannot listen on 127\.0\.0\.1:{port}(.|\n)*--port"):
            serve.main()


@pytest.mark.parametrize("command", [predict, serve, smoke_test], ids=["predict", "serve", "smoke_test"])
def test_help_has_an_example(
    command: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["command", "--help"])
    with pytest.raises(SystemExit, match="0"):
        command.main()
    assert re.search(r"examples?:\n +python -m digits\.", capsys.readouterr().out, re.IGNORECASE)


@pytest.mark.parametrize("words", ["--rows 0", "--concurrency -1", "--body-seconds nan", "--body-seconds inf"])
def test_a_limit_that_is_none_is_wrong_usage(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["digits.serve", *words.split()])
    with pytest.raises(SystemExit, match="2"):
        serve.main()


class TestSmokeTest:
    @pytest.mark.slow
    def test_fails_for_a_model_that_reads_nothing(
        self, model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr("sys.argv", ["digits.smoke_test", str(model)])
        with pytest.raises(PipelineError, match="at least 90% should be right"):
            smoke_test.main()
        assert "of 200 digits right" in capsys.readouterr().out

    @pytest.mark.slow
    def test_fails_in_the_words_of_a_service_that_does_not_start(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "broken.safetensors").write_bytes(b"x")
        monkeypatch.setattr("sys.argv", ["digits.smoke_test", str(tmp_path / "broken.safetensors")])
        with pytest.raises(PipelineError, match="is not a complete file of safetensors"):
            smoke_test.main()
