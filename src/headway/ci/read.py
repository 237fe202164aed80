"""The environment becomes the Context of publishing, or the Job of a comparison.

No connection is opened here: what only the forge knows, such as the pull request of a push, is looked up in
:mod:`headway.publish.forges.connect`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from headway.ci.job import REPOSITORY_TOKEN, TOKENS, Context, ForgeKind, Job, Overrides, Token
from headway.ci.process import process_environment
from headway.ci.providers import READERS, is_ci, pull_request_base, pull_request_branch, running_stage
from headway.errors import ContextError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_OVERRIDES = Overrides()


def read_context(environ: Mapping[str, str], overrides: Overrides = _NO_OVERRIDES) -> Context:
    """What this run is about, and where its report is published.

    Raises:
        ContextError: the forge or the repository is not known, or the named token variable is empty.
    """
    forge = overrides.forge or detect(environ)
    if forge is None:
        raise ContextError(
            "Headway does not know where to publish.",
            why="None of GITHUB_ACTIONS, GITLAB_CI and BITBUCKET_PIPELINE_UUID is set.",
            remedy="Name the pull request: --forge github --repo OWNER/NAME --pr NUMBER.",
        )
    try:
        context = READERS[forge](environ)
    except ContextError:
        if overrides.pull_request is None or overrides.sha is None:
            raise
        context = READERS[forge]({**environ, "GITHUB_EVENT_PATH": ""})
    context = replace(context, token=_token(environ, forge, overrides.token_variable))
    context = _overridden(context, overrides)
    if not context.repository:
        raise ContextError(
            "The environment does not name a repository.",
            remedy="Name it: --repo OWNER/NAME; on GitLab, GROUP/PROJECT.",
        )
    return context


def read_job(environ: Mapping[str, str] | None = None) -> Job:
    """What a comparison needs to know about the job that it runs in; ``None`` reads this process's environment."""
    variables = process_environment(environ)
    return Job(
        in_ci=is_ci(variables),
        base=pull_request_base(variables),
        branch=pull_request_branch(variables),
        running_stage=running_stage(variables),
    )


def read_run_page(environ: Mapping[str, str] | None = None) -> str:
    """The URL of the CI run, the same in each of its attempts; empty outside CI. ``None`` reads this process's own."""
    variables = process_environment(environ)
    forge = detect(variables)
    if forge == "gitlab":
        return variables.get("CI_PIPELINE_URL", "")
    return READERS[forge]({**variables, "GITHUB_EVENT_PATH": ""}).run.url.partition("/attempts/")[0] if forge else ""


def read_workflow_job(environ: Mapping[str, str]) -> tuple[str, str]:
    """The file of GitHub's workflow that this job belongs to, from git's root, and the job's id; empty elsewhere."""
    place = environ.get("GITHUB_WORKFLOW_REF", "").partition("@")[0]  # owner/name/.github/workflows/report.yml
    return "/".join(place.split("/")[2:]), environ.get("GITHUB_JOB", "")


def detect(environ: Mapping[str, str]) -> ForgeKind | None:
    """The forge whose CI this environment is; ``None`` for none."""
    if environ.get("GITHUB_ACTIONS"):
        return "github"
    if environ.get("GITLAB_CI"):
        return "gitlab"
    return "bitbucket" if environ.get("BITBUCKET_PIPELINE_UUID") else None


def _token(environ: Mapping[str, str], forge: ForgeKind, named: str | None) -> Token | None:
    if named and not environ.get(named, "").strip():
        raise ContextError(
            f"The environment variable {named} is not set, or is empty.",
            remedy=f"Set it in the CI configuration, as in `{named}: ${{{{ secrets.{named} }}}}` on GitHub.",
        )
    variable = named or next((name for name in TOKENS[forge] if environ.get(name, "").strip()), None)
    if variable is None:
        return None
    value = environ[variable].strip()
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise ContextError(
            f"The value of {variable} is not a token.",
            why="It contains spaces, line breaks or other characters that no token has.",
            remedy="Copy the token into the CI configuration again.",
        )
    user = environ.get("BITBUCKET_EMAIL", "") if forge == "bitbucket" and variable != REPOSITORY_TOKEN else ""
    return Token(value=value, variable=variable, user=user)


def _overridden(context: Context, overrides: Overrides) -> Context:
    """The context as the command line says; a pull request and branch belong to one commit of one repository."""
    if overrides.repository and overrides.repository != context.repository:
        elsewhere = replace(context, pull_request=None, sha="", branch="", head_repository="")
        url = f"{context.server_url}/{overrides.repository}"
        context = replace(elsewhere, repository=overrides.repository, repository_url=url)
    if overrides.sha and overrides.sha != context.sha:
        context = replace(context, sha=overrides.sha, pull_request=None, branch="", head_repository="")
    if overrides.pull_request and overrides.pull_request != context.pull_request:
        sha = overrides.sha or ""
        context = replace(context, pull_request=overrides.pull_request, sha=sha, branch="", head_repository="")
    return context
