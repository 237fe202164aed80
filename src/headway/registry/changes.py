"""What promotions and rollbacks share: what is asked for, and the tags that are made for it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from headway.errors import RepositoryError
from headway.registry import checks
from headway.registry.drafts import Draft
from headway.registry.grammar import TagName, write_tag
from headway.registry.journal import Note
from headway.registry.state import ArtifactState, Assignment, artifacts_of
from headway.registry.store import TagTakenError
from headway.registry.trailer import write_message
from headway.values.registry.records import Outcome, Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.registry.journal import Journal
    from headway.registry.state import Version
    from headway.registry.store import Store
    from headway.values.registry.records import Action, Decision, Judgement

ATTEMPTS = 20
"""How often a run reads and decides, at the most; it does so again when somebody else was faster."""


class Tools(NamedTuple):
    """What a change needs of the world.

    Attributes:
        store: the tags.
        write_object: writes a tag object that nobody sees yet, and gives its SHA.
        now: the current time, in seconds since 1970.
        journal: what the last run was about to publish.
    """

    store: Store
    write_object: Callable[[Draft], str]
    now: Callable[[], int]
    journal: Journal

    def read(self, artifact: str) -> ArtifactState:
        """The artifact as its tags are now."""
        return artifacts_of(self.store.read()).get(artifact) or ArtifactState(artifact, ())


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a person asks for.

    Attributes:
        artifact, stage: what it is about.
        approvers, merged_by, stated_by: who approved it; see :class:`headway.values.registry.records.Record`.
        run: the URL of the CI run; empty outside CI.
        reason: why, in the words of the person; may be empty.
        generator: the version of Headway.
        settings: the settings file that is named instead of the usual one; else empty.
        sign: whether to sign the tags.
        dry_run: whether to decide only, and to change nothing.
    """

    artifact: str
    stage: str
    approvers: tuple[str, ...] = ()
    merged_by: str = ""
    stated_by: tuple[str, ...] = ()
    run: str = ""
    reason: str = ""
    generator: str = ""
    settings: str = ""
    sign: bool = False
    dry_run: bool = False

    @property
    def request(self) -> str:
        """What is asked for, if a later run must recognize it as the same request; else empty, as the tags tell it."""
        return ""


class Step(NamedTuple):
    """A tag to add.

    Attributes:
        says: its name.
        commit: the commit that it is about.
        version: the version of that commit.
        subject, body: its message for people.
        record: its trailer; ``None`` for a tag that registers a version.
        judgement: what the comparison said, if there was one.
    """

    says: TagName
    commit: str
    version: str
    subject: str
    body: str = ""
    record: Record | None = None
    judgement: Judgement | None = None


class Made:
    """What a run has done so far.

    Attributes:
        registered: the tag that registers the version; empty without one.
        assigned: the tag that assigns the stage; likewise.
        judgement: what the last comparison said.
    """

    def __init__(self) -> None:
        self.registered = ""
        self.assigned = ""
        self.judgement: Judgement | None = None
        self._taken = ""

    def own(self, state: ArtifactState, stage: str) -> Assignment | None:
        """The assignment that this run made.

        Raises:
            RepositoryError: it does not count any more; another one in its place would be against somebody's will.
        """
        if not self.assigned:
            return None
        for each in state.history(stage):
            if each.tag.name == self.assigned:
                return each
        raise RepositoryError(
            f"The tag {self.assigned} was made, and does not count any more.",
            why="Somebody has deleted it, taken the stage away, or deregistered the version at the same moment.",
            remedy=f"headway stages {shlex.quote(state.name)} --in {stage} --history --fetch  # see what is there",
        )

    def publish(self, step: Step, state: ArtifactState, wanted: Change, tools: Tools) -> None:
        """Make a tag; if somebody else has taken its name, nothing is made, and the caller decides again."""
        message = write_message(step.subject, step.body, step.record)
        time = checks.time_of_next(state, tools.now())
        made = tools.write_object(
            Draft(says=step.says, commit=step.commit, message=message, time=time, sign=wanted.sign)
        )
        name = write_tag(step.says)
        if wanted.request:
            tools.journal.note(Note(request=wanted.request, tag=name, id=made))
        try:
            tools.store.publish(name, made)
        except TagTakenError as error:
            if name == self._taken:  # and yet reading again has not shown whose it is
                raise _foreign(name, tools) from error
            self._taken = name
            return
        self.judgement = step.judgement or self.judgement
        if step.says.action == "register":
            self.registered = name
        else:
            self.assigned = name

    def ended(self, action: Action, wanted: Change, state: ArtifactState, own: Assignment) -> Outcome:
        """How a run ended whose tag is visible."""
        holder = state.holder(wanted.stage)
        is_held = holder is None or holder.version.commit == own.version.commit
        note = "" if is_held or holder is None else f"{holder.version.name} has replaced it since."
        return self.outcome(action, wanted, state, own, note)

    def outcome(
        self, action: Action, wanted: Change, state: ArtifactState, assignment: Assignment, note: str = ""
    ) -> Outcome:
        """How the run ended, with the assignment that it leaves behind."""
        replaced = state.before(wanted.stage, assignment)
        return Outcome(
            action=action,
            artifact=wanted.artifact,
            stage=wanted.stage,
            version=assignment.version.name,
            commit=assignment.version.commit,
            replaced=replaced.version.name if replaced else "",
            tag=assignment.tag.name,
            registered=self.registered,
            judgement=self.judgement,
            note=note,
        )


