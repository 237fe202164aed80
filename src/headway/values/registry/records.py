"""What happens in the model registry: decisions, what became of them, and what is rolled out."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

Decision = Literal["improved", "within_margin", "first", "forced", "rolled_back"]
"""Why a version got its stage.

``improved`` and ``within_margin`` are what the comparison with the version in the stage showed; ``first`` means that
the stage had none. ``forced`` is a promotion that the comparison refused and a person wanted; ``rolled_back`` is not
judged.
"""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The machine-readable trailer of a tag that assigns a stage.

    Attributes:
        decision: why the version got the stage.
        against: the version that the stage had before; empty if it had none.
        against_sha: that version's commit; empty likewise.
        gates: what the gates of the comparison concluded: ``pass``, ``warn`` or ``fail``; empty without gates.
        report: ``sha256:`` and the hash of the report.json of the comparison; empty if nothing was compared.
        rule: the rule of the stage that judged, as JSON; empty likewise.
        generator: the version of Headway that compared.
        settings: the settings file that ``--settings`` named; else empty.
        approvers: the accounts that approved, as the forge says.
        merged_by: the account that merged the request, as the forge says, if nobody else approved it; else empty.
        stated_by: who approved, as the person says who ran the command; nothing proves it.
        run: the URL of the CI run; empty outside CI.
        reason: what the person who forced a promotion or rolled back said; else empty.
    """

    decision: Decision
    against: str = ""
    against_sha: str = ""
    gates: str = ""
    report: str = ""
    rule: str = ""
    generator: str = ""
    settings: str = ""
    approvers: tuple[str, ...] = ()
    merged_by: str = ""
    stated_by: tuple[str, ...] = ()
    run: str = ""
    reason: str = ""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a version may get a stage.

    Attributes:
        decision: why it may; ``None`` if it may not.
        summary: what the comparison found, in one line.
        reasons: why it may not, one clause each.
        gates: what the gates concluded; empty without gates.
        report: ``sha256:`` and the hash of the report.json; empty if nothing could be compared.
        rule: the rule of the stage, as JSON.
    """

    decision: Decision | None
    summary: str = ""
    reasons: tuple[str, ...] = ()
    gates: str = ""
    report: str = ""
    rule: str = ""


Action = Literal["promoted", "rolled_back", "unchanged", "refused", "requested", "would_promote", "would_roll_back"]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a promotion or a rollback.

    Attributes:
        action: what was done. ``unchanged`` means that the stage already was as asked for, or without a tag that
            nothing is to be done, for the reason in the note.
        artifact, stage: what it was about.
        version: the version that has the stage now, or would have it; for a refusal, the candidate.
        commit: that version's commit.
        replaced: the version that had the stage before; empty if none had it.
        tag: the tag that assigns the stage, or would assign it; empty for a refusal.
        registered: the tag that registers the version, if this run made it; else empty.
        judgement: what the comparison said; ``None`` if nothing was compared.
        url: the page of the request that asks for the promotion; else empty.
        note: what else the reader should know, a sentence; else empty.
    """

    action: Action
    artifact: str
    stage: str
    version: str
    commit: str
    replaced: str = ""
    tag: str = ""
    registered: str = ""
    judgement: Judgement | None = None
    url: str = ""
    note: str = ""


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """Which version of an artifact is to run in a stage.

    Attributes:
        name: the artifact as commands name it: ``digits`` or ``models/de:digits``.
        version: such as ``v1.2.0``; empty if the commit was named without a version.
        stage: such as ``production``.
        sha: the full SHA of the version's commit.
        tag: the tag that assigned the stage, such as ``digits#production#7``; empty if none did.
    """

    name: str
    version: str = ""
    stage: str
    sha: str
    tag: str = ""

    @property
    def label(self) -> str:
        """The artifact and its version for readers; without a version, with the commit."""
        return f"{self.name} {self.version or self.sha[:7]}"


class ArtifactCopy(msgspec.Struct, frozen=True, kw_only=True):
    """A verified copy of an artifact.

    Attributes:
        name: the artifact, such as ``digits``.
        version: such as ``v1.2.0``; empty if the commit was named without a stage.
        stage: the stage that was asked for; else empty.
        sha: the full SHA of the commit.
        place: the copy, a file or a folder.
    """

    name: str
    version: str
    stage: str
    sha: str
    place: Path
