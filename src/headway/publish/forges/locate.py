"""What only the forge knows of a run: the pull request of a commit, and the commit of a pull request."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headway.ci.job import Context
    from headway.publish.forges.forge import Forge


def locate(context: Context, forge: Forge, sha: str) -> Context:
    """The context with its commit, and its pull request where the commit is the head of an open one.

    Args:
        context: as the environment tells it.
        forge: whom to ask.
        sha: the commit that the report was made of, for a context that names neither commit nor pull request.

    Raises:
        ForgeError: the forge cannot be reached or refuses.
    """
    if context.pull_request is not None:
        known = context.sha or forge.pull_request(context.pull_request).head_sha
        return replace(context, sha=known)
    context = replace(context, sha=context.sha or sha)
    if not context.sha:
        return context
    found = forge.open_pull_requests(context.sha, context.branch, context.head_repository)
    return replace(context, pull_request=found[0].number) if found else context
