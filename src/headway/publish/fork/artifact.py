"""Fetch the report that a fork's run left behind, for a job that holds secrets and trusts nothing in it.

A fork's pull request runs without secrets: its job writes report.json and uploads it. A second job, started by
``workflow_run`` from the default branch, fetches that artifact here. GitHub's API says which run it is and which pull
request it belongs to. The artifact itself says neither: it is data.

Source: GitHub's "Security hardening your deployments" and "Keeping your GitHub Actions and workflows secure", part 1:
"Preventing pwn requests".
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from headway.ci.job import Context, Run, is_fork
from headway.ci.providers import Repository, WorkflowRun
from headway.draw.flip_sheet import shown_images
from headway.errors import ContextError, ForgeError
from headway.judge.untrusted.again import judge_again, leaves_out
from headway.publish.forges.github import GitHub
from headway.publish.fork.archive import ARCHIVE_LIMIT, Archive
from headway.publish.fork.limits import decode_report, is_image
from headway.publish.fork.sheets import flips_by_sheet
from headway.publish.fork.upstream import read_known
from headway.publish.http.error_responses import Operation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headway.judge.untrusted.again import Known
    from headway.publish.forges.forge import Forge
    from headway.values.report import Report

ARTIFACT = "headway-report"
REPORT = "report.json"

_CONCLUSIONS = ("success", "failure")
"""How a run may have ended: a report that is there is whole, whatever failed after it, a gate for example."""
_GATES_OF_FORKS = (
    "The default branch's rules judge these numbers, which nobody can check. So gates that pass do not turn the check "
    "green; to let them decide, review the change and push its commit to a branch of this repository"
)
_NOT_JUDGED = (
    "Gates on data, parameters and training, and gates against the anchor, are not judged on the report of a fork"
)
_READ_RUN = Operation("read the workflow run", "actions: read")
_LIST_ARTIFACTS = Operation("list the run's artifacts", "actions: read")
_DOWNLOAD = Operation("download the run's artifact", "actions: read")
_FIND_PULL_REQUEST = Operation("find the run's pull request", "pull-requests: read")


@dataclass(frozen=True, kw_only=True)
class ForkReport:
    """An untrusted report and the images of the repository's own that it names, and what GitHub says of its origin.

    ``is_fork`` says whether the run was of a fork's change.
    """

    report: Report
    files: Mapping[str, bytes]
    pull_request: int
    sha: str
    run: Run
    is_fork: bool


class _WorkflowRun(WorkflowRun, kw_only=True):
    event: str
    status: str | None
    conclusion: str | None
    repository: Repository


class _Origin(msgspec.Struct):
    id: int
    head_sha: str


class _Artifact(msgspec.Struct):
    id: int
    name: str
    size_in_bytes: int
    expired: bool
    digest: str | None = None
    workflow_run: _Origin | None = None


class _Artifacts(msgspec.Struct):
    artifacts: list[_Artifact]


def fetch_report(forge: Forge, context: Context) -> ForkReport:
    """Fetch the report of the run that started this job; the context's pull request chooses among several of a branch.

    Raises:
        ForgeError: GitHub refuses, or a check failed: the run's repository, event, conclusion or head; the pull
            request; the artifact's size, digest or members; the report's commit. The error says which.
        ReportFileError: report.json is no valid report, or exceeds a limit.
    """
    github = _checked_forge(forge, context)
    run = _checked_run(github, context)
    number = _pull_request(github, run, context.pull_request)
    if _is_fork(run):
        _check_commit_is_the_forks(github, run)
    archive = Archive(_download(github, run, _artifact(github, run)))
    report = _checked_report(archive, run)
    return ForkReport(
        report=_judged(report, github, run, number) if _is_fork(run) else report,
        files={path: archive.read(path) for path in sorted(set(_image_paths(report)) & archive.names)},
        pull_request=number,
        sha=run.head_sha,
        run=Run(id=run.id, attempt=run.run_attempt, url=run.html_url),
        is_fork=_is_fork(run),
    )


def _refusal(run: _WorkflowRun, why: str, remedy: str = "") -> ForgeError:
    return ForgeError(f"Headway does not post the report of run {run.id}.", why=why, remedy=remedy)


def _checked_forge(forge: Forge, context: Context) -> GitHub:
    if not isinstance(forge, GitHub):
        raise ContextError(
            "Only GitHub has runs that follow another run.",
            remedy="On GitLab and Bitbucket, post in the job that made the report: `headway post DIR`.",
        )
    if not context.run.id:
        raise ContextError(
            "The environment names no workflow run whose report could be posted.",
            remedy="Post from a workflow that `workflow_run` starts, as post.yml does.",
        )
    return forge


def _checked_run(github: GitHub, context: Context) -> _WorkflowRun:
    """The run as GitHub has it; what the environment says of it is only compared."""
    path = f"repos/{github.repository}/actions/runs/{context.run.id}"
    run = github.session.get(_READ_RUN, path, _WorkflowRun)
    if run.repository.full_name.casefold() != github.repository.casefold():
        raise _refusal(run, f"The run belongs to {run.repository.full_name}, not to {github.repository}.")
    if run.event != "pull_request":
        raise _refusal(
            run,
            f"The event {run.event} started the run, not pull_request.",
            "Let the posting workflow follow a workflow that runs on pull_request, as post.yml does.",
        )
    if run.conclusion not in _CONCLUSIONS:
        ended = run.conclusion or run.status
        raise _refusal(run, f"The run ended with {ended}; only runs that ended with success or failure are posted.")
    if context.sha not in {"", run.head_sha}:
        raise _refusal(run, f"The run is about {run.head_sha}, but the event names {context.sha}.")
    return run


def _pull_request(github: GitHub, run: _WorkflowRun, wanted: int | None) -> int:
    """The open pull request whose head is the run's commit, found by the head's owner, branch and SHA."""
    if run.head_repository is None or not run.head_branch:
        raise _refusal(run, "The repository that its commit came from no longer exists.")
    head = (run.head_repository.full_name, run.head_branch)
    place = f"{head[0].partition('/')[0]}:{run.head_branch}"
    listed = github.pull_requests_from(place, _FIND_PULL_REQUEST)
    # GitHub ignores a filter that it does not understand, so check its answer again.
    found = [each for each in listed if each.open and (each.head_repository, each.head_branch) == head]
    if not found:
        raise _refusal(run, f"No open pull request comes from {place}: it was closed or merged.")
    numbers = [each.number for each in found if each.head_sha == run.head_sha]
    if not numbers:
        newer = ", ".join(f"#{each.number} is at {each.head_sha[:7]}" for each in found)
        raise _refusal(
            run,
            f"The report is about {run.head_sha[:7]}, but {newer}. The run on that commit will post its own report.",
        )
    shown = ", ".join(f"#{number}" for number in numbers)
    if wanted is not None and wanted not in numbers:
        raise _refusal(run, f"The report is about {shown}, not about #{wanted}.")
    if wanted is None and len(numbers) > 1:
        raise _refusal(run, f"Several pull requests have this head: {shown}.", "Name one with --pr NUMBER.")
    return wanted or numbers[0]


def _check_commit_is_the_forks(github: GitHub, run: _WorkflowRun) -> None:
    """Refuse a commit whose check is that of the repository's own pull request, which no fork may set."""
    listed = github.open_pull_requests(run.head_sha, "", "")
    own = [each for each in listed if each.head_repository == run.repository.full_name]
    if own:
        raise _refusal(run, f"Its commit is also the head of #{own[0].number}, which comes from {github.repository}.")


