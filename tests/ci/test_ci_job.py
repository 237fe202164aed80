"""What a comparison learns from the environment of its job."""

from __future__ import annotations

import pytest

from headway.ci.job import Job, PullRequestBase, RunningStage
from headway.ci.process import child_environment, process_environment
from headway.ci.read import read_job

GITHUB, GITLAB, BITBUCKET = (
    "GITHUB_BASE_REF",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "BITBUCKET_PR_DESTINATION_BRANCH",
)
COMMIT = "CI_MERGE_REQUEST_DIFF_BASE_SHA"


def test_outside_of_any_job_nothing_is_known() -> None:
    assert read_job({"PATH": "/bin"}) == Job(in_ci=False, base=None, running_stage=None)


@pytest.mark.parametrize("variable", ["CI", "GITHUB_ACTIONS", "GITLAB_CI", "BITBUCKET_BUILD_NUMBER"])
@pytest.mark.parametrize(
    ("value", "in_ci"), [("true", True), ("12", True), ("", False), ("0", False), ("False", False)]
)
def test_ci_is_known_by_any_of_its_variables(variable: str, value: str, *, in_ci: bool) -> None:
    assert read_job({variable: value}).in_ci is in_ci


@pytest.mark.parametrize(
    ("environ", "base"),
    [
        ({GITHUB: "main"}, PullRequestBase(branch="main")),
        ({BITBUCKET: "c", GITLAB: "b", GITHUB: "a"}, PullRequestBase(branch="a")),
        ({BITBUCKET: "c", GITLAB: "b", GITHUB: ""}, PullRequestBase(branch="b")),
        ({BITBUCKET: "c"}, PullRequestBase(branch="c")),
        ({COMMIT: "abc"}, PullRequestBase(commit="abc")),
        ({COMMIT: "abc", GITLAB: "main"}, PullRequestBase(branch="main", commit="abc")),
        ({COMMIT: "", GITHUB: ""}, None),
    ],
)
def test_what_the_pull_request_is_made_against(environ: dict[str, str], base: PullRequestBase | None) -> None:
    assert read_job(environ).base == base


def test_the_stage_that_dvc_is_running() -> None:
    assert read_job({"DVC_ROOT": "/digits", "DVC_STAGE": "train"}).running_stage == RunningStage(
        root="/digits", name="train"
    )
    assert read_job({"DVC_STAGE": "train"}).running_stage is None
    assert read_job({"DVC_ROOT": "/digits"}).running_stage is None


def test_without_an_environment_it_is_this_processs_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GITHUB, "release")
    assert read_job().base == PullRequestBase(branch="release")
    assert read_job({}).base is None
    assert process_environment()[GITHUB] == "release"
    assert process_environment({}) == {}


def test_a_child_sees_what_it_may_and_what_is_set_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEEN", "here")
    monkeypatch.setenv("SET", "here")
    monkeypatch.setenv("HIDDEN", "here")
    assert child_environment(lambda name: name in {"SEEN", "SET"}, SET="there") == {"SEEN": "here", "SET": "there"}
