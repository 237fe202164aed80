"""``headway promote``: from names on the command line to a change of the registry."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway._version import __version__
from headway.app.registry.judging import VersionJudge
from headway.app.registry.opening import require_names, stage_rule
from headway.errors import RepositoryError
from headway.gather.git.executable import GitError, run_git
from headway.registry.promotion import promote
from headway.values.registry.names import is_version

if TYPE_CHECKING:
    from headway.app.comparison import Request
    from headway.app.registry.opening import Registry
    from headway.registry.promotion import PromotionRequest
    from headway.settings import StageRule
    from headway.values.registry.records import Outcome
    from headway.values.report import Report


class Promoted(NamedTuple):
    """How a promotion ended, and the comparison behind it; ``None`` if nothing was compared."""

    outcome: Outcome
    report: Report | None


def promote_version(
    registry: Registry, request: Request, wanted: PromotionRequest, rule: StageRule | None = None
) -> Promoted:
    """Promote a version, or a commit that becomes one.

    Args:
        registry: the registry.
        request: how to compare versions.
        wanted: what to promote; its ``version`` may also be a commit by any name that git knows.
        rule: the rule of the stage; ``None`` for the one in the settings that are checked out.

    Raises:
        SettingsError: a name is wrong, or the settings do not declare the stage.
        RepositoryError: the tags are not as they must be, or cannot be read or made.
    """
    require_names(wanted.artifact, wanted.stage)
    rule = rule or stage_rule(registry.settings(wanted.artifact, request.settings), wanted.stage)
    known = msgspec.structs.replace(wanted, after=rule.after, generator=__version__, settings=request.settings or "")
    if wanted.version and not is_version(wanted.version):
        known = msgspec.structs.replace(known, version="", commit=published_commit(registry, wanted.version))
    judge = VersionJudge(request, rule, wanted.artifact, force=wanted.force)
    return Promoted(promote(known, judge, registry.tools), judge.report)


def published_commit(registry: Registry, name: str) -> str:
    """The SHA of a commit that the remote has on a branch, so that a tag on it publishes nothing else.

    Raises:
        RepositoryError: there is no such commit, or the remote does not have it.
    """
    try:
        sha = run_git(registry.root, "rev-parse", "--verify", "--end-of-options", f"{name}^{{commit}}").strip()
    except GitError as error:
        raise RepositoryError(
            f"There is no version and no commit {name!r} here.",
            why="A version looks like v1.2.0; a commit may have any name that git knows.",
            remedy="headway stages --fetch  # lists the versions",
        ) from error
    remote = registry.store.name
    branches = f"refs/remotes/{remote}/"
    if remote and not run_git(registry.root, "for-each-ref", "--count=1", f"--contains={sha}", branches):
        raise RepositoryError(
            f"The commit {sha[:7]} is on no branch of {remote!r}.",
            why="Its tag would publish it with all commits before it.",
            remedy=f"git push {shlex.quote(remote)} {sha}:refs/heads/BRANCH  # or git fetch {shlex.quote(remote)}",
        )
    return sha