def _artifact(github: GitHub, run: _WorkflowRun) -> _Artifact:
    """The newest artifact with the report: a run that was repeated has one of each attempt."""
    path = f"repos/{github.repository}/actions/runs/{run.id}/artifacts"
    listed = github.session.get(_LIST_ARTIFACTS, path, _Artifacts, {"name": ARTIFACT, "per_page": "100"}).artifacts
    origin = _Origin(id=run.id, head_sha=run.head_sha)
    found = [each for each in listed if each.name == ARTIFACT and each.workflow_run == origin]
    if not found:
        raise _refusal(
            run,
            f"The run ended with {run.conclusion} and has no artifact {ARTIFACT!r}.",
            "Upload it with actions/upload-artifact, as report.yml does.",
        )
    newest = max(found, key=lambda each: each.id)
    if newest.expired:
        raise _refusal(run, f"Its artifact {ARTIFACT!r} has expired.", "Run the report's workflow again.")
    if newest.size_in_bytes > ARCHIVE_LIMIT:
        size, limit = f"{newest.size_in_bytes:,}", f"{ARCHIVE_LIMIT:,}"
        raise _refusal(run, f"Its artifact {ARTIFACT!r} has {size} bytes; the limit is {limit}.")
    return newest


def _download(github: GitHub, run: _WorkflowRun, artifact: _Artifact) -> bytes:
    path = f"repos/{github.repository}/actions/artifacts/{artifact.id}/zip"
    data = github.session.download(_DOWNLOAD, path, ARCHIVE_LIMIT)
    if artifact.digest not in {None, f"sha256:{hashlib.sha256(data).hexdigest()}"}:
        raise _refusal(run, "The artifact's bytes do not have the digest that GitHub recorded.", "Try again.")
    return data


def _checked_report(archive: Archive, run: _WorkflowRun) -> Report:
    report = decode_report(archive.read(REPORT))
    if report.head.sha != run.head_sha:
        raise _refusal(
            run,
            f"The run is about {run.head_sha}, but its report is about another commit.",
            "Check out the pull request's head, not its merge with the base:\n"
            "  with:\n    ref: ${{ github.event.pull_request.head.sha }}",
        )
    return report


def _image_paths(report: Report) -> Iterator[str]:
    """The repository's own images and those of examples.

    All others are drawn again, so what the archive has of them is not read.
    """
    for item in filter(is_image, (*report.charts, *report.includes)):
        yield from (path for side in ("base", "head") if (path := getattr(item, side)) is not None)
    for flips in flips_by_sheet(report).values():
        yield from shown_images(flips)


def _head_repository(run: _WorkflowRun) -> str:
    return run.head_repository.full_name if run.head_repository else ""


def _is_fork(run: _WorkflowRun) -> bool:
    return is_fork(_head_repository(run), run.repository.full_name)


def _judged(report: Report, github: GitHub, run: _WorkflowRun, number: int) -> Report:
    """The report of a fork, judged again, with a note on what its numbers are worth."""
    known = read_known(github, number, run.head_sha, report.project, report.base.sha)
    judged = judge_again(report, known)
    notes = (*_notes(judged, known, _head_repository(run)), *judged.notes)
    return msgspec.structs.replace(judged, notes=notes)


def _notes(report: Report, known: Known, repository: str) -> Iterator[str]:
    yield f"These numbers come from the fork `{repository}`, whose own code computed them"
    if report.gates:
        yield _GATES_OF_FORKS
    if leaves_out(known) and report.scope == "all":
        yield _NOT_JUDGED
    if known.no_rules and report.scope == "all":
        yield f"No gate is judged, because {known.no_rules}"
    if not known.is_base and report.scope == "all":
        yield "The report compares with another commit than the base of the pull request, so its changes say nothing"
