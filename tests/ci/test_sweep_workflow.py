"""The workflow of a sweep: its jobs run one after the other, from the grid to experiments that anyone can pull."""

from __future__ import annotations

import base64
import itertools
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from git_server import GitHttp, git_http
from publish.requests.request_forges import Host, open_host
from repos import Project
from workflow_steps import ROOT, Runner, every_step, jobs, load, scripts

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKFLOW = ROOT / "docs/ci/github-sweep.yml"
GRID = jobs(WORKFLOW)["experiment"]["strategy"]["matrix"]
TRAIN = """\
import json, os, sys
import yaml
assert not {"GITHUB_TOKEN", "HEADWAY_TOKEN"} & os.environ.keys()
model = yaml.safe_load(open("params.yaml"))["model"]
if model["hidden"] == 0:
    sys.exit("no units")
open("model.bin", "w").write(str(model))
json.dump({"accuracy": model["hidden"] / 200}, open("metrics.json", "w"))
"""
PIPELINE = {
    "stages": {
        "train": {
            "cmd": "python train.py",
            "deps": ["train.py"],
            "params": ["model.kind", "model.hidden"],
            "outs": ["model.bin"],
            "metrics": [{"metrics.json": {"cache": False}}],
        }
    }
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A pipeline that has run, with DVC's remote in a folder beside it."""
    folder = tmp_path_factory.mktemp("swept")
    project = Project(folder / "project").remote(folder / "store")
    project.write("params.yaml", "model:\n  kind: convolution\n  hidden: 64\n").write("train.py", TRAIN)
    project.write(".gitignore", "/model.bin\n").write("requirements.txt", "dvc\n").dvc_yaml(PIPELINE)
    project.json("headway.yaml", {"metrics": {"accuracy": "higher"}})
    with project.dvc() as repo:
        repo.reproduce()
    project.push().commit("base")
    return project


@dataclass
class Sweep:
    """Runs of the workflow on the main branch of a forge, whose git server asks for the job's token to be pushed to."""

    host: Host
    server: GitHttp
    folder: Path
    number: int = 7

    def __post_init__(self) -> None:
        self.token = self.host.fake.token("write")
        login = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        self.server.admits = lambda given: given.lower() == f"basic {login}".lower()
        self.artifacts = self.folder / "artifacts"

    @property
    def names(self) -> list[str]:
        """The experiments that the forge's repository has."""
        listed = self.host.git("for-each-ref", "--format=%(refname:lstrip=4)", "refs/exps")
        return listed.splitlines()

    def machine(self, **matrix: object) -> Runner:
        """A fresh clone of one commit, as the checkout makes it."""
        environ = self.host.fake.environ(event="push", token=self.token)
        del environ["GITHUB_TOKEN"]
        environ |= {"GITHUB_RUN_NUMBER": str(self.number), "GITHUB_SERVER_URL": self.server.url}
        place = self.folder / f"clone-{len(list(self.folder.iterdir()))}"
        self.host.git("clone", "--quiet", "--depth=1", f"file://{self.host.bare}", str(place))
        Project(place, git=False).git("remote", "set-url", "origin", f"{self.server.url}/{self.host.bare.name}")
        values = {f"matrix.{name}": str(value) for name, value in matrix.items()}
        return Runner(folder=place, environ=environ, values={"github.token": self.token, **values})

    def experiment(self, kind: str, hidden: int, fails: str = "") -> Runner:
        """The job of one point of the grid; its artifact waits for the other jobs."""
        runner = self.machine(kind=kind, hidden=hidden)
        runner.run_all(scripts(WORKFLOW, "experiment"), fails=fails)
        if not fails:
            (upload,) = [step for step in every_step(WORKFLOW) if "upload-artifact" in step.get("uses", "")]
            shutil.copytree(self.place(runner, upload["with"]["path"]), self.artifacts, dirs_exist_ok=True)
        return runner

    def last(self, job: str) -> Runner:
        """One of the jobs that follow the grid."""
        runner = self.machine()
        (download,) = [step for step in jobs(WORKFLOW)[job]["steps"] if "download-artifact" in step.get("uses", "")]
        shutil.copytree(self.artifacts, self.place(runner, download["with"]["path"]))
        runner.run_all(scripts(WORKFLOW, job))
        return runner

    @staticmethod
    def place(runner: Runner, path: str) -> Path:
        return Path(path.replace("${{ runner.temp }}", runner.environ["RUNNER_TEMP"]))


@pytest.fixture
def sweep(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sweep]:
    for name in ("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"):
        monkeypatch.setenv(name, "1735689600 +0000")  # DVC's commits are made by dulwich, which reads no other format
    with open_host("github", tmp_path) as host, git_http(host.bare.parent) as server:
        project.git("push", "--quiet", "--force", f"file://{host.bare}", "main")
        host.git("config", "http.receivepack", "true")
        yield Sweep(host, server, tmp_path)


def summary(runner: Runner) -> str:
    return Path(runner.environ["GITHUB_STEP_SUMMARY"]).read_text()


def test_an_experiment_is_pushed_and_compared(sweep: Sweep) -> None:
    trained = sweep.experiment("perceptron", 128)
    assert trained.ran[-1] == "Remove the credentials"
    assert (sweep.names, sweep.server.logins) == ([], [])  # the job that trains has no token
    sweep.last("publish")
    assert sweep.names == ["sweep-7-perceptron-128"]
    assert "**accuracy 0.32 → 0.64 " in summary(sweep.last("compare"))


@pytest.mark.slow
class TestGrid:
    def test_anyone_can_pull_each_experiment_with_its_data(self, project: Project, sweep: Sweep) -> None:
        for kind, hidden in itertools.product(GRID["kind"], GRID["hidden"]):
            sweep.experiment(kind, hidden)
        sweep.last("publish")
        names = [f"sweep-7-{kind}-{hidden}" for kind in ("convolution", "perceptron") for hidden in (128, 32)]
        assert sweep.names == names
        compared = re.findall(r"^### Headway: `main` → `(.*)`$", summary(sweep.last("compare")), re.MULTILINE)
        assert sorted(compared) == names
        clone = project.clone(sweep.folder / "colleague")
        clone.git("remote", "set-url", "origin", f"file://{sweep.host.bare}")
        clone.run("dvc", "exp", "pull", "origin", "sweep-7-perceptron-32")
        clone.run("dvc", "exp", "apply", "sweep-7-perceptron-32")
        assert (clone.root / "model.bin").read_text() == "{'kind': 'perceptron', 'hidden': 32}"

    def test_one_that_fails_stops_no_other(self, sweep: Sweep) -> None:
        failed = sweep.experiment("convolution", 0, fails="Run the experiment")
        assert failed.ran[-2:] == ["Run the experiment", "Remove the credentials"]
        sweep.experiment("perceptron", 32)
        sweep.last("publish")
        assert sweep.names == ["sweep-7-perceptron-32"]

    def test_where_all_fail_nothing_is_pushed(self, sweep: Sweep) -> None:
        sweep.experiment("convolution", 0, fails="Run the experiment")
        sweep.artifacts.mkdir()
        sweep.last("publish")
        assert sweep.names == []

    def test_run_again_it_replaces_its_experiments_and_no_others(self, sweep: Sweep) -> None:
        first = sweep.experiment("perceptron", 32)
        sweep.last("publish")
        sweep.number = 8
        sweep.experiment("perceptron", 32)
        sweep.last("publish")
        before = sweep.host.git("for-each-ref", "refs/exps")
        Project(first.folder, git=False).write("train.py", f"{TRAIN}# changed\n")
        sweep.experiment("perceptron", 32)
        sweep.last("publish")
        after = sweep.host.git("for-each-ref", "refs/exps")
        assert sweep.names == ["sweep-7-perceptron-32", "sweep-8-perceptron-32"]
        assert after.splitlines()[0] == before.splitlines()[0]

    def test_a_bundle_brings_nothing_but_experiments_of_this_run(self, sweep: Sweep) -> None:
        """The job that packs it has run the pipeline's code, which may have written anything."""
        trained = sweep.experiment("perceptron", 32)
        forger, base = Project(trained.folder, git=False), sweep.host.tip()
        forged = forger.write("train.py", "import this\n").commit("forged")
        old = f"refs/exps/{base[:2]}/{base[2:]}/sweep-6-perceptron-32"
        for reference in ("refs/heads/main", "refs/heads/other", "refs/tags/v1", old):
            forger.git("update-ref", reference, forged)
        forger.git("bundle", "create", "--quiet", str(sweep.artifacts / "forged.bundle"), "--all", f"^{base}")
        forger.git("update-ref", f"refs/exps/{base[:2]}/{base[2:]}/sweep-7-repository", forged)
        shutil.copytree(forger.root / ".git", sweep.artifacts / "repository.bundle")
        sweep.last("publish")
        assert sweep.names == ["sweep-7-perceptron-32"]
        assert sweep.host.branches() == {"main": base}
        assert sweep.host.git("tag") == ""


class TestRules:
    def test_people_alone_start_it(self) -> None:
        assert load(WORKFLOW)["on"] == {"workflow_dispatch": None}

    def test_no_sweep_ends_another(self) -> None:
        assert load(WORKFLOW)["concurrency"]["cancel-in-progress"] is False
        assert jobs(WORKFLOW)["experiment"]["strategy"]["fail-fast"] is False

    def test_each_job_may_do_what_it_needs(self) -> None:
        assert {name: job["permissions"] for name, job in jobs(WORKFLOW).items()} == {
            "experiment": {"contents": "read", "id-token": "write"},
            "publish": {"contents": "write"},
            "compare": {"contents": "read", "id-token": "write"},
        }

    def test_the_job_that_writes_runs_git_alone(self) -> None:
        steps = scripts(WORKFLOW, "publish")
        line = r"^ *(?:if .* then )?([a-z]+)\b"
        words = {word for step in steps for word in re.findall(line, step.run, re.MULTILINE)}
        assert words == {"own", "for", "git", "done", "basic", "echo", "export"}

    def test_the_token_is_in_the_step_that_pushes_and_nowhere_else(self) -> None:
        holders = [step["name"] for step in every_step(WORKFLOW) if "github.token" in str(step)]
        assert holders == ["Push the experiments"]

    def test_keys_that_may_write_data_are_in_the_job_that_trains_alone(self) -> None:
        holders = {name for name, job in jobs(WORKFLOW).items() if "_TRAIN_" in str(job)}
        assert holders == {"experiment"}

    def test_both_jobs_unpack_the_same_experiments(self) -> None:
        unpacking = [step for step in every_step(WORKFLOW) if step.get("name") == "Unpack the experiments"]
        assert len(unpacking) == 2
        assert unpacking[0] == unpacking[1]
