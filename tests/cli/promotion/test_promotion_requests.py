"""Approval: a promotion request on each forge, a reviewer of an environment, and the event that starts the roll-out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cli.promotion.merge_jobs import enter_job, merge, message, push_main, tags
from fakes import PullRequest, faults
from publish.requests.request_forges import FORGES, Host
from registries import at

if TYPE_CHECKING:
    from pathlib import Path

    from repos import Project


@pytest.fixture
def project(origin: Project, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A clone of the forge's repository in a job of that forge."""
    project = origin.copied(tmp_path / "project")
    project.git("remote", "add", "origin", f"file://{host.bare}")
    push_main(project, host)
    enter_job(host, monkeypatch)
    host.fake.before_request("POST", host.path, host.learn, times=-1)
    return project


@pytest.mark.parametrize("host", FORGES, indirect=True)
def test_a_request_asks_and_the_job_after_its_merge_promotes(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = headway("promote", "digits", at(1), "--to", "staging", "--request", "--json")
    assert asked.code == 0, asked.err
    (request,) = host.open_requests()
    assert (asked.json["action"], asked.json["version"]) == ("requested", "v0.0.1")
    assert request.title == "Promote digits v0.0.1 to staging"
    assert host.git("show", f"{request.head}:registry.yaml").endswith("digits:\n  staging: v0.0.1")
    assert tags(host) == ["digits@v0.0.1"], "the file names versions, so the commit became one"

    merge(host, project, monkeypatch, approved_by="linus")
    carried = headway("promote", "--merged", "--json")
    assert carried.code == 0, carried.err
    (outcome,) = carried.json
    assert (outcome["action"], outcome["tag"]) == ("promoted", "digits#staging#1")
    recorded = message(host, "digits#staging#1")
    assert "Headway-Approved-By: linus" in recorded
    assert "Headway-Merged-By" not in recorded
    assert "Headway-Reason: requested by http" in recorded
    (again,) = headway("promote", "--merged", "--json").json
    assert again["action"] == "unchanged"


@pytest.mark.slow
def test_without_an_approval_it_is_who_merged(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    headway("promote", "digits", at(1), "--to", "staging", "--request")
    merge(host, project, monkeypatch)
    headway("promote", "--merged")
    recorded = message(host, "digits#staging#1")
    assert "Headway-Merged-By: grace" in recorded
    assert "Headway-Approved-By" not in recorded
    assert "merged by grace" in " ".join(headway("stages", "--fetch").out.split())


def test_asking_again_changes_nothing_and_a_newer_version_takes_the_place(host: Host, headway: Any) -> None:
    for expected in ("opened", "unchanged"):
        assert expected in headway("promote", "digits", at(1), "--to", "staging", "--request").out
    newer = headway("promote", "digits", at(2), "--to", "staging", "--request")
    assert "updated" in newer.out
    (request,) = host.open_requests()
    assert request.title == "Promote digits v0.0.2 to staging"


@pytest.mark.slow
def test_the_request_shows_the_comparison(host: Host, headway: Any) -> None:
    headway("promote", "digits", at(1), "--to", "staging")
    headway("promote", "digits", at(2), "--to", "staging", "--request")
    (request,) = host.open_requests()
    assert "instead of v0.0.1" in request.body
    assert "accuracy" in request.body
    assert "90 fixed" in request.body


def test_a_worse_version_gets_no_request(host: Host, headway: Any) -> None:
    headway("promote", "digits", at(2), "--to", "staging")
    assert headway("promote", "digits", at(3), "--to", "staging", "--request").code == 1
    assert host.open_requests() == []


def test_a_file_that_cannot_be_read_is_not_replaced(host: Host, project: Project, headway: Any) -> None:
    project.write("registry.yaml", "wines: {staging: v1.0.0}\n").commit("wines")
    push_main(project, host)
    blob = project.git("rev-parse", "HEAD:registry.yaml")
    (project.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    failed = headway("promote", "digits", at(1), "--to", "staging", "--request")
    assert failed.code == 3
    assert "git cat-file failed" in failed.err
    assert host.open_requests() == []


def test_a_file_that_is_no_utf_8_is_not_changed(host: Host, project: Project, headway: Any) -> None:
    (project.root / "registry.yaml").write_bytes(b"# caf\xe9\nwines: {staging: v1.0.0}\n")
    project.commit("wines")
    push_main(project, host)
    failed = headway("promote", "digits", at(1), "--to", "staging", "--request")
    assert (failed.code, host.open_requests()) == (2, [])


@pytest.mark.slow
def test_a_merge_back_to_an_older_version_rolls_back(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        headway("promote", "digits", at(number), "--to", "staging", "--request")
        merge(host, project, monkeypatch)
        headway("promote", "--merged")
    project.git("checkout", "--quiet", "-b", "back")
    project.write("registry.yaml", "digits: {staging: v0.0.1}\n").commit("Back to v0.0.1")
    project.git("push", "--quiet", "origin", "back")
    host.learn()
    fake = host.fake
    request = fake.open_pull_request(fake_request(fake, "back", project.git("rev-parse", "back")))
    project.git("checkout", "--quiet", "main")
    merge(host, project, monkeypatch)
    (outcome,) = headway("promote", "--merged", "--json").json
    assert (outcome["action"], outcome["version"], outcome["replaced"]) == ("rolled_back", "v0.0.1", "v0.0.2")
    assert request.head == "back"


def fake_request(fake: Any, branch: str, sha: str) -> Any:
    return PullRequest(number=max(fake._state.pull_requests, default=0) + 1, head=branch, head_sha=sha)  # noqa: SLF001


def test_a_push_without_a_request_promotes_nothing(host: Host, project: Project, headway: Any) -> None:
    headway("promote", "digits", at(1), "--to", "staging", "--request")
    project.write("registry.yaml", "digits: {staging: v0.0.1}\n").commit("no request")
    push_main(project, host)
    refused = headway("promote", "--merged")
    assert refused.code == 3
    assert "no merged request brought it" in refused.err
    assert tags(host) == ["digits@v0.0.1"]


def test_a_merge_that_touches_no_stage_promotes_nothing(headway: Any) -> None:
    assert headway("promote", "--merged").out == "The merge changed nothing in registry.yaml.\n"


def test_names_and_merges_exclude_each_other(headway: Any) -> None:
    assert headway("promote", "digits", "--merged").code == 2
    assert headway("promote", "--to", "staging").code == 2
    assert headway("promote", "digits").code == 2


@pytest.mark.parametrize(
    ("option", "shown"),
    [
        (("--force", "--reason", "hotfix"), "--force, --reason"),
        (("--approver", "ada"), "--approver"),
        (("--report", "report.json"), "--report"),
        (("--bump", "patch"), "--bump"),
        (("--require-approval", "production"), "--require-approval"),
    ],
    ids=["force", "approver", "report", "bump", "approval"],
)
def test_an_option_that_a_merge_cannot_have_is_refused(headway: Any, option: tuple[str, ...], shown: str) -> None:
    refused = headway("promote", "--merged", *option)
    assert refused.code == 2
    assert f"from the merged request: omit {shown}." in " ".join(refused.err.split())


def test_a_request_cannot_be_forced(host: Host, headway: Any) -> None:
    headway("promote", "digits", at(2), "--to", "staging")
    asked = headway("promote", "digits", at(3), "--to", "staging", "--request", "--force", "--reason", "hotfix")
    assert asked.code == 2
    assert "--request excludes --force" in asked.err
    assert host.open_requests() == []


def test_a_reviewer_of_the_environment_stands_in_the_tag(host: Host, headway: Any) -> None:
    how = ("--to", "staging", "--require-approval", "staging")
    assert headway("promote", "digits", at(1), *how).code == 2, "a branch may have moved since the approval"
    args = ("promote", "digits", host.tip(at(1)), *how)
    refused = headway(*args)
    assert refused.code == 4
    assert "Nobody approved this run" in refused.err
    assert tags(host) == []
    host.fake.review_run("staging", "linus")
    assert headway(*args).code == 0
    assert "Headway-Approved-By: linus" in host.git(
        "for-each-ref", "--format=%(contents)", "refs/tags/digits#staging#1"
    )


def test_an_event_starts_the_roll_out_also_when_the_tag_is_there_already(host: Host, headway: Any) -> None:
    args = ("promote", "digits", at(1), "--to", "staging", "--dispatch")
    host.fake.fail("POST", "*/dispatches", faults.server_error(403), times=-1)
    failed = headway(*args)
    assert failed.code == 4
    assert "v0.0.1 to staging" in failed.out, "the tag is there, so the user is told"
    host.fake.clear_faults()
    assert headway(*args).code == 0
    (event,) = host.fake.dispatches()
    assert event.client_payload == {
        "name": "digits",
        "version": "v0.0.1",
        "stage": "staging",
        "sha": host.git("rev-parse", "digits@v0.0.1^{commit}"),
        "tag": "digits#staging#1",
    }
    assert headway(*args, "--dry-run").code == 0
    assert len(host.fake.dispatches()) == 1, "a dry run starts nothing"
    headway("promote", "digits", at(2), "--to", "staging")
    assert headway("rollback", "digits", "--in", "staging", "--dispatch").code == 0
    assert host.fake.dispatches()[-1].client_payload["version"] == "v0.0.1"


def test_a_roll_out_that_cannot_be_started_is_told_before_anything_is_changed(
    host: Host, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GITHUB_TOKEN", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name)
    refused = headway("promote", "digits", at(1), "--to", "staging", "--dispatch")
    assert refused.code == 4
    assert "--forge github --repo OWNER/NAME" in refused.err
    assert tags(host) == []
