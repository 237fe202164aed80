"""This process's environment, and those of its child processes. Imports next to nothing."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def process_environment(given: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """The environment that a caller was given, or this process's own."""
    return os.environ if given is None else given


def child_environment(may_see: Callable[[str], bool], **added: str) -> dict[str, str]:
    """The variables of this process that a child may see, and added ones."""
    return {name: value for name, value in os.environ.items() if may_see(name)} | added


def signal_name(exit_code: int) -> str:
    """The name of the signal that ended a child process; empty where none did.

    Without memory, the system kills a process, or the process traps, as V8 does.
    """
    if exit_code >= 0:
        return ""
    try:
        name = signal.Signals(-exit_code).name
    except ValueError:
        name = f"signal {-exit_code}"
    return f"{name} (out of memory?)" if name in ("SIGKILL", "SIGTRAP", "SIGABRT", "SIGILL") else name
