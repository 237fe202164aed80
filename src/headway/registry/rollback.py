"""Rollback: a stage is given back to an older version by a new tag.

GTO and DVC read that alike, which they do not for a tag that takes a stage away. A rollback is not judged: it is for
the moment when something is wrong. It leaves one version, so that two people who roll back at once go back one version
and not two.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

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
    too_many,
)
from headway.values.registry.records import Outcome

if TYPE_CHECKING:
    from headway.registry.state import ArtifactState, Assignment, Version


class RollbackRequest(Change, frozen=True, kw_only=True):
    """A stage is to be given back to an older version.

    Attributes:
        to: that version; empty for the one that had the stage before.
        leaving: the version to roll back from; if another one has the stage, nothing happens. Empty for any.
    """

    to: str = ""
    leaving: str = ""

    @property
    def request(self) -> str:
        """See :class:`Change`; back to another version is another request."""
        if self.leaving:
            return ""
        return f"rollback of {self.artifact} in {self.stage} to {self.to or 'the one before'}"


def roll_back(wanted: RollbackRequest, tools: Tools) -> Outcome:
    """Give a stage back to an older version.

    Raises:
        RepositoryError: there is no older version, or the tags cannot be read or made.
    """
    made = Made()
    leaving: str | None = None
    for _ in range(ATTEMPTS):
        state = tools.read(wanted.artifact)
        if leaving is None:
            if done := _done_before(wanted, state, tools, made):
                return done
            leaving = _leaving(wanted, state)
        step = _next(wanted, state, leaving, made)
        if isinstance(step, Outcome):
            return step
        if wanted.dry_run:
            return planned("would_roll_back", wanted, state, step)
        made.publish(step, state, wanted, tools)
    raise too_many(wanted)


def _done_before(wanted: RollbackRequest, state: ArtifactState, tools: Tools, made: Made) -> Outcome | None:
    """How an earlier run of the same request ended, if it was killed before its user saw that.

    Who names the version to roll back from needs no memory: it has the stage, or does not.

    Raises:
        RepositoryError: somebody has changed the stage since, and the user has not said to go back from that.
    """
    holder = state.holder(wanted.stage)
    if holder is None or wanted.leaving:
        return None
    noted = tools.journal.published(wanted.request, state.tags)
    for earlier in reversed(state.history(wanted.stage)):
        is_target = earlier.version.name == wanted.to or not wanted.to
        if is_target and (earlier.tag == noted or _is_of_run(earlier, wanted.run)):
            if earlier.version.commit != holder.version.commit:
                raise _replaced_since(wanted, earlier, holder)
            note = f"An earlier run of this rollback has made the tag {earlier.tag.name}."
            return made.outcome("unchanged", wanted, state, holder, note)
    return None


def _replaced_since(wanted: RollbackRequest, earlier: Assignment, holder: Assignment) -> RepositoryError:
    options = f"--in {wanted.stage} --from {holder.version.name}" + (f" --to {wanted.to}" if wanted.to else "")
    return RepositoryError(
        f"An earlier run of this rollback gave {wanted.stage} to {wanted.artifact} {earlier.version.name}; since then,"
        f" {holder.version.name} has got it.",
        why="It is not certain that you want to roll back from that version, too.",
        remedy=f"headway rollback {shlex.quote(wanted.artifact)} {options}",
    )


def _is_of_run(earlier: Assignment, run: str) -> bool:
    record = earlier.record
    return bool(run and record and record.decision == "rolled_back" and record.run == run)


def _leaving(wanted: RollbackRequest, state: ArtifactState) -> str:
    """The commit to roll back from: the one that has the stage when the run begins, unless the user names another.

    Empty for any: who names the version to go back to wants that one, whatever somebody else does at the same moment.
    """
    if wanted.leaving:
        return checks.require_version(state, wanted.leaving).commit
    if wanted.to:
        return ""
    holder = state.holder(wanted.stage)
    if holder is None:
        raise RepositoryError(
            f"No version of {wanted.artifact} is in {wanted.stage}.",
            why="A rollback gives a stage back to the version that had it before.",
            remedy=f"headway stages {shlex.quote(wanted.artifact)}  # which stages its versions have",
        )
    return holder.version.commit


def _next(wanted: RollbackRequest, state: ArtifactState, leaving: str, made: Made) -> Step | Outcome:
    """The next tag, or how the run ended."""
    holder = state.holder(wanted.stage)
    if own := made.own(state, wanted.stage):
        return made.ended("rolled_back", wanted, state, own)
    if not wanted.to:
        checks.require_agreement(state, wanted.stage)
    if holder and leaving and holder.version.commit != leaving:
        return made.outcome("unchanged", wanted, state, holder, f"{holder.version.name} has {wanted.stage} by now.")
    target = _target(wanted, state)
    if holder and holder.version.commit == target.commit and state.readers(wanted.stage).agree:
        return made.outcome("unchanged", wanted, state, holder)
    record = record_of(wanted, holder.version if holder else None, "rolled_back")
    subject = f"Roll {state.name} back to {target.name} in {wanted.stage}"
    return assigning(wanted, state, target, subject, record)


def _target(wanted: RollbackRequest, state: ArtifactState) -> Version:
    if wanted.to:
        version = checks.require_version(state, wanted.to)
        checks.require_had(state, wanted.stage, version)
        return version
    target = state.rollback_target(wanted.stage)
    if target is None:
        raise RepositoryError(
            f"There is no version to give {wanted.stage} of {wanted.artifact} back to.",
            why="No other version has had this stage before.",
            remedy=f"headway stages {shlex.quote(wanted.artifact)}  # lists its versions; name one with --to",
        )
    return target.version
