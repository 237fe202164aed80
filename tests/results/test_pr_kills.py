"""``headway pr`` killed before any command of git and any request, and run again: it ends as a clean run ends."""

from __future__ import annotations

import itertools
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest
from results.conftest import retrain

from headway.publish.http import session

if TYPE_CHECKING:
    from collections.abc import Callable

    from publish.requests.request_forges import Host
    from registries import Answer
    from repos import Project

BRANCH = "headway/results/main"


class Killed(BaseException):
    """The process ended here."""


def end(host: Host) -> tuple[object, ...]:
    """What people see: the files of the branch, its parent, and the requests."""
    requests = [(each.head, each.base, each.title, each.body, each.state) for each in host.open_requests()]
    return host.git("rev-parse", f"{BRANCH}^{{tree}}", f"{BRANCH}^"), requests


class Kill:
    """Counts the steps that others could see the effect of, and ends the process before or after one of them."""

    def __init__(self, step: int | None, *, after: bool = False) -> None:
        self.steps: list[str] = []
        self._step, self._after = step, after

    def around(self, step: str, call: Callable[[], Any]) -> Any:
        if threading.current_thread() is not threading.main_thread():  # the forge's own commands
            return call()
        met = len(self.steps) == self._step
        self.steps.append(step)
        if met and not self._after:
            raise Killed
        result = call()
        if met:
            raise Killed
        return result


def apply(kill: Kill, monkeypatch: pytest.MonkeyPatch) -> Kill:
    def patched(module: Any, name: str, label: Callable[..., str]) -> None:
        real = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda *given, **more: kill.around(label(*given), lambda: real(*given, **more))
        )

    patched(subprocess, "run", lambda command, *_: f"git {command[1]}")
    patched(session.Session, "_try", lambda _, request, *__: str(request.method))
    return kill


@pytest.mark.slow
@pytest.mark.parametrize("host", ["github", "gitlab"], indirect=True)
def test_killed_before_any_step_and_run_again_it_ends_the_same(
    host: Host, project: Project, headway: Callable[..., Answer]
) -> None:
    retrain(project, 0.97)
    with pytest.MonkeyPatch.context() as patch:
        steps = apply(Kill(None), patch).steps
        assert headway("pr", "dvc.lock", "metrics.json").code == 0
    clean = end(host)
    assert {"git push", "POST"} <= set(steps)
    for step, after in itertools.product(range(len(steps)), (False, True)):
        reset(host)
        with pytest.MonkeyPatch.context() as patch:
            apply(Kill(step, after=after), patch)
            with pytest.raises(Killed):
                headway("pr", "dvc.lock", "metrics.json")
        assert headway("pr", "dvc.lock", "metrics.json").code == 0
        assert end(host) == clean, f"killed {'after' if after else 'before'} step {step}, {steps[step]}"


def reset(host: Host) -> None:
    """A forge without the branch and its request."""
    host.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    host.fake._state.pull_requests.clear()  # noqa: SLF001 - the fake's own book
