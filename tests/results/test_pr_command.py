"""``headway pr``: results as a request on each forge, whatever somebody else does meanwhile."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cli.promotion.merge_jobs import enter_job
from fakes import PullRequest
from publish.requests.request_forges import FORGES, Host
from results.conftest import retrain

from headway.publish.comment import summary

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from registries import Answer
    from repos import Project

    Headway = Callable[..., Answer]

BRANCH = "headway/results/main"


def shown(host: Host, path: str, branch: str = BRANCH) -> str:
    return host.git("show", f"{branch}:{path}")


@pytest.mark.parametrize("host", FORGES, indirect=True)
def test_results_become_one_commit_and_one_request(host: Host, project: Project, headway: Headway) -> None:
    retrain(project, 0.97)
    before = project.git("status", "--porcelain=v2")
    answer = headway("pr", "--json")
    assert answer.code == 0, answer.err
    sent = answer.json
    (request,) = host.open_requests()
    head = project.git("rev-parse", "HEAD")
    assert (sent["action"], sent["number"], sent["base"]) == ("opened", request.number, "main")
    assert sent["files"] == ["dvc.lock", "metrics.json"]
    assert (request.head, request.base, request.title) == (BRANCH, "main", f"Results of main at {head[:7]}")
    assert host.git("rev-parse", f"{BRANCH}^") == head
    assert json.loads(shown(host, "metrics.json")) == {"acc": 0.97}
    assert project.git("status", "--porcelain=v2") == before, "what is checked out stays as it is"


@pytest.mark.parametrize(
    "host", ["github", *(pytest.param(each, marks=pytest.mark.slow) for each in FORGES[1:])], indirect=True
)
def test_run_again_it_changes_nothing_and_newer_results_take_the_place(
    host: Host, project: Project, headway: Headway
) -> None:
    retrain(project, 0.97)
    headway("pr")
    writes, branches = host.writes(), host.branches()
    assert headway("pr", "--json").json["action"] == "unchanged"
    assert (host.writes(), host.branches()) == (writes, branches)
    retrain(project, 0.98)
    assert headway("pr", "--json").json["action"] == "updated"
    assert len(host.open_requests()) == 1
    assert json.loads(shown(host, "metrics.json")) == {"acc": 0.98}
    assert host.git("rev-list", "--count", f"main..{BRANCH}") == "1"


def test_results_that_are_committed_already_open_no_request(host: Host, headway: Headway) -> None:
    answer = headway("pr")
    assert (answer.code, host.open_requests(), list(host.branches())) == (0, [], ["main"])
    assert "Nothing to send" in answer.out


def test_an_open_request_that_is_no_longer_needed_is_named(host: Host, project: Project, headway: Headway) -> None:
    retrain(project, 0.97)
    headway("pr")
    project.git("checkout", "--quiet", "--", ".")
    answer = headway("pr", "dvc.lock", "--json").json
    assert (answer["action"], answer["number"]) == ("nothing", host.open_requests()[0].number)
    assert "still open" in answer["note"]


def test_a_dry_run_pushes_and_writes_nothing(host: Host, project: Project, headway: Headway) -> None:
    retrain(project, 0.97)
    answer = headway("pr", "--dry-run")
    assert "Would push 2 files" in answer.out
    assert headway("pr", "--dry-run", "--json").json["action"] == "would_open"
    assert (host.writes(), list(host.branches())) == ([], ["main"])


def test_named_files_are_sent_and_no_others(host: Host, project: Project, headway: Headway) -> None:
    retrain(project, 0.97).write("notes.txt", "edited\n").write("plots/new.csv", "x,y\n").write("stray.txt", "")
    project.git("rm", "--quiet", "--cached", "code.py")
    (project.root / "code.py").unlink()
    sent = headway("pr", "metrics.json", "plots", "code.py", "--json").json
    assert sent["files"] == ["code.py", "metrics.json", "plots/new.csv"]
    assert "code.py" not in host.git("ls-tree", "--name-only", BRANCH).splitlines(), "a deleted file is deleted"
    assert shown(host, "notes.txt") == "not a result"


def test_paths_are_those_of_the_current_folder(project: Project, headway: Headway, monkeypatch: Any) -> None:
    project.write("plots/new.csv", "x,y\n")
    monkeypatch.chdir(project.root / "plots")
    assert headway("pr", "new.csv", "../metrics.json", "--json").json["files"] == ["plots/new.csv"]


def test_title_and_body_are_the_users(host: Host, project: Project, headway: Headway) -> None:
    retrain(project, 0.97).write("body.md", "**Why**: new data\n")
    headway("pr", "dvc.lock", "--title", "New\ndata", "--body", "body.md", "--branch", "retrained")
    (request,) = host.open_requests()
    assert (request.title, request.body.strip(), request.head) == ("New data", "**Why**: new data", "retrained")
    assert host.git("show", "--no-patch", "--format=%s", "retrained") == "New data"


def test_outputs_name_the_request_for_later_steps(host: Host, project: Project, headway: Headway) -> None:
    retrain(project, 0.97)
    headway("pr")
    written = (host.fake.folder / "job-1").rglob("*output*")
    text = "".join(path.read_text() for path in written)
    (request,) = host.open_requests()
    assert summary.outputs({"pull-request": "1"}).startswith("pull-request<<")
    assert f"\n{request.number}\n" in text.partition("pull-request<<")[2]


# What must not be sent


def test_results_that_are_out_of_date_are_withheld(host: Host, project: Project, headway: Headway) -> None:
    project.write("params.yaml", "lr: 0.5\n")
    answer = headway("pr")
    assert (answer.code, set(host.branches())) == (3, {"main"})
    assert "train" in answer.err
    assert "dvc repro" in answer.err


@pytest.mark.parametrize(
    ("name", "reason"),
    [("model.bin", "git ignores"), ("metrix.json", "Did you mean 'metrics.json'"), ("../elsewhere", "is not in")],
)
def test_a_file_that_git_cannot_hold_is_refused(project: Project, headway: Headway, name: str, reason: str) -> None:
    retrain(project, 0.97)
    answer = headway("pr", "dvc.lock", name)
    assert answer.code == 3
    assert reason in answer.err


def test_a_file_of_git_lfs_is_refused(project: Project, headway: Headway) -> None:
    project.write(".gitattributes", "*.csv filter=lfs diff=lfs merge=lfs -text\n").write("big.csv", "x\n")
    answer = headway("pr", "big.csv")
    assert answer.code == 3
    assert "Git LFS" in answer.err


def test_a_commit_that_is_not_on_the_base_branch_is_refused(host: Host, project: Project, headway: Headway) -> None:
    project.write("code.py", "other\n").commit("not pushed")
    retrain(project, 0.97)
    answer = headway("pr")
    assert answer.code == 3
    assert "is not on the branch 'main'" in answer.err
    assert list(host.branches()) == ["main"]


def test_a_base_branch_that_has_moved_on_still_gets_the_results(
    host: Host, project: Project, headway: Headway, tmp_path: Path, monkeypatch: Any
) -> None:
    """In a clone of one commit, too, whose branch has got another one meanwhile."""
    clone = project.clone(tmp_path / "shallow", "--depth=1")
    clone.git("remote", "set-url", "origin", f"file://{host.bare}")
    monkeypatch.chdir(clone.root)
    head = clone.git("rev-parse", "HEAD")
    project.write("notes.txt", "more\n").commit("later")
    project.git("push", "--quiet", "origin", "main")
    host.learn()
    clone.json("metrics.json", {"acc": 0.99})
    assert headway("pr", "metrics.json", "--json").json["action"] == "opened"
    assert host.git("rev-parse", f"{BRANCH}^") == head


def test_a_job_on_the_results_themselves_sends_nothing_back(
    host: Host, project: Project, headway: Headway, monkeypatch: Any
) -> None:
    retrain(project, 0.97)
    headway("pr")
    host.learn()
    enter_job(host, monkeypatch)
    monkeypatch.setenv("GITHUB_REF", f"refs/heads/{BRANCH}")
    monkeypatch.setenv("GITHUB_REF_NAME", BRANCH)
    writes = host.writes()
    answer = headway("pr", "--json")
    assert (answer.code, answer.json["action"], host.writes()) == (0, "nothing", writes)
    assert "nothing is sent back" in answer.json["note"]


def test_a_forks_results_are_refused(host: Host, project: Project, headway: Headway, monkeypatch: Any) -> None:
    retrain(project, 0.97)
    theirs = PullRequest(number=7, head="patch", head_sha=host.tip(), head_repository="eve/digits")
    host.fake._state.pull_requests[7] = theirs  # noqa: SLF001 - the fake's own book
    for name, value in host.fake.environ(event="pull_request", number=7).items():
        monkeypatch.setenv(name, value)
    answer = headway("pr", "dvc.lock")
    assert (answer.code, host.writes()) == (4, [])
    assert "eve/digits" in answer.err


# Others on the branch


def test_somebodys_commit_on_the_branch_is_not_replaced(host: Host, project: Project, headway: Headway) -> None:
    theirs = host.add_branch(BRANCH, "a correction")
    retrain(project, 0.97)
    answer = headway("pr")
    assert answer.code == 3
    assert (host.branches()[BRANCH], host.open_requests()) == (theirs, [])
    assert "--force" in answer.err
    assert headway("pr", "--force").code == 0
    assert host.branches()[BRANCH] != theirs


def test_the_results_of_the_later_run_stay(host: Host, project: Project, headway: Headway, monkeypatch: Any) -> None:
    """Whichever of two runs ends first."""
    actions = []
    for run, accuracy in (("9", 0.96), ("11", 0.98), ("10", 0.97)):
        monkeypatch.setenv("GITHUB_RUN_ID", run)
        retrain(project, accuracy)
        actions.append(headway("pr", "--json").json["action"])
    assert actions == ["opened", "updated", "outdated"]
    assert json.loads(shown(host, "metrics.json")) == {"acc": 0.98}


def test_two_projects_have_a_branch_each(host: Host, project: Project, headway: Headway) -> None:
    project.write("models/de/.dvc/config", "").write("models/de/metrics.json", "{}\n")
    sent = headway("pr", "models/de/metrics.json", "-C", "models/de", "--json").json
    assert sent["branch"] == "headway/results-models-de/main"
    assert "headway/results-models-de/main" in host.branches()


def test_the_trap_of_the_jobs_own_token_is_told(project: Project, headway: Headway) -> None:
    retrain(project, 0.97)
    answer = headway("pr")
    assert "Approve workflows to run" in answer.err


def test_the_job_needs_a_setting_of_the_repository(host: Host, project: Project, headway: Headway) -> None:
    host.fake._state.actions_open_pull_requests = False  # noqa: SLF001 - the fake's own setting
    retrain(project, 0.97)
    answer = headway("pr")
    assert answer.code == 4
    assert "Allow GitHub Actions to create and approve pull requests" in answer.err
    assert BRANCH in host.branches(), "the next run finds the branch"


def test_without_a_ci_job_the_forge_is_named(headway: Headway, monkeypatch: Any) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS")
    answer = headway("pr", "dvc.lock")
    assert answer.code == 4
    assert "--forge github --repo OWNER/NAME" in answer.err


def test_a_detached_commit_outside_ci_needs_a_base(project: Project, headway: Headway, monkeypatch: Any) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS")
    project.git("checkout", "--quiet", "--detach")
    answer = headway("pr", "dvc.lock", "--forge", "github", "--repo", "octo/digits")
    assert answer.code == 2
    assert "--base" in answer.err


@pytest.mark.parametrize("options", [("--branch", "main"), ("--branch", "a..b"), ("--base", "-x")])
def test_branches_that_cannot_be_are_refused(headway: Headway, options: tuple[str, str]) -> None:
    assert headway("pr", "dvc.lock", *options).code == 2


def test_in_a_sparse_checkout_what_is_not_checked_out_stays(project: Project, headway: Headway) -> None:
    project.write("plots/one.csv", "1\n").write("plots/two.csv", "2\n").commit("plots")
    project.git("push", "--quiet", "origin", "main")
    project.git("sparse-checkout", "set", "--no-cone", "/*", "!/plots/two.csv")
    project.write("plots/one.csv", "3\n")
    assert headway("pr", "plots", "--json").json["files"] == ["plots/one.csv"]


def test_a_long_body_is_refused_as_a_whole(project: Project, headway: Headway) -> None:
    retrain(project, 0.97).write("body.md", "x" * 70_000)
    answer = headway("pr", "dvc.lock", "--body", "body.md")
    assert answer.code == 2
    assert "too long" in answer.err


def test_outside_of_git_and_without_a_remote_it_says_so(project: Project, headway: Headway, tmp_path: Path) -> None:
    project.git("remote", "remove", "origin")
    assert "git remote add origin URL" in headway("pr", "dvc.lock").err
    (tmp_path / "plain").mkdir()
    assert "not in the working tree" in headway("pr", "dvc.lock", "-C", str(tmp_path / "plain")).err


def test_the_commit_names_the_run_and_another_run_with_the_same_results_changes_nothing(
    host: Host, project: Project, headway: Headway, monkeypatch: Any
) -> None:
    retrain(project, 0.97)
    headway("pr")
    assert "/actions/runs/4711" in host.git("show", "--no-patch", "--format=%B", BRANCH)
    writes, branches = host.writes(), host.branches()
    monkeypatch.setenv("GITHUB_RUN_ID", "4712")
    assert headway("pr", "--json").json["action"] == "unchanged"
    assert (host.writes(), host.branches()) == (writes, branches)
