"""A project whose commits are versions of a model, some better than others, for tests of the registry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from repos import Project

if TYPE_CHECKING:
    from pathlib import Path

RULES = """\
metrics:
  accuracy: {direction: higher, estimator: accuracy, gate: {margin: 0.1, min: 0.3}}
predictions:
  - {path: predictions.csv, id: id, actual: actual, predicted: predicted}
stages:
  staging: {}
  production: {after: staging, margins: {accuracy: 0.05}}
"""
VERSIONS = {"v0.0.1": 700, "v0.0.2": 800, "v0.0.3": 780, "v0.0.4": 600, "v0.0.5": 200}
"""How many of 1,000 rows each version has right; of the last three, one is within the margin, two are not."""

SMOKE_TEST = """\
import os
import pathlib
import sys

[model] = sys.argv[1:]
print("tested", pathlib.Path(model).read_text(), sorted(name for name in os.environ if name.endswith("_TOKEN")))
"""


def trained(project: Project, right: int) -> Project:
    """The files of a model that has so many of 1,000 rows right."""
    rows = "".join(f"r{row},1,{int((row * 7919) % 1000 < right)}\n" for row in range(1000))
    project.write("predictions.csv", f"id,actual,predicted\n{rows}").write("model.bin", str(right))
    return project.json("metrics.json", {"accuracy": right / 1000})


def trained_versions(path: Path) -> Project:
    """A project with a commit for each version, and no tags yet."""
    project = Project(path)
    project.dvc_yaml({"metrics": ["metrics.json"], "artifacts": {"digits": {"path": "model.bin", "type": "model"}}})
    project.write("headway.yaml", RULES)
    for right in VERSIONS.values():
        trained(project, right).commit(f"{right} right")
    return project


def stored_versions(path: Path) -> Project:
    """The first two of these versions, with their models in DVC's remote beside the project, and a smoke test."""
    project = Project(path).remote(path.parent / "store").write(".gitignore", "/model.bin\n/deploy\n/.venv\n")
    pipeline = {"train": {"cmd": "true", "outs": ["model.bin"]}}
    project.dvc_yaml({"stages": pipeline, "metrics": ["metrics.json"], "artifacts": {"digits": {"path": "model.bin"}}})
    project.write("headway.yaml", RULES).write("requirements.txt", "dvc\n").write("smoke_test.py", SMOKE_TEST)
    project.write("digits/__init__.py", "").write("digits/smoke_test.py", SMOKE_TEST)
    for right in list(VERSIONS.values())[:2]:
        trained(project, right).recorded().push().commit(f"{right} right")
    return project


def at(number: int) -> str:
    """The commit of a version, as a revision of the main branch."""
    return f"main~{len(VERSIONS) - number}"


class Answer:
    """What a command printed, and its exit code."""

    def __init__(self, code: int, captured: Any) -> None:
        self.code, self.out, self.err = code, captured.out, captured.err

    @property
    def json(self) -> Any:
        return json.loads(self.out)
