"""The job after a merge: what it carries out, in which order, by whose approval and rule, and what it leaves alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from cli.promotion.merge_jobs import check_out, merge, merge_one, message, push_main, tags
from fakes import PullRequest, faults
from registries import RULES, Answer, at

if TYPE_CHECKING:
    from pathlib import Path

    from publish.requests.request_forges import Host
    from repos import Project


@pytest.fixture(scope="module")
def with_versions(origin: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Commits 1 and 2 are versions already."""
    project = origin.copied(tmp_path_factory.mktemp("with_versions") / "project")
    for number in (1, 2):
        project.git("tag", "--annotate", "--message", "x", f"digits@v0.0.{number}", at(number))
    return project


@pytest.fixture
def project(with_versions: Project, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The clone of a job of the forge."""
    project = with_versions.copied(tmp_path / "project")
    project.git("remote", "add", "origin", f"file://{host.bare}")
    push_main(project, host)
    project.git("push", "--quiet", "--tags", "origin")
    check_out(host, project, monkeypatch)
    return project


def ask(host: Host, project: Project, registry: str, **files: str) -> PullRequest:
    """A request that somebody writes by hand, on the main branch as the forge has it."""
    project.git("fetch", "--quiet", "origin")
    number = max(host.fake._state.pull_requests, default=0) + 1  # noqa: SLF001 - the fake's own book
    project.git("checkout", "--quiet", "-B", f"request-{number}", "origin/main")
    project.write("registry.yaml", registry)
    for name, text in files.items():
        project.write(f"{name}.yaml", text)
    project.commit("a request")
    project.git("push", "--quiet", "origin", f"request-{number}")
    host.learn()
    request = PullRequest(number=number, head=f"request-{number}", head_sha=project.git("rev-parse", "HEAD"))
    project.git("checkout", "--quiet", "main")
    host.fake.open_pull_request(request)
    return request


def add_tags(project: Project, versions: dict[str, int]) -> None:
    for tag, number in versions.items():
        project.git("tag", "--annotate", "--message", "x", tag, at(number))
    project.git("push", "--quiet", "--tags", "origin")


def merged(answer: Answer) -> list[tuple[str, str, str]]:
    return [(each["action"], each["stage"], each["version"]) for each in answer.json]


@pytest.mark.slow
def test_a_job_of_an_earlier_merge_undoes_nothing(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    merges = []
    for number in (1, 2):
        ask(host, project, f"digits: {{staging: v0.0.{number}}}\n")
        merges.append(merge(host, project, monkeypatch))
        assert headway("promote", "--merged").code == 0
    check_out(host, project, monkeypatch, merges[0])
    before = tags(host)
    again = headway("promote", "--merged", "--since", f"{merges[0]}^1", "--dispatch")
    assert again.code == 0
    assert again.out.splitlines()[0] == "staging of digits was not changed."
    assert "A later merge asks for v0.0.2 in staging" in again.out
    assert tags(host) == before
    assert host.fake.dispatches() == []


def test_the_stage_before_comes_first(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(host, project, "digits: {production: v0.0.1, staging: v0.0.1}\n")
    merge(host, project, monkeypatch)
    carried = headway("promote", "--merged", "--json")
    assert carried.code == 0, carried.err
    assert merged(carried) == [("promoted", "staging", "v0.0.1"), ("promoted", "production", "v0.0.1")]


def test_a_change_that_fails_hides_no_other(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(host, project, "letters: {staging: v9.0.0}\nwines: {staging: v9.0.0}\ndigits: {staging: v0.0.1}\n")
    merge(host, project, monkeypatch)
    carried = headway("promote", "--merged", "--dispatch")
    assert carried.code == 3
    assert carried.out.startswith("Promoted digits v0.0.1 to staging.")
    assert carried.err.index("letters has no version v9.0.0.") < carried.err.index("wines has no version v9.0.0.")
    assert [each.client_payload["tag"] for each in host.fake.dispatches()] == ["digits#staging#1"]


def test_a_refusal_and_an_error_end_with_the_higher_code(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_tags(project, {"digits#staging#1": 2, "digits@v0.0.3": 3})
    ask(host, project, "wines: {staging: v9.0.0}\ndigits: {staging: v0.0.3}\n")
    merge(host, project, monkeypatch)
    carried = headway("promote", "--merged", "--json")
    assert (carried.code, merged(carried)) == (3, [("refused", "staging", "v0.0.3")])


def test_a_roll_out_that_cannot_be_started_stops_no_other(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_tags(project, {"digits#staging#1": 1, "digits#production#1": 1})
    ask(host, project, "digits: {production: v0.0.1, staging: v0.0.1}\n")
    merge(host, project, monkeypatch)
    host.fake.fail("POST", "*/dispatches", faults.server_error(403))
    assert headway("promote", "--merged", "--dispatch").code == 4
    assert [each.client_payload["stage"] for each in host.fake.dispatches()] == ["production"]


@pytest.mark.parametrize("host", ["github", "gitlab"], indirect=True)
def test_each_of_several_merges_in_one_push_has_its_own_approvers(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = host.tip()
    merge_one(host, ask(host, project, "digits: {staging: v0.0.1}\n"), approved_by="linus")
    both = "digits: {staging: v0.0.1, canary: v0.0.1}\n"
    rules = f"{RULES}  canary: {{}}\n"
    merge_one(host, ask(host, project, both, headway=rules), approved_by="edsger")
    merge_one(host, ask(host, project, both, readme="read me"), approved_by="barbara")
    check_out(host, project, monkeypatch)
    carried = headway("promote", "--merged", "--since", before)
    assert carried.code == 0, carried.err
    for stage, approver in {"staging": "linus", "canary": "edsger"}.items():
        recorded = message(host, f"digits#{stage}#1")
        assert [line for line in recorded.splitlines() if "-By" in line] == [f"Headway-Approved-By: {approver}"]


def test_of_several_merges_the_last_one_decides(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = host.tip()
    for number, approver in ((1, "linus"), (2, "edsger")):
        merge_one(host, ask(host, project, f"digits: {{staging: v0.0.{number}}}\n"), approved_by=approver)
    check_out(host, project, monkeypatch)
    assert merged(headway("promote", "--merged", "--since", before, "--json")) == [("promoted", "staging", "v0.0.2")]
    assert "Headway-Approved-By: edsger" in message(host, "digits#staging#1")


def test_a_commit_that_was_pushed_beside_a_merge_is_carried_out_by_nobodys_approval(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = host.tip()
    project.write("registry.yaml", "digits: {staging: v0.0.1}\n").commit("no request")
    push_main(project, host)
    merge_one(host, ask(host, project, "digits: {staging: v0.0.1}\n", readme="read me"), approved_by="linus")
    check_out(host, project, monkeypatch)
    refused = headway("promote", "--merged", "--since", before)
    assert refused.code == 3
    assert "no merged request brought it" in refused.err
    assert "digits#staging#1" not in tags(host)


@pytest.mark.slow
@pytest.mark.parametrize("host", ["bitbucket"], indirect=True)
def test_without_the_commit_before_the_last_change_counts_and_is_carried_out_once(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    headway("promote", "digits", "v0.0.1", "--to", "staging")
    ask(host, project, "digits: {staging: v0.0.2}\n")
    merge(host, project, monkeypatch)
    project.write("readme.yaml", "read me").commit("later")
    push_main(project, host)
    for expected in ("promoted", "unchanged"):
        assert merged(headway("promote", "--merged", "--json")) == [(expected, "staging", "v0.0.2")]
    assert headway("rollback", "digits", "--in", "staging").code == 0
    again = headway("promote", "--merged")
    assert "The tag digits#staging#2 carried out this request" in again.out
    assert "digits#staging#4" not in tags(host)


def test_a_branch_that_was_reset_promotes_nothing(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    merges = []
    for number in (1, 2):
        ask(host, project, f"digits: {{staging: v0.0.{number}}}\n")
        merges.append(merge(host, project, monkeypatch))
    host.git("update-ref", "refs/heads/main", merges[0])
    check_out(host, project, monkeypatch)
    refused = headway("promote", "--merged", "--since", merges[1])
    assert refused.code == 3
    assert "A push without new commits changes registry.yaml" in refused.err
    assert "digits#staging#1" not in tags(host)


LOOSE = RULES.replace("{after: staging, margins: {accuracy: 0.05}}", "{}")


@pytest.mark.parametrize("kept_as", ["file", "link"])
def test_a_request_does_not_use_a_rule_that_it_loosens(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch, kept_as: str
) -> None:
    if kept_as == "link":
        project.write("rules.yaml", RULES).remove("headway.yaml")
        (project.root / "headway.yaml").symlink_to("rules.yaml")
        project.commit("a link")
        push_main(project, host)
    ask(host, project, "digits: {production: v0.0.1}\n", **{"rules" if kept_as == "link" else "headway": LOOSE})
    merge(host, project, monkeypatch)
    refused = headway("promote", "--merged")
    assert refused.code == 3
    assert "has not been in staging" in refused.err


@pytest.mark.parametrize("removed", [(), ("headway.yaml",)], ids=["new stage", "new settings"])
@pytest.mark.slow
def test_a_rule_that_is_new_counts(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch, removed: tuple[str, ...]
) -> None:
    for name in removed:
        project.remove(name).commit("no settings")
        push_main(project, host)
    ask(host, project, "digits: {canary: v0.0.1}\n", headway=f"{RULES}  canary: {{}}\n")
    merge(host, project, monkeypatch)
    assert merged(headway("promote", "--merged", "--json")) == [("promoted", "canary", "v0.0.1")]


def test_settings_that_git_cannot_read_do_not_count_as_none(
    host: Host, project: Project, headway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = project.git("rev-parse", "HEAD:headway.yaml")
    ask(host, project, "digits: {production: v0.0.1}\n", headway=LOOSE)
    merge(host, project, monkeypatch)
    (project.root / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    failed = headway("promote", "--merged")
    assert failed.code == 3
    assert "git cat-file failed" in failed.err
    assert "digits#production#1" not in tags(host)
