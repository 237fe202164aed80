"""``headway ci reproduce`` in clones of a pipeline: what runs, what is pulled, what is left, and the exit codes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from ci_jobs import Job
from repos import Project

if TYPE_CHECKING:
    from pathlib import Path

LOCAL = ".dvc/config.local"
PIPELINE = {"stages": {"train": {"cmd": "cp a.csv model", "deps": ["a.csv"], "params": ["lr"], "outs": ["model"]}}}
REPRODUCE = "repro --pull --allow-missing"


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A pipeline that has run; ``stale`` has another parameter. Its remote is a folder beside it."""
    folder = tmp_path_factory.mktemp("origin")
    (folder / "store").mkdir()
    project = Project(folder / "project").remote(folder / "store").write(".gitignore", "/model\n/a.csv\n")
    project.write("params.yaml", "lr: 1\n").write("a.csv", "1\n").add("a.csv").write("model", "1\n")
    project.write("b.csv", "2\n").add("b.csv").dvc_yaml(PIPELINE).recorded()
    with project.dvc() as repo:
        repo.push()
    project.commit("base")
    project.branch("stale").write("params.yaml", "lr: 2\n").commit("another parameter")
    project.checkout("main")
    return project


@pytest.fixture
def fresh(origin: Project, tmp_path: Path) -> Job:
    """A job in a fresh clone, without any secret."""
    return Job(origin.clone(tmp_path / "clone"), {"RUNNER_TEMP": str(tmp_path)})


@pytest.fixture
def stale(fresh: Job) -> Job:
    """The same, with a stale stage."""
    fresh.project.checkout("stale")
    return fresh


def with_dvc(job: Job, folder: Path, script: str) -> Job:
    """The same job with another ``dvc``, which also writes down its arguments and whether the remote is set up."""
    tool = folder / "bin/dvc"
    tool.parent.mkdir()
    tool.write_text(f'#!/bin/sh\necho "$*" > "{folder}/calls"\ncat {LOCAL} >> "{folder}/calls" 2>&1\n{script}\n')
    tool.chmod(0o755)
    return job.given(PATH=f"{tool.parent}{os.pathsep}{os.environ['PATH']}")


def test_what_is_up_to_date_is_not_reproduced(fresh: Job, tmp_path: Path) -> None:
    said = with_dvc(fresh, tmp_path, "").ci("reproduce")
    assert (said.code, said.lines) == (0, ["dvc.lock is up to date, so nothing is reproduced."])
    assert "verified" in said.out
    assert not (tmp_path / "calls").exists()
    assert not (fresh.project.root / "a.csv").exists()


def test_what_is_stale_is_reproduced_with_the_data_that_it_needs(stale: Job) -> None:
    said = stale.ci("reproduce")
    assert said.code == 0
    assert said.lines[0] == f"To reproduce 1 stale stage (train): dvc {REPRODUCE}"
    assert said.lines[-1] == "Reproduced 1 stale stage (train). dvc.lock is up to date."
    assert said.out.index("stale") < said.out.index("verified")
    assert (stale.project.root / "model").read_text() == "1\n"
    assert not (stale.project.root / "b.csv").exists()


def test_a_dry_run_pulls_and_runs_nothing(stale: Job, tmp_path: Path) -> None:
    said = with_dvc(stale, tmp_path, "").ci("reproduce", "--dry-run")
    assert (said.code, said.lines) == (
        0,
        [f"To reproduce 1 stale stage (train), this would run: dvc {REPRODUCE}"],
    )
    assert not (tmp_path / "calls").exists()


def test_the_code_of_dvc_is_that_of_the_command(stale: Job, tmp_path: Path) -> None:
    said = with_dvc(stale, tmp_path, "exit 7").ci("reproduce")
    assert (said.code, said.lines[-1]) == (7, "DVC failed with exit code 7.")


def test_what_is_still_stale_is_a_failure(stale: Job, tmp_path: Path) -> None:
    said = with_dvc(stale, tmp_path, "exit 0").ci("reproduce")
    assert (said.code, said.lines[-1]) == (1, "DVC succeeded, but dvc.lock is still not up to date.")


def test_the_stages_of_another_folder_are_named(stale: Job, tmp_path: Path) -> None:
    """Without a target, DVC would reproduce the pipeline of the current folder alone."""
    stale.project.write(
        "more/dvc.yaml", "stages:\n  count:\n    cmd: wc -l ../params.yaml\n    deps: [../params.yaml]\n"
    )
    with_dvc(stale, tmp_path, "exit 0").ci("reproduce", "-C", "more")
    assert (tmp_path / "calls").read_text().startswith(f"{REPRODUCE} -- ")
    assert {"more/dvc.yaml:count", "train"} <= set((tmp_path / "calls").read_text().split())


