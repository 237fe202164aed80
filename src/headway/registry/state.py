"""What the tags of a registry add up to: the versions of each artifact, and which one is in which stage.

Events are put in order by the counters in the tags' names. Clocks do not count: a runner's may be slow, and tags have
whole seconds. GTO's ``show`` and DVC go by the clock, so they may disagree; :meth:`ArtifactState.readers` says what
each of them answers.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from headway.errors import RepositoryError
from headway.registry.trailer import DamagedRecordError, read_record
from headway.registry.versions import version_key
from headway.sorting import by_name
from headway.text import first_names
from headway.values.registry.names import version_tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from headway.registry.tags import Tag
    from headway.values.registry.records import Record


class Version(NamedTuple):
    """A version of an artifact.

    Attributes:
        name: ``v1.2.0``; the commit's SHA if a stage was assigned to a commit without a registered version.
        commit: the commit's SHA.
        tag: the tag that registers it; ``None`` for a commit without a version.
        is_active: whether it is registered now; false after its deregistration.
    """

    name: str
    commit: str
    tag: Tag | None
    is_active: bool = True


class Assignment(NamedTuple):
    """A version that was given a stage.

    Attributes:
        tag: the tag that assigns the stage.
        version: the version.
        record: what the tag records about the decision; ``None`` if it records nothing.
        damage: why the record cannot be read, as a clause; else empty.
        replaced: the version that had the stage when the tag was made, also if it was deregistered or lost the stage
            since; ``None`` if there was none.
    """

    tag: Tag
    version: Version
    record: Record | None = None
    damage: str = ""
    replaced: Version | None = None


class Readers(NamedTuple):
    """The commit that is in a stage by each way to read the tags; ``None`` for none.

    Attributes:
        headway: by the counters.
        gto: by the clocks, as ``gto show`` does.
        dvc: by the clocks as well, but without regard to tags that unassign, as ``dvc artifacts get --stage`` does.
    """

    headway: str | None
    gto: str | None
    dvc: str | None

    @property
    def agree(self) -> bool:
        """Whether all give the same answer."""
        return self.headway == self.gto == self.dvc


class ArtifactState:
    """An artifact in the registry.

    Attributes:
        name: ``digits``, or ``models/de:digits``.
        tags: its tags, in the order of their counters.
    """

    def __init__(self, name: str, tags: Iterable[Tag]) -> None:
        self.name = name
        self.tags = tuple(sorted(tags, key=_order))
        self._histories: dict[str, list[Assignment]] = {}

    @cached_property
    def is_deprecated(self) -> bool:
        """Whether its newest tag deprecates it."""
        return bool(self.tags) and max(self.tags, key=lambda tag: (tag.time, tag.name)).says.action == "deprecate"

    @cached_property
    def versions(self) -> Mapping[str, Version]:
        """The registered and deregistered versions by name, the highest last."""
        found: dict[str, Version] = {}
        events = sorted(self._of("register", "deregister"), key=lambda tag: (tag.says.counter, tag.time, tag.name))
        for tag in events:
            is_active = tag.says.action == "register"
            found[tag.says.version] = Version(tag.says.version, tag.commit, tag, is_active)
        return dict(sorted(found.items(), key=lambda item: version_key(item[0])))

    @property
    def stages(self) -> list[str]:
        """The stages that some version has or had, in natural order."""
        return sorted({tag.says.stage for tag in self.tags if tag.says.stage}, key=by_name)

    @property
    def latest(self) -> Version | None:
        """The highest version that is registered."""
        return next((version for version in reversed(tuple(self.versions.values())) if version.is_active), None)

    def version_at(self, commit: str) -> Version | None:
        """The registered version of a commit.

        Raises:
            RepositoryError: the commit has several, so a tag on it does not say which one it is about.
        """
        return self._only(self._registered[commit]) if commit in self._registered else None

    @cached_property
    def _registered(self) -> dict[str, list[Version]]:
        found: dict[str, list[Version]] = {}
        for version in self.versions.values():
            found.setdefault(version.commit, []).append(version)
        return found

    def _only(self, versions: Sequence[Version]) -> Version:
        active = [version for version in versions if version.is_active] or versions
        if len(active) == 1:
            return active[0]
        names = [version.name for version in active]
        name = version_tag(self.name, names[-1])
        raise RepositoryError(
            f"The commit {active[0].commit[:7]} has several versions of {self.name}: {first_names(names)}.",
            why="A tag that assigns a stage names a commit, so nobody can tell which version has the stage.",
            remedy=f"git push origin --delete '{name}'; git tag --delete '{name}'  # keep one of them",
        )

    def history(self, stage: str) -> list[Assignment]:
        """The assignments of a stage, oldest first, without those that were taken back."""
        if stage not in self._histories:
            self._histories[stage] = self._history(stage)
        return self._histories[stage]

    def _history(self, stage: str) -> list[Assignment]:
        found: list[Assignment] = []
        for tag in self._of("assign", "unassign", stage=stage):
            if tag.says.action == "assign":
                holder = next((each.version for each in reversed(found) if _was_active(each.version, tag.time)), None)
                found.append(self._assignment(tag, holder))
            else:
                found = [each for each in found if each.version.commit != tag.commit]
        return [each for each in found if each.version.is_active]

    def _assignment(self, tag: Tag, replaced: Version | None) -> Assignment:
        version = self.version_at(tag.commit) or Version(tag.commit, tag.commit, None)
        try:
            return Assignment(tag, version, read_record(tag.message), replaced=replaced)
        except DamagedRecordError as error:
            return Assignment(tag, version, damage=str(error), replaced=replaced)

    def holder(self, stage: str) -> Assignment | None:
        """The assignment that is in force; ``None`` if no version has the stage."""
        history = self.history(stage)
        return history[-1] if history else None

    def before(self, stage: str, assignment: Assignment) -> Assignment | None:
        """The assignment of another version that an assignment of a stage replaced; ``None`` if it was the first."""
        for each in reversed(self.history(stage)):
            if _order(each.tag) < _order(assignment.tag) and each.version.commit != assignment.version.commit:
                return each
        return None

    def rollback_target(self, stage: str) -> Assignment | None:
        """The assignment of the version that a rollback gives the stage back to; ``None`` if there is none.

        Versions that were rolled back from are not candidates: after v1, v2, v3 and two rollbacks, v1 has the stage.
        """
        path: list[Assignment] = []
        for each in self.history(stage):
            held = next((place for place, old in enumerate(path) if old.version.commit == each.version.commit), None)
            path = [*path, each] if held is None else [*path[:held], each]
        return path[-2] if len(path) > 1 else None

    def holds(self, stage: str, version: Version) -> bool:
        """Whether a version has a stage, if only below a newer one: a version keeps its stages until unassigned."""
        return any(each.version.commit == version.commit for each in self.history(stage))

    def had(self, stage: str, version: Version) -> bool:
        """Whether a version was ever given a stage, also if that was taken back since."""
        return any(tag.commit == version.commit for tag in self._of("assign", stage=stage))

    def next_counter(self, stage: str) -> int:
        """The counter of the next tag of a stage: after those of this stage alone.

        So whoever has read the same history of a stage makes a tag of the same name, which git takes from one only. GTO
        counts over all stages; then two runs could give a stage to two versions under different names, and neither
        would have seen the other. GTO goes on from any counter, the highest one of all stages.
        """
        return 1 + max((tag.says.counter for tag in self.tags if tag.says.stage == stage), default=0)

    def latest_time(self) -> int:
        """The newest time of any tag; 0 without tags."""
        return max((tag.time for tag in self.tags), default=0)

    def readers(self, stage: str) -> Readers:
        """What each way to read the tags says about a stage."""
        holder = self.holder(stage)
        by_clock = sorted(self._of("assign", "unassign", stage=stage), key=lambda tag: (tag.time, tag.name))
        dvc = by_clock[-1].commit if by_clock else None
        return Readers(holder.version.commit if holder else None, self._by_clock(by_clock), dvc)

    def _by_clock(self, tags: Sequence[Tag]) -> str | None:
        """GTO's answer: of the versions whose last event by the clock is an assignment, the one with the newest."""
        last: dict[str, Tag] = {}
        for tag in tags:
            last[tag.commit] = tag
        held = [tag for tag in last.values() if tag.says.action == "assign" and self.is_active(tag.commit)]
        newest = [tag for tag in held if tag.time == max(each.time for each in held)]
        return newest[0].commit if newest else None

    def is_active(self, commit: str) -> bool:
        """Whether a commit has a version that is registered now, or never had one."""
        versions = self._registered.get(commit)
        return versions is None or any(version.is_active for version in versions)

    def _of(self, *actions: str, stage: str = "") -> list[Tag]:
        return [tag for tag in self.tags if tag.says.action in actions and tag.says.stage == stage]


def artifacts_of(tags: Iterable[Tag]) -> dict[str, ArtifactState]:
    """The artifacts that tags are about, by name, in natural order."""
    found: dict[str, list[Tag]] = {}
    for tag in tags:
        found.setdefault(tag.says.artifact, []).append(tag)
    return {name: ArtifactState(name, found[name]) for name in sorted(found, key=by_name)}


def _was_active(version: Version, time: int) -> bool:
    """Whether a version was registered at a time: the counters do not tell that, because its tags have none."""
    return version.is_active or version.tag is None or version.tag.time >= time


def _order(tag: Tag) -> tuple[int, int, str]:
    return tag.says.counter, tag.time, tag.name
