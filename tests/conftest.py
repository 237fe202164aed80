"""What every test has: an environment in which git and DVC see nothing of the machine."""

from __future__ import annotations

import gc
import signal
from typing import TYPE_CHECKING, Any

import hypothesis
import pytest
from repos import CI_VARIABLES, Project, isolated_environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headway.draw.children import Children

# By default, Python looks for garbage after every 700 new objects, and each time calls hypothesis twice.
gc.set_threshold(10_000, 20, 20)

# A test never fails by the clock of a busy machine, nor by other examples than the last time.
hypothesis.settings.register_profile("headway", deadline=None, derandomize=True, max_examples=40)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=400)  # make test-properties
hypothesis.settings.load_profile("headway")


@pytest.fixture(scope="session", autouse=True)
def _interruptible() -> None:
    """A suite that a shell started in the background ignores SIGINT, and so would every process that it starts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _isolated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in isolated_environment(tmp_path_factory.mktemp("home")).items():
            patch.setenv(name, value)
        for name in CI_VARIABLES:
            patch.delenv(name, raising=False)
        yield


@pytest.fixture(scope="module")
def _idle_children() -> Iterator[Children]:
    from headway.draw.children import Children  # noqa: PLC0415 - most modules draw nothing

    with Children() as children:
        yield children


@pytest.fixture
def shared_children(_idle_children: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's reports take over the processes of the module's earlier ones, as those of ``--all-projects`` do.

    Otherwise each waits a second for V8 and polars.
    """
    from headway.draw.renderer import Renderer  # noqa: PLC0415 - most modules draw nothing

    initialise = Renderer.__init__

    def with_children(renderer: Renderer, **options: Any) -> None:
        initialise(renderer, **{**options, "children": _idle_children})

    monkeypatch.setattr(Renderer, "__init__", with_children)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty DVC project at the root of its git repository, on branch main, nothing committed."""
    return Project(tmp_path / "project")
