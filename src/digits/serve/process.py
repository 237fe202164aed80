"""The service as a process of its own, for those who test it from outside."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from digits.stage import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 120
"""After which a service that has not said where it listens is ended."""
ANSWER_SECONDS = 30
STOP_SECONDS = 30


class Answer(NamedTuple):
    """An answer over HTTP."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the service sent
        """The body as JSON.

        Raises:
            PipelineError: it is none.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise PipelineError(f"the service answered {self.status} without JSON.") from error


@dataclass(frozen=True)
class RunningService:
    """A service that listens.

    Attributes:
        process: of the service.
        address: host and port.
    """

    process: subprocess.Popen[str]
    address: str

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Answer:
        """Send one request, on a connection of its own.

        Raises:
            PipelineError: no answer came.
        """
        connection = http.client.HTTPConnection(self.address, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, path, body, {} if body is None else {"Content-Type": kind})
            response = connection.getresponse()
            return Answer(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            raise PipelineError(f"the service did not answer {method} {path}: {error!r}.") from error
        finally:
            connection.close()

    def stop(self) -> int:
        """Stop it as its platform would; its exit code.

        Raises:
            PipelineError: it does not stop.
        """
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise PipelineError(f"the service has not stopped within {STOP_SECONDS} seconds.") from error


@contextmanager
def running_service(*arguments: str) -> Iterator[RunningService]:
    """Start the service on a free port of this machine, and end it in any case.

    Args:
        arguments: of ``python -m digits.serve``.

    Raises:
        PipelineError: it does not start; the message is its own.
    """
    command = [sys.executable, "-m", "digits.serve", "--port", "0", *arguments]
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process,  # noqa: S603 - this package
    ):
        try:
            yield RunningService(process, _address(process, log))
        finally:
            process.kill()


def _address(process: subprocess.Popen[str], log: IO[str]) -> str:
    """Where the service says that it listens."""
    limit = threading.Timer(START_SECONDS, process.kill)
    limit.start()
    try:
        line = process.stdout.readline() if process.stdout else ""
    finally:
        limit.cancel()
    if not line:
        process.wait()
        log.seek(0)
        raise PipelineError(log.read().strip().removeprefix("error: ") or "the service has not started.")
    return urlsplit(line.split()[-1]).netloc
