"""One command with the remote set up, and nothing of the set-up left behind, however the command ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from headway.ci.process import signal_name
from headway.errors import SettingsError
from headway.remotes.private_files import remove

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

    from headway.remotes.configuration import ProjectConfig

_STEP = 1.0
"""Seconds after which a wait begins anew."""
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT") if hasattr(signal, name))


@contextmanager
def temporary_remote(project: ProjectConfig, folder: Path, set_up: Callable[[], Path | None]) -> Iterator[Path | None]:
    """A remote for as long as the context lasts; then ``config.local`` is what it was, and the private folder is gone.

    ``set_up`` sets the remote up, and returns the private file that it wrote to the folder, if any.
    """
    before = written = _read(project.local)
    try:
        try:
            key = set_up()
        finally:
            written = _read(project.local)
        yield key
    finally:
        remove(folder)
        _restore(project, before, written, folder)


def _restore(project: ProjectConfig, before: bytes | None, written: bytes | None, folder: Path) -> None:
    if _read(project.local) != written:  # the command has changed it, and keeps its changes
        project.forget_keys(folder)
    elif before is None:
        project.local.unlink(missing_ok=True)
    elif before != written:
        project.local.write_bytes(before)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def run_command(
    command: Sequence[str],
    environ: Mapping[str, str],
    on_signal: Callable[[int], object] = lambda _: None,
    *,
    folder: Path | None = None,
) -> int:
    """Run a command and return its exit code; signals are passed on to it, and its end is awaited.

    Args:
        command: the command with its arguments.
        environ: its environment.
        on_signal: gets the number of each signal that this process receives meanwhile.
        folder: where it runs; ``None`` for the current folder.

    Raises:
        SettingsError: there is no such command.
    """
    children: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def pass_on(number: int, _: FrameType | None) -> None:
        on_signal(number)
        if not children:  # a signal may come before Popen has returned
            early.append(number)
        elif number != signal.SIGINT or not sys.stdin.isatty():  # a terminal sends SIGINT to the child itself
            children[0].send_signal(number)

    with signal_handler(pass_on):
        try:
            children.append(subprocess.Popen(command, env=dict(environ), cwd=folder))  # noqa: S603 - what the caller asked to run
        except OSError as error:
            raise SettingsError(f"{command[0]} cannot be run: {error.strerror}.") from None
        for number in early:
            children[0].send_signal(number)
        code = _wait_in_steps(children[0])
    if code < 0 and -code not in _SIGNALS:  # whoever sent one of those knows
        sys.stderr.write(f"{command[0]} was ended by {signal_name(code)}.\n")
    return code if code >= 0 else 128 - code


def _wait_in_steps(child: subprocess.Popen[bytes]) -> int:
    """Wait for a child's end: a signal just before a wait without a limit would be handled only after it."""
    while True:
        try:
            return child.wait(timeout=_STEP)
        except subprocess.TimeoutExpired:
            continue


@contextmanager
def signal_handler(handle: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Handle the signals that end a program."""
    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def deferred_signals() -> Iterator[None]:
    """Handle the signals that end a program at the end of the context."""
    early: list[int] = []
    try:
        with signal_handler(lambda number, _: early.append(number)):
            yield
    finally:
        for number in early:
            signal.raise_signal(number)


def exit_on_signal(number: int, _: FrameType | None) -> None:
    """Exit in an orderly way, in which every ``finally`` runs."""
    sys.exit(128 + number)
