"""``headway promote --merged``: the job that runs when a promotion request has been merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from headway.app.registry.promoting import promote_version
from headway.app.registry.requesting import read_file, read_upstream
from headway.app.registry.rolling_back import roll_back_stage
from headway.errors import RepositoryError
from headway.gather.git.executable import GitError, run_git
from headway.publish.requests.connect_requests import connect_requests
from headway.publish.requests.request_approvers import find_merged_request
from headway.registry.desired import FILE, StateChange, compare_states, parse_desired
from headway.registry.promotion import PromotionRequest
from headway.registry.rollback import RollbackRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.app.comparison import Request
    from headway.app.registry.opening import Registry
    from headway.ci.job import Context
    from headway.publish.forges.forge import Forge
    from headway.publish.requests.protocol import MergedRequest
    from headway.values.registry import Outcome


class Merge(NamedTuple):
    """A merge to carry out.

    Attributes:
        since: the commit before it; empty for the first parent of the one that is checked out.
        run: the URL of the CI run.
        sign: whether to sign the tags.
        dry_run: whether to change nothing.
    """

    since: str = ""
    run: str = ""
    sign: bool = False
    dry_run: bool = False


def carry_out(
    registry: Registry, request_for: Callable[[str], Request], merge: Merge, context: Context, forge: Forge
) -> list[Outcome]:
    """Do what a merge changed in registry.yaml: promote, or roll back to a version that had the stage before.

    A stage that the merge removes from the file keeps its version.

    Raises:
        SettingsError: registry.yaml cannot be read.
        RepositoryError: the commits or tags cannot be read or made, or the commit was pushed without a request.
        ForgeError: the forge refuses.
    """
    head = run_git(registry.root, "rev-parse", "HEAD").strip()
    changes = [change for change in changes_of(registry, head, merge.since) if change.after]
    if not changes:
        return []
    merged = _merged(registry, context, forge, head)
    merged_by = "" if merged.approvers else merged.merged_by
    reason = f"requested by {merged.url}"
    details = _Details(merged.approvers, merged_by, reason, merge.run, sign=merge.sign, dry_run=merge.dry_run)
    return [_carried_out(registry, request_for, change, details) for change in changes]


class _Details(NamedTuple):
    """What the tags of a merge have in common; see :class:`headway.registry.changes.Change`."""

    approvers: tuple[str, ...]
    merged_by: str
    reason: str
    run: str
    sign: bool
    dry_run: bool


def changes_of(registry: Registry, head: str, since: str) -> list[StateChange]:
    """What changed in registry.yaml between two commits.

    Raises:
        RepositoryError: the clone lacks the earlier one.
        SettingsError: the file cannot be read.
    """
    before = since if since.strip("0") else f"{head}^1"
    try:
        old = run_git(registry.root, "rev-parse", "--verify", "--end-of-options", f"{before}^{{commit}}").strip()
    except GitError as error:
        raise RepositoryError(
            f"The commit before {head[:7]} is not in this clone.",
            why="Headway carries out what the merge changed in registry.yaml.",
            remedy=f"git fetch --unshallow {registry.store.name}  # with actions/checkout: fetch-depth: 0",
        ) from error
    states = [
        parse_desired(read_file(registry, commit, FILE) or b"", f"{FILE} ({commit[:7]})") for commit in (old, head)
    ]
    return compare_states(*states)


def _merged(registry: Registry, context: Context, forge: Forge, head: str) -> MergedRequest:
    """The merged request that brought a commit."""
    merged = find_merged_request(connect_requests(context, forge), head, read_upstream(registry).branch)
    if merged is None:
        raise RepositoryError(
            f"The commit {head[:7]} changes {FILE}, but no merged request brought it.",
            why="Somebody pushed it, so nobody approved the promotion.",
            remedy="headway promote NAME VERSION --to STAGE  # as the person who decides",
        )
    return merged


def _carried_out(
    registry: Registry, request_for: Callable[[str], Request], change: StateChange, details: _Details
) -> Outcome:
    artifact, stage = change.slot
    version = change.after or ""
    state = registry.tools.read(artifact)
    holder = state.holder(stage)
    known = state.versions.get(version)
    if known and holder and holder.version.commit != known.commit and state.holds(stage, known):
        return roll_back_stage(
            registry, RollbackRequest(artifact=artifact, stage=stage, to=version, **details._asdict())
        )
    wanted = PromotionRequest(artifact=artifact, stage=stage, version=version, **details._asdict())
    return promote_version(registry, request_for(artifact), wanted).outcome
