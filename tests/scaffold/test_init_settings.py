"""The first headway.yaml: what it proposes, and that it is valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headway.app.scaffold.project import read_project
from headway.gather import Quiet
from headway.judge.suggestions import Suggestion
from headway.report.commands.first_settings import headline_of, write_first_settings
from headway.settings import MetricRule, Settings, load_settings

if TYPE_CHECKING:
    from repos import Project

PREDICTIONS = "id,actual,predicted\n" + "".join(
    f"r{row},{'cat' if row % 2 else 'dog'},{'cat' if row % 3 else 'dog'}\n" for row in range(60)
)
STAGES = {
    "train": {"cmd": "train", "deps": ["train.csv", "code.py"], "outs": ["model.pkl"]},
    "evaluate": {
        "cmd": "evaluate",
        "deps": ["test.csv", "model.pkl", "code.py"],
        "metrics": [{"m.json": {"cache": False}}],
        "outs": [{"predictions.csv": {"cache": False}}],
    },
}


@pytest.fixture
def trained(project: Project) -> Project:
    project.write("train.csv", "1").write("test.csv", "2").write("code.py", "3").write("model.pkl", "4")
    project.add("train.csv", "test.csv").dvc_yaml({"stages": STAGES}).write("predictions.csv", PREDICTIONS)
    project.json("m.json", {"accuracy": 0.5, "recall": {"cat": 0.6, "dog": 0.4}, "p95_ms": 12, "rows": 60})
    project.recorded().commit("first")
    return project


def first_settings(project: Project, schema: str = "") -> str:
    found = read_project(project.root, "", Quiet(), schema).first
    assert found is not None
    return write_first_settings(found)


def test_each_line_has_its_reason(trained: Project) -> None:
    text = first_settings(trained, "# the schema")
    assert text == first_settings(trained, "# the schema")
    assert (
        text
        == """\
# the schema
# How Headway judges changes. Proposed by `headway init` from names of metrics and columns of files.
# Confirm each line, then delete its comment: a wrong direction makes every verdict wrong.
# `headway rules` shows which rule applies to each metric.

# The metrics in the first line of each report, the most important one first.
headline: [accuracy]  # the first that predictions are evidence for

# Which direction is better, and how predictions give each metric.
metrics:
  accuracy: {direction: higher, estimator: accuracy}  # "accuracy": higher is better; computed from predictions.csv
  p95_ms: {direction: lower, machine: true, unit: ms}  # "ms": lower is better; it depends on the machine
  "recall.*": {direction: higher, estimator: {name: recall, class: "*"}}  # "recall": higher is better; computed from \
predictions.csv
  # rows: {direction: higher}  # or lower? its name does not say which direction is better

# One row for each evaluated example: the evidence on whether a movement is more than chance.
predictions:
  - path: predictions.csv
    id: id  # unique in the first rows
    actual: actual
    predicted: predicted
    task: binary  # the classes are cat and dog

# What metrics are computed on. If it changes, they are not comparable.
evaluation: [test.csv]  # read by evaluate, and by no training
"""
    )
    settings = load_settings({"headway.yaml": text.encode()}.get, "workspace")
    assert (settings.headline, settings.evaluation) == (("accuracy",), ("test.csv",))


def test_a_project_with_settings_keeps_them(trained: Project) -> None:
    trained.write("headway.yaml", "metrics: {accuracy: higher}\n")
    assert read_project(trained.root, "", Quiet(), "").has_settings


def test_a_project_without_metrics_gets_a_file_that_says_so(project: Project) -> None:
    project.commit()
    text = first_settings(project)
    assert "No metrics were found" in text
    assert "# evaluation: " in text
    assert load_settings({"headway.yaml": text.encode()}.get, "workspace") == Settings()


def test_names_that_say_nothing_are_left_to_the_reader(project: Project) -> None:
    project.dvc_yaml({"metrics": ["m.json"]}).json("m.json", {f"q{chr(97 + n)}": n for n in range(25)}).commit()
    text = first_settings(project)
    assert "metrics: {}\n" in text
    assert text.count("# or lower?") == 20
    assert "# and 5 more metrics" in text
    load_settings({"headway.yaml": text.encode()}.get, "workspace")


def test_several_evaluations_are_left_to_the_pipeline(trained: Project) -> None:
    other = {"cmd": "other", "deps": ["train.csv", "model.pkl"], "metrics": [{"n.json": {"cache": False}}]}
    trained.dvc_yaml({"stages": {**STAGES, "other": other}}).json("n.json", {"loss": 1}).recorded()
    text = first_settings(trained)
    assert "\n# m.json: test.csv\n" in text
    assert "\nevaluation:" not in text


def rule(*, estimator: bool = False, machine: bool = False) -> Suggestion:
    return Suggestion(MetricRule(direction="higher", estimator="accuracy" if estimator else None, machine=machine), "")


@pytest.mark.parametrize(
    ("rules", "headline"),
    [
        ({"ms": rule(machine=True), "b": rule(), "a": rule(estimator=True)}, ["a"]),
        ({name: rule() for name in "abcd"}, ["a", "b", "c"]),
        ({"p.*": rule(), "a": rule()}, ["a"]),
        ({"p.*": rule()}, ["p.*"]),
        ({"all.json:a": rule(), "a": rule(estimator=True)}, ["all.json:a"]),
        ({}, []),
    ],
    ids=["evidence first", "three", "no families", "a family alone", "the total", "nothing"],
)
def test_the_headline(rules: dict[str, Suggestion], headline: list[str]) -> None:
    assert headline_of(rules) == headline
