"""A CI job as frozen values: where a report is published, and what revisions are compared with."""

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
"""The variables that may hold a token; the first that is set is used."""
TOKEN_VARIABLES = frozenset(variable for variables in TOKENS.values() for variable in variables)
"""The same, of every forge."""
_TOKENS_IN_OTHER_WORDS = frozenset({
    "CI_BUILD_TOKEN", "CI_REPOSITORY_URL", "CI_REGISTRY_PASSWORD", "CI_DEPENDENCY_PROXY_PASSWORD", "CI_JOB_JWT",
    "CI_JOB_JWT_V1", "CI_JOB_JWT_V2", "CI_DEPLOY_PASSWORD", "BITBUCKET_STEP_OIDC_TOKEN",
})  # fmt: skip
"""GitLab's job token under other names, and what else a forge gives a job to log in with."""
_GITHUB_INTERNAL = "ACTIONS_"
"""How the variables begin by which actions of GitHub get identity tokens, caches and artifacts."""


def is_token_variable(name: str) -> bool:
    """Whether a variable may hold a token of any forge, or lead to one."""
    return name in TOKEN_VARIABLES or name in _TOKENS_IN_OTHER_WORDS or name.startswith(_GITHUB_INTERNAL)


@dataclass(frozen=True, kw_only=True)
class Token:
    """A token, and the environment variable that held it.

    Attributes:
        user: the account's e-mail address, for Bitbucket's API tokens; empty for every other token.
    """

    value: str = field(repr=False)
    variable: str
    user: str = ""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A CI run. Of two runs on one commit, the one with the higher id, then attempt, has the newer result."""

    id: int = 0
    attempt: int = 1
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a run is about. What is empty or ``None`` is not known, or does not exist on this forge.

    Attributes:
        repository: ``owner/name`` on GitHub and Bitbucket; the project's id or path on GitLab.
        sha: the commit that the result belongs to: the head of a pull request, never its merge commit.
        branch, head_repository: where that commit is, the repository in the form of ``repository``.
        restricted: whether this job runs for a fork's change, with a token that can only read.
        untrusted: whether a fork's code computed the report, so that gates that pass conclude nothing.
        run: the run that made the result.
        page_url: where the report's HTML page can be opened.
        output_file, summary_file: where the step's outputs and the job summary go on GitHub Actions.
        pipeline: the GitLab pipeline of this commit, which its status joins; 0 for none.
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
    untrusted: bool = False
    run: Run = Run()
    page_url: str = ""
    token: Token | None = None
    output_file: Path | None = None
    summary_file: Path | None = None
    pipeline: int = 0
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
    """What the command line says about the context; ``None`` leaves it to the environment."""

    forge: ForgeKind | None = None
    repository: str | None = None
    pull_request: int | None = None
    sha: str | None = None
    token_variable: str | None = None


@dataclass(frozen=True, kw_only=True)
class PullRequestBase:
    """What a pull request is made against: its base branch, and on GitLab the commit that it starts from."""

    branch: str | None = None
    commit: str | None = None


@dataclass(frozen=True, kw_only=True)
class RunningStage:
    """The stage that DVC is running: its project's root, and its name such as ``train`` or ``../dvc.yaml:train``."""

    root: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a comparison needs to know about the job that it runs in.

    Attributes:
        in_ci: whether this is a job of any CI, so clones may be shallow.
        base: what the pull request of this job is made against; ``None`` if there is none.
        branch: the branch of the pull request; empty if there is none.
        running_stage: the stage that DVC is running.
    """

    in_ci: bool = False
    branch: str = ""
    base: PullRequestBase | None = None
    running_stage: RunningStage | None = None
