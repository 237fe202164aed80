"""Several dvc.yaml in one project, with the same names everywhere: each keeps its own, from the files to the report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from repos import Project

from headway.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

FOLDERS = ("", "models/a", "models/b")
PIPELINE: dict[str, Any] = {
    "vars": ["params.yaml"],
    "stages": {
        "train": {
            "cmd": "true",
            "params": ["lr"],
            "metrics": [{"metrics.json": {"cache": False}}],
            "outs": ["model.bin"],
        },
        "score": {"foreach": ["x", "y"], "do": {"cmd": "echo ${item}", "outs": ["${item}.txt"]}},
    },
    "plots": [
        {"loss": {"x": "step", "y": {"curve.csv": "loss"}, "title": "Loss"}},
        {"points.csv": {"x": "step", "y": "loss"}},
    ],
}


def fill(project: Project, accuracies: dict[str, float]) -> None:
    for folder, accuracy in accuracies.items():
        place = f"{folder}/" if folder else ""
        project.dvc_yaml(PIPELINE, folder)
        project.write(f"{place}params.yaml", f"lr: {1 - accuracy}\n")
        project.json(f"{place}metrics.json", {"acc": accuracy})
        project.write(f"{place}model.bin", f"{folder}{accuracy}")
        for item in ("x", "y"):
            project.write(f"{place}{item}.txt", f"{folder}{item}")
        for name in ("curve", "points"):
            project.write(f"{place}{name}.csv", f"step,loss\n1,1\n2,{1 - accuracy}\n")
    project.recorded()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The root's pipeline stays, models/a moves, and models/b is new."""
    project = Project(tmp_path_factory.mktemp("several") / "project")
    fill(project, {"": 0.5, "models/a": 0.6})
    project.commit("base")
    project.branch("feature")
    fill(project, {"models/a": 0.7, "models/b": 0.8})
    project.commit("head")
    assert run(["report", "main", "--project", str(project.root)]) == 0
    out: Path = project.root / "reports/headway"
    found: dict[str, Any] = json.loads((out / "report.json").read_text())
    return found


def values(entries: list[dict[str, Any]]) -> dict[str, tuple[Any, Any]]:
    return {entry["file"]: (entry["base"], entry["head"]) for entry in entries}


def test_equal_metric_keys_keep_their_files(report: dict[str, Any]) -> None:
    assert values(report["metrics"]) == {
        "metrics.json": (0.5, 0.5),
        "models/a/metrics.json": (0.6, 0.7),
        "models/b/metrics.json": (None, 0.8),
    }
    assert report["problems"] == []


def test_each_folder_has_its_own_parameters(report: dict[str, Any]) -> None:
    assert list(values(report["params"])) == ["models/a/params.yaml", "models/b/params.yaml"]


def test_equal_stage_names_keep_their_pipelines(report: dict[str, Any]) -> None:
    changed = {stage["name"]: [cause["what"] for cause in stage["causes"]] for stage in report["stages"]}
    assert changed["models/a/dvc.yaml:train"] == ["models/a/params.yaml:lr"]
    assert changed["models/b/dvc.yaml:train"] == ["added"]
    assert "train" not in changed
    assert "models/a/dvc.yaml:score@x" not in changed


def test_equal_data_paths_keep_their_folders(report: dict[str, Any]) -> None:
    changed = {each["path"]: each["base"] is not None for each in report["data"]}
    assert changed == {
        "models/a/model.bin": True,
        "models/b/model.bin": False,
        "models/b/x.txt": False,
        "models/b/y.txt": False,
    }


def test_equal_plot_names_and_titles_stay_apart(report: dict[str, Any]) -> None:
    ends = {
        chart["id"]: (
            chart["title"],
            *(side and side["y"][-1] for side in map(chart["series"][0].get, ("base", "head"))),
        )
        for chart in report["charts"]
    }
    rounded = {id_: (title, *(side and round(side, 6) for side in sides)) for id_, (title, *sides) in ends.items()}
    assert rounded == {
        "dvc.yaml::loss": ("Loss (.)", 0.5, 0.5),
        "models/a/dvc.yaml::loss": ("Loss (models/a)", 0.4, 0.3),
        "models/b/dvc.yaml::loss": ("Loss (models/b)", None, 0.2),
        "points.csv": ("points", 0.5, 0.5),
        "models/a/points.csv": ("models/a/points", 0.4, 0.3),
        "models/b/points.csv": ("models/b/points", None, 0.2),
    }
    assert len({chart["image"] for chart in report["charts"]}) == len(report["charts"])
