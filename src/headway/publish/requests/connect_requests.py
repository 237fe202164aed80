"""From a context and its forge to the requests there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.publish.requests.bitbucket_requests import BitbucketRequests
from headway.publish.requests.github_requests import GitHubRequests
from headway.publish.requests.gitlab_requests import GitLabRequests

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.ci.job import Context, ForgeKind
    from headway.publish.forges.forge import Forge
    from headway.publish.requests.protocol import ForgeRequests

_REQUESTS: Mapping[ForgeKind, type[GitHubRequests | GitLabRequests | BitbucketRequests]] = {
    "github": GitHubRequests,
    "gitlab": GitLabRequests,
    "bitbucket": BitbucketRequests,
}


def connect_requests(context: Context, forge: Forge) -> ForgeRequests:
    """The requests of a context's repository, through the session of its forge; no request is sent yet."""
    return _REQUESTS[context.forge](context.repository, forge.session)
