"""The workflow that an automation of W&B starts: its steps run on a real repository, with real and hostile events."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from publish.requests.request_forges import open_host
from registries import stored_versions
from workflow_steps import ROOT, Runner, jobs, load, scripts

from headway.ci.event import PromotionEvent, read_event

if TYPE_CHECKING:
    from collections.abc import Mapping

    from repos import Project

WORKFLOW = ROOT / "docs/ci/github-wandb.yml"
EVENT = Path(__file__).parent / "events/wandb-promotion.json"
VARIABLES = {
    "event_type": "ADD_ARTIFACT_ALIAS",
    "event_author": "ada",
    "alias": "staging",
    "artifact_version": "wandb-artifact://_id/QXJ0aWZhY3Q6MTU5ODgyNTQwMQ==",
    "artifact_version_string": "team-org/wandb-registry-model/digits:v12",
    "artifact_collection_name": "digits",
    "project_name": "wandb-registry-model",
    "entity_name": "team-org",
    "artifact_metadata.name": "digits",
    "artifact_metadata.sha": "4f3c2a9e8b7d6c5f4e3d2c1b0a9f8e7d6c5b4a39",
}
"""W&B's variables, with what they stand for in the event of the fixture."""
SMOKE_TEST = """\
import os, sys
from pathlib import Path
assert not [name for name in os.environ if name.startswith("AWS_") and os.environ[name]]
print("tested", (Path(sys.argv[1]) / "model.bin").read_text())
"""


@dataclass(frozen=True)
class Repository:
    project: Project
    merged: str
    unmerged: str


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    project = stored_versions(tmp_path_factory.mktemp("wandb") / "project").write("smoke_test.py", SMOKE_TEST)
    project.dvc_yaml({"artifacts": {"digits": {"path": "model.bin"}}}, folder="models/de")
    project.write("models/de/model.bin", "weights").add("models/de/model.bin").push()
    merged = project.commit("model")
    unmerged = project.branch("other").write("more.txt", "1\n").commit("other")
    project.checkout("main").write("later.txt", "1\n").commit("later")
    return Repository(project, merged, unmerged)


def machine(repository: Repository, folder: Path, **payload: object) -> Runner:
    """A runner with a clone of the default branch, and the event of the fixture with some values replaced."""
    event: dict[str, Any] = json.loads(EVENT.read_bytes())
    event["client_payload"].update(payload)
    (folder / "event.json").write_text(json.dumps(event))
    (folder / "outputs").touch()
    clone = repository.project.clone(folder / "clone").root
    files = {"GITHUB_EVENT_PATH": str(folder / "event.json"), "GITHUB_OUTPUT": str(folder / "outputs")}
    keys = {"secrets.AWS_ACCESS_KEY_ID": "sesame", "secrets.AWS_SECRET_ACCESS_KEY": "sesame"}
    return Runner(folder=clone, environ={**files, "GITHUB_ACTIONS": "true", "RUNNER_TEMP": str(folder)}, values=keys)


def documented_payload() -> dict[str, Any]:
    """The payload in the workflow's comment, as W&B sends it."""
    comment = "\n".join(line.removeprefix("#") for line in WORKFLOW.read_text().splitlines() if line.startswith("#"))
    text = comment[comment.index("\n   {") : comment.index("\n   }") + len("\n   }")]
    payload: dict[str, Any] = json.loads(re.sub(r"\$\{([\w.]+)\}", lambda found: VARIABLES[found[1]], text))
    return payload


def test_the_documented_payload_is_the_event_that_is_read(tmp_path: Path) -> None:
    sent = documented_payload()
    assert load(WORKFLOW)["on"] == {"repository_dispatch": {"types": [sent["event_type"]]}}
    assert len(sent["client_payload"]) <= 10, "GitHub allows no more keys"
    event = json.loads(EVENT.read_bytes())
    assert (sent["event_type"], sent["client_payload"]) == (event["action"], event["client_payload"])
    (tmp_path / "event.json").write_text(json.dumps({**event, **sent, "action": sent["event_type"]}))
    assert isinstance(read_event(tmp_path / "event.json"), PromotionEvent)


