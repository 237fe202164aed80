"""``headway rules`` as a user runs it: real repositories, the command line in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headway.cli.main import run
from headway.settings import Settings, load_settings

if TYPE_CHECKING:
    from repos import Project

PREDICTIONS = "id,actual,predicted\n" + "".join(
    f"r{row},{'cat' if row % 2 else 'dog'},{'cat' if row % 3 else 'dog'}\n" for row in range(60)
)
PIPELINE = {
    "stages": {
        "evaluate": {
            "cmd": "python evaluate.py",
            "deps": ["data.csv"],
            "metrics": [{"m.json": {"cache": False}}],
            "outs": [{"predictions.csv": {"cache": False}}, {"parts/preds": {"cache": False}}],
        }
    }
}


@pytest.fixture
def evaluated(project: Project) -> Project:
    metrics = {"accuracy": 0.5, "recall": {"cat": 0.6, "dog": 0.4}, "p95_ms": 12, "rows": 60}
    project.dvc_yaml(PIPELINE).write("data.csv", "id\n1\n").json("m.json", metrics).write(
        "predictions.csv", PREDICTIONS
    )
    project.write("parts/preds/part-0.csv", PREDICTIONS).write(
        "parts/preds/part-1.csv", "id,actual,predicted\nz,cat,cat\n"
    )
    project.recorded().commit("first")
    return project


def output(project: Project, capsys: pytest.CaptureFixture[str], *args: str) -> str:
    capsys.readouterr()
    assert run(["rules", *args, "-C", str(project.root)]) == 0
    return capsys.readouterr().out


def settings(text: str) -> Settings:
    return load_settings({"headway.yaml": text.encode()}.get, "workspace")


def test_suggestions_are_settings_to_paste(evaluated: Project, capsys: pytest.CaptureFixture[str]) -> None:
    evaluated.remove("parts/preds/part-0.csv").remove("parts/preds/part-1.csv")
    evaluated.write("parts/preds/report.txt", "not a table").recorded()
    first = output(evaluated, capsys, "--suggest")
    assert first == output(evaluated, capsys, "--suggest")
    assert (
        first
        == """\
# Suggested by `headway rules --suggest` from the names of metrics and the columns of files.
# Check each line before you paste it: a wrong direction makes every verdict wrong.
metrics:
  accuracy: {direction: higher, estimator: accuracy}  # "accuracy": higher is better; computed from predictions.csv
  p95_ms: {direction: lower, machine: true, unit: ms}  # "ms": lower is better; it depends on the machine
  "recall.*": {direction: higher, estimator: {name: recall, class: "*"}}  # "recall": higher is better; computed from \
predictions.csv
predictions:
  - path: predictions.csv
    id: id  # unique in the first rows
    actual: actual
    predicted: predicted
    task: binary  # the classes are cat and dog
# rows: left out; its name does not say which direction is better
"""
    )
    evaluated.write("headway.yaml", first)
    again = output(evaluated, capsys, "--suggest")
    assert settings(again) == Settings()
    assert "could add" not in again


def test_parts_of_a_table_are_one_table(evaluated: Project, capsys: pytest.CaptureFixture[str]) -> None:
    found = settings(output(evaluated, capsys, "--suggest"))
    assert [table.path for table in found.predictions] == ["parts/preds", "predictions.csv"]
    assert found.metrics["accuracy"].estimator is None  # two tables belong to it


def test_what_the_settings_have_is_left_out_but_may_be_completed(
    evaluated: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluated.write(
        "headway.yaml",
        "metrics: {accuracy: higher, 'recall.*': lower}\n"
        "predictions: [{path: ./predictions.csv, id: id, actual: actual}, {path: gone.csv, id: id}]\n",
    )
    evaluated.remove("parts/preds/part-0.csv").remove("parts/preds/part-1.csv").write("parts/preds/a.txt", "")
    text = output(evaluated.recorded(), capsys, "--suggest")
    assert list(settings(text).metrics) == ["p95_ms"]
    assert "# Your settings have `metrics` already" in text
    assert "# accuracy: your settings could add {estimator: accuracy}" in text
    assert "# predictions.csv: your settings could add {predicted: predicted}" in text
    assert "# gone.csv: left out; it does not exist" in text
    assert "recall" not in text  # its direction is declared otherwise


def test_each_metric_is_shown_with_its_rule(
    evaluated: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    evaluated.write(
        "headway.yaml",
        "anchor: main\nmetrics:\n"
        "  accuracy: {direction: higher, estimator: accuracy, margin: 0.01,\n"
        "    gate: {min: 0.5, against: [base, anchor]}}\n"
        "  'recall.*': {direction: higher, estimator: {name: recall, class: '*'}}\n  '*_ms': {machine: true}\n"
        "  acuracy: lower\npredictions: [{path: predictions.csv, id: id, actual: actual}]\n",
    )
    monkeypatch.setenv("COLUMNS", "160")
    lines = [" ".join(line.split()) for line in output(evaluated, capsys).splitlines()]
    assert "accuracy accuracy higher accuracy 0.01 min 0.5, against base, anchor predictions.csv" in lines
    assert "recall.cat recall.* higher recall of class cat predictions.csv" in lines
    assert "p95_ms *_ms depends on the machine predictions.csv" in lines
    assert "rows none unknown predictions.csv" in lines
    assert any("line 7: metrics.acuracy matches no metric" in line for line in lines)
    assert "accuracy none unknown" in [
        " ".join(line.split()) for line in output(evaluated, capsys, "HEAD").splitlines()
    ]


def test_without_metrics_that_is_said(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.dvc_yaml("stages: {}").commit("first")
    assert "declares no metrics" in output(project, capsys)
    assert settings(output(project, capsys, "--suggest")) == Settings()


def test_a_mistake_in_the_settings_is_exit_code_2(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.dvc_yaml("stages: {}").write("headway.yaml", "metrics: {a: lowr}\n").commit("first")
    assert run(["rules", "--suggest", "-C", str(project.root)]) == 2
    assert "Did you mean 'lower'?" in capsys.readouterr().err


def test_a_metric_that_no_stage_writes_belongs_to_every_table(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.dvc_yaml({"metrics": ["m.json"]}).json("m.json", {"a": 0.5})
    project.write("headway.yaml", "metrics: {a: higher}\npredictions: [{path: p.csv, id: id}]\n").commit("first")
    assert "p.csv" in output(project, capsys)
