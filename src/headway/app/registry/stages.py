"""What is where: the versions in each stage, since when, by whom, and with which evidence."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from headway.errors import MissingHistoryError, RepositoryError
from headway.gather.git.executable import run_git
from headway.registry.state import artifacts_of
from headway.registry.tags import read_copied_tags, read_tags
from headway.text import shortened
from headway.values.registry.names import short_version
from headway.values.registry.records import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.app.registry.opening import Registry
    from headway.registry.state import ArtifactState, Assignment

_LONGEST = 100
"""Characters of a tag's name inside its object, which may be any text."""


class StageEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A version that was given a stage.

    Attributes:
        artifact, stage, version, commit: which, and where.
        tag: the tag that says so.
        since: the time of the tag, in ISO 8601 and UTC; empty if it is no time of this calendar.
        by: the author of the tag, as ``name <email>``.
        current: whether it is the one that has the stage now.
        record: what the tag records about the decision; ``None`` if it was not made by Headway, or is damaged.
        faults: what is wrong with the record, one sentence each: with ``--verify``, a failure.
        notes: what else does not fit together, one sentence each.
        signature, evidence: what ``--verify`` found out; empty without it.
    """

    artifact: str
    stage: str
    version: str
    commit: str
    tag: str
    since: str
    by: str
    current: bool
    record: Record | None = None
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    signature: str = ""
    evidence: str = ""


class ArtifactEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact of the registry.

    Attributes:
        artifact: its name.
        latest: its highest registered version; empty if none is registered.
        versions: all registered versions, the highest first.
        deprecated: whether it is deprecated.
        stages: who has which stage; with ``history``, also who had it, the newest first.
        faults: why it cannot be told who has a stage, one sentence each.
    """

    artifact: str
    latest: str
    versions: tuple[str, ...]
    deprecated: bool
    stages: tuple[StageEntry, ...] = ()
    faults: tuple[str, ...] = ()


def read_registry(registry: Registry, *, fetch: bool = False) -> dict[str, ArtifactState]:
    """The artifacts of a registry.

    Args:
        registry: the registry.
        fetch: whether to ask the remote; else the tags of the clone count.

    Raises:
        RepositoryError: the tags cannot be read.
        MissingHistoryError: the clone has no tags at all, but a remote that may have some.
    """
    tags = registry.store.read() if fetch else read_tags(registry.root)
    if not tags and not fetch and registry.store.name and not _has_tags(registry):
        raise MissingHistoryError(
            "This clone has no tags.",
            why="The registry consists of tags, and CI's clones usually come without them.",
            remedy=f"headway stages --fetch  # or git fetch --tags {registry.store.name}; with actions/checkout:"
            " fetch-tags: true",
        )
    return artifacts_of(tags)


def _has_tags(registry: Registry) -> bool:
    return bool(run_git(registry.root, "for-each-ref", "--count=1", "refs/tags/"))


def copied_tags(registry: Registry, name: str = "", stage: str = "") -> tuple[str, ...]:
    """A sentence about each tag that counts nowhere because it is a copy of another one.

    Args:
        registry: the registry.
        name: an artifact; empty for all.
        stage: a stage; empty for all.

    Raises:
        RepositoryError: the tags cannot be read.
    """
    where = f"git push {shlex.quote(registry.store.name)} --delete '{{0}}'; " if registry.store.name else ""
    remedy = f"{where}git tag --delete '{{0}}'"
    return tuple(
        f"{tag.name} does not count: its object is the tag {shortened(tag.named, _LONGEST)!r} under another name. "
        f"GTO and DVC count it, so remove it: {remedy.format(tag.name)}"
        for tag in read_copied_tags(registry.root)
        if name in ("", tag.says.artifact) and stage in ("", tag.says.stage)
    )


def overview(
    artifacts: dict[str, ArtifactState], name: str = "", stage: str = "", *, history: bool = False
) -> tuple[ArtifactEntry, ...]:
    """What is where.

    Args:
        artifacts: the registry.
        name: an artifact; empty for all.
        stage: a stage; empty for all.
        history: whether to list all that had a stage.

    Raises:
        RepositoryError: there is no such artifact.
    """
    if name and name not in artifacts:
        known = ", ".join(artifacts) or "none"
        raise RepositoryError(
            f"The registry has no artifact {name!r}.",
            why=f"It has {known}.",
            remedy="headway stages  # lists them; a model gets its first version by its first promotion",
        )
    chosen = [artifacts[name]] if name else artifacts.values()
    return tuple(_artifact(state, stage, history=history) for state in chosen)


def _artifact(state: ArtifactState, stage: str, *, history: bool) -> ArtifactEntry:
    registered = tuple(version.name for version in reversed(tuple(state.versions.values())) if version.is_active)
    stages: list[StageEntry] = []
    faults: dict[str, None] = {}
    for each in [stage] if stage else state.stages:
        try:
            stages.extend(_entries(state, each, history=history))
        except RepositoryError as error:
            faults[f"{error.what} {error.why}\n{error.remedy}"] = None
    return ArtifactEntry(
        artifact=state.name,
        latest=registered[0] if registered else "",
        versions=registered,
        deprecated=state.is_deprecated,
        stages=tuple(stages),
        faults=tuple(faults),
    )


def _entries(state: ArtifactState, stage: str, *, history: bool) -> Iterator[StageEntry]:
    holder = state.holder(stage)
    held = reversed(state.history(stage)) if history else [holder] if holder else []
    for each in held:
        is_current = each is holder
        yield StageEntry(
            artifact=state.name,
            stage=stage,
            version=each.version.name,
            commit=each.version.commit,
            tag=each.tag.name,
            since=iso(each.tag.time),
            by=f"{each.tag.author} <{each.tag.email}>",
            current=is_current,
            record=each.record,
            faults=tuple(_faults(state, stage, each)),
            notes=tuple(_notes(state, stage, each, is_current=is_current)),
        )


def _faults(state: ArtifactState, stage: str, assignment: Assignment) -> Iterator[str]:
    if assignment.damage:
        yield f"The record in its tag cannot be read: {assignment.damage}."
    record, replaced = assignment.record, assignment.replaced
    if record is None:
        return
    named = state.versions.get(record.against)
    commit = named.commit if named else record.against
    if {record.against_sha, commit} != {replaced.commit if replaced else ""}:
        said = _described(record.against, record.against_sha)
        had = _described(replaced.name, replaced.commit) if replaced else "no version"
        yield f"Its tag says that it replaced {said} in {stage}, but {stage} had {had}."


def _described(name: str, commit: str) -> str:
    parts = dict.fromkeys(short_version(each) for each in (name, commit) if each)
    return " at ".join(parts) or "no version"


def _notes(state: ArtifactState, stage: str, assignment: Assignment, *, is_current: bool) -> Iterator[str]:
    if not iso(assignment.tag.time):
        yield "Its tag has no time, or an impossible one."
    if not is_current:
        return
    readers = state.readers(stage)
    for who, commit in (("gto show", readers.gto), ("dvc artifacts get", readers.dvc)):
        if commit != readers.headway:
            yield f"`{who}` takes {_named(state, commit)} to be in {stage}."


def _named(state: ArtifactState, commit: str | None) -> str:
    version = state.version_at(commit) if commit else None
    return version.name if version else short_version(commit) if commit else "no version"


def iso(time: int) -> str:
    """A time in ISO 8601 and UTC; empty for 0, which a tag without a time has, and after the year 9999."""
    try:
        return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else ""
    except (OverflowError, ValueError, OSError):
        return ""
