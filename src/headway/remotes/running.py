"""One command with the remote set up, and nothing of it left behind, whatever ends the command."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from headway.ci.process import signal_name
from headway.errors import SettingsError
from headway.remotes.private_files import folder_for_once, remove

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

    from headway.remotes.configuration import Project

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name))


@contextmanager
def borrowing(project: Project, temporary: Path, apply: Callable[[Path], Path | None]) -> Iterator[Path | None]:
    """A remote for as long as the context lasts; then the local configuration is again what it was.

    Args:
        project: the DVC project.
        temporary: where the private folder is made.
        apply: sets the remote up with that folder and gives the private file that it wrote, if any.
    """
    before = written = _read(project.local)
    folder = folder_for_once(project.root, temporary)
    try:
        try:
            key = apply(folder)
        finally:
            written = _read(project.local)
        yield key
    finally:
        remove(folder)
        _put_back(project, before, written, folder)


def _put_back(project: Project, before: bytes | None, written: bytes | None, folder: Path) -> None:
    if _read(project.local) != written:  # somebody else's work by now, which only loses what this run added
        project.forget_keys(folder)
    elif before is None:
        project.local.unlink(missing_ok=True)
    elif before != written:
        project.local.write_bytes(before)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def run_command(command: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run a command and give its exit code; a signal is passed on to it, and then its end is awaited.

    Raises:
        SettingsError: there is no such command.
    """
    children: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        if not children:  # a signal may come before the child is known here
            early.append(number)
        elif number != signal.SIGINT or not sys.stdin.isatty():  # a terminal has told the child by itself
            children[0].send_signal(number)

    with handling(pass_on):
        try:
            children.append(subprocess.Popen(command, env=dict(environ)))  # noqa: S603 - what the caller asked to run
        except OSError as error:
            raise SettingsError(f"{command[0]} cannot be run: {error.strerror}.") from None
        for number in early:
            children[0].send_signal(number)
        code = children[0].wait()
    if code < 0 and -code not in _SIGNALS:  # what this run was sent itself, or passed on, its sender knows of
        sys.stderr.write(f"{command[0]} was ended by {signal_name(code)}.\n")
    return code if code >= 0 else 128 - code


@contextmanager
def handling(handle: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Have the signals that end a program handled in another way."""
    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def leave(number: int, _: FrameType | None) -> None:
    """Handle a signal by an orderly end, in which every ``finally`` runs."""
    sys.exit(128 + number)
