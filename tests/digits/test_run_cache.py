"""Whoever has trained a model has trained it for everybody: DVC's run cache takes every stage that costs something.

dvc.yaml is the real one. The stages' programs are stand-ins: they tell that they run, and write random bytes to what
dvc.yaml declares. So equal bytes were restored, not computed again.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import msgspec
import pytest
from repos import Project

ROOT = Path(__file__).parents[2]
STAGES = ["prepare", "train", "evaluate", "draw"]
STAND_IN = """
import json, os, pathlib, sys

def run(stage):
    for out in json.loads(os.environ["STAND_IN_OUTS"])[stage]:
        path = pathlib.Path(out)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(os.urandom(8).hex())
    with open(os.environ["STAND_IN_RUNS"], "a") as runs:
        print(stage, file=runs)
"""


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the stand-ins tell that they ran."""
    package = tmp_path / "stand-ins/digits"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(STAND_IN)
    for stage in STAGES:
        (package / f"{stage}.py").write_text(f"from digits import run\nrun({stage!r})\n")
    declared = msgspec.yaml.decode((ROOT / "dvc.yaml").read_bytes())["stages"]
    outs = {stage: [*declared[stage].get("outs", []), *declared[stage].get("metrics", [])] for stage in STAGES}
    paths = {stage: [out if isinstance(out, str) else next(iter(out)) for out in outs[stage]] for stage in STAGES}
    monkeypatch.setenv("STAND_IN_OUTS", json.dumps(paths))
    monkeypatch.setenv("STAND_IN_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    return tmp_path / "runs"


def pipeline(folder: Path, remote: Path) -> Project:
    """The pipeline before its first run, committed."""
    project = Project(folder).remote(remote).write("data/digits.csv", "id,label\n")
    shutil.copytree(ROOT / "src/digits", project.root / "src/digits", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copyfile(ROOT / name, project.root / name)
    project.commit()
    return project


def train_for(project: Project, epochs: int) -> None:
    params = (project.root / "params.yaml").read_text()
    before = msgspec.yaml.decode(params)["train"]["epochs"]
    project.write("params.yaml", params.replace(f"epochs: {before}", f"epochs: {epochs}"))


def reproduce(project: Project, runs: Path, *, pull: bool = False) -> list[str]:
    """``dvc repro draw``; the stages that ran."""
    runs.write_text("")
    with project.dvc() as repo:
        repo.reproduce("draw", pull=pull)
    return runs.read_text().split()


def model(project: Project) -> str:
    return (project.root / "models/digits.safetensors").read_text()


def computed(project: Project) -> list[str]:
    paths = ["models/digits.json", "reports/metrics.json", "reports/latency.json"]
    return [model(project), *((project.root / path).read_text() for path in paths)]


@pytest.mark.slow
def test_a_run_is_restored_when_the_code_goes_back_and_the_training_in_another_clone(
    tmp_path: Path, runs: Path
) -> None:
    first = pipeline(tmp_path / "first", tmp_path / "remote")
    second = first.clone(tmp_path / "second")
    assert reproduce(first, runs) == STAGES
    before = computed(first)
    train_for(first, epochs=3)
    assert reproduce(first, runs) == ["train", "evaluate", "draw"]
    assert not set(before) & set(computed(first))

    train_for(first, epochs=200)
    assert reproduce(first, runs) == ["draw"]
    assert computed(first) == before

    # DVC pushes the cached outputs of the last run. The metrics are in git instead, and another clone measures anew.
    with first.dvc() as repo:
        repo.push(run_cache=True)
    assert reproduce(second, runs, pull=True) == ["evaluate", "draw"]
    assert model(second) == model(first)
