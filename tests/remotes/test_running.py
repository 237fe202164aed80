"""Running a command whose signals are passed on."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

from headway.remotes.running import run_command

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
