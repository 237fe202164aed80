"""``headway promote --merged``: the job that runs when a promotion request has been merged."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from headway.app.registry.merge_changes import changes_of
from headway.app.registry.promoting import promote_version
from headway.app.registry.requesting import read_upstream
from headway.app.registry.rolling_back import roll_back_stage
from headway.app.registry.rules_before import rule_before
from headway.errors import HeadwayError, RepositoryError
from headway.publish.requests.connect_requests import connect_requests
from headway.publish.requests.request_approvers import find_merged_request
from headway.registry.desired import FILE, Slot, parse_desired
from headway.registry.promotion import PromotionRequest
from headway.registry.rollback import RollbackRequest
from headway.values.registry.records import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from headway.app.comparison import Request
    from headway.app.registry.merge_changes import Brought
    from headway.app.registry.opening import Registry
    from headway.ci.job import Context
    from headway.publish.forges.forge import Forge
    from headway.publish.requests.protocol import ForgeRequests, MergedRequest
    from headway.registry.state import ArtifactState, Assignment
    from headway.settings import StageRule


class Merge(NamedTuple):
    """A merge to carry out.

    Attributes:
        since: the commit before it; empty for the one before the last change of registry.yaml.
        run: the URL of the CI run.
        sign: whether to sign the tags.
        dry_run: whether to change nothing.
    """

    since: str = ""
    run: str = ""
    sign: bool = False
    dry_run: bool = False


class CarriedOut(NamedTuple):
    """What became of the changes of a merge: how each ended that could be decided, and the errors of the others."""

    outcomes: list[Outcome]
    errors: list[HeadwayError]


def carry_out(
    registry: Registry, request_for: Callable[[str], Request], merge: Merge, context: Context, forge: Forge
) -> CarriedOut:
    """Do what a merge changed in registry.yaml: promote, or roll back to a version that had the stage before.

    A change that fails does not stop the others. A stage that the merge removes from the file keeps its version.

    Raises:
        SettingsError: registry.yaml cannot be read.
        RepositoryError: the commits cannot be read.
    """
    before, found = changes_of(registry, merge.since)
    changes = [each for each in found if each.change.after]
    if not changes:
        return CarriedOut([], [])
    upstream = read_upstream(registry)
    job = _Job(
        registry,
        request_for,
        merge,
        parse_desired(upstream.file, f"{FILE} ({upstream.branch})"),
        cache(lambda slot: rule_before(registry, slot, before, request_for(slot.artifact).settings)),
        cache(partial(_merged_request, connect_requests(context, forge), upstream.branch)),
    )
    done = CarriedOut([], [])
    for each in sorted(changes, key=lambda each: _stages_before(job, each.change.slot)):
        try:
            done.outcomes.append(_carried_out(job, each))
        except HeadwayError as error:
            done.errors.append(error)
    return done


class _Job(NamedTuple):
    """What the changes of a merge have in common.

    Attributes:
        registry, request_for, merge: as for :func:`carry_out`.
        asked: what registry.yaml asks for on the default branch by now.
        rule: the rule of a slot's stage, as it was before the merge.
        merged: the merged request that brought a commit.
    """

    registry: Registry
    request_for: Callable[[str], Request]
    merge: Merge
    asked: Mapping[Slot, str]
    rule: Callable[[Slot], StageRule]
    merged: Callable[[str], MergedRequest]


class _Details(NamedTuple):
    """What the tags of a request have in common; see :class:`headway.registry.changes.Change`."""

    approvers: tuple[str, ...]
    merged_by: str
    reason: str
    run: str
    sign: bool
    dry_run: bool


def _stages_before(job: _Job, slot: Slot) -> int:
    """How many stages a version must have had before this one, which are therefore assigned first."""
    try:
        after = job.rule(slot).after
    except HeadwayError:  # it is told when it is the slot's turn
        return 0
    return 1 + _stages_before(job, Slot(slot.artifact, after)) if after else 0


def _merged_request(requests: ForgeRequests, branch: str, commit: str) -> MergedRequest:
    """The merged request that brought a commit to the default branch."""
    merged = find_merged_request(requests, commit, branch) if commit else None
    if merged is None:
        which = f"The commit {commit[:7]}" if commit else "A push without new commits"
        raise RepositoryError(
            f"{which} changes {FILE}, but no merged request brought it.",
            why="Somebody pushed it, so nobody approved the promotion.",
            remedy="headway promote NAME VERSION --to STAGE  # as the person who decides",
        )
    return merged


def _carried_out(job: _Job, brought: Brought) -> Outcome:
    slot, version = brought.change.slot, brought.change.after or ""
    artifact, stage = slot
    state = job.registry.tools.read(artifact)
    if (asked := job.asked.get(slot)) != version:
        later = f"asks for {asked} in {stage}" if asked else f"asks for no version in {stage}"
        return _left(slot, version, state, f"A later merge {later}, so {version} was not considered.")
    details = _details(job, job.merged(brought.commit))
    holder, known = state.holder(stage), state.versions.get(version)
    is_new = not (known and holder and holder.version.commit == known.commit)
    if is_new and (earlier := _of_request(state, slot, version, details.reason)):
        note = f"The tag {earlier.tag.name} carried out this request; since then, the stage has been changed."
        return _left(slot, version, state, note)
    if is_new and known and holder and state.holds(stage, known):
        wanted = RollbackRequest(artifact=artifact, stage=stage, to=version, **details._asdict())
        return roll_back_stage(job.registry, wanted)
    promotion = PromotionRequest(artifact=artifact, stage=stage, version=version, **details._asdict())
    return promote_version(job.registry, job.request_for(artifact), promotion, job.rule(slot)).outcome


def _details(job: _Job, merged: MergedRequest) -> _Details:
    return _Details(
        approvers=merged.approvers,
        merged_by="" if merged.approvers else merged.merged_by,
        reason=f"requested by {merged.url}",
        run=job.merge.run,
        sign=job.merge.sign,
        dry_run=job.merge.dry_run,
    )


def _of_request(state: ArtifactState, slot: Slot, version: str, reason: str) -> Assignment | None:
    """The assignment by which an earlier job has carried out a request."""
    for each in state.history(slot.stage):
        if each.version.name == version and each.record and each.record.reason == reason:
            return each
    return None


def _left(slot: Slot, version: str, state: ArtifactState, note: str) -> Outcome:
    """A change that is not carried out; it names no tag, so that nothing is rolled out for it."""
    known = state.versions.get(version)
    commit = known.commit if known else ""
    return Outcome(
        action="unchanged", artifact=slot.artifact, stage=slot.stage, version=version, commit=commit, note=note
    )
