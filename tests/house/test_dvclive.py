"""What DVCLive writes is read as it is: a real training loop with every logger, run twice, and the report on it."""

from __future__ import annotations

import json
import logging
import math
from contextlib import chdir
from typing import TYPE_CHECKING, Any

import pytest
from dvclive.live import Live
from PIL import Image
from repos import Project
from sklearn.metrics import average_precision_score

from headway.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

STEPS = 12


def train(project: Project, rate: float, **options: Any) -> None:
    """One run, as a team writes it; ``options`` are those of ``Live``."""
    logging.getLogger("dvclive").setLevel(logging.CRITICAL)
    with chdir(project.root), Live(report=None, save_dvc_exp=False, **options) as live:
        live.log_params({"rate": rate, "model": {"width": 8}})
        for step in range(STEPS):
            live.log_metric("train/loss", math.exp(-step * rate) + 0.05)
            live.log_metric("eval/loss", math.exp(-step * rate * 0.8) + 0.1)
            live.log_metric("rate", rate / (step + 1))
            live.next_step()
        log_plots(live, rate)
        (project.root / "model.bin").write_text(str(rate))
        live.log_artifact("model.bin", type="model", name="classifier")
        live.summary["test/accuracy"] = rate


def scored(rate: float) -> tuple[list[int], list[float]]:
    truth = [int(number % 3 > 0) for number in range(120)]
    return truth, [min(1.0, 0.3 * label + (place * 37 % 100) / 100 * (1.2 - rate)) for place, label in enumerate(truth)]


def log_plots(live: Live, rate: float) -> None:
    actual = [0, 1, 2] * 40
    predicted = [label if place % 10 < rate * 10 else (label + 1) % 3 for place, label in enumerate(actual)]
    live.log_sklearn_plot("confusion_matrix", [f"c{n}" for n in actual], [f"c{n}" for n in predicted], name="cm.json")
    truth, score = scored(rate)
    live.log_sklearn_plot("roc", truth, score)
    live.log_sklearn_plot("precision_recall", truth, score, name="eval/precision_recall.json")
    live.log_sklearn_plot("calibration", truth, score)
    rows = [{"size": size, "seconds": size * rate} for size in range(5)]
    live.log_plot("speed", rows, x="size", y="seconds", template="linear", title="Speed", x_label="Rows")
    live.log_plot("cost", [{"stage": "a", "euro": rate}], x="euro", y="stage", template="bar_horizontal")
    live.log_image("sample.png", Image.new("RGB", (40, 30), (int(rate * 200), 0, 0)))
    live.log_image("nested/same.png", Image.new("RGB", (40, 30)))


def report_of(project: Project, tmp_path: Path) -> dict[str, Any]:
    assert run(["report", "main", "--project", str(project.root), "--out", str(tmp_path / "out")]) == 0
    found: dict[str, Any] = json.loads((tmp_path / "out/report.json").read_text())
    return found


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("live")
    project = Project(folder / "project").write("README.md", "")
    project.commit("DVCLive wants a commit")
    train(project, 0.3)
    project.commit("base")
    project.branch("feature")
    train(project, 0.6)
    project.commit("head")
    return report_of(project, folder)