def test_the_job_that_writes_runs_headway_alone_after_an_approval() -> None:
    test, promote = jobs(WORKFLOW).values()
    assert test["permissions"] == {"contents": "read", "id-token": "write"}
    assert promote["permissions"] == {"actions": "read", "contents": "write", "id-token": "write"}
    assert (promote["needs"], promote["environment"]) == ("test", "production")
    install, *others = scripts(WORKFLOW, "promote")
    assert install.run.startswith("python -m pip install ")
    assert others
    assert all(re.fullmatch(r"headway [^\n;&|]+", step.run) for step in others)


def test_both_jobs_run_on_the_default_branch() -> None:
    """A checkout without ``ref`` is of the default branch, since the event is a repository_dispatch."""
    checkouts = [
        step for job in jobs(WORKFLOW).values() for step in job["steps"] if "checkout@" in step.get("uses", "")
    ]
    assert [step["with"] for step in checkouts] == [{"fetch-depth": 0, "persist-credentials": False}] * 2


@pytest.mark.slow
def test_the_model_is_pulled_and_tested_without_credentials(repository: Repository, tmp_path: Path) -> None:
    runner = machine(repository, tmp_path, sha=repository.merged, name="models/de:digits")
    printed = runner.run_all(scripts(WORKFLOW, "test"))
    assert "--no-record: no deployment is recorded." in printed
    assert printed.endswith("tested weights\n")
    names = {key: value for key, value in runner.outputs().items() if key in jobs(WORKFLOW)["test"]["outputs"]}
    assert names == {"name": "models/de:digits", "stage": "staging", "sha": repository.merged}


@pytest.mark.parametrize("approved", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_what_was_tested_is_promoted_once_it_is_approved(
    repository: Repository, tmp_path: Path, *, approved: bool
) -> None:
    outputs = {"name": "digits", "stage": "staging", "sha": repository.merged}
    with open_host("github", tmp_path) as host:
        repository.project.git("push", "--quiet", "--force", f"file://{host.bare}", "main")
        environ = host.fake.environ(event="push")
        values = {
            "github.token": environ.pop("GITHUB_TOKEN"),
            **{f"needs.test.outputs.{name}": value for name, value in outputs.items()},
        }
        host.git("clone", "--quiet", f"file://{host.bare}", str(tmp_path / "clone"))
        runner = Runner(folder=tmp_path / "clone", environ=environ, values=values)
        steps = scripts(WORKFLOW, "promote")
        if not approved:
            assert "Nobody approved this run" in runner.run_all(steps, fails="Promote")
            assert host.git("tag") == ""
        else:
            host.fake.review_run("production", "linus")
            assert "Promoted digits v0.0.1 to staging." in runner.run_all(steps)
            message = host.git("for-each-ref", "--format=%(contents)", "refs/tags/digits#staging#1").splitlines()
            assert {"Headway-Approved-By: linus", "Headway-Decision: first"} <= set(message)
            assert host.git("rev-parse", "digits@v0.0.1^{commit}") == repository.merged
    assert runner.ran[-2:] == ["Promote", "Remove the credentials"]


def test_a_commit_that_is_not_merged_ends_the_job(repository: Repository, tmp_path: Path) -> None:
    runner = machine(repository, tmp_path, sha=repository.unmerged)
    printed = runner.run_all(scripts(WORKFLOW, "test"), fails="Check that the commit is merged")
    assert f"::error::The commit {repository.unmerged} is not in the default branch." in printed
    assert runner.ran == ["Install", "Read the event", "Check that the commit is merged"]


@pytest.mark.parametrize(
    "payload",
    [
        {"name": "$(touch owned)"},
        {"name": "digits'; touch owned; '"},
        {"alias": "staging\nsha=$(touch owned)"},
        {"sha": "`touch owned`"},
        {"model_path": "; touch owned"},
    ],
    ids=["a command", "the end of a quotation", "a new output", "backquotes", "an unknown field"],
)
def test_a_hostile_event_ends_the_job_at_its_first_step(
    payload: Mapping[str, str], repository: Repository, tmp_path: Path
) -> None:
    runner = machine(repository, tmp_path, **payload)
    runner.run_all(scripts(WORKFLOW, "test"), fails="Read the event")
    assert runner.ran == ["Install", "Read the event"]
    assert runner.outputs() == {}
    assert not list(tmp_path.rglob("owned"))
