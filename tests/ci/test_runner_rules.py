"""The rules for the workflows that train on a GPU: what starts them, what reaches the GPU, and what each job may do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from ci.gpu_training import ARC, DOCS, EC2, GITHUB, SKY, WORKFLOWS
from ci.retraining import TEMPLATE as RETRAIN
from workflow_steps import every_step, jobs, load, scripts

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = "ubuntu-24.04"
CLEANUP = "Remove the credentials"
ON_GPU = {GITHUB: "gpu-t4", ARC: "gpu-arc", EC2: "${{ needs.start.outputs.label }}"}
"""What each of the jobs that need a GPU runs on."""

every = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


def named(path: Path, job: str) -> dict[str, Any]:
    return {step.get("name", step.get("uses")): step for step in jobs(path)[job]["steps"]}


@every
def test_only_a_person_who_may_write_starts_it(path: Path) -> None:
    """No pull request does, and no push: neither a fork's workflow nor its code gets to the GPU or the keys."""
    assert load(path)["on"] == {
        "workflow_dispatch": {"inputs": {"branch": {"description": "The branch to train", "required": True}}}
    }


@every
def test_what_is_trained_is_a_branch_of_the_repository(path: Path) -> None:
    checkouts = [step for step in every_step(path) if "actions/checkout@" in step.get("uses", "")]
    first, *others = [step["with"]["ref"] for step in checkouts if step.get("name") != "Check out the task"]
    assert first == "refs/heads/${{ inputs.branch }}", "so that refs/pull/7/head is a branch that does not exist"
    assert others == ["${{ needs.start.outputs.commit }}"] * 3, "the branch could be another commit by then"
    assert jobs(path)["start"]["outputs"]["commit"] == "${{ steps.checkout.outputs.commit }}"
    assert checkouts[0]["id"] == "checkout"


@every
def test_the_input_is_in_no_script(path: Path) -> None:
    holders = [step["name"] for step in every_step(path) if "inputs.branch" in str(step.get("env", ""))]
    assert holders == ["Open the pull request"]
    assert not [step.run for job in jobs(path) for step in scripts(path, job) if "${{" in step.run]


@every
def test_only_the_training_is_on_the_gpu(path: Path) -> None:
    machines = {name: job["runs-on"] for name, job in jobs(path).items()}
    assert machines.pop("train") == ON_GPU.get(path, PLAIN)
    assert set(machines.values()) == {PLAIN}


@every
def test_the_training_has_no_token_and_may_write_nothing_in_the_repository(path: Path) -> None:
    for name in ("train", "report"):
        job = jobs(path)[name]
        assert job["permissions"] == {"contents": "read", "id-token": "write"}
        assert not re.search(r"github\.token|GITHUB_TOKEN|HEADWAY_TOKEN|RUNNER_TOKEN", str(job))
        assert (job["steps"][-1]["name"], job["steps"][-1]["run"]) == (CLEANUP, "headway ci cleanup")
        assert job["steps"][-1]["if"] == "always() && steps.remote.outcome != 'skipped'"


@every
def test_the_training_has_an_identity_of_its_own(path: Path) -> None:
    """Code of any branch runs there, so its OpenID Connect token must not be that of a run of the default branch."""
    assert jobs(path)["train"]["environment"] == "train"
    others = {name: job.get("environment") for name, job in jobs(path).items() if name != "train"}
    assert {name for name, environment in others.items() if environment == "train"} == set()


@every
def test_the_report_only_reads_the_data_and_runs_nothing_of_the_branch(path: Path) -> None:
    report = jobs(path)["report"]
    assert set(re.findall(r"(?:secrets|vars)\.(\w*(?:KEY|ROLE|CREDENTIALS)\w*)", str(report))) == {
        *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ROLE", "GOOGLE_APPLICATION_CREDENTIALS")
    }
    assert "requirements.txt" not in str(report)
    assert not [step.name for step in scripts(path, "report") if "dvc repro" in step.run]


@every
def test_what_opens_the_request_is_what_opens_it_after_a_retraining(path: Path) -> None:
    """Apart from the branch, the commit, and the report, which comes in an artifact of its own."""
    ours, theirs = named(path, "request"), named(RETRAIN, "request")
    assert jobs(path)["request"]["permissions"] == jobs(RETRAIN)["request"]["permissions"]
    for name in ("Install", "Download the results", "Unpack the results"):
        assert ours[name] == theirs[name]
    assert set(ours) - set(theirs) == {"Download the report"}
    tokens = [step["name"] for step in every_step(path) if "github.token" in str(step)]
    assert tokens == ["Open the pull request", "Post the report on it"]


@pytest.mark.parametrize("path", ON_GPU, ids=lambda path: path.stem)
def test_the_training_is_that_of_a_retraining(path: Path) -> None:
    ours, theirs = named(path, "train"), named(RETRAIN, "train")
    shared = [name for name in ours if name in theirs and "checkout" not in name]
    assert len(shared) >= 9
    assert [ours[name] for name in shared] == [theirs[name] for name in shared]
    assert set(ours) - set(theirs) == {"Show the GPU", "Upload the results"}