def registering(artifact: str, version: str, commit: str) -> Step:
    """The step that registers a version."""
    says = TagName(artifact=artifact, action="register", version=version)
    return Step(says, commit, version, f"Register {artifact} {version}")


def assigning(wanted: Change, state: ArtifactState, version: Version, subject: str, record: Record) -> Step:
    """The step that gives a version the stage."""
    says = TagName(artifact=state.name, action="assign", stage=wanted.stage, counter=state.next_counter(wanted.stage))
    return Step(says, version.commit, version.name, subject, record=record)


def record_of(
    wanted: Change, against: Version | None, decision: Decision, judgement: Judgement | None = None
) -> Record:
    """The trailer of a tag; ``against`` is the version that had the stage."""
    return Record(
        decision=decision,
        against=against.name if against else "",
        against_sha=against.commit if against else "",
        gates=judgement.gates if judgement else "",
        report=judgement.report if judgement else "",
        rule=judgement.rule if judgement else "",
        generator=wanted.generator,
        settings=wanted.settings,
        approvers=wanted.approvers,
        merged_by=wanted.merged_by,
        stated_by=wanted.stated_by,
        run=wanted.run,
        reason=wanted.reason,
    )


def planned(action: Action, wanted: Change, state: ArtifactState, step: Step) -> Outcome:
    """How a run would go on."""
    holder = state.holder(wanted.stage)
    is_registering = step.says.action == "register"
    says = TagName(artifact=state.name, action="assign", stage=wanted.stage, counter=state.next_counter(wanted.stage))
    return Outcome(
        action=action,
        artifact=wanted.artifact,
        stage=wanted.stage,
        version=step.version,
        commit=step.commit,
        replaced=holder.version.name if holder else "",
        tag=write_tag(says),
        registered=write_tag(step.says) if is_registering else "",
        judgement=step.judgement,
    )


def _foreign(name: str, tools: Tools) -> RepositoryError:
    """The error for a tag that stands in the way, and is none of the registry's."""
    where = f"git push {tools.store.name} --delete '{name}'; " if tools.store.name else ""
    return RepositoryError(
        f"There is a tag {name} already, and it is none of the registry's.",
        why="It is a lightweight tag, not on a commit, or a copy of a tag with another name.",
        remedy=f"{where}git tag --delete '{name}'",
    )


def too_many(wanted: Change) -> RepositoryError:
    """The error of a run that others were always faster than."""
    return RepositoryError(
        f"{wanted.stage} of {wanted.artifact} was not changed.",
        why=f"Others changed its tags {ATTEMPTS} times in the meantime.",
        remedy=f"headway stages {wanted.artifact} --fetch  # see what they did",
    )
