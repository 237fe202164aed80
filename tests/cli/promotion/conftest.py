"""A project with versions of a model, its clone with a remote, a forge, and the command to run in the clone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from publish.requests.request_forges import Host, open_host
from registries import Answer, trained_versions
from repos import Project

from headway.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return trained_versions(tmp_path_factory.mktemp("origin") / "project")


@pytest.fixture(scope="session")
def _published(origin: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project and its remote."""
    folder = tmp_path_factory.mktemp("published")
    project = origin.copied(folder / "project")
    project.git("init", "--quiet", "--bare", "--initial-branch=main", str(folder / "remote"))
    project.git("remote", "add", "origin", f"file://{folder / 'remote'}")
    project.git("push", "--quiet", "origin", "main")
    project.git("fetch", "--quiet")
    return folder


@pytest.fixture
def project(_published: Path, tmp_path: Path) -> Project:
    """A clone of a remote beside it."""
    shutil.copytree(_published, tmp_path, symlinks=True, dirs_exist_ok=True)
    config = tmp_path / "project/.git/config"
    config.write_text(config.read_text().replace(str(_published), str(tmp_path)))
    return Project(tmp_path / "project", git=False)


@pytest.fixture
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    """A forge, by default GitHub."""
    with open_host(getattr(request, "param", "github"), tmp_path / "host") as opened:
        yield opened


@pytest.fixture
def headway(project: Project, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*args: str, on: Project = project) -> Answer:
        return Answer(run([args[0], *args[1:], "-C", str(on.root)]), capsys.readouterr())

    return call
