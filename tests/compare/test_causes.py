"""Why stages ran differently, and which data changed, between commits of a real pipeline with generated stages."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from repos import Project

import headway
from headway.app.comparison import Request
from headway.app.data import build_data
from headway.values.dataset import TableChange

if TYPE_CHECKING:
    from pathlib import Path

    from headway.values.comparison import Comparison

IGNORED = "".join(f"/{path}\n" for path in ("clean-*", "model-*", "best", "report.csv"))


def pipeline(**changed: Any) -> dict[str, Any]:
    """A ``foreach`` stage, a ``matrix`` stage after it, and one that reads some of what they make."""
    each = {
        "foreach": "${each}",
        "do": {
            "cmd": "clean ${key} ${item.lr}",
            "deps": ["${key}.csv", "clean.py"],
            "params": ["each.${key}.lr"],
            "outs": ["clean-${key}"],
        },
    }
    train = {
        "matrix": {"data": ["a", "b"], "seed": [1, 2]},
        "cmd": "train ${item.data} ${item.seed}",
        "deps": ["clean-${item.data}"],
        "outs": ["model-${item.data}-${item.seed}"],
    }
    best = {"cmd": "best", "deps": ["model-a-1", "model-a-2", "model-b-1"], "outs": ["best", "report.csv"]}
    stages = {"clean": each, "train": train, "best": best, **changed}
    return {"stages": {name: stage for name, stage in stages.items() if stage}}


@pytest.fixture(scope="module")
def _started_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("started") / "project")
    for name in ("a", "b", "c"):
        project.write(f"{name}.csv", "1")
    for path in (
        "clean-a",
        "clean-b",
        "clean-c",
        "model-a-1",
        "model-a-2",
        "model-b-1",
        "model-b-2",
        "best",
        "report.csv",
    ):
        project.write(path, path)
    project.write("clean.py", "").write("params.yaml", "each: {a: {lr: 1}, b: {lr: 2}}\n").write(".gitignore", IGNORED)
    project.dvc_yaml(pipeline()).recorded().commit()
    return project


@pytest.fixture
def project(_started_once: Project, tmp_path: Path) -> Project:
    """A project whose pipeline ran once."""
    return Project(shutil.copytree(_started_once.root, tmp_path / "project"), git=False)


def compared(project: Project) -> Comparison:
    project.commit()
    return headway.compare_revisions(project.root, base="HEAD~", head="HEAD", environ={})


def said(found: Comparison) -> dict[str, list[str]]:
    return {
        stage.name: [
            f"{c.kind} {c.what}{'' if c.change == 'changed' or c.kind == 'stage' else f' {c.change}'}"
            for c in stage.causes
        ]
        for stage in found.stages
    }


def test_generated_stages_have_causes_of_their_own(project: Project) -> None:
    project.write("params.yaml", "each: {a: {lr: 1}, b: {lr: 3}, c: {lr: 1}}\n")
    project.write("a.csv", "2").write("clean-a", "2").write("clean-b", "2").write("model-a-1", "2").recorded()
    assert said(compared(project)) == {
        "clean@a": ["code a.csv"],
        "clean@b": ["command cmd", "parameter params.yaml:each.b.lr"],
        "clean@c": ["stage added"],
        "train@a-1": ["upstream clean@a"],
        "train@a-2": ["upstream clean@a"],
        "train@b-1": ["upstream clean@b"],
        "train@b-2": ["upstream clean@b"],
        "best": ["upstream train@a-1"],
    }


def test_what_came_went_and_was_renamed(project: Project) -> None:
    generated = pipeline()["stages"]
    fewer = {**generated["train"], "matrix": {"data": ["a", "b"], "seed": [1]}}
    best = {"cmd": "best", "deps": ["model-a-1", "model-b-1", "clean-c"], "outs": ["best", "clean.txt"]}
    project.write("clean.txt", "").write("params.yaml", "each: {a: {lr: 1}, b: {lr: 2}, c: {lr: 1}}\n")
    project.dvc_yaml(pipeline(clean=None, prepare=generated["clean"], train=fewer, best=best)).recorded()
    assert said(compared(project)) == {
        "prepare@a": ["stage renamed from clean@a"],
        "prepare@b": ["stage renamed from clean@b"],
        "prepare@c": ["stage added"],
        "train@a-2": ["stage removed"],
        "train@b-2": ["stage removed"],
        "best": [
            "upstream clean-c added",
            "upstream model-a-2 removed",
            "output clean.txt added",
            "output report.csv removed",
        ],
    }


@pytest.mark.slow
def test_who_keeps_an_output_is_no_change_of_data(project: Project) -> None:
    """Git keeps one now, and another is declared a plot: they hold what they held. Then the one in git changes."""
    best = {**pipeline()["stages"]["best"], "outs": [{"report.csv": {"cache": False}}], "plots": ["best"]}
    project.write("report.csv", "x\n1\n2\n").recorded().commit()
    project.dvc_yaml(pipeline(best=best)).write(".gitignore", IGNORED.replace("/report.csv\n", "")).recorded()
    found = compared(project)
    assert (said(found), found.data) == ({}, ())
    project.git("rm", "--cached", "--quiet", "report.csv")
    project.write("report.csv", "x\n1\n").write(".gitignore", IGNORED).dvc_yaml(pipeline()).recorded()
    found = compared(project)
    assert said(found) == {"best": ["output report.csv"]}
    (change,) = found.data
    assert (change.path, change.base is None, change.head is None) == ("report.csv", False, False)
    request = Request(folder=project.root, base="HEAD~", head="HEAD", settings=None, fetch=False)
    (table,) = build_data(request, draw=False).report.datasets
    assert isinstance(table, TableChange)
    assert table.status == "changed"


def test_a_stage_without_an_entry_in_the_lock_is_not_gone(project: Project) -> None:
    project.remove("dvc.lock")
    assert set(map(tuple, said(compared(project)).values())) == {("stage left without an entry in dvc.lock",)}
    project.recorded()
    assert set(map(tuple, said(compared(project)).values())) == {("stage recorded for the first time",)}
