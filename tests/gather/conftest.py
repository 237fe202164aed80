"""A trained project, and a view of one side of a project that is closed when the test ends."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

import pytest
from repos import Project

from headway.gather import Repository, View

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headway.values.revision import Side


class Opener(Protocol):
    """``view(project)`` is the workspace as head, ``view(project, "main")`` a commit as base."""

    def __call__(self, project: Project | Path, name: str | None = None, side: Side | None = None) -> View: ...


@pytest.fixture
def view() -> Iterator[Opener]:
    with ExitStack() as opened:

        def open_view(project: Project | Path, name: str | None = None, side: Side | None = None) -> View:
            repository = opened.enter_context(Repository.open(getattr(project, "root", project)))
            return repository.view(repository.resolve_head(name), side or ("base" if name else "head"))

        yield open_view


PIPELINE = {
    "stages": {
        "train": {
            "cmd": "true",
            "deps": ["code.py"],
            "params": ["lr"],
            "metrics": [{"metrics.json": {"cache": False}}],
            "outs": ["model.bin"],
        }
    }
}


def train_twice(project: Project) -> Project:
    """Two commits on main: accuracy 0.9 with a learning rate of 0.1, then 0.95 with 0.2; the model is cached."""
    for lr, accuracy in ((0.1, 0.9), (0.2, 0.95)):
        project.write("code.py", "").write("params.yaml", f"lr: {lr}\n").json("metrics.json", {"acc": accuracy})
        project.write("model.bin", str(lr)).dvc_yaml(PIPELINE).recorded().commit()
    return project


@pytest.fixture(scope="session")
def _trained_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return train_twice(Project(tmp_path_factory.mktemp("trained") / "project"))


@pytest.fixture
def trained(_trained_once: Project, tmp_path: Path) -> Project:
    """A copy of the project of :func:`train_twice`."""
    return Project(shutil.copytree(_trained_once.root, tmp_path / "trained"), git=False)
