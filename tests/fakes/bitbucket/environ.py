"""The environment of a Bitbucket Pipelines step.

``BITBUCKET_API_URL`` is no variable of Pipelines, whose API has one address only; it leads a tool to the fake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.bitbucket.payloads import uuid

if TYPE_CHECKING:
    from fakes.bitbucket.state import BitbucketState
    from fakes.core.state import PullRequest


def pull_request_variables(state: BitbucketState, request: PullRequest) -> dict[str, str]:
    """A step of a pull request's pipeline."""
    return {
        **_common(state),
        "BITBUCKET_BRANCH": request.head,
        "BITBUCKET_COMMIT": request.head_sha,
        "BITBUCKET_PR_ID": str(request.number),
        "BITBUCKET_PR_DESTINATION_BRANCH": request.base,
    }


def branch_variables(state: BitbucketState, branch: str) -> dict[str, str]:
    """A step of a branch's pipeline."""
    return {
        **_common(state),
        "BITBUCKET_BRANCH": branch,
        "BITBUCKET_COMMIT": state.tip(branch) or state.new_commit(branch),
    }


def _common(state: BitbucketState) -> dict[str, str]:
    return {
        "CI": "true",
        "BITBUCKET_API_URL": f"{state.url}/2.0",
        "BITBUCKET_PIPELINE_UUID": uuid("pipeline 1"),
        "BITBUCKET_BUILD_NUMBER": "1",
        "BITBUCKET_STEP_RUN_NUMBER": "1",
        "BITBUCKET_WORKSPACE": state.owner,
        "BITBUCKET_REPO_SLUG": state.name,
        "NO_PROXY": "127.0.0.1,localhost",
    }
