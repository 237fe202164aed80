"""What a job of CI is about, as frozen values: where a report is published, and what revisions are compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

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
        head_repository: where that branch is, in the form of ``repository``; empty where it has been deleted, or where
            the environment does not say.
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
        """Whether the commit comes from another repository; see :func:`is_fork`."""
        return is_fork(self.head_repository, self.repository)


def is_fork(head_repository: str, repository: str) -> bool:
    """Whether a commit is a fork's; one whose repository has been deleted or is not known counts as a fork's, too."""
    return head_repository != repository


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


@dataclass(frozen=True, kw_only=True)
class PullRequestBase:
    """What CI says that a pull request is made against; at least one of the two is known.

    Attributes:
        branch: the base branch.
        commit: the very commit that the pull request starts from, which GitLab alone names.
    """

    branch: str | None = None
    commit: str | None = None


@dataclass(frozen=True, kw_only=True)
class RunningStage:
    """A stage of dvc.yaml that DVC is running, of which this process is a part.

    Attributes:
        root: the root of the stage's DVC project.
        name: what DVC calls the stage, such as ``train`` or ``../dvc.yaml:train``.
    """

    root: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a comparison on this machine needs to know of the job that it runs in; outside of any job, nothing.

    Attributes:
        in_ci: whether this is CI, whose clones are made to be short.
        base: what the pull request is made against; ``None`` where this job is not for one.
        running_stage: the stage that DVC is running; ``None`` outside of ``dvc repro``.
    """

    in_ci: bool = False
    base: PullRequestBase | None = None
    running_stage: RunningStage | None = None
