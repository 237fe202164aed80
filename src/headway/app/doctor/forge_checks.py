"""The forge: which it is, and what its token may do, as far as the forge says so without anything being written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.app.doctor.findings import Finding, SkippedError, failed, need, of_error, ok, warning
from headway.app.doctor.github_workflows import lacking
from headway.ci.job import TOKENS
from headway.errors import HeadwayError

if TYPE_CHECKING:
    from headway.app.doctor.ground import Ground
    from headway.app.doctor.workflow_jobs import WorkflowJob
    from headway.ci.job import Context, ForgeKind

_NAMES: dict[ForgeKind, str] = {"github": "GitHub", "gitlab": "GitLab", "bitbucket": "Bitbucket"}
_UNKNOWN = "the forge is not known"
_ADVICE: dict[ForgeKind, str] = {
    "github": "Give the step a token:\n  env:\n    GITHUB_TOKEN: ${{ github.token }}",
    "gitlab": "Create a project access token with the scope `api` and the role Developer, and store it in the masked "
    "CI/CD variable GITLAB_TOKEN.",
    "bitbucket": "Create a repository access token with the scopes `pullrequest` and `repository`, and store it in the "
    "secured variable BITBUCKET_ACCESS_TOKEN.",
}
_SCOPE = (
    "Create a token that may write pull requests, statuses and contents, or has the classic scope `repo`, and store it "
    "in {}."
)
"""For a person's token on GitHub."""


def _context(ground: Ground) -> Context:
    return need(ground.context, _UNKNOWN)


def check_forge(ground: Ground) -> Finding:
    """The forge and the repository there."""
    if isinstance(ground.context, HeadwayError):
        return of_error(ground.context)
    if ground.context is None:
        raise SkippedError("no remote of the clone is on github.com, gitlab.com or bitbucket.org; see --forge")
    return ok(f"{_NAMES[ground.context.forge]}, {ground.context.repository}")


def check_token(ground: Ground) -> Finding:
    """Whether the forge accepts the token, and shows it the repository."""
    context = _context(ground)
    if context.token is None:
        return _no_token(ground, context)
    if ground.request.offline:
        raise SkippedError("--offline")
    if isinstance(ground.access, HeadwayError):
        return of_error(ground.access)
    return ok(f"{_NAMES[context.forge]} accepts the one in {context.token.variable}")


def _no_token(ground: Ground, context: Context) -> Finding:
    variables = f"none of {', '.join(TOKENS[context.forge])} is set"
    if not ground.request.job.in_ci:
        raise SkippedError(f"{variables} here")
    here = _this_job(ground)
    others = [job.place for job in ground.workflow_jobs if job.posts and job != here]
    if others and not (here and here.posts):
        raise SkippedError(f"this job has none; {others[0]} posts")
    return failed(f"{variables}, so nothing can be posted", _ADVICE[context.forge])


def check_access(ground: Ground) -> Finding:
    """What the token may do."""
    context = _context(ground)
    if context.token is None:
        raise SkippedError("there is no token")
    if ground.request.offline:
        raise SkippedError("--offline")
    access = need(ground.access, "the forge did not answer about the token")
    variable = context.token.variable
    if access.missing:
        advice = _SCOPE.format(variable) if context.forge == "github" else _ADVICE[context.forge]
        return failed(f"the token in {variable} lacks {', '.join(access.missing)}", advice)
    if access.granted:
        return ok(f"it has {', '.join(access.granted)}")
    if access.is_job_token:
        return _of_job(ground, context)
    raise SkippedError(f"{_NAMES[context.forge]} does not say what this kind of token may do")


def _of_job(ground: Ground, context: Context) -> Finding:
    """What GitHub grants a job's own token: GitHub does not say, but the workflow does."""
    if context.restricted:
        return warning(
            "this job runs for a fork's pull request, so its token can only read",
            "Post in a workflow that runs on workflow_run, as docs/ci/github-post.yml does.",
        )
    here = _this_job(ground)
    if here is None:
        raise SkippedError("GitHub does not say what a job's own token may do; see the permissions of the workflows")
    return lacking(here, ground) if here.posts else ok(f"{here.place} posts nothing, and needs none")


def _this_job(ground: Ground) -> WorkflowJob | None:
    """The job of a workflow that this process runs in, if the clone has its file."""
    return next((job for job in ground.workflow_jobs if (job.file, job.id) == ground.request.workflow), None)
