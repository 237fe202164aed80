"""The report of a fork's run, fetched from a fake GitHub: every check has a test in which only it fails."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from fakes.core.state import PullRequest
from fakes.github.forge import FakeGitHub
from hostile_archives import LINK, STORE, Member, archive, bomb
from samples import PIXEL, make_report

from headway.ci.read import read_context
from headway.errors import ContextError, DeniedError, ForgeError, ReportFileError
from headway.publish.forges.connect import connect
from headway.publish.fork import artifact
from headway.publish.fork.artifact import ARTIFACT, ForkReport, fetch_report
from headway.publish.http.options import ClientOptions
from headway.report import codec
from headway.values.chart import ImageChart
from headway.values.report import Include

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from fakes.github.state import WorkflowRun

    from headway.ci.job import Context
    from headway.values.report import Report

FORK = PullRequest(number=7, head="better-model", head_repository="mallory/digits", author="mallory")
PATIENT = ClientOptions(sleep=lambda _: None, write_gap=0)


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with FakeGitHub(pull_requests=[PullRequest(number=3, head="other"), FORK]) as forge:
        yield forge


def report_of(sha: str, **parts: Any) -> Report:
    made = make_report("acc 0.90 -> 0.92 higher", **parts)
    return replace_head(made, sha)


def replace_head(report: Report, sha: str) -> Report:
    return msgspec.structs.replace(report, head=msgspec.structs.replace(report.head, sha=sha))


def files_of(report: Report, **more: bytes) -> dict[str, bytes]:
    return {"report.json": codec.encode(report), **more}


def uploaded(
    github: FakeGitHub, content: Mapping[str, bytes] | bytes | None = None, number: int = 7, **run: Any
) -> WorkflowRun:
    """A finished run on a pull request, with an artifact."""
    made = github.add_run(number, **run)
    github.add_artifact(made, ARTIFACT, files_of(report_of(made.head_sha)) if content is None else content)
    return made


def context_of(github: FakeGitHub, run: WorkflowRun, token: str | None = None) -> Context:
    return read_context(github.environ(event="workflow_run", number=run.id, token=token))


def fetch(github: FakeGitHub, run: WorkflowRun, **changed: Any) -> ForkReport:
    context = replace(context_of(github, run), **changed)
    return fetch_report(connect(context, PATIENT), context)


def refusal(github: FakeGitHub, run: WorkflowRun, **changed: Any) -> str:
    with pytest.raises(ForgeError) as caught:
        fetch(github, run, **changed)
    return caught.value.why


def test_a_report_of_a_fork(github: FakeGitHub) -> None:
    run = uploaded(github)
    fetched = fetch(github, run)
    assert fetched.pull_request == 7
    assert fetched.sha == run.head_sha == github.pull_request(7).head_sha
    assert fetched.run.id == run.id
    assert fetched.report.metrics[0].head == 0.92
    assert "`mallory/digits`" in fetched.report.notes[0]


def test_a_report_of_the_repository_itself_has_no_note(github: FakeGitHub) -> None:
    fetched = fetch(github, uploaded(github, number=3))
    assert fetched.pull_request == 3
    assert fetched.report.notes == ()


def test_only_the_pictures_that_the_report_needs_are_read(github: FakeGitHub) -> None:
    run = github.add_run(7)
    report = report_of(
        run.head_sha,
        charts=(
            ImageChart(id="map", title="Map", alt="A map", image="charts/map.png", base="a.png", head="gone.png"),
            ImageChart(id="new", title="New", alt="New", base=None, head="b.png"),
        ),
        includes=(
            Include(path="c", title="C", form="image", base="c.png", head=None),
            Include(path="d", title="D", form="text", base="d.png", head="d.png"),
        ),
    )
    names = ("a.png", "b.png", "c.png", "d.png", "charts/map.png", "evil.sh")
    github.add_artifact(run, ARTIFACT, files_of(report, **dict.fromkeys(names, PIXEL)))
    assert dict(fetch(github, run).files) == {"a.png": PIXEL, "b.png": PIXEL, "c.png": PIXEL}


def test_the_token_stays_with_the_forge(github: FakeGitHub) -> None:
    fetch(github, uploaded(github))
    stored = [request for request in github.requests if request.site == "storage"]
    assert stored
    assert all("authorization" not in request.headers for request in stored)


def test_nothing_is_written(github: FakeGitHub) -> None:
    fetch(github, uploaded(github))
    assert {request.method for request in github.requests} == {"GET"}


@pytest.mark.parametrize("event", ["push", "pull_request_target", "workflow_dispatch", "issue_comment"])
def test_a_run_that_no_pull_request_started(github: FakeGitHub, event: str) -> None:
    assert event in refusal(github, uploaded(github, event=event))


def test_a_run_that_failed_after_its_report(github: FakeGitHub) -> None:
    assert fetch(github, uploaded(github, conclusion="failure")).pull_request == 7


def test_a_run_that_failed_before_its_report(github: FakeGitHub) -> None:
    why = refusal(github, github.add_run(7, conclusion="failure"))
    assert "headway-report" in why
    assert "failure" in why


@pytest.mark.parametrize("conclusion", ["cancelled", "skipped", "timed_out", "action_required", "stale"])
def test_a_run_that_did_not_end_by_itself(github: FakeGitHub, conclusion: str) -> None:
    why = refusal(github, uploaded(github, conclusion=conclusion))
    assert f"ended with {conclusion};" in why


def test_a_run_of_another_repository(github: FakeGitHub) -> None:
    """The run that the event names is asked for where this job runs, so another repository's is not found."""
    context = context_of(github, uploaded(github))
    with pytest.raises(ForgeError, match="read the workflow run"):
        fetch_report(connect(context, PATIENT), replace(context, run=replace(context.run, id=999_999)))


