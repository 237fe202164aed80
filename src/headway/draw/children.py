"""The child processes of the renderer: started in an environment of their own, and left by one renderer to the next."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import Literal, Self

from headway.ci.process import child_environment

Role = Literal["tables", "programs", "pixels"]

_NEEDED = {"HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "TEMP", "TMP", "TMPDIR"}
_FONTS = Path(__file__).with_name("fonts.conf")


def start(role: Role) -> subprocess.Popen[bytes]:
    """Start a child that a Ctrl-C in the terminal does not reach, as ending it is the parent's decision.

    It draws what strangers may have written, so it sees no token, only what Python and the fonts need. Fonts and time
    zone are Headway's own, so that images do not depend on the machine. ``-P`` keeps it from importing modules of the
    folder that is being reported on in place of ours.
    """
    return subprocess.Popen(  # noqa: S603  the command and the roles are constants
        [sys.executable, "-P", "-m", "headway.draw.worker", role],
        env=child_environment(
            lambda name: name in _NEEDED or name.startswith("PYTHON"), FONTCONFIG_FILE=str(_FONTS), TZ="UTC"
        ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def end(child: subprocess.Popen[bytes]) -> None:
    """End a child, wait for it, and close its pipes."""
    with contextlib.suppress(OSError), child:
        child.kill()


class Children:
    """Idle processes that one renderer leaves to the next, because V8 and polars take a second to start."""

    def __init__(self) -> None:
        self._idle: dict[Role, list[subprocess.Popen[bytes]]] = {}

    def __enter__(self) -> Self:
        return self

    def take(self, role: Role) -> subprocess.Popen[bytes]:
        """A process that is idle, or else a new one."""
        while idle := self._idle.get(role):
            child = idle.pop()
            if child.poll() is None:
                return child
            end(child)
        return start(role)

    def leave(self, role: Role, child: subprocess.Popen[bytes]) -> None:
        """Keep an idle process for the next renderer."""
        self._idle.setdefault(role, []).append(child)

    def __exit__(self, *_: object) -> None:
        for idle in self._idle.values():
            for child in idle:
                end(child)
        self._idle.clear()
