"""This process's environment, and those of the child processes that it starts. Imports next to nothing."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def process_environment(given: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """The environment that a caller was given, or this process's own where it was given none."""
    return os.environ if given is None else given


def child_environment(may_see: Callable[[str], bool], **added: str) -> dict[str, str]:
    """The environment of a child process.

    Args:
        may_see: whether the child gets this process's variable of that name.
        added: variables that the child gets whatever this process has.
    """
    return {name: value for name, value in os.environ.items() if may_see(name)} | added


def signal_name(exit_code: int) -> str:
    """The name of the signal that ended a child process, by its exit code in Python; empty where none did.

    What ends for lack of memory is killed by the system, or by itself with a trap, as V8 does.
    """
    if exit_code >= 0:
        return ""
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = f"signal {-exit_code}"
    return f"{name} (out of memory?)" if name in ("SIGKILL", "SIGTRAP", "SIGABRT", "SIGILL") else name
