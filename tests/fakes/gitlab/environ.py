"""The environment of a GitLab CI job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.gitlab.merge_requests import source_project

if TYPE_CHECKING:
    from fakes.core.state import PullRequest
    from fakes.gitlab.state import GitLabState


def merge_request_variables(state: GitLabState, request: PullRequest) -> dict[str, str]:
    """A job of a merge request's pipeline; it has no ``CI_COMMIT_BRANCH``."""
    return {
        **_common(state, request.head_sha),
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_MERGE_REQUEST_IID": str(request.number),
        "CI_MERGE_REQUEST_PROJECT_ID": str(state.id),
        "CI_MERGE_REQUEST_PROJECT_URL": state.web_url,
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": str(source_project(state, request)),
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": request.head,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": request.base,
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": request.base_sha,
        "CI_OPEN_MERGE_REQUESTS": f"{state.full_name}!{request.number}",
    }


def branch_variables(state: GitLabState, branch: str) -> dict[str, str]:
    """A job of a branch's pipeline, with the merge requests that are open for it."""
    requests = [each for each in state.pull_requests.values() if each.head == branch and each.state == "open"]
    listed = (
        {"CI_OPEN_MERGE_REQUESTS": ",".join(f"{state.full_name}!{each.number}" for each in requests)}
        if requests
        else {}
    )
    return {
        **_common(state, state.tip(branch)),
        "CI_PIPELINE_SOURCE": "push",
        "CI_COMMIT_BRANCH": branch,
        **listed,
    }


def _common(state: GitLabState, sha: str) -> dict[str, str]:
    return {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_API_V4_URL": state.api_url,
        "CI_SERVER_URL": state.url,
        "CI_PROJECT_ID": str(state.id),
        "CI_PROJECT_URL": state.web_url,
        "CI_COMMIT_SHA": sha,
        "CI_PIPELINE_ID": "4711",
        "CI_PIPELINE_URL": f"{state.web_url}/-/pipelines/4711",
        "CI_JOB_ID": "4712",
        "CI_JOB_URL": f"{state.web_url}/-/jobs/4712",
        "NO_PROXY": "127.0.0.1,localhost",
    }
