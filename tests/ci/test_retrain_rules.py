"""The rules for the retraining workflows: what starts them, what each job may do, and where the token is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from ci.retraining import OURS, TEMPLATE
from workflow_steps import ROOT, bitbucket_scripts, every_step, gitlab_cleanup, gitlab_script, jobs, load, scripts

if TYPE_CHECKING:
    from pathlib import Path

GITLAB, BITBUCKET = ROOT / "docs/ci/gitlab-retrain.yml", ROOT / "docs/ci/bitbucket-retrain.yml"
ROLES = ("Assume the role that writes the data", "Assume the role again")
CLEANUP = "Remove the credentials"
OWN = {*ROLES, "Set up the DVC remote", "Update imported data", CLEANUP}
"""Steps that depend on where a team's data is."""

both = pytest.mark.parametrize("path", [OURS, TEMPLATE], ids=["ours", "template"])


@both
def test_nothing_but_data_on_main_a_schedule_and_people_start_it(path: Path) -> None:
    """No pull request does: its code would run with keys that may write."""
    on = load(path)["on"]
    assert set(on) == {"push", "schedule", "workflow_dispatch"}
    assert on["push"] == {"branches": ["main"], "paths": ["**.dvc"]}
    assert on["workflow_dispatch"] is None, "an input would be one more thing to check"


@both
def test_no_training_is_ended_by_a_later_one(path: Path) -> None:
    assert load(path)["concurrency"] == {"group": "retrain", "cancel-in-progress": False}


@both
def test_the_job_that_runs_the_pipeline_may_write_nothing_and_has_no_token(path: Path) -> None:
    train = jobs(path)["train"]
    assert train["permissions"] == {"contents": "read", "id-token": "write"}
    assert not re.search(r"github\.token|GITHUB_TOKEN|HEADWAY_TOKEN", str(train))


@both
def test_the_job_that_writes_runs_nothing_of_the_pipeline(path: Path) -> None:
    request = jobs(path)["request"]
    assert request["permissions"] == {"contents": "write", "pull-requests": "write", "checks": "write"}
    assert (request["needs"], request["if"]) == ("train", "needs.train.outputs.changed == 'true'")
    install, *others = scripts(path, "request")
    assert install.run.splitlines()[-1] == (
        "scripts/install-post" if path == OURS else '"$folder/scripts/install-post"'
    )
    words = {word for step in others for word in re.findall(r"^ *(?:for .* do )?([a-z]+)\b", step.run, re.MULTILINE)}
    assert words == {"read", "only", "git", "headway"}


@both
def test_the_token_is_in_the_two_steps_that_use_it_and_nowhere_else(path: Path) -> None:
    holders = [step["run"].splitlines()[-1] for step in every_step(path) if "github.token" in str(step)]
    assert [holder.split()[:2] for holder in holders] == [["headway", "pr"], ["headway", "post"]]
    assert path.read_text().count("github.token") == 2


@both
def test_both_jobs_are_about_the_commit_that_started_the_run(path: Path) -> None:
    checkouts = [step["with"] for step in every_step(path) if "actions/checkout@" in step.get("uses", "")]
    assert checkouts == [{"persist-credentials": False}] * 2, "a ref could be another commit by then"


@both
def test_the_artifact_that_is_uploaded_is_the_one_that_is_downloaded(path: Path) -> None:
    artifacts = [step["with"] for step in every_step(path) if "load-artifact@" in step.get("uses", "")]
    assert [{key: each[key] for key in ("name", "path")} for each in artifacts] == [
        {"name": "headway-results", "path": "${{ runner.temp }}/results"}
    ] * 2


@both
def test_keys_are_those_that_may_write_and_always_go(path: Path) -> None:
    assert set(re.findall(r"secrets\.(\w+)", path.read_text())) == {
        *("AWS_TRAIN_ACCESS_KEY_ID", "AWS_TRAIN_SECRET_ACCESS_KEY", "GOOGLE_TRAIN_APPLICATION_CREDENTIALS")
    }
    last = jobs(path)["train"]["steps"][-1]
    assert (last["name"], last["run"]) == (CLEANUP, "headway ci cleanup")
    assert last["if"] == "always() && steps.remote.outcome != 'skipped'"


