"""The step for Bitbucket Pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.app.scaffold.files import PlannedFile, own_file
from headway.app.scaffold.words import yaml_path, yaml_paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.app.scaffold.files import Outcome
    from headway.app.scaffold.jobs import Jobs

PIPELINE = "bitbucket-pipelines.yml"


def pipeline(jobs: Jobs) -> list[PlannedFile]:
    """The pipeline. If there is another one already, somebody has to add the cache and the step to it."""
    planned = own_file(jobs.repository.root, PIPELINE, "\n".join((*_top(jobs), *_pipeline(jobs))) + "\n")
    if planned.outcome != "differs":
        return [planned]
    part = "\n".join(_pipeline(jobs)) + "\n"
    outcome: Outcome = "unchanged" if "headway report" in (planned.before or "") else "by hand"
    return [PlannedFile(path=PIPELINE, before=planned.before, after=part, outcome=outcome)]


def _top(jobs: Jobs) -> Iterator[str]:
    yield "# Reports on each pull request how far it moves the model. Written by `headway init`."
    yield "# Secured variable: BITBUCKET_ACCESS_TOKEN, an access token with the scopes pullrequest and repository."
    if jobs.secrets:
        yield f"# For the data: {', '.join(jobs.secrets)}; keys that may read it and nothing else."
    if jobs.needs_address:
        yield "# DVC_REMOTE_URL, because .dvc/config names a folder of one machine."


def _pipeline(jobs: Jobs) -> Iterator[str]:
    yield "definitions:"
    yield "  caches:"
    yield "    dvc:"
    yield "      key:"
    yield f"        files: {yaml_paths(jobs.locks)}"
    yield f"      path: {yaml_path(jobs.caches[0])}"
    yield ""
    yield "pipelines:"
    yield "  pull-requests:"
    yield '    "**":'
    yield from (f"      {line}" for line in _step(jobs))


def _step(jobs: Jobs) -> Iterator[str]:
    repository = jobs.repository
    base = "refs/heads/$BITBUCKET_PR_DESTINATION_BRANCH:refs/remotes/origin/$BITBUCKET_PR_DESTINATION_BRANCH"
    yield "- step:"
    yield "    name: Headway"
    yield f"    image: python:{repository.python}"
    yield "    clone:"
    yield "      depth: full # the base is an earlier commit"
    yield "    caches: [dvc]"
    yield "    script:"
    yield "      # Pipelines checks out a merge with the destination; the report needs the head of the pull request."
    yield '      - git checkout --quiet --detach "$BITBUCKET_COMMIT"'
    yield f'      - git fetch --quiet origin "+{base}"'
    yield from (f"      - {command}" for command in jobs.install())
    yield from (f"      - {command}" for command in jobs.report())
    if clean_up := jobs.clean_up():
        yield "    after-script:"
        yield from (f"      - {command}" for command in clean_up)
    yield f"    artifacts: {yaml_paths([f'{repository.project}/reports/headway/**'.lstrip('/')])}"
