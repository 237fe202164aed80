"""From a context to the forge that it names: which class, which token, which address; and what only the forge knows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from headway.ci.job import TOKENS, Context, ForgeKind
from headway.errors import ContextError
from headway.publish.forges import bitbucket, github, gitlab
from headway.publish.forges.bitbucket import INSIGHTS_URL, Bitbucket, BitbucketDialect
from headway.publish.forges.github import HEADERS, GitHub, GitHubDialect
from headway.publish.forges.gitlab import JOB_TOKEN, GitLab, GitLabDialect
from headway.publish.http.addresses import AddressError
from headway.publish.http.options import Credentials, Transport
from headway.publish.http.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headway.publish.forges.forge import Forge

_ADVICE: Mapping[ForgeKind, str] = {
    "github": github.ACCESS_ADVICE,
    "gitlab": gitlab.ACCESS_ADVICE.format("api"),
    "bitbucket": bitbucket.ACCESS_ADVICE.format("scopes `pullrequest` and `repository`"),
}
_API_VARIABLES: Mapping[ForgeKind, str] = {
    "github": "GITHUB_API_URL",
    "gitlab": "CI_API_V4_URL or CI_SERVER_URL",
    "bitbucket": "BITBUCKET_API_URL",
}


def connect(context: Context, transport: Transport) -> Forge:
    """The forge of a context; no request is sent yet.

    Raises:
        ContextError: there is no token, and this is no dry run; or the forge's address is refused.
    """
    if context.token is None and not transport.dry_run:
        raise ContextError(
            "There is no token to publish with.",
            why=f"None of {', '.join(TOKENS[context.forge])} is set.",
            remedy=_ADVICE[context.forge],
        )
    try:
        return _CONNECT[context.forge](context, transport)
    except AddressError as error:
        raise ContextError(
            "The address of the forge's API cannot be used.",
            why=f"{error}.",
            remedy=f"Correct the environment variable {_API_VARIABLES[context.forge]}.",
        ) from None


def _github(context: Context, transport: Transport) -> Forge:
    dialect = GitHubDialect(_variable(context), restricted=context.restricted)
    session = Session(context.api_url, _credentials(context), dialect, transport, HEADERS)
    return GitHub(session, context.repository, context.graphql_url)


def _gitlab(context: Context, transport: Transport) -> Forge:
    dialect = GitLabDialect(_variable(context), restricted=context.restricted)
    session = Session(context.api_url, _credentials(context), dialect, transport)
    return GitLab(session, context.repository, project_url=context.repository_url, pipeline=context.pipeline)


def _bitbucket(context: Context, transport: Transport) -> Forge:
    dialect = BitbucketDialect(_variable(context))
    session = Session(context.api_url, _credentials(context), dialect, transport)
    insights = Session(INSIGHTS_URL, None, dialect, replace(transport, proxy=context.insights_proxy))
    return Bitbucket(
        session,
        context.repository,
        repository_url=context.repository_url,
        insights=insights if context.insights_proxy else None,
    )


def _variable(context: Context) -> str:
    return context.token.variable if context.token else ""


def _credentials(context: Context) -> Credentials | None:
    token = context.token
    if token is None:
        return None
    if context.forge == "gitlab" and token.variable == JOB_TOKEN:
        return Credentials.job(token.value)
    return Credentials.basic(token.user, token.value) if token.user else Credentials.bearer(token.value)


_CONNECT: Mapping[ForgeKind, Callable[[Context, Transport], Forge]] = {
    "github": _github,
    "gitlab": _gitlab,
    "bitbucket": _bitbucket,
}


def locate(context: Context, forge: Forge, sha: str) -> list[Context]:
    """The context with its commit, once for each open pull request of which that is the head; once where it is of none.

    A job for a pull request is about that one alone, whatever others have the same head.

    Args:
        context: as the environment tells it.
        forge: whom to ask.
        sha: the commit that the report was made of, for a context that names neither commit nor pull request.

    Raises:
        ForgeError: the forge cannot be reached or refuses.
    """
    if context.pull_request is not None:
        known = context.sha or forge.pull_request(context.pull_request).head_sha
        return [replace(context, sha=known)]
    context = replace(context, sha=context.sha or sha)
    if not context.sha:
        return [context]
    found = forge.open_pull_requests(context.sha, context.branch, context.head_repository)
    return [replace(context, pull_request=each.number) for each in found] or [context]
