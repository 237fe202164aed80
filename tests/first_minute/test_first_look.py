"""``make report`` and ``make demo`` end with something to see, and leave the workspace alone."""

from __future__ import annotations

import json
import re
import runpy
import shutil
from pathlib import Path

import pytest
from repos import Project

ROOT = Path(__file__).parents[2]
METRICS = "reports/metrics.json"
UNMOVED = {"status": "unchanged", "withheld": None}
SLOWER = {"status": "changed", "withheld": "machine"}
RULES = "metrics: {{acc: {{direction: {}}}}}\n"


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Three commits: a first model, a better one by rules that were wrong, and the right rules."""
    project = Project(tmp_path_factory.mktemp("history") / "digits").write(".gitignore", "/build/\n/reports/headway/\n")
    project.write("scripts/first_look.py", (ROOT / "scripts/first_look.py").read_bytes())
    project.write("headway.yaml", RULES.format("lower")).dvc_yaml({"metrics": [METRICS]})
    project.json(METRICS, {"acc": 0.9}).commit("A first model")
    project.branch("better").json(METRICS, {"acc": 0.95}).commit("Try")
    project.checkout("main").git("merge", "--quiet", "--no-ff", "--message", "A better model", "better")
    project.write("headway.yaml", RULES.format("higher")).commit("The right rules")
    return reported(project, UNMOVED, SLOWER)


def reported(project: Project, *metrics: object) -> Project:
    """The project after a report with these metrics."""
    return project.json("reports/headway/report.json", {"metrics": metrics})


LAST_CHANGE = "python scripts/first_look.py last-change"


def state(project: Project) -> str:
    return project.git("status", "--short", "--branch") + project.git("for-each-ref") + project.git("config", "--list")


def test_a_workspace_that_moved_nothing_shows_the_last_change_by_todays_rules(history: Project) -> None:
    before = state(history)
    said = history.paste(LAST_CHANGE)
    commit = history.git("log", "-1", "--format=%h of %cs", "HEAD^")
    assert f"moved one, {commit}, 'A better model':" in said
    assert "acc 0.90 → 0.95 higher, as wanted" in said
    clone = history.root / "build/last-change"
    assert f"{clone}/reports/headway/report.html" in said.splitlines()
    assert "make demo" in said
    assert state(history) == before
    report = json.loads((clone / "reports/headway/report.json").read_text())
    assert [report[side]["subject"] for side in ("base", "head")] == ["A first model", "A better model"]


def test_the_readers_own_change_comes_first(history: Project, tmp_path: Path) -> None:
    project = reported(history.copied(tmp_path / "copy"), {"status": "changed", "withheld": None})
    shutil.rmtree(project.root / "build", ignore_errors=True)
    said = project.paste(LAST_CHANGE)
    assert "make demo" in said
    assert "last change" not in said
    assert not (project.root / "build").exists()


def test_a_shallow_clone_is_told_where_the_change_is(history: Project, tmp_path: Path) -> None:
    clone = reported(history.clone(tmp_path / "clone", "--depth=1"), UNMOVED)
    said = clone.paste(LAST_CHANGE)
    assert f"no commit in this clone has changed {METRICS}" in said
    assert "make demo" in said
    (remedy,) = re.findall(r"shallow: `(.*)`", said)
    clone.paste(remedy)
    assert "A first model" in clone.git("log", "--format=%s")


def test_a_history_without_a_change_says_so(history: Project, tmp_path: Path) -> None:
    project = history.copied(tmp_path / "copy").checkout(history.git("rev-list", "--max-parents=0", "HEAD"))
    said = project.paste(LAST_CHANGE)
    assert f"no commit in this clone has changed {METRICS}" in said
    assert "shallow" not in said


def test_the_demo_finds_the_line_that_it_changes() -> None:
    demo = runpy.run_path(str(ROOT / "scripts/first_look.py"))
    assert (ROOT / "params.yaml").read_text().count(demo["OLD"]) == 1
