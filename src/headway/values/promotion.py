"""A promotion: a version of an artifact that a tag has assigned to a stage."""

from __future__ import annotations

import msgspec


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
