"""The environment of a job, as the three CI systems and DVC set it, as values of :mod:`headway.ci.job`.

Sources: GitHub's "Variables reference" and "Events that trigger workflows", GitLab's "Predefined CI/CD variables
reference", Bitbucket's "Variables and secrets".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from headway.ci.job import Context, ForgeKind, PullRequestBase, Run, RunningStage, is_fork
from headway.errors import ContextError

Environ = Mapping[str, str]

PULL_REQUEST_TARGET = (
    "This run was started by pull_request_target, which gives a fork's change the repository's secrets as soon as the "
    "job checks it out. Headway's two workflows, report.yml and post.yml, do not need it."
)
_CI = ("GITHUB_ACTIONS", "GITLAB_CI", "BITBUCKET_BUILD_NUMBER", "CI")
"""What GitHub, GitLab, Bitbucket and nearly every other CI set."""
_NO = frozenset({"", "0", "false"})
_BASE_BRANCH = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "BITBUCKET_PR_DESTINATION_BRANCH")
"""A pull request's base branch on GitHub, GitLab and Bitbucket."""
_HEAD_BRANCH = ("GITHUB_HEAD_REF", "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "BITBUCKET_BRANCH")
"""A pull request's own branch, likewise."""
_BASE_COMMIT = "CI_MERGE_REQUEST_DIFF_BASE_SHA"
"""The commit that a merge request starts from, on GitLab."""
_PULL_REF = re.compile(r"refs/pull/(\d+)/")


class Repository(msgspec.Struct, frozen=True):
    """A repository as GitHub's events and its API name it."""

    full_name: str


class Head(msgspec.Struct):
    """A side of a pull request, likewise; the repository is ``None`` where it has been deleted."""

    sha: str
    ref: str
    repo: Repository | None = None


class _PullRequest(msgspec.Struct):
    number: int
    head: Head


class WorkflowRun(msgspec.Struct):
    """A run of a workflow, likewise."""

    id: int
    head_sha: str
    head_branch: str | None
    head_repository: Repository | None = None
    run_attempt: int = 1
    html_url: str = ""


class _MergeGroup(msgspec.Struct):
    head_sha: str


class _Issue(msgspec.Struct):
    number: int
    pull_request: dict[str, object] | None = None


class _Event(msgspec.Struct):
    """The parts of GitHub's events that say what a run is about."""

    pull_request: _PullRequest | None = None
    workflow_run: WorkflowRun | None = None
    merge_group: _MergeGroup | None = None
    issue: _Issue | None = None


def github(environ: Environ) -> Context:
    """A job of GitHub Actions; without one, github.com."""
    server = environ.get("GITHUB_SERVER_URL", "https://github.com")
    api = environ.get("GITHUB_API_URL", "https://api.github.com")
    repository = environ.get("GITHUB_REPOSITORY", "")
    event_name = environ.get("GITHUB_EVENT_NAME", "")
    context = Context(
        forge="github",
        api_url=api,
        server_url=server,
        repository_url=f"{server}/{repository}",
        graphql_url=environ.get("GITHUB_GRAPHQL_URL", f"{api.removesuffix('/v3')}/graphql"),
        repository=repository,
        run=_github_run(environ, server, repository),
        output_file=_path(environ.get("GITHUB_OUTPUT")),
        summary_file=_path(environ.get("GITHUB_STEP_SUMMARY")),
        notes=(PULL_REQUEST_TARGET,) if event_name == "pull_request_target" else (),
    )
    context = _with_commit(context, environ, _event(environ))
    return replace(context, restricted=event_name == "pull_request" and context.from_fork)


def _event(environ: Environ) -> _Event:
    path = environ.get("GITHUB_EVENT_PATH")
    if not path:
        return _Event()
    try:
        return msgspec.json.decode(Path(path).read_bytes(), type=_Event)
    except (OSError, msgspec.DecodeError) as error:
        raise ContextError(
            "GitHub's description of the event that started this run cannot be read.",
            why=f"{path}: {error}.",
            remedy="Name the pull request and the commit: --pr NUMBER --sha COMMIT.",
        ) from error


def _with_commit(context: Context, environ: Environ, event: _Event) -> Context:
    """The context with the commit in question, which is ``GITHUB_SHA`` for a push only.

    On pull_request, that is the merge commit; on workflow_run, issue_comment and pull_request_target, the default
    branch's; in a merge group, a commit that no pull request has.
    """
    if run := event.workflow_run:  # which made the report that this run posts, so the result is as new as that run
        made_by = Run(id=run.id, attempt=run.run_attempt, url=run.html_url)
        source = _full_name(run.head_repository)
        return replace(context, sha=run.head_sha, branch=run.head_branch or "", head_repository=source, run=made_by)
    if pull := event.pull_request:
        source = _full_name(pull.head.repo)
        return replace(
            context, sha=pull.head.sha, branch=pull.head.ref, head_repository=source, pull_request=pull.number
        )
    if event.merge_group:
        return replace(context, sha=event.merge_group.head_sha, head_repository=context.repository)
    if event.issue and event.issue.pull_request is not None:
        return replace(context, pull_request=event.issue.number)
    ref = environ.get("GITHUB_REF", "")
    if number := _PULL_REF.match(ref):
        return replace(context, branch=environ.get("GITHUB_HEAD_REF", ""), pull_request=int(number[1]))
    branch = environ.get("GITHUB_REF_NAME", "") if ref.startswith("refs/heads/") else ""
    return replace(context, sha=environ.get("GITHUB_SHA", ""), branch=branch, head_repository=context.repository)


def _full_name(repository: Repository | None) -> str:
    return repository.full_name if repository else ""


def _github_run(environ: Environ, server: str, repository: str) -> Run:
    run, attempt = _number(environ.get("GITHUB_RUN_ID")), _number(environ.get("GITHUB_RUN_ATTEMPT")) or 1
    url = f"{server}/{repository}/actions/runs/{run}/attempts/{attempt}" if run else ""
    return Run(id=run or 0, attempt=attempt, url=url)


def gitlab(environ: Environ) -> Context:
    """A job of GitLab CI; without one, gitlab.com.

    In a merged results pipeline ``CI_COMMIT_SHA`` is a commit that nobody pushed. A branch pipeline lists the branch's
    open merge requests, ``group/project!7,group/project!9``; of several, the forge is asked which of them have the
    commit as their head.
    """
    server = environ.get("CI_SERVER_URL", "https://gitlab.com")
    repository = environ.get("CI_MERGE_REQUEST_PROJECT_ID") or environ.get("CI_PROJECT_ID", "")
    of_request = "CI_MERGE_REQUEST_IID" in environ
    source = environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID" if of_request else "CI_PROJECT_ID", "")
    merged_results = environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "")
    pipeline = _number(environ.get("CI_PIPELINE_ID")) or 0
    requests = [part.rpartition("!")[2] for part in environ.get("CI_OPEN_MERGE_REQUESTS", "").split(",") if part]
    return Context(
        forge="gitlab",
        api_url=environ.get("CI_API_V4_URL", f"{server}/api/v4"),
        server_url=server,
        repository_url=environ.get("CI_MERGE_REQUEST_PROJECT_URL") or environ.get("CI_PROJECT_URL", ""),
        repository=repository,
        pull_request=_number(environ.get("CI_MERGE_REQUEST_IID") or (requests[0] if len(requests) == 1 else "")),
        sha=merged_results or environ.get("CI_COMMIT_SHA", ""),
        branch=environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME") or environ.get("CI_COMMIT_BRANCH", ""),
        head_repository=source,
        restricted=is_fork(source, repository),
        run=Run(
            id=pipeline,
            attempt=_number(environ.get("CI_JOB_ID")) or 1,
            url=environ.get("CI_JOB_URL") or environ.get("CI_PIPELINE_URL", ""),
        ),
        pipeline=0 if merged_results else pipeline,
    )


