"""Programs that serve on loopback, and say so in their log."""

from __future__ import annotations

import re
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def logging_server(command: list[str], ready: str) -> Iterator[re.Match[str]]:
    """A server that says on stderr, by a line that a pattern finds, that it serves; gives the match."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as server:
        assert server.stderr is not None
        try:
            said = next(filter(None, (re.search(ready, line) for line in server.stderr)), None)
            assert said is not None, f"{command} ended"
            threading.Thread(target=server.stderr.read, daemon=True).start()  # a full pipe would hold the server up
            yield said
        finally:
            server.terminate()
            server.wait(5)
