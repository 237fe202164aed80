"""A job on the main branch of each forge, whose pipeline has new results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cli.promotion.merge_jobs import enter_job, push_main
from publish.requests.request_forges import Host, open_host
from registries import Answer
from repos import Project, train_twice

from headway.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def trained_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = train_twice(Project(tmp_path_factory.mktemp("results") / "project"))
    project.write("notes.txt", "not a result\n").commit("notes")
    return project


@pytest.fixture
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    with open_host(getattr(request, "param", "github"), tmp_path / "host") as opened:
        yield opened


@pytest.fixture
def project(trained_project: Project, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A clone in a job of the forge, on the tip of the main branch."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    project = trained_project.copied(tmp_path / "project")
    project.git("remote", "add", "origin", f"file://{host.bare}")
    push_main(project, host)
    enter_job(host, monkeypatch)
    host.fake.before_request("POST", host.path, host.learn, times=-1)
    monkeypatch.chdir(project.root)
    return project


@pytest.fixture
def headway(project: Project, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    assert project

    def call(*args: str) -> Answer:
        return Answer(run(args), capsys.readouterr())

    return call


def retrain(project: Project, accuracy: float) -> Project:
    """New results of the same code and data, as `dvc repro --force` may give them."""
    project.json("metrics.json", {"acc": accuracy}).write("model.bin", str(accuracy))
    return project.recorded()
