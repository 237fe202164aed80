"""Running a command whose signals are passed on."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from headway.remotes.running import deferred_signals, run_command, signal_handler

if TYPE_CHECKING:
    import pytest


def test_no_wait_is_without_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python handles a signal that arrives just before a blocking call only when the call returns."""
    limits = []

    class Child(subprocess.Popen[bytes]):
        def wait(self, timeout: float | None = None) -> int:
            limits.append(timeout)
            if len(limits) == 1:
                raise subprocess.TimeoutExpired(self.args, 0.0)
            return super().wait(timeout)

    monkeypatch.setattr("headway.remotes.running.subprocess.Popen", Child)
    environ: dict[str, Any] = {}
    assert run_command([sys.executable, "-c", "raise SystemExit(7)"], environ) == 7
    assert len(limits) > 1
    assert None not in limits


def test_a_deferred_signal_is_handled_at_the_end() -> None:
    seen: list[int] = []
    with signal_handler(lambda number, _: seen.append(number)):
        with deferred_signals():
            signal.raise_signal(signal.SIGTERM)
            assert not seen
        assert seen == [signal.SIGTERM]
