"""docs/serving.md tells the truth: its commands print what it shows, in its order; its limits are those of the code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from registry.test_readers import tag_all
from repos import Project

from digits.serve.limits import Limits
from digits.serve.process import running_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from digits.serve.process import RunningService

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/serving.md").read_text()
SERVE = "python -m digits.serve"
SHOWN_ADDRESS = "127.0.0.1:8080"


def steps() -> Iterator[tuple[str, str]]:
    """Each command of the page, and what it shows as its output."""
    for block in re.findall(r"```console\n(.*?)```", PAGE, flags=re.DOTALL):
        for step in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = step.partition("\n")
            yield command, output


def pattern(output: str) -> str:
    """What an output may be: other numbers and hashes of another model, and anything for an ellipsis."""
    text = re.escape(output).replace(r"\.\.\.", ".*")
    return re.sub(r"[0-9a-f]{12,64}", "[0-9a-f]+", re.sub(r"0\\\.\d+|100\\\.0%", r"[\\d.]+%?", text))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, copy_repository: Callable[[Path], None]) -> Project:
    """A copy of this repository whose commit is in production."""
    folder = tmp_path_factory.mktemp("served")
    project = Project(folder / "digits", dvc=False)
    copy_repository(project.root)
    sha = project.commit("the model of today")
    tag_all(project, [("digits@v0.0.1", sha, 1735689600), ("digits#production#1", sha, 1735689601)])
    return project


def run(project: Project, command: str) -> str:
    environ = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(project.root / "src"),
        "SHA": project.git("rev-parse", "HEAD"),
        "URL": f"file://{project.root}",
    }
    shell = ["bash", "-c", command]
    return subprocess.run(
        shell, cwd=project.root, env=environ, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ).stdout


@pytest.mark.slow
def test_each_command_of_the_page_prints_what_it_shows(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = split(list(steps()))
    for command, output in before:
        assert re.fullmatch(pattern(output), run(project, command)), command
    monkeypatch.chdir(project.root)
    with running_service() as service:
        for command, output in after:
            assert re.fullmatch(pattern(output), run(project, at(service, command))), command
        assert service.stop() == 0


def split(steps: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The steps before and after that which serves."""
    (serving,) = (place for place, (command, _) in enumerate(steps) if command.startswith(SERVE))
    assert steps[serving][1] == f"serving on http://{SHOWN_ADDRESS}\n"
    return steps[:serving], steps[serving + 1 :]


def at(service: RunningService, command: str) -> str:
    return command.replace(SHOWN_ADDRESS, service.address)


def test_the_limits_of_the_page_are_those_of_the_code() -> None:
    shown = dict(re.findall(r"^\| `--([a-z-]+)` \| (\d+) \|", PAGE, flags=re.MULTILINE))
    assert {name.replace("-", "_"): int(value) for name, value in shown.items()} == msgspec.to_builtins(Limits())
