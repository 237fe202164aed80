"""GTO's grammar of tags: what the name of a tag says.

Source: ``gto/constants.py`` and ``gto/tag.py`` of GTO 1.10. Names that git refuses are left out, see
:mod:`headway.values.registry.names`.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from headway.values.registry.names import ARTIFACT_IN_TAG, COUNTER, STAGE, VERSION, artifact_in_tag, artifact_of_tag

Action = Literal["register", "deregister", "assign", "unassign", "deprecate"]

_TAG = re.compile(
    rf"(?P<artifact>{ARTIFACT_IN_TAG})"
    rf"(?:(?:#(?P<stage>{STAGE})|@(?P<version>{VERSION}))(?P<cancel>!?)|@(?P<deprecated>deprecated))"
    rf"(?P<counter>{COUNTER})?"
)


class TagName(msgspec.Struct, frozen=True, kw_only=True):
    """What the name of a tag says.

    Attributes:
        artifact: as commands name it: ``models/de:digits``.
        action: what the tag does to it.
        version: the version that is registered or deregistered; else empty.
        stage: the stage that is assigned or unassigned; else empty.
        counter: the number at the end; 0 without one.
    """

    artifact: str
    action: Action
    version: str = ""
    stage: str = ""
    counter: int = 0


def parse_tag(name: str) -> TagName | None:
    """What the name of a tag says; ``None`` for a tag that is not the registry's."""
    found = _TAG.fullmatch(name)
    if found is None:
        return None
    return TagName(
        artifact=artifact_of_tag(found["artifact"]),
        action=_action(found),
        version=found["version"] or "",
        stage=found["stage"] or "",
        counter=int((found["counter"] or "#0").removeprefix("#")),
    )


def _action(found: re.Match[str]) -> Action:
    if found["deprecated"]:
        return "deprecate"
    if found["stage"]:
        return "unassign" if found["cancel"] else "assign"
    return "deregister" if found["cancel"] else "register"


def write_tag(name: TagName) -> str:
    """The name of a tag; the inverse of :func:`parse_tag`."""
    cancel = "!" if name.action in {"unassign", "deregister"} else ""
    what = f"#{name.stage}" if name.stage else f"@{name.version or 'deprecated'}"
    counter = f"#{name.counter}" if name.counter else ""
    return f"{artifact_in_tag(name.artifact)}{what}{cancel}{counter}"