def test_the_four_differ_in_the_machine_and_in_nothing_else() -> None:
    first, *others = (load(path) for path in WORKFLOWS)
    for other in others:
        assert {key: value for key, value in other.items() if key != "jobs"} == {
            key: value for key, value in first.items() if key != "jobs"
        }
        assert [other["jobs"][name] for name in ("report", "request")] == [
            first["jobs"][name] for name in ("report", "request")
        ]
    for path in (ARC, EC2):
        assert {**jobs(path)["train"], "runs-on": ""} == {**jobs(GITHUB)["train"], "runs-on": ""}
    for path in (ARC, SKY):
        assert jobs(path)["start"] == jobs(GITHUB)["start"]
    assert [set(jobs(path)) for path in WORKFLOWS] == [
        {"start", "train", "report", "request"} | ({"stop"} if path == EC2 else set()) for path in WORKFLOWS
    ]


@every
def test_all_artifacts_that_are_downloaded_have_been_uploaded_at_the_same_place(path: Path) -> None:
    places: dict[str, set[str]] = {}
    for step in every_step(path):
        if "load-artifact@" in step.get("uses", ""):
            places.setdefault(step["with"]["name"], set()).add(step["with"]["path"])
    assert places == {
        "headway-results": {"${{ runner.temp }}/results"},
        "headway-report": {"${{ runner.temp }}/report"},
    }


class TestEC2:
    def test_the_instance_is_stopped_however_the_training_ends(self) -> None:
        stop = jobs(EC2)["stop"]
        assert stop["if"] == "always() && needs.start.outputs.instance != ''"
        assert stop["needs"] == ["start", "train"], "and not after the report"
        assert stop["permissions"] == {"id-token": "write"}

    def test_what_is_stopped_is_what_was_started(self) -> None:
        start, stop = (named(EC2, job) for job in ("start", "stop"))
        assert start["Start the runner"]["uses"] == stop["Stop the runner"]["uses"]
        outputs = jobs(EC2)["start"]["outputs"]
        assert outputs["label"] == "${{ steps.runner.outputs.label }}"
        assert outputs["instance"] == "${{ steps.runner.outputs.ec2-instance-id }}"
        given = stop["Stop the runner"]["with"]
        assert given["label"] == "${{ needs.start.outputs.label }}"
        assert given["ec2-instance-id"] == "${{ needs.start.outputs.instance }}"

    def test_the_runner_takes_one_job_and_the_instance_ends_by_itself_after_the_longest_one(self) -> None:
        given = named(EC2, "start")["Start the runner"]["with"]
        assert given["use-jit"] is True
        minutes = int(re.fullmatch(r"shutdown -h \+(\d+)", given["pre-runner-script"])[1])  # type: ignore[index]
        assert jobs(EC2)["train"]["timeout-minutes"] < minutes

    def test_the_token_for_runners_is_in_the_two_steps_that_start_and_stop(self) -> None:
        holders = [step["name"] for step in every_step(EC2) if "RUNNER_TOKEN" in str(step)]
        assert holders == ["Start the runner", "Stop the runner"]
        assert [jobs(EC2)[name]["environment"] for name in ("start", "stop")] == ["runner", "runner"]


class TestSkyPilot:
    def test_the_task_is_not_that_of_the_branch(self) -> None:
        """A task may name any file of the machine that reads it, whose environment has SkyPilot's token."""
        given = named(SKY, "train")["Check out the task"]["with"]
        assert "ref" not in given, "the workflow's own commit"
        assert given["sparse-checkout"] == "/sky-train.yaml", "and no .sky.yaml, which SkyPilot reads as well"
        launch = named(SKY, "train")["Train on a GPU"]["run"]
        assert f'cd "$RUNNER_TEMP/{given["path"]}"' in launch
        assert "workdir" not in load(DOCS / "sky-train.yaml")

    def test_the_job_on_the_gpu_is_cancelled_before_github_takes_the_machine(self) -> None:
        assert jobs(SKY)["train"]["timeout-minutes"] < 360

    def test_the_job_gives_the_task_what_it_declares(self) -> None:
        task = load(DOCS / "sky-train.yaml")
        launch = named(SKY, "train")["Train on a GPU"]
        for section, option in (("envs", "env"), ("secrets", "secret")):
            given = re.findall(rf"--{option} (\w+)", launch["run"])
            assert set(given) == set(task[section])
            assert set(task[section].values()) == {None}, "with a value, a variable that the job forgets is no error"
            assert set(given) <= {*launch["env"], *load(SKY)["env"]}

    def test_both_scripts_of_the_task_stop_at_the_first_failure(self) -> None:
        """SkyPilot runs them without ``-e``."""
        task = load(DOCS / "sky-train.yaml")
        assert [re.match(r"set -e\b", task[section]) is not None for section in ("setup", "run")] == [True, True]

    def test_the_plain_runner_has_no_keys_that_may_write_but_to_pass_them_on(self) -> None:
        holders = {step["name"] for step in jobs(SKY)["train"]["steps"] if "_TRAIN_" in str(step)}
        assert holders == {"Train on a GPU"}


def test_the_pods_of_the_cluster_are_those_that_the_workflow_asks_for() -> None:
    values = load(DOCS / "arc-gpu.yaml")
    assert values["runnerScaleSetName"] == ON_GPU[ARC]
    (container,) = values["template"]["spec"]["containers"]
    assert container["name"] == "runner", "the chart adds what a runner needs to the container of this name"
    assert container["resources"] == {"limits": {"nvidia.com/gpu": 1}}
    assert values["minRunners"] == 0


@every
def test_the_first_lines_say_where_it_goes_and_what_it_does(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert re.match(r"# \.github/workflows/train\.yml: trains a branch ", lines[0])
    assert not [line for line in lines if line.startswith("#") and len(line) > 120]
