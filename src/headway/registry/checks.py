"""What must hold before a stage is changed; each error says how to make it hold."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from headway.errors import RepositoryError
from headway.registry.state import Version
from headway.text import first_names
from headway.values.registry.names import is_full_sha

if TYPE_CHECKING:
    from headway.registry.state import ArtifactState, Assignment

_CLOCK_TOLERANCE = 600
"""Seconds by which the clocks of two machines may differ."""


def require_agreement(state: ArtifactState, stage: str) -> None:
    """Raise an error if GTO or DVC take another version to be in the stage than the counters say.

    A version that has been deregistered is in no stage, whatever DVC says, and none can be meant by it.
    """
    readers = state.readers(stage)
    is_gone = readers.dvc is not None and not state.is_active(readers.dvc)
    if readers.agree or (is_gone and readers.headway == readers.gto):
        return
    said = {"the counters": readers.headway, "gto show": readers.gto, "dvc artifacts get": readers.dvc}
    answers = ", ".join(f"{_version_name(state, commit)} by {who}" for who, commit in said.items())
    found = [commit for commit in (readers.headway, readers.gto, readers.dvc) if commit]
    keep = next(filter(state.is_active, found), found[0])
    raise RepositoryError(
        f"It is not certain which version of {state.name} is in {stage}: {answers}.",
        why="GTO goes by the clocks of the machines that made the tags, and DVC ignores tags that take a stage away.",
        remedy=f"headway rollback {shlex.quote(state.name)} --in {stage} --to {_version_name(state, keep, keep)}"
        "  # or another version: a new tag that all of them read alike",
    )


def _version_name(state: ArtifactState, commit: str | None, without: str = "") -> str:
    """The name of a commit's version; of a commit without one, a short SHA or what stands for it."""
    if commit is None:
        return "none"
    version = state.version_at(commit)
    return version.name if version else without or commit[:7]


def time_of_next(state: ArtifactState, now: int) -> int:
    """The time that the next tag gets: later than all tags of the artifact, also if their clocks were a little fast.

    Raises:
        RepositoryError: a tag is from the future, so this clock or that of the other machine is wrong.
    """
    latest = state.latest_time()
    if latest > now + _CLOCK_TOLERANCE:
        newest = max(state.tags, key=lambda tag: tag.time)
        raise RepositoryError(
            f"The tag {newest.name} is from the future, by {(latest - now) / 3600:.1f} hours.",
            why="GTO and DVC go by the clock, so for them every new tag would be older than that one.",
            remedy="date  # correct this clock, or delete that tag where it was made with a wrong one",
        )
    return max(now, latest + 1)


def require_version(state: ArtifactState, name: str) -> Version:
    """A registered version by its name; also by the full SHA of its commit, the only name of one without a version.

    Raises:
        RepositoryError: there is none, or it has been deregistered.
    """
    if is_full_sha(name):
        here = state.version_at(name)
        if here is None:
            return Version(name, name, None)
        name = here.name
    version = state.versions.get(name)
    quoted = shlex.quote(state.name)
    if version is None:
        known = [each.name for each in state.versions.values() if each.is_active]
        raise RepositoryError(
            f"{state.name} has no version {name}.",
            why=f"Its newest versions are {first_names(known[::-1], 3)}." if known else "It has no versions at all.",
            remedy=f"gto register {quoted} COMMIT --version {name} --push  # or name a commit instead of a version",
        )
    if not version.is_active:
        raise RepositoryError(
            f"{state.name} {name} has been deregistered.",
            why=f"The tag {version.tag.name if version.tag else name} says so.",
            remedy=f"headway stages {quoted}  # lists its other versions",
        )
    return version


def refuse_deprecated(state: ArtifactState) -> None:
    """Raise an error for an artifact that its newest tag deprecates."""
    if state.is_deprecated:
        raise RepositoryError(
            f"{state.name} is deprecated.",
            why="Its newest tag says so.",
            remedy=f"gto register {shlex.quote(state.name)} COMMIT --push  # a new version ends that",
        )


def refuse_older(state: ArtifactState, stage: str, candidate: Version, holder: Assignment) -> None:
    """Raise an error for a version that a newer one has replaced in the stage."""
    if state.holds(stage, candidate):
        raise RepositoryError(
            f"{state.name} {candidate.name} was in {stage} before; {holder.version.name} has replaced it.",
            why="A promotion moves a stage forward.",
            remedy=f"headway rollback {shlex.quote(state.name)} --in {stage} --to {candidate.name}"
            "  # or promote it with --force --reason TEXT",
        )


def require_had(state: ArtifactState, stage: str, version: Version) -> None:
    """Raise an error for a version that never had a stage: a rollback is not judged, so it is no way around that."""
    if not state.had(stage, version):
        raise RepositoryError(
            f"{state.name} {version.name} has never been in {stage}.",
            why="A rollback compares nothing, so it gives a stage only to a version that had it before.",
            remedy=f"headway promote {shlex.quote(state.name)} {version.name} --to {stage}",
        )


def require_before(state: ArtifactState, stage: str, after: str, candidate: Version) -> None:
    """Raise an error if the settings want another stage first and the version never had it."""
    if after and not state.holds(after, candidate):
        raise RepositoryError(
            f"{state.name} {candidate.name} has not been in {after}.",
            why=f"The settings let only versions from {after} into {stage}.",
            remedy=f"headway promote {shlex.quote(state.name)} {candidate.name if candidate.tag else candidate.commit}"
            f" --to {after}",
        )
