"""Promotion: read the tags, decide, add a tag, and read again until the tags say what was decided.

Whatever happens between two steps, the next run begins by reading, so it ends the same: a version that already has the
stage is not promoted again, and a tag is either complete and visible, or does not exist.

Two runs that decided against the same version give their tags the same name, and git takes one of them. The other run
reads again and decides against the version that has the stage now.
"""

from __future__ import annotations

import shlex
from functools import cache
from typing import TYPE_CHECKING, Protocol

from headway.errors import RepositoryError
from headway.registry import checks
from headway.registry.changes import (
    ATTEMPTS,
    Change,
    Made,
    Step,
    Tools,
    assigning,
    planned,
    record_of,
    registering,
    too_many,
)
from headway.registry.state import ArtifactState, Assignment, Version
from headway.registry.versions import Bump, next_version
from headway.values.registry.records import Outcome

if TYPE_CHECKING:
    from headway.values.registry.records import Judgement


_SHORT = 7
"""Characters of a SHA that people are shown."""


class Judge(Protocol):
    """Decides whether a version may replace another one in a stage."""

    def __call__(self, against: Version | None, candidate: Version, /) -> Judgement:
        """Compare both; ``against`` is ``None`` for a stage that no version has."""


class PromotionRequest(Change, frozen=True, kw_only=True):
    """A version is to get a stage.

    Attributes:
        version: the version; empty for the one in the stage ``after``, or without such a stage the highest one.
        commit: a commit instead of a version; if it has no version, it gets one.
        bump: which number of the highest version rises for the new one.
        after: the stage that a version must have had; empty for none.
        force: whether it gets the stage although the comparison is against it.
    """

    version: str = ""
    commit: str = ""
    bump: Bump = "patch"
    after: str = ""
    force: bool = False


def promote(wanted: PromotionRequest, judge: Judge, tools: Tools) -> Outcome:
    """Give a version a stage if the judge lets it.

    Raises:
        RepositoryError: the tags are not as they must be for that, or cannot be read or made.
    """
    remembered = cache(judge)
    made = Made()
    for _ in range(ATTEMPTS):
        state = tools.read(wanted.artifact)
        step = _next(wanted, state, remembered, made)
        if isinstance(step, Outcome):
            return step
        if wanted.dry_run:
            return planned("would_promote", wanted, state, step)
        made.publish(step, state, wanted, tools)
    raise too_many(wanted)


def _next(wanted: PromotionRequest, state: ArtifactState, judge: Judge, made: Made) -> Step | Outcome:
    """The next tag, or how the run ended."""
    holder = state.holder(wanted.stage)
    if own := made.own(state, wanted.stage):
        return made.ended("promoted", wanted, state, own)
    checks.refuse_deprecated(state)
    checks.require_agreement(state, wanted.stage)
    candidate = _candidate(wanted, state)
    if holder and holder.version.commit == candidate.commit:
        return made.outcome("unchanged", wanted, state, holder)
    if holder and not wanted.force:
        checks.refuse_older(state, wanted.stage, candidate, holder)
    checks.require_before(state, wanted.stage, wanted.after, candidate)
    return _decided(wanted, state, candidate, judge, made)


def _candidate(wanted: PromotionRequest, state: ArtifactState) -> Version:
    """The version that is to get the stage."""
    if wanted.commit:
        known = state.version_at(wanted.commit)
        if known:
            return checks.require_version(state, known.name)
        return Version(next_version(state.versions, wanted.bump), wanted.commit, None)
    if wanted.version:
        return checks.require_version(state, wanted.version)
    source = state.holder(wanted.after) if wanted.after else None
    found = state.latest if not wanted.after else source.version if source else None
    if found is not None:
        return found
    which = f"the one in {wanted.after}" if wanted.after else "the highest one"
    raise RepositoryError(
        f"No version of {wanted.artifact} is {f'in {wanted.after}' if wanted.after else 'registered'}.",
        why=f"A promotion to {wanted.stage} takes {which} unless you name another.",
        remedy=f"headway promote {shlex.quote(wanted.artifact)} HEAD --to {wanted.after or wanted.stage}"
        "  # registers the commit as a version",
    )


def _decided(
    wanted: PromotionRequest, state: ArtifactState, candidate: Version, judge: Judge, made: Made
) -> Step | Outcome:
    """The tag that follows from the comparison of the candidate with the version that has the stage."""
    against = state.holder(wanted.stage)
    judgement = judge(against.version if against else None, candidate)
    if judgement.decision is None and not wanted.force:
        return _refused(wanted, candidate, against, judgement, made)
    if not state.version_at(candidate.commit):
        return registering(state.name, candidate.name, candidate.commit)._replace(judgement=judgement)
    return _promoting(wanted, state, candidate, against, judgement)


def _promoting(
    wanted: PromotionRequest, state: ArtifactState, candidate: Version, against: Assignment | None, judgement: Judgement
) -> Step:
    forced = f"Forced, although {'; '.join(judgement.reasons)}." if judgement.decision is None else ""
    decision = judgement.decision or "forced"
    record = record_of(wanted, against.version if against else None, decision, judgement)
    subject = f"Promote {state.name} {candidate.name} to {wanted.stage}"
    body = "\n".join(part for part in (judgement.summary, forced) if part)
    return assigning(wanted, state, candidate, subject, record)._replace(body=body, judgement=judgement)


def _refused(
    wanted: PromotionRequest, candidate: Version, against: Assignment | None, judgement: Judgement, made: Made
) -> Outcome:
    return Outcome(
        action="refused",
        artifact=wanted.artifact,
        stage=wanted.stage,
        version=candidate.name if candidate.tag else candidate.commit[:_SHORT],
        commit=candidate.commit,
        replaced=against.version.name if against else "",
        registered=made.registered,
        judgement=judgement,
    )
