"""GitHub's workflows: what their jobs check out, may write and post, by what the files say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from headway.app.doctor.ci_files import mapping
from headway.app.doctor.findings import Finding, SkippedError, failed, ok, warning
from headway.app.doctor.workflow_jobs import EVERYTHING
from headway.text import first_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headway.app.doctor.ground import Ground
    from headway.app.doctor.workflow_jobs import WorkflowJob

_FEW = 1
_CHECKOUT = "Add this before its other steps:\n  - uses: actions/checkout@v5\n    with:\n      fetch-depth: 0"
_POSTED = {"pull-requests": "to comment", "checks": "to create the check run", "contents": "to store the images"}
"""What a job that posts may write, and what for."""
_FORKS_ADVICE = "headway init --forks"
NO_WORKFLOW = "no workflow of GitHub's runs Headway"


def _jobs(ground: Ground) -> Sequence[WorkflowJob]:
    if not ground.workflow_jobs:
        raise SkippedError(NO_WORKFLOW)
    return ground.workflow_jobs


def check_checkout(ground: Ground) -> Finding:
    """What the jobs check out that compare a change with its base."""
    comparing = [job for job in _jobs(ground) if job.compares and job.is_of_change]
    if not comparing:
        raise SkippedError("no workflow of GitHub's compares a pull request or a push")
    for job in comparing:
        if not job.checkouts:
            return failed(f"{job.place} checks out nothing", _CHECKOUT)
        shallow = all(str(each.get("fetch-depth", "1")) != "0" for each in job.checkouts)
        logs_out = any(str(each.get("persist-credentials", "true")).lower() == "false" for each in job.checkouts)
        if shallow and logs_out:
            return warning(
                f"{job.place} has a shallow clone without credentials, so in a private repository it cannot fetch the "
                "base",
                f"In {job.file}, add this to the checkout of {job.id}:\n  with:\n    fetch-depth: 0",
            )
    return ok(f"{_places(comparing)} can have the base")


def _places(jobs: Sequence[WorkflowJob]) -> str:
    return first_names([job.place for job in jobs], _FEW)


def check_permissions(ground: Ground) -> Finding:
    """What the jobs that post may write."""
    posting = [job for job in _jobs(ground) if job.posts]
    if not posting:
        raise SkippedError("no workflow of GitHub's posts")
    findings = [lacking(job, ground) for job in posting]
    wrong = next((each for status in ("failed", "warning") for each in findings if each.status == status), None)
    return wrong or ok(f"{_places(posting)} may post")


def lacking(job: WorkflowJob, ground: Ground) -> Finding:
    """What a job's own token lacks to post."""
    if job.has_own_token:
        return ok(f"{job.place} posts with a token of its own")
    missing = list(_missing(job, _stores_on_branch(ground, job)))
    if job.permissions is None:
        what = f"{job.place} has no `permissions`, so the repository's settings decide whether it posts"
        return warning(what, _edit(job))
    if missing == ["contents"]:
        return warning(f"{job.place} may not write contents, so charts are described in words", _edit(job))
    if missing:
        return failed(f"{job.place} lacks the permissions {', '.join(missing)}", _edit(job))
    return ok(f"{job.place} may post")


def _missing(job: WorkflowJob, in_branch: bool) -> Iterator[str]:  # noqa: FBT001 - whether images go to a branch
    """The permissions that a job lacks; instead of a check run, Headway can set a commit status."""
    if not job.may_write("pull-requests"):
        yield "pull-requests"
    if not job.may_write("checks") and not job.may_write("statuses"):
        yield "checks"
    if in_branch and not job.may_write("contents"):
        yield "contents"
    if job.fetches_report and not (set(job.permissions or ()) & {"actions", EVERYTHING}):
        yield "actions"


def _edit(job: WorkflowJob) -> str:
    """The lines of YAML that grant what a job needs to post."""
    reading = ["    actions: read # to download the report of the other run"] if job.fetches_report else []
    writing = (f"    {name}: write # {reason}" for name, reason in _POSTED.items())
    return "\n".join((f"In {job.file}, add this to the job {job.id}:", "  permissions:", *reading, *writing))


def _stores_on_branch(ground: Ground, job: WorkflowJob) -> bool:
    images = ground.usable_settings.images
    store = images if isinstance(images, str) else images.store
    return store in ("auto", "branch") and re.search(r"--images[ =](?:none|bucket)", job.text) is None


def check_forks(ground: Ground) -> Finding:
    """Whether pull requests from forks get their reports."""
    jobs = _jobs(ground)
    if unsafe := next((job for job in jobs if "pull_request_target" in job.events), None):
        what = f"{unsafe.file} runs on pull_request_target, which gives a fork's code your secrets"
        return warning(what, _FORKS_ADVICE)
    makers = {job.name: job.file for job in jobs if job.compares and "pull_request" in job.events}
    if not makers:
        raise SkippedError("no workflow compares on pull_request")
    if posters := [job for job in jobs if job.fetches_report and "workflow_run" in job.events]:
        return _names_match(makers, posters)
    return ok(f"pull requests from forks get no comment; if there are any: {_FORKS_ADVICE}")


def _names_match(makers: Mapping[str, str], posters: list[WorkflowJob]) -> Finding:
    """Whether the workflow that posts waits for those that write the reports."""
    awaited: set[str] = set()
    for job in posters:
        names = mapping(job.events["workflow_run"]).get("workflows")
        awaited |= {names} if isinstance(names, str) else set(map(str, names or ()))
    poster = posters[0].file
    if lost := [name for name in makers if name not in awaited]:
        names = ", ".join((*sorted(awaited & set(makers)), *lost))
        return failed(
            f"{poster} does not wait for the workflow {lost[0]!r} of {makers[lost[0]]}",
            f"In {poster}, name it:\n  on:\n    workflow_run:\n      workflows: [{names}]",
        )
    return ok(f"{poster} posts what {first_names(sorted(makers.values()), _FEW)} writes")