def test_without_a_remote_the_stale_stages_are_named(stale: Job, tmp_path: Path) -> None:
    stale.project.write(".dvc/config", "[core]\n    remote = store\n['remote \"store\"']\n    url = s3://team/dvc\n")
    fork = with_dvc(stale, tmp_path, "")
    said = fork.ci("reproduce")
    assert (said.code, said.lines[-1]) == (
        0,
        "Without the data, nothing is reproduced. The report names the stale stages.",
    )
    assert said.lines[0].startswith("No remote is set up")
    assert "train" in said.out
    assert fork.ci("reproduce", "--require").code == 3
    assert not (tmp_path / "calls").exists()


class TestEachProject:
    """A change of four projects: one that is removed, one that cannot be read, and two that are stale."""

    @pytest.fixture(scope="class")
    @staticmethod
    def monorepo(tmp_path_factory: pytest.TempPathFactory) -> Project:
        folder = tmp_path_factory.mktemp("monorepo")
        (folder / "store").mkdir()
        root = Project(folder / "repository", dvc=False)
        for name in ("a removed", "b broken", "c stale", "d stale"):
            own = Project(root.git_root, subdir=name, git=False).dvc_init().remote(folder / "store")
            own.dvc_yaml(PIPELINE | {"params": ["params.yaml"]})
        root.commit("base")
        root.branch("change").git("rm", "-r", "--quiet", "a removed")
        root.write("a removed/.dvc/cache/left", "").write("b broken/dvc.yaml", "stages: [1,\n")
        for name in ("c stale", "d stale"):
            root.dvc_yaml({"stages": {"train": {"cmd": "echo", "params": ["lr"]}}}, name)
            root.write(f"{name}/params.yaml", "lr: 1\n")
        root.git("add", "--all", "--", ":!a removed")
        root.git("commit", "--quiet", "--message", "change")
        return root

    def test_one_that_fails_does_not_keep_the_others(self, monorepo: Project, tmp_path: Path) -> None:
        said = Job(monorepo, {"RUNNER_TEMP": str(tmp_path)}).ci("reproduce", "--all-projects", "--dry-run")
        assert said.code == 3
        assert [line for line in said.lines if line.endswith(":")] == [
            f"{monorepo.root / name}:" for name in ("b broken", "c stale", "d stale")
        ]
        assert said.err.count("To reproduce 1 stale stage (train), this would run: ") == 2

    def test_a_signal_ends_all_of_them(self, monorepo: Project, tmp_path: Path) -> None:
        job = with_dvc(Job(monorepo, {"RUNNER_TEMP": str(tmp_path)}), tmp_path, "kill $PPID; exec tail -f /dev/null")
        with pytest.raises(SystemExit, match="143"):
            job.ci("reproduce", "--all-projects")


class TestSecrets:
    def test_the_remote_is_set_up_for_as_long_as_it_takes(self, job: Job, stale: Job, tmp_path: Path) -> None:
        own = with_dvc(stale.given(**job.variables), tmp_path, "exit 7")
        before = "[cache]\n    type = copy\n"
        own.project.write(LOCAL, before)
        assert own.ci("reproduce").code == 7
        assert own.variables["DVC_REMOTE_URL"] in (tmp_path / "calls").read_text()
        assert (own.project.root / LOCAL).read_text() == before

    def test_a_set_up_of_the_job_is_used_and_left(self, job: Job, stale: Job, tmp_path: Path) -> None:
        own = stale.given(**job.variables)
        assert own.ci("setup").code == 0
        before = (own.project.root / LOCAL).read_text()
        later = with_dvc(own.without("DVC_REMOTE_URL"), tmp_path, "exit 7")
        said = later.ci("reproduce")
        assert (said.code, "responds" in said.err) == (7, False)
        assert (own.project.root / LOCAL).read_text() == before

    def test_credentials_do_not_reach_a_server_that_the_checkout_names(
        self, job: Job, stale: Job, tmp_path: Path
    ) -> None:
        own = with_dvc(stale.given(**job.variables), tmp_path, "")
        config = "['remote \"other\"']\n    url = s3://team/dvc\n    endpointurl = https://stranger.example\n"
        own.project.write(".dvc/config", config).commit("a stranger's server")
        assert own.ci("reproduce").code == 3
        own.project.write(LOCAL, "[core]\n    remote = mine\n['remote \"mine\"']\n    url = s3://team/dvc\n")
        said = own.without("DVC_REMOTE_URL").ci("reproduce")
        assert (said.code, "stranger's server" in said.err) == (3, True)
        assert not (tmp_path / "calls").exists()

    def test_a_wrong_key_is_not_taken_for_stale(self, job: Job, stale: Job, tmp_path: Path) -> None:
        own = stale.given(**{**job.variables, "AWS_SECRET_ACCESS_KEY": "wrong-in-every-letter"})
        assert with_dvc(own, tmp_path, "").ci("reproduce").code == 3
        assert not (tmp_path / "calls").exists()
