"""From a context to its forge, and to the pull requests that only the forge knows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from headway.ci.job import TOKENS, Context, ForgeKind
from headway.errors import ContextError
from headway.publish.forges.bitbucket import Bitbucket
from headway.publish.forges.github import GitHub
from headway.publish.forges.gitlab import GitLab
from headway.publish.http.addresses import AddressError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.publish.forges.forge import Forge
    from headway.publish.http.options import ClientOptions

_FORGES: Mapping[ForgeKind, type[GitHub | GitLab | Bitbucket]] = {
    "github": GitHub,
    "gitlab": GitLab,
    "bitbucket": Bitbucket,
}


def connect(context: Context, options: ClientOptions) -> Forge:
    """The forge of a context; no request is sent yet.

    Raises ``ContextError`` where there is no token, and this is no dry run, or where the forge's address is refused.
    """
    forge = _FORGES[context.forge]
    if context.token is None and not options.dry_run:
        raise ContextError(
            "There is no token to publish with.",
            why=f"None of {', '.join(TOKENS[context.forge])} is set.",
            remedy=forge.access_advice,
        )
    try:
        return forge(context, options)
    except AddressError as error:
        raise ContextError(
            "The address of the forge's API cannot be used.",
            why=f"{error}.",
            remedy=f"Correct the environment variable {forge.api_variable}.",
        ) from None


def connect_github(context: Context, options: ClientOptions, purpose: str) -> GitHub:
    """GitHub, for what no other forge has; ``purpose`` completes "Headway can ... on GitHub only".

    Raises:
        ContextError: the context is another forge's; else as for :func:`connect`.
    """
    forge = connect(context, options)
    if not isinstance(forge, GitHub):
        raise ContextError(
            f"Headway can {purpose} on GitHub only.",
            why=f"This run belongs to {forge.name}.",
            remedy="Run it in a job of GitHub Actions, or name the repository: --forge github --repo OWNER/NAME.",
        )
    return forge


def with_pull_requests(context: Context, forge: Forge, sha: str) -> list[Context]:
    """The context with its commit, once for each open pull request of which that is the head; once where it is of none.

    A job for a pull request is about that one alone, whatever others have the same head. ``sha`` is the commit of the
    report, for a context that names neither commit nor pull request.
    """
    if context.pull_request is not None:
        known = context.sha or forge.pull_request(context.pull_request).head_sha
        return [replace(context, sha=known)]
    context = replace(context, sha=context.sha or sha)
    if not context.sha:
        return [context]
    found = forge.open_pull_requests(context.sha, context.branch, context.head_repository)
    return [replace(context, pull_request=each.number) for each in found] or [context]