def bitbucket(environ: Environ) -> Context:
    """A step of Bitbucket Pipelines; without one, bitbucket.org."""
    workspace, slug = environ.get("BITBUCKET_WORKSPACE", ""), environ.get("BITBUCKET_REPO_SLUG", "")
    repository = f"{workspace}/{slug}" if workspace and slug else ""
    server = "https://bitbucket.org"
    build = _number(environ.get("BITBUCKET_BUILD_NUMBER")) or 0
    return Context(
        forge="bitbucket",
        api_url=environ.get("BITBUCKET_API_URL", "https://api.bitbucket.org/2.0"),
        server_url=server,
        repository_url=f"{server}/{repository}",
        repository=repository,
        pull_request=_number(environ.get("BITBUCKET_PR_ID")),
        sha=environ.get("BITBUCKET_COMMIT", ""),
        branch=environ.get("BITBUCKET_BRANCH", ""),
        head_repository=repository,
        run=Run(
            id=build,
            attempt=_number(environ.get("BITBUCKET_STEP_RUN_NUMBER")) or 1,
            url=f"{server}/{repository}/pipelines/results/{build}" if build else "",
        ),
    )


def is_ci(environ: Environ) -> bool:
    """Whether this is a job of any CI."""
    return any(environ.get(variable, "").lower() not in _NO for variable in _CI)


def pull_request_base(environ: Environ) -> PullRequestBase | None:
    """What the pull request of this job is made against; ``None`` where there is none."""
    branch = next((environ[variable] for variable in _BASE_BRANCH if environ.get(variable)), None)
    commit = environ.get(_BASE_COMMIT) or None
    return PullRequestBase(branch=branch, commit=commit) if branch or commit else None


def pull_request_branch(environ: Environ) -> str:
    """The branch of this job's pull request; empty where there is none."""
    if not any(environ.get(variable) for variable in _BASE_BRANCH):
        return ""
    return next((environ[variable] for variable in _HEAD_BRANCH if environ.get(variable)), "")


def running_stage(environ: Environ) -> RunningStage | None:
    """The stage that DVC is running, by the variables that DVC sets for its command."""
    root, name = environ.get("DVC_ROOT"), environ.get("DVC_STAGE")
    return RunningStage(root=root, name=name) if root and name else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


READERS: Mapping[ForgeKind, Callable[[Environ], Context]] = {"github": github, "gitlab": gitlab, "bitbucket": bitbucket}