def test_an_event_that_names_another_commit(github: FakeGitHub) -> None:
    assert "but the event names" in refusal(github, uploaded(github), sha="f" * 40)


def test_a_pull_request_that_was_closed(github: FakeGitHub) -> None:
    run = uploaded(github)
    github.close_pull_request(7)
    assert "mallory:better-model" in refusal(github, run)


def test_a_pull_request_that_has_moved_on(github: FakeGitHub) -> None:
    run = uploaded(github)
    newer = github.push(7)
    assert f"#7 is at {newer[:7]}" in refusal(github, run)


def test_a_branch_of_the_same_name_elsewhere(github: FakeGitHub) -> None:
    """Only the owner tells mallory's branch from alice's; both have the same commit."""
    sha = github.pull_request(7).head_sha
    alice = replace(FORK, number=8, head_sha=sha, head_repository="alice/digits", author="alice")
    github.open_pull_request(alice)
    assert fetch(github, uploaded(github, number=8)).pull_request == 8
    assert fetch(github, uploaded(github, number=7)).pull_request == 7


def test_a_branch_with_two_pull_requests(github: FakeGitHub) -> None:
    sha = github.pull_request(7).head_sha
    github.open_pull_request(replace(FORK, number=9, head_sha=sha, base="next", base_sha=sha))
    run = uploaded(github)
    assert "#9" in refusal(github, run)
    assert fetch(github, run, pull_request=9).pull_request == 9
    assert refusal(github, run, pull_request=3).endswith("not about #3.")


def test_a_fork_that_lies_about_its_commit(github: FakeGitHub) -> None:
    other = github.pull_request(3).head_sha
    run = github.add_run(7)
    github.add_artifact(run, ARTIFACT, files_of(report_of(other)))
    assert "its report is about another commit" in refusal(github, run)


def test_a_run_without_an_artifact(github: FakeGitHub) -> None:
    run = github.add_run(7)
    github.add_artifact(run, "something-else", files_of(report_of(run.head_sha)))
    assert "no artifact 'headway-report'" in refusal(github, run)


def test_an_artifact_that_has_expired(github: FakeGitHub) -> None:
    run = github.add_run(7)
    github.add_artifact(run, ARTIFACT, files_of(report_of(run.head_sha)), expired=True)
    assert "expired" in refusal(github, run)


def test_a_run_that_was_repeated_has_the_newest_artifact_posted(github: FakeGitHub) -> None:
    run = github.add_run(7)
    for accuracy in (0.5, 0.6):
        made = make_report(f"acc 0.90 -> {accuracy}")
        github.add_artifact(run, ARTIFACT, files_of(replace_head(made, run.head_sha)))
    assert fetch(github, run).report.metrics[0].head == 0.6


def test_an_artifact_that_is_too_large_is_not_downloaded(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact, "ARCHIVE_LIMIT", 100)
    assert "the limit is 100" in refusal(github, uploaded(github))
    assert not [request for request in github.requests if request.site == "storage"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: archive(Member("report.json", b"{}"), Member("report.json", b"{}")), "2 members"),
        (lambda: archive(bomb("report.json", 60_000_000)), "the limit"),
        (lambda: archive(bomb("report.json", 60_000_000, says_size=20)), "packed size"),
        (lambda: archive(*(Member(f"{number}.png", method=STORE) for number in range(10_000))), "members"),
        (lambda: archive(Member("charts/x.png")), "no member 'report.json'"),
        (lambda: b"<html>", "not a zip archive"),
    ],
)
def test_a_hostile_archive(github: FakeGitHub, content: Callable[[], bytes], words: str) -> None:
    assert words in refusal(github, uploaded(github, content()))