def chart(report: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(chart for chart in report["charts"] if chart["id"] == f"dvclive/plots/{name}")
    assert found["image"]
    assert found["image_dark"]
    return found


def test_nothing_is_unreadable(report: dict[str, Any]) -> None:
    assert report["problems"] == []


def test_metrics_and_the_summary(report: dict[str, Any]) -> None:
    found = {metric["key"]: metric["status"] for metric in report["metrics"]}
    assert found == {
        "train.loss": "changed",
        "eval.loss": "changed",
        "rate": "changed",
        "step": "unchanged",
        "test/accuracy": "changed",
    }
    assert {metric["file"] for metric in report["metrics"]} == {"dvclive/metrics.json"}


def test_parameters_and_the_model(report: dict[str, Any]) -> None:
    assert [(p["file"], p["key"], p["base"], p["head"]) for p in report["params"]] == [
        ("dvclive/params.yaml", "rate", 0.3, 0.6)
    ]
    assert [change["path"] for change in report["data"]] == ["model.bin"]


@pytest.mark.parametrize("name", ["train/loss", "eval/loss", "rate"])
def test_a_curve_for_each_metric_over_its_steps(report: dict[str, Any], name: str) -> None:
    found = chart(report, f"metrics/{name}.tsv")
    (series,) = found["series"]
    assert (found["kind"], found["x_label"], found["y_label"]) == ("line", "step", name.rpartition("/")[2])
    for side in ("base", "head"):
        assert series[side]["x"] == list(range(STEPS))
    assert series["base"]["y"] != series["head"]["y"]


def test_images_are_paired(report: dict[str, Any]) -> None:
    assert chart(report, "images/sample.png")["base"] != chart(report, "images/sample.png")["head"]
    same = chart(report, "images/nested/same.png")
    assert same["base"] == same["head"] is not None


def test_scikit_learns_plots_are_what_they_are(report: dict[str, Any]) -> None:
    confusion = chart(report, "sklearn/cm.json")
    assert (confusion["kind"], confusion["labels_x"]) == ("confusion", ["c0", "c1", "c2"])
    assert sum(map(sum, confusion["head"])) == 120
    for name in ("roc", "eval/precision_recall"):
        (series,) = chart(report, f"sklearn/{name}.json")["series"]
        assert 0 < series["base"]["area"] < series["head"]["area"] <= 1
        assert series["head"]["operating"]["threshold"] == pytest.approx(0.5, abs=0.1)
    assert chart(report, "sklearn/calibration.json")["diagonal"]


def test_the_area_under_a_precision_recall_curve_is_the_average_precision(report: dict[str, Any]) -> None:
    """DVCLive leaves out the curve's last point, at recall 0."""
    (series,) = chart(report, "sklearn/eval/precision_recall.json")["series"]
    for side, rate in (("base", 0.3), ("head", 0.6)):
        assert series[side]["area"] == pytest.approx(average_precision_score(*scored(rate)))
        assert series[side]["positives"] == pytest.approx(2 / 3)


def test_plots_of_the_teams_own(report: dict[str, Any]) -> None:
    speed = chart(report, "custom/speed.json")
    assert (speed["title"], speed["x_label"], speed["kind"]) == ("Speed", "Rows", "line")
    assert chart(report, "custom/cost.json")["kind"] == "bar"


@pytest.mark.slow
def test_a_project_in_a_folder_of_a_monorepo(tmp_path: Path) -> None:
    """Two models in one project, each with a dvc.yaml that DVCLive writes into its folder."""
    project = Project(tmp_path / "mono").write("a/README.md", "").write("b/README.md", "")
    project.commit("first")
    for rate in (0.3, 0.6):
        for model in ("a", "b"):
            train(project, rate, dir=f"{model}/dvclive", dvcyaml=f"{model}/dvc.yaml")
        project.commit(str(rate))
        if rate == 0.3:
            project.branch("feature")
    report = report_of(project, tmp_path)
    assert report["problems"] == []
    ids = {chart["id"] for chart in report["charts"]}
    assert {f"{model}/dvclive/plots/metrics/train/loss.tsv" for model in ("a", "b")} <= ids
    assert len(ids) == 22
    titles = [chart["title"] for chart in report["charts"]]
    assert len(set(titles)) == len(titles)
    assert "Speed (a)" in titles


@pytest.mark.slow
def test_the_dvc_yaml_of_older_versions_inside_the_folder(tmp_path: Path) -> None:
    """DVCLive 2 wrote ``dvclive/dvc.yaml`` with paths relative to its folder."""
    project = Project(tmp_path / "old")
    project.dvc_yaml(
        "params: [params.yaml]\nmetrics: [metrics.json]\nplots:\n  - plots/metrics: {x: step}\n  - plots/images\n",
        "dvclive",
    )
    for rate in (0.3, 0.6):
        project.write("dvclive/params.yaml", f"rate: {rate}\n").json("dvclive/metrics.json", {"train": {"loss": rate}})
        project.write("dvclive/plots/metrics/train/loss.tsv", f"step\tloss\n0\t1\n1\t{rate}\n")
        project.commit(str(rate))
        if rate == 0.3:
            project.branch("feature")
    report = report_of(project, tmp_path)
    assert [metric["key"] for metric in report["metrics"]] == ["train.loss"]
    assert [param["key"] for param in report["params"]] == ["rate"]
    assert [found["id"] for found in report["charts"]] == ["dvclive/plots/metrics/train/loss.tsv"]
