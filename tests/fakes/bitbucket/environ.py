"""The environment of a Bitbucket Pipelines step.

``BITBUCKET_API_URL`` is no variable of Pipelines, whose API has one address only; it leads a tool to the fake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.bitbucket.payloads import uuid
from fakes.kernel.commits import made_up_sha

if TYPE_CHECKING:
    from fakes.bitbucket.world import World
    from fakes.kernel.pull_request import PullRequest


def pull_request_variables(world: World, request: PullRequest) -> dict[str, str]:
    """A step of a pull request's pipeline."""
    return {
        **_common(world),
        "BITBUCKET_BRANCH": request.head,
        "BITBUCKET_COMMIT": request.head_sha,
        "BITBUCKET_PR_ID": str(request.number),
        "BITBUCKET_PR_DESTINATION_BRANCH": request.base,
        "BITBUCKET_PR_DESTINATION_COMMIT": request.base_sha,
    }


def branch_variables(world: World, branch: str) -> dict[str, str]:
    """A step of a branch's pipeline."""
    return {
        **_common(world),
        "BITBUCKET_BRANCH": branch,
        "BITBUCKET_COMMIT": made_up_sha(f"{world.full_name} {branch}"),
    }


def _common(world: World) -> dict[str, str]:
    return {
        "CI": "true",
        "BITBUCKET_API_URL": f"{world.url}/2.0",
        "BITBUCKET_PIPELINE_UUID": uuid("pipeline 1"),
        "BITBUCKET_BUILD_NUMBER": "1",
        "BITBUCKET_STEP_RUN_NUMBER": "1",
        "BITBUCKET_WORKSPACE": world.workspace,
        "BITBUCKET_REPO_SLUG": world.slug,
        "BITBUCKET_REPO_FULL_NAME": world.full_name,
        "BITBUCKET_REPO_UUID": uuid(f"repository {world.full_name}"),
        "BITBUCKET_GIT_HTTP_ORIGIN": world.html_url,
        "NO_PROXY": "127.0.0.1,localhost",
    }
