"""Runs the two jobs of a retraining workflow of GitHub Actions, each in a clone of its own, as GitHub would."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from repos import Project
from workflow_steps import ROOT, Runner, Step, every_step, scripts, with_script

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publish.requests.request_forges import Host

OURS, TEMPLATE = ROOT / ".github/workflows/retrain.yml", ROOT / "docs/ci/github-retrain.yml"
TRAIN = """\
import json, os, pathlib, shutil
assert not {"BITBUCKET_ACCESS_TOKEN", "GITHUB_TOKEN", "GITLAB_TOKEN", "HEADWAY_TOKEN"} & os.environ.keys()
labels = pathlib.Path("data.csv").read_text().split()
shutil.rmtree("reports/classes", ignore_errors=True)
os.makedirs("reports/classes")
for label in labels:
    pathlib.Path(f"reports/classes/{label}.txt").write_text(f"{labels.count(label)}\\n")
pathlib.Path("reports/metrics.json").write_text(json.dumps({"accuracy": 1 - 0.1 / len(labels)}, indent=2) + "\\n")
pathlib.Path("reports/sample.bin").write_bytes(bytes(range(256)) * len(labels))
pathlib.Path("model.bin").write_text(" ".join(labels))
"""
PIPELINE = {
    "stages": {
        "train": {
            "cmd": "python train.py",
            "deps": ["data.csv", "train.py"],
            "outs": ["model.bin", *({path: {"cache": False}} for path in ("reports/classes", "reports/sample.bin"))],
            "metrics": [{"reports/metrics.json": {"cache": False}}],
        }
    }
}


def history(folder: Path, store: Path) -> Project:
    """A pipeline that has run, with its data in DVC's remote, and then other data, on which it has not."""
    project = Project(folder)
    project.write(".dvc/config", f"[core]\n    remote = embedded\n['remote \"embedded\"']\n    url = {store}\n")
    project.write(".gitignore", "/data.csv\n/model.bin\n/.venv\n/reports/headway\n").write("requirements.txt", "dvc\n")
    project.json("headway.yaml", {"metrics": {"accuracy": "higher"}}).dvc_yaml(PIPELINE).write("train.py", TRAIN)
    project.write("data.csv", "a\nb\n").add("data.csv")
    with project.dvc() as repo:
        repo.reproduce()
    project.push().commit("base")
    project.write("data.csv", "a\nc\nc\n").add("data.csv").push().commit("other data, not trained on")
    return project


@dataclass(frozen=True)
class Workflow:
    """One of GitHub's two files, on a forge.

    Attributes:
        path: the file.
        host: the forge.
        folder: for the clones of its jobs.
        given: the variables in its first lines that a team sets.
        reachable: what every step's environment has besides, such as where a bucket is.
    """

    path: Path
    host: Host
    folder: Path
    given: dict[str, str]
    reachable: dict[str, str] = field(default_factory=dict)

    def steps(self, job: str) -> list[Step]:
        return [replace(step, shared={**step.shared, **self.given}) for step in scripts(self.path, job)]

    def step(self, job: str, name: str) -> Step:
        return next(step for step in self.steps(job) if step.name == name)

    def machine(self, run: int = 1, values: Mapping[str, str] = {}) -> Runner:
        """A fresh clone of one commit, as the checkout makes it."""
        environ = {**self.host.fake.environ(event="push"), **self.reachable, "GITHUB_RUN_ID": str(run)}
        place = self.folder / f"clone-{len(list(self.folder.iterdir()))}"
        self.host.git("clone", "--quiet", "--depth=1", f"file://{self.host.bare}", str(place))
        token = {"github.token": environ.pop("GITHUB_TOKEN")}
        return Runner(folder=place, environ=environ, values={**token, **values})

    def train(self, run: int = 1, values: Mapping[str, str] = {}) -> Runner:
        runner = self.machine(run, values)
        runner.run_all(self.steps("train"))
        return runner

    def request(self, trained: Runner, run: int = 1) -> Runner:
        """The second job, with what the first one has uploaded."""
        runner = self.machine(run)
        self.hand_over(trained, runner)
        with_script(runner.folder)
        runner.run_all(self.steps("request"))
        return runner

    def hand_over(self, trained: Runner, runner: Runner) -> None:
        (upload,) = [step for step in every_step(self.path) if "upload-artifact" in step.get("uses", "")]
        (download,) = [step for step in every_step(self.path) if "download-artifact" in step.get("uses", "")]
        source, target = (
            Path(step["with"]["path"].replace("${{ runner.temp }}", machine.environ["RUNNER_TEMP"]))
            for step, machine in ((upload, trained), (download, runner))
        )
        shutil.copytree(source, target)


def push(project: Project, host: Host) -> None:
    project.git("push", "--quiet", "--force", f"file://{host.bare}", "main")
    host.learn()
