"""The workflows for GitHub Actions."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from headway.app.scaffold.jobs import CHECKOUT
from headway.report.commands.suggested_settings import scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headway.app.scaffold.jobs import Jobs
    from headway.app.scaffold.repository import RepositoryFacts

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "GOOGLE_APPLICATION_CREDENTIALS")
"""What the action and the reusable workflow take; a job hands other credentials to the action's environment."""
WORKFLOW = ".github/workflows/headway.yml"
REPORT = ".github/workflows/headway-report.yml"
POST = ".github/workflows/headway-post.yml"
_ROLE = {"aws-role": "${{ vars.AWS_ROLE }}", "aws-region": "${{ vars.AWS_REGION }}"}
"""What assumes a role instead of using keys, where the repository has these variables."""


def workflows(jobs: Jobs) -> dict[str, str]:
    """The text of each workflow by its path: one, or two where pull requests come from forks as well."""
    if jobs.forks:
        return {REPORT: _text(_report(jobs)), POST: _text(_post(jobs))}
    return {WORKFLOW: _text(_workflow(jobs))}


def _text(lines: Iterator[str]) -> str:
    return "\n".join(lines) + "\n"


def _workflow(jobs: Jobs) -> Iterator[str]:
    yield "# Reports on each pull request how far it moves the model. Written by `headway init`."
    yield from _comment_on_secrets(jobs)
    yield from _top("headway", "headway-${{ github.ref }}")
    yield "jobs:"
    yield "  report:"
    yield "    runs-on: ubuntu-24.04"
    yield "    timeout-minutes: 60"
    yield "    permissions:"
    yield "      checks: write # to create the check run"
    yield "      contents: write # to check out, and to push images to the branch headway-images"
    yield "      pull-requests: write # to comment"
    yield "    steps:"
    yield f"      - uses: {CHECKOUT}"
    head = "${{ github.event.pull_request.head.sha }}"
    yield f'        with: {{ref: "{head}", fetch-depth: 0, persist-credentials: false}}'
    yield f"      - uses: {jobs.source.action()}"
    inputs = _inputs(jobs) | {_input_of(name): _secret(name) for name in jobs.secrets if name in KEYS}
    yield from _given("        ", inputs)
    yield from _given("        ", {name: _secret(name) for name in jobs.secrets if name not in KEYS}, "env")


def _given(indent: str, values: Mapping[str, str], key: str = "with") -> Iterator[str]:
    if values:
        yield f"{indent}{key}:"
        yield from (f"{indent}  {name}: {value}" for name, value in values.items())


def _input_of(name: str) -> str:
    """The input by which the action takes a key, so that only the steps that need it have it."""
    return name.lower().replace("_", "-")


def _secret(name: str) -> str:
    return f"${{{{ secrets.{name} }}}}"


def _top(name: str, group: str, on: str = "pull_request:") -> Iterator[str]:
    yield f"name: {name}"
    yield ""
    yield "on:"
    yield f"  {on}"
    yield ""
    yield "permissions: {}"
    yield ""
    yield "concurrency:"
    yield f"  group: {group}"
    yield "  cancel-in-progress: true"
    yield ""


def _comment_on_secrets(jobs: Jobs) -> Iterator[str]:
    if jobs.secrets:
        yield f"# Secrets of the repository: {', '.join(jobs.secrets)}; keys that may read the data and nothing else."
    if jobs.needs_address:
        yield "# Variable of the repository: DVC_REMOTE_URL, because .dvc/config names a folder of one machine."


def _inputs(jobs: Jobs) -> dict[str, str]:
    """What the action and the reusable workflow are told."""
    repository = jobs.repository
    given = {
        "project": _text_of(repository.project),
        "all-projects": "true" if repository.is_monorepo else "",
        "reproduce": "true" if jobs.reproduces else "",
        "python-version": "" if repository.python == "3.11" else f'"{repository.python}"',
        "requirements": _text_of(_requirements(repository)),
        "remote-url": "${{ vars.DVC_REMOTE_URL }}" if jobs.needs_address else "",
    }
    return {name: value for name, value in given.items() if value}


def _text_of(name: str) -> str:
    """A name as GitHub reads it back, which takes ``${{`` for an expression; empty without one."""
    return scalar(name.replace("${{", "${{ '${{' }}")) if name else ""


def _requirements(repository: RepositoryFacts) -> str:
    """The file of requirements from the project's folder; empty if it is one that the action finds there by itself."""
    found = [posixpath.join(repository.project, name) for name in ("requirements.txt", "pyproject.toml")]
    if repository.requirements in ("", *found):
        return ""
    return posixpath.relpath(repository.requirements, repository.project or ".")


def _report(jobs: Jobs) -> Iterator[str]:
    yield "# Compares each pull request with its base. It runs the pull request's code, so it may write nothing;"
    yield "# headway-post.yml posts the report. Written by `headway init --forks`."
    yield from _comment_on_secrets(jobs)
    yield from _top("headway-report", "headway-report-${{ github.ref }}")
    yield "jobs:"
    yield "  report:"
    yield "    name: report"
    yield "    permissions:"
    yield "      contents: read # to check out the code"
    has_role = "AWS_ACCESS_KEY_ID" in jobs.secrets
    role = "assume the role vars.AWS_ROLE, if there is one" if has_role else "call a workflow that may assume a role"
    yield f"      id-token: write # to {role}; a fork's run gets no such token"
    yield f"    uses: {jobs.source.action('.github/workflows/reusable-report.yml')}"
    inputs = {name: value for name, value in _inputs(jobs).items() if name != "reproduce"}
    yield from _given("    ", inputs | (_ROLE if has_role else {}))
    yield from _given("    ", {name: _secret(name) for name in jobs.secrets if name in KEYS}, "secrets")


def _post(jobs: Jobs) -> Iterator[str]:
    run = "github.event.workflow_run"
    yield "# Posts the report of headway-report.yml. It has a token, so it runs nothing from the pull request."
    yield "# Written by `headway init --forks`."
    yield "name: headway-post"
    yield ""
    yield "on:"
    yield "  workflow_run: # zizmor: ignore[dangerous-triggers] it checks out and runs nothing from the pull request"
    yield "    workflows: [headway-report]"
    yield "    types: [completed]"
    yield ""
    yield "permissions: {}"
    yield ""
    yield "concurrency: # later runs wait, because they may have newer results"
    yield f"  group: headway-post-${{{{ {run}.head_repository.full_name }}}}-${{{{ {run}.head_branch }}}}"
    yield "  cancel-in-progress: false"
    yield ""
    yield "jobs:"
    yield "  post:"
    yield "    name: post"
    yield "    permissions:"
    yield "      actions: read # to download the report"
    yield "      checks: write # to create the check run"
    yield "      contents: write # to read the settings, and to push images to the branch headway-images"
    yield "      pull-requests: write # to find the pull request and comment on it"
    yield f"    uses: {jobs.source.action('.github/workflows/reusable-post.yml')}"