@pytest.mark.parametrize("content", [b"", b"{}", b"[" * 100_000, b'{"schema":"headway.report/2"}', b"\xff\xfe"])
def test_a_report_that_is_none(github: FakeGitHub, content: bytes) -> None:
    with pytest.raises(ReportFileError):
        fetch(github, uploaded(github, {"report.json": content}))


def test_a_link_in_place_of_a_report_is_never_followed(github: FakeGitHub) -> None:
    with pytest.raises(ReportFileError):
        fetch(github, uploaded(github, archive(Member("report.json", b"/etc/passwd", mode=LINK))))


def test_a_token_that_may_not_read_actions() -> None:
    with FakeGitHub(pull_requests=[FORK], private=True) as github:
        run = uploaded(github)
        context = context_of(github, run, token=github.token(pull_requests="write", contents="read"))
        with pytest.raises(DeniedError) as caught:
            fetch_report(connect(context, PATIENT), context)
    assert "actions: read" in caught.value.why


def test_other_forges_have_no_such_runs(github: FakeGitHub) -> None:
    context = replace(context_of(github, uploaded(github)), forge="gitlab")
    with pytest.raises(ContextError, match="Only GitHub"):
        fetch_report(connect(context, PATIENT), context)


def test_a_job_that_no_run_started(github: FakeGitHub) -> None:
    context = context_of(github, uploaded(github))
    with pytest.raises(ContextError, match="no workflow run"):
        fetch_report(connect(context, PATIENT), replace(context, run=replace(context.run, id=0)))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"repository": {"full_name": "mallory/digits"}}, "belongs to mallory/digits"),
        ({"head_repository": None}, "no longer exists"),
        ({"head_branch": None}, "no longer exists"),
        ({"status": "in_progress", "conclusion": None}, "ended with in_progress"),
        ({"artifacts": [{"digest": "sha256:0"}]}, "digest"),
        ({"artifacts": [{"workflow_run": {"id": 1, "head_sha": "f" * 40}}]}, "has no artifact"),
        ({"artifacts": [{"workflow_run": None}]}, "has no artifact"),
        ({"artifacts": [{"name": "other"}]}, "has no artifact"),
    ],
)
def test_an_answer_that_does_not_fit(
    github: FakeGitHub, changes: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What GitHub may say, and its fake never does."""
    run = uploaded(github)
    context = context_of(github, run)
    forge = connect(context, PATIENT)
    read = forge.session.get

    def altered(intent: Any, path: str, into: Any, query: Any = None) -> Any:
        answer = msgspec.to_builtins(read(intent, path, into, query))
        return msgspec.convert(_merged(answer, changes), into)

    monkeypatch.setattr(forge.session, "get", altered)
    with pytest.raises(ForgeError) as caught:
        fetch_report(forge, context)
    assert words in caught.value.why


def test_a_commit_of_the_repositorys_own_pull_request(github: FakeGitHub) -> None:
    run = uploaded(github)
    own = PullRequest(number=20, head="own", head_sha=run.head_sha)
    github.open_pull_request(replace(own, state="closed"))
    assert fetch(github, run).pull_request == 7
    github.open_pull_request(own)
    assert "the head of #20, which comes from octo/digits" in refusal(github, run)


def test_a_filter_that_github_ignores(github: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    """All pull requests come back, the closed ones too; one of them differs from the run in one thing each."""
    sha = github.pull_request(7).head_sha
    same = replace(FORK, head_sha=sha)
    for other in (
        replace(same, number=20, head_repository="mallory/other"),
        replace(same, number=21, head="worse"),
        replace(same, number=22, state="closed"),
    ):
        github.open_pull_request(other)
    context = context_of(github, uploaded(github))
    forge = connect(context, PATIENT)
    pages = forge.session.pages

    def unfiltered(intent: Any, path: str, into: Any, query: Any = None) -> Any:
        return pages(intent, path, into, query if "commits" in path else {"state": "all"})

    monkeypatch.setattr(forge.session, "pages", unfiltered)
    assert fetch_report(forge, context).pull_request == 7


def _merged(answer: Any, changes: Any) -> Any:
    if isinstance(changes, list):
        return [_merged(old, new) for old, new in zip(answer, changes, strict=True)]
    return answer | {
        key: _merged(answer[key], new) if isinstance(new, list) else new
        for key, new in changes.items()
        if key in answer
    }
