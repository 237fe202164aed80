"""A trained project, and a view of one side of a project that is closed when the test ends."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
from repos import Opener, Project, train_twice

from headway.gather import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headway.gather import RevisionReader
    from headway.values.revision import Side


@pytest.fixture
def view() -> Iterator[Opener]:
    with ExitStack() as opened:

        def open_view(project: Project, name: str | None = None, side: Side | None = None) -> RevisionReader:
            repository = opened.enter_context(Repository.open(project.root))
            return repository.open_revision(repository.resolve_head(name), side or ("base" if name else "head"))

        yield open_view


@pytest.fixture(scope="session")
def _trained_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return train_twice(Project(tmp_path_factory.mktemp("trained") / "project"))


@pytest.fixture
def trained(_trained_once: Project, tmp_path: Path) -> Project:
    """A copy of the project of :func:`train_twice`."""
    return Project(shutil.copytree(_trained_once.root, tmp_path / "trained"), git=False)
