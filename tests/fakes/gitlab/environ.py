"""The environment of a GitLab CI job."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fakes.gitlab.merge_requests import source_project

if TYPE_CHECKING:
    from fakes.gitlab.world import World
    from fakes.kernel.pull_request import PullRequest


def merge_request_variables(world: World, request: PullRequest) -> dict[str, str]:
    """A job of a merge request's pipeline; it has no ``CI_COMMIT_BRANCH``."""
    source = request.head_repository or world.path
    return {
        **_common(world, request.head_sha, request.head),
        "CI_PIPELINE_SOURCE": "merge_request_event",
        "CI_MERGE_REQUEST_IID": str(request.number),
        "CI_MERGE_REQUEST_TITLE": request.title,
        "CI_MERGE_REQUEST_PROJECT_ID": str(world.id),
        "CI_MERGE_REQUEST_PROJECT_PATH": world.path,
        "CI_MERGE_REQUEST_PROJECT_URL": world.web_url,
        "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": str(source_project(world, request)),
        "CI_MERGE_REQUEST_SOURCE_PROJECT_PATH": source,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": request.head,
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": request.base,
        "CI_MERGE_REQUEST_DIFF_BASE_SHA": request.base_sha,
        "CI_OPEN_MERGE_REQUESTS": f"{world.path}!{request.number}",
    }


def branch_variables(world: World, branch: str, sha: str) -> dict[str, str]:
    """A job of a branch's pipeline, with the merge requests that are open for it."""
    requests = [each for each in world.merge_requests.values() if each.head == branch and each.state == "open"]
    listed = (
        {"CI_OPEN_MERGE_REQUESTS": ",".join(f"{world.path}!{each.number}" for each in requests)} if requests else {}
    )
    return {**_common(world, sha, branch), "CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": branch, **listed}


def _common(world: World, sha: str, ref: str) -> dict[str, str]:
    namespace, _, name = world.path.rpartition("/")
    server = urlsplit(world.url)
    return {
        "CI": "true",
        "GITLAB_CI": "true",
        "CI_API_V4_URL": world.api_url,
        "CI_SERVER_URL": world.url,
        "CI_SERVER_HOST": server.hostname or "",
        "CI_SERVER_PORT": str(server.port or 80),
        "CI_SERVER_PROTOCOL": server.scheme,
        "CI_PROJECT_ID": str(world.id),
        "CI_PROJECT_PATH": world.path,
        "CI_PROJECT_NAMESPACE": namespace,
        "CI_PROJECT_NAME": name,
        "CI_PROJECT_URL": world.web_url,
        "CI_DEFAULT_BRANCH": world.default_branch,
        "CI_COMMIT_SHA": sha,
        "CI_COMMIT_REF_NAME": ref,
        "CI_PIPELINE_ID": "4711",
        "CI_PIPELINE_URL": f"{world.web_url}/-/pipelines/4711",
        "CI_JOB_ID": "4712",
        "CI_JOB_URL": f"{world.web_url}/-/jobs/4712",
        "NO_PROXY": "127.0.0.1,localhost",
    }
