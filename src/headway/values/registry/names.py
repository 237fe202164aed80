"""The names of a model registry on git tags, as GTO writes them: artifacts, versions, stages, and the tags themselves.

GTO's own grammar takes names that git then refuses as tags (``a//b``, ``../a``), and digits of any script in a version.
Both are refused here. So is a folder that begins with ``-``, which a command would take for an option, or that ends
with ``/``, ``.`` or ``.lock``, which no folder in git does.
"""

from __future__ import annotations

import re

_NAME = r"[a-zA-Z0-9](?:(?:[a-zA-Z0-9_-]|/(?!/))*[a-zA-Z0-9])?"
_FOLDER = r"(?!.*\.lock(?:[/:=]|$))[a-zA-Z0-9_](?:[a-zA-Z0-9_-]|\.(?![./:=])|/(?![./:=]))*"
_NUMBER = r"(?:0|[1-9][0-9]*)"
_PRERELEASE_PART = r"(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)"
_PRERELEASE = rf"-{_PRERELEASE_PART}(?:\.{_PRERELEASE_PART})*"
_BUILD = r"\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*"

STAGE = _NAME
"""A stage, such as ``production``."""
VERSION = rf"v{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:{_PRERELEASE})?(?:{_BUILD})?"
"""A version: ``v`` and a SemVer."""
COUNTER = r"#[0-9]{1,18}"
"""The counter at the end of a tag; the simple form of GTO's tags has none."""
ARTIFACT = rf"(?:{_FOLDER}:)?{_NAME}"
"""An artifact as commands and ``dvc.yaml`` name it: ``digits``; of a folder of a monorepo, ``models/de:digits``."""
ARTIFACT_IN_TAG = rf"(?:{_FOLDER}=)?{_NAME}"
"""The same in a tag: ``models/de=digits``."""
FULL_SHA = r"[0-9a-f]{40}"
"""A commit's full SHA, as git prints it."""


def is_artifact(text: str) -> bool:
    """Whether this names an artifact: ``digits`` or ``models/de:digits``."""
    return re.fullmatch(ARTIFACT, text) is not None


def is_version(text: str) -> bool:
    """Whether this is a version: ``v1.2.0``."""
    return re.fullmatch(VERSION, text) is not None


def is_stage(text: str) -> bool:
    """Whether this can be the name of a stage: ``production``."""
    return re.fullmatch(STAGE, text) is not None


def is_full_sha(text: str) -> bool:
    """Whether this is a commit's full SHA."""
    return re.fullmatch(FULL_SHA, text) is not None


def short_version(name: str) -> str:
    """A version for readers: a commit without a version, which is called by its SHA, has seven digits."""
    return name[:7] if is_full_sha(name) else name


def artifact_in_tag(name: str) -> str:
    """The artifact as its tags write it: ``models/de=digits`` for ``models/de:digits``."""
    return name.replace(":", "=")


def artifact_of_tag(name: str) -> str:
    """The artifact of a tag's first part: ``models/de:digits`` for ``models/de=digits``."""
    return name.replace("=", ":")


def version_tag(name: str, version: str) -> str:
    """The tag that registers a version: ``digits@v1.2.0``."""
    return f"{artifact_in_tag(name)}@{version}"


def stage_tag(name: str, stage: str, counter: int) -> str:
    """The tag that assigns a stage: ``digits#production#7``."""
    return f"{artifact_in_tag(name)}#{stage}#{counter}"