@both
def test_a_training_that_outlives_its_role_assumes_it_again(path: Path) -> None:
    """The credentials of a role expire after an hour, and the data is pushed after the training."""
    train = jobs(path)["train"]
    names = [step.get("name") for step in train["steps"]]
    roles = [step for step in train["steps"] if step.get("name") in ROLES]
    assert len(roles) == 1 + (train["timeout-minutes"] > 60)
    assert all(step["if"] == "vars.AWS_TRAIN_ROLE != ''" for step in roles)
    assert all(step["with"] == roles[0]["with"] for step in roles)
    assert roles[-1] is roles[0] or names.index("Train") < names.index(ROLES[1]) < names.index("Push the data")


def test_the_template_says_what_our_own_workflow_says() -> None:
    """Apart from what is installed, which files are results, and where the data is."""
    ours, template = load(OURS), load(TEMPLATE)
    for part in ("name", "on", "permissions", "concurrency", "defaults"):
        assert template[part] == ours[part]
    for name in ("train", "request"):
        assert essence(template["jobs"][name]) == essence(ours["jobs"][name])
    assert len(essence(ours["jobs"]["train"])["steps"]) >= 6


def essence(job: dict[str, Any]) -> dict[str, Any]:
    """A job without its installation and its limit, and without what only this repository's data in git needs."""
    steps = [
        {**step, "run": re.sub(r"\nmake .*", "", step.get("run", "")).strip()}
        for step in job["steps"]
        if step.get("name") not in OWN and not step.get("name", "").startswith("Install")
    ]
    return {**job, "steps": steps, "timeout-minutes": 0}


def test_the_first_lines_of_the_templates_say_where_they_go_and_what_they_do() -> None:
    names = {TEMPLATE: ".github/workflows/retrain.yml", GITLAB: ".gitlab-ci.yml", BITBUCKET: "bitbucket-pipelines.yml"}
    for path, name in names.items():
        assert path.read_text().startswith(f"# {name}: retrains the model when ")


@pytest.mark.parametrize("path", [OURS, TEMPLATE, GITLAB, BITBUCKET], ids=lambda path: path.name)
def test_comments_fit_on_a_page(path: Path) -> None:
    assert [line for line in path.read_text().splitlines() if line.startswith("#") and len(line) > 120] == []


def test_on_the_other_forges_the_training_does_not_get_the_token_and_credentials_always_go() -> None:
    commands = {gitlab_script(GITLAB, "retrain").run: "HEADWAY_TOKEN"}
    for pipeline in (("branches", "main"), ("custom", "retrain")):
        (step,) = bitbucket_scripts(BITBUCKET, *pipeline)
        (cleanup,) = bitbucket_scripts(BITBUCKET, *pipeline, part="after-script")
        commands[step.run] = "BITBUCKET_ACCESS_TOKEN"
        assert cleanup.run == "headway ci cleanup"
    assert gitlab_cleanup(GITLAB, "retrain").run == "headway ci cleanup"
    for run, token in commands.items():
        assert re.findall(r".*dvc repro.*", run) == [f"env -u {token} dvc repro --pull --allow-missing"]


def test_on_gitlab_it_runs_on_the_default_branch_alone() -> None:
    rules = load(GITLAB)["retrain"]["rules"]
    assert all(rule["if"].startswith("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && ") for rule in rules)
    assert [rule.get("changes") for rule in rules] == [None, ["**/*.dvc"]]
    assert load(GITLAB)["retrain"]["resource_group"] == "retrain"


def test_on_bitbucket_it_runs_on_main_and_by_hand_alone() -> None:
    pipelines = load(BITBUCKET)["pipelines"]
    assert {name: list(found) for name, found in pipelines.items()} == {"branches": ["main"], "custom": ["retrain"]}
    assert pipelines["branches"]["main"][0]["step"]["condition"] == {"changesets": {"includePaths": ["**.dvc"]}}
