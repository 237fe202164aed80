"""Runs the jobs of the workflows that train on a GPU, each on a machine of its own, as GitHub would."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from workflow_steps import ROOT, Runner, Step, jobs, scripts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from publish.requests.request_forges import Host

DOCS = ROOT / "docs/ci"
GITHUB, ARC, EC2, SKY = (DOCS / f"github-gpu{name}.yml" for name in ("", "-arc", "-ec2", "-sky"))
WORKFLOWS = (GITHUB, ARC, EC2, SKY)
BRANCH = "better-model"
STAND_INS = {
    "nvidia-smi": "echo 'NVIDIA L4'",
    "pipx": "",
    "sky": f'exec "$PYTHON" "{Path(__file__).parent / "sky_stand_in.py"}" "$@"',
}
SKYPILOT = {
    "vars.SKYPILOT_API_SERVER_ENDPOINT": "https://sky.example",
    "secrets.SKYPILOT_SERVICE_ACCOUNT_TOKEN": "sky_sesame",
}


@dataclass
class Training:
    """A run of one of the workflows on a forge.

    Attributes:
        path: the file.
        host: the forge.
        folder: for the clones of its jobs.
        values: the team's variables and secrets.
        environ: more variables of every machine.
        task: for SkyPilot, on the default branch.
        commit: what the first job has found.
        outputs: what the job ``train`` hands over.
        artifacts: what jobs have uploaded, by name.
    """

    path: Path
    host: Host
    folder: Path
    values: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    task: str = (DOCS / "sky-train.yaml").read_text()
    commit: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    artifacts: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.commit = self.host.tip(BRANCH)

    @property
    def sky_jobs(self) -> Path:
        """Where the stand-in for SkyPilot keeps the states of its jobs."""
        return self.folder / "sky-jobs.json"

    def steps(self, job: str) -> list[Step]:
        given = {"RESULTS": "dvc.lock reports"}
        return [replace(step, shared={**step.shared, **given}) for step in scripts(self.path, job)]

    def step(self, job: str, name: str) -> Step:
        return next(step for step in self.steps(job) if step.name == name)

    def machine(self) -> Runner:
        """A fresh clone of the commit, which need not be the branch's tip any more."""
        place = self.folder / f"clone-{len(list(self.folder.iterdir()))}"
        self.host.git("clone", "--quiet", "--no-checkout", f"file://{self.host.bare}", str(place))
        self.host.git("-C", str(place), "checkout", "--quiet", "--detach", self.commit)
        ids = {"GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "2", "GITHUB_WORKSPACE": str(place)}
        environ = {**self.host.fake.environ(event="push"), **ids, "SKY_JOBS": str(self.sky_jobs), **self.environ}
        found = {"inputs.branch": BRANCH, "github.token": environ.pop("GITHUB_TOKEN")}
        return Runner(folder=place, environ=environ, values={**found, **SKYPILOT, **self.values}, stand_ins=STAND_INS)

    def run(self, job: str, fails: str = "") -> Runner:
        runner = self.machine()
        if (self.path, job) == (SKY, "train"):
            (runner.folder / "headway-task").mkdir()
            (runner.folder / "headway-task/sky-train.yaml").write_text(self.task)
        self._transfer(job, "download", runner)
        runner.run_all(self.steps(job), fails=fails)
        self._transfer(job, "upload", runner)
        if job == "train":
            self.outputs = runner.outputs()
        return runner

    def _transfer(self, job: str, direction: str, runner: Runner) -> None:
        """Hand the artifacts of a job's steps over, to it or from it."""
        for step in jobs(self.path)[job]["steps"]:
            if f"actions/{direction}-artifact@" not in step.get("uses", ""):
                continue
            name, path = step["with"]["name"], step["with"]["path"]
            place = Path(path.replace("${{ runner.temp }}", runner.environ["RUNNER_TEMP"]))
            if direction == "download":
                shutil.copytree(self.artifacts[name], place)
            elif place.exists():
                self.artifacts[name] = place
