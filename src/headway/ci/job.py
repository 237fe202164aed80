"""What a run is about: forge, repository, pull request, commit and run, read from the environment into one value.

This is the only place of the station that looks at environment variables; it opens no connection. What only the forge
knows (the pull request of a push) is looked up later, in :mod:`headway.publish.forges.locate`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from headway.errors import ContextError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ForgeKind = Literal["github", "gitlab", "bitbucket"]
FORGES: tuple[ForgeKind, ...] = get_args(ForgeKind)

OWN_TOKEN = "HEADWAY_TOKEN"  # noqa: S105  the variable's name, not a token
REPOSITORY_TOKEN = "BITBUCKET_ACCESS_TOKEN"  # noqa: S105  likewise
TOKENS: Mapping[ForgeKind, tuple[str, ...]] = {
    "github": (OWN_TOKEN, "GITHUB_TOKEN", "GH_TOKEN"),
    "gitlab": (OWN_TOKEN, "GITLAB_TOKEN", "CI_JOB_TOKEN"),
    "bitbucket": (OWN_TOKEN, REPOSITORY_TOKEN, "BITBUCKET_API_TOKEN"),
}
"""Where a token is looked for, the first that is set."""


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token and where it was found.

    Attributes:
        value: the secret.
        variable: the environment variable that held it.
        user: the account's e-mail address, for Bitbucket's API tokens; empty for every other token.
    """

    value: str = field(repr=False)
    variable: str
    user: str = ""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of CI. Of two runs on one commit, the one with the higher id, then attempt, has the newer result.

    Attributes:
        id: rises from run to run; 0 outside CI.
        attempt: rises from one repetition of the run to the next.
        url: its page; empty where there is none.
    """

    id: int = 0
    attempt: int = 1
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a run is about.

    Attributes:
        forge: which forge.
        api_url: its API.
        server_url: its web site.
        repository_url: the repository's page there.
        graphql_url: GitHub's GraphQL endpoint; empty elsewhere.
        repository: ``owner/name`` on GitHub and Bitbucket; the project's id or path on GitLab.
        pull_request: the number of the pull request; ``None`` where the environment does not say.
        sha: the commit the result belongs to, the head of a pull request and never its merge commit; empty where the
            environment does not say.
        branch: the branch of that commit; empty where the environment does not say.
        head_repository: where that branch is, in the form of ``repository``; empty where the environment does not say.
        restricted: whether this very job runs for a fork's change, with a token that can only read.
        run: the run that made the result.
        token: the token; ``None`` where none is set.
        output_file: where the step's outputs go; ``None`` outside GitHub Actions.
        summary_file: where the job summary goes; ``None`` outside GitHub Actions.
        pipeline: the GitLab pipeline of this very commit, which its status joins; 0 for none.
        insights_proxy: the proxy that Bitbucket Pipelines run beside every step; empty elsewhere.
        notes: what a person should know about this context.
    """

    forge: ForgeKind
    api_url: str
    server_url: str
    repository_url: str = ""
    graphql_url: str = ""
    repository: str
    pull_request: int | None = None
    sha: str = ""
    branch: str = ""
    head_repository: str = ""
    restricted: bool = False
    run: Run = Run()
    token: Token | None = None
    output_file: Path | None = None
    summary_file: Path | None = None
    pipeline: int = 0
    insights_proxy: str = ""
    notes: tuple[str, ...] = ()

    @property
    def from_fork(self) -> bool:
        """Whether the commit comes from another repository."""
        return self.head_repository not in {"", self.repository}


@dataclass(frozen=True, kw_only=True)
class Overrides:
    """What the command line says about the context; ``None`` leaves it to the environment.

    Attributes:
        forge, repository, pull_request, sha: as in :class:`Context`.
        token_variable: the environment variable that holds the token.
    """

    forge: ForgeKind | None = None
    repository: str | None = None
    pull_request: int | None = None
    sha: str | None = None
    token_variable: str | None = None


def read_context(
    environ: Mapping[str, str],
    overrides: Overrides = Overrides(),
    read: Callable[[Path], bytes] = Path.read_bytes,
) -> Context:
    """Say what this run is about.

    Args:
        environ: the environment variables.
        overrides: what the command line says.
        read: reads a file, for GitHub's event.

    Raises:
        ContextError: forge or repository cannot be told, or the named token variable is empty.
    """
    from headway.ci import providers  # noqa: PLC0415  it builds the values of this module

    forge = overrides.forge or detect(environ)
    if forge is None:
        raise ContextError(
            "This run is in no CI that Headway knows, so it cannot tell where to publish.",
            why="None of GITHUB_ACTIONS, GITLAB_CI and BITBUCKET_PIPELINE_UUID is set.",
            remedy="Name the place: --forge github --repo OWNER/NAME --pr NUMBER.",
        )
    try:
        context = providers.READERS[forge](environ, read)
    except ContextError:
        if overrides.pull_request is None or overrides.sha is None:
            raise
        context = providers.READERS[forge]({**environ, "GITHUB_EVENT_PATH": ""}, read)
    context = replace(context, token=_token(environ, forge, overrides.token_variable))
    context = _overridden(context, overrides)
    if not context.repository:
        raise ContextError(
            "The environment does not name a repository.",
            remedy="Name it: --repo OWNER/NAME; on GitLab, GROUP/PROJECT.",
        )
    return context


def detect(environ: Mapping[str, str]) -> ForgeKind | None:
    """The forge whose CI this environment is; ``None`` for none."""
    if environ.get("GITHUB_ACTIONS"):
        return "github"
    if environ.get("GITLAB_CI"):
        return "gitlab"
    return "bitbucket" if environ.get("BITBUCKET_PIPELINE_UUID") else None


def _token(environ: Mapping[str, str], forge: ForgeKind, named: str | None) -> Token | None:
    if named and not environ.get(named, "").strip():
        raise ContextError(
            f"The environment variable {named} holds no token.",
            remedy=f"Set it in the CI configuration, as in `{named}: ${{{{ secrets.{named} }}}}` on GitHub.",
        )
    variable = named or next((name for name in TOKENS[forge] if environ.get(name, "").strip()), None)
    if variable is None:
        return None
    value = environ[variable].strip()
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise ContextError(
            f"What {variable} holds is no token.",
            why="It has spaces, line breaks or characters that no token has.",
            remedy="Copy the token into the CI configuration again.",
        )
    user = environ.get("BITBUCKET_EMAIL", "") if forge == "bitbucket" and variable != REPOSITORY_TOKEN else ""
    return Token(value=value, variable=variable, user=user)


def _overridden(context: Context, overrides: Overrides) -> Context:
    """The context with the command line's words in place of the environment's.

    Another commit or repository is not the one that the environment's pull request and branch belong to.
    """
    if overrides.repository and overrides.repository != context.repository:
        elsewhere = replace(context, pull_request=None, sha="", branch="", head_repository="")
        url = f"{context.server_url}/{overrides.repository}"
        context = replace(elsewhere, repository=overrides.repository, repository_url=url)
    if overrides.sha and overrides.sha != context.sha:
        context = replace(context, sha=overrides.sha, pull_request=None, branch="", head_repository="")
    if overrides.pull_request and overrides.pull_request != context.pull_request:
        sha = overrides.sha or ""
        context = replace(context, pull_request=overrides.pull_request, sha=sha, branch="", head_repository="")
    return context
