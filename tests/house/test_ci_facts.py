"""What docs/remotes.md says of DVC in CI, shown on a real repository: what is pulled, and what the run cache saves."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from repos import Project

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = "python -c \"import pathlib as p; p.Path('{out}').write_bytes(p.Path('{dep}').read_bytes()[:{size}])\""
PIPELINE = {
    "stages": {
        "prepare": {
            "cmd": PYTHON.format(dep="raw.bin", out="table.bin", size=5000),
            "deps": ["raw.bin"],
            "outs": ["table.bin"],
        },
        "train": {
            "cmd": PYTHON.format(dep="table.bin", out="model.bin", size=3000) + " && echo trained >> runs.txt",
            "deps": ["table.bin"],
            "params": ["train.lr"],
            "outs": ["model.bin"],
        },
        "evaluate": {
            "cmd": PYTHON.format(dep="model.bin", out="metrics.json", size=0) + " && echo '{\"a\": 1}' > metrics.json",
            "deps": ["model.bin"],
            "params": ["evaluate.top"],
            "metrics": [{"metrics.json": {"cache": False}}],
        },
    }
}


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A pipeline that has run, its data and its run cache pushed."""
    folder = tmp_path_factory.mktemp("facts")
    project = Project(folder / "origin").remote(folder / "store")
    project.write("raw.bin", b"r" * 9000).write("other.bin", b"o" * 7000).add("raw.bin", "other.bin")
    params(project, lr=1).dvc_yaml(PIPELINE).write(".gitignore", "*.bin\nruns.txt\n")
    reproduce(project)
    project.commit()
    return project


@pytest.fixture
def clone(origin: Project, tmp_path: Path) -> Project:
    """A fresh clone with an empty cache, as a CI job has it; the remote is the same."""
    return origin.clone(tmp_path / "clone")


def params(project: Project, lr: int, top: int = 1) -> Project:
    return project.write("params.yaml", f"train: {{lr: {lr}}}\nevaluate: {{top: {top}}}\n")


def reproduce(project: Project, **options: bool) -> None:
    """``dvc repro`` with options; without, and pushed with ``dvc push --run-cache``, it is another's run."""
    with project.dvc() as repo:
        repo.reproduce(**options)
        if not options:
            repo.push(run_cache=True)


def pulled(project: Project) -> set[int]:
    """What the cache holds, by size: 9000 raw, 7000 other data, 5000 table, 3000 model; metrics are far smaller."""
    files = (path for path in (project.root / ".dvc/cache/files").rglob("*") if path.is_file())
    return {size for path in files if (size := path.stat().st_size) > 100}


def test_repro_pulls_only_the_inputs_of_the_stages_that_run(clone: Project) -> None:
    reproduce(params(clone, lr=1, top=2), pull=True, allow_missing=True)
    assert pulled(clone) == {3000}
    assert not (clone.root / "raw.bin").exists()
    assert "top: 2" in (clone.root / "dvc.lock").read_text().replace("evaluate.top", "top")


def test_without_allow_missing_it_pulls_what_every_stage_needs(clone: Project) -> None:
    reproduce(params(clone, lr=1, top=2), pull=True)
    assert pulled(clone) == {9000, 5000, 3000}


def test_an_unchanged_pipeline_pulls_nothing(clone: Project) -> None:
    reproduce(clone, pull=True, allow_missing=True)
    assert pulled(clone) == set()


@pytest.mark.slow
def test_a_run_that_somebody_pushed_is_not_repeated(origin: Project, clone: Project) -> None:
    reproduce(params(origin, lr=2))
    (origin.root / "runs.txt").unlink()
    reproduce(params(clone, lr=2), pull=True, allow_missing=True)  # dvc.lock still records the run with 1
    assert not (clone.root / "runs.txt").exists()
    assert "lr: 2" in (clone.root / "dvc.lock").read_text().replace("train.lr", "lr")
    reproduce(params(clone, lr=3), pull=True, allow_missing=True)
    assert (clone.root / "runs.txt").exists()


def test_without_the_run_cache_it_is_repeated(origin: Project, clone: Project) -> None:
    shutil.rmtree(origin.root.parent / "store/runs")
    reproduce(params(clone, lr=2), pull=True, allow_missing=True)
    assert (clone.root / "runs.txt").exists()
