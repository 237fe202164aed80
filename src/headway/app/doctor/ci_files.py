"""The files of a repository that say what CI runs, each as far as it can be read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ruamel.yaml.error import YAMLError

from headway.bounded_yaml import load_yaml
from headway.text import error_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headway.ci.job import ForgeKind

_WORKFLOWS = ".github/workflows"
_OTHERS: dict[str, ForgeKind] = {".gitlab-ci.yml": "gitlab", "bitbucket-pipelines.yml": "bitbucket"}
_LARGEST = 512 * 1024
"""Bytes of a file that is read."""
_COMMAND = re.compile(r"(?:^|[\s;&|(/])(?:dvc-)?headway(?:\s+-\S+)*\s+([a-z]+)", re.MULTILINE)
COMPARING = frozenset({"report", "diff", "gate", "data", "evidence"})
"""Commands that compare with a base."""


class CiFile(NamedTuple):
    """One file.

    Attributes:
        path: where it is, from git's root.
        forge: whose it is.
        text: its content.
        document: the same as YAML; ``None`` if it is none.
        error: why it cannot be read; else empty.
    """

    path: str
    forge: ForgeKind
    text: str
    document: dict[str, Any] | None
    error: str = ""

    @property
    def commands(self) -> set[str]:
        """The commands of Headway that it runs."""
        return set().union(*map(commands_in, strings(self.document)))


def read_ci_files(root: Path) -> list[CiFile]:
    """All such files below git's root, sorted; those without YAML that is a mapping have no document."""
    names: list[tuple[str, ForgeKind]] = [
        (path.relative_to(root).as_posix(), "github") for path in sorted((root / _WORKFLOWS).glob("*.y*ml"))
    ]
    names += _OTHERS.items()
    files = [_read(root / name, name, forge) for name, forge in names if (root / name).is_file()]
    included = sorted({name for file in files if file.forge == "gitlab" for name in _included(file.document)})
    return files + [_read(root / name, name, "gitlab") for name in included if _is_inside(root, name)]


def _included(document: dict[str, Any] | None) -> Iterator[str]:
    """The files of the same repository that a pipeline of GitLab includes."""
    found = (document or {}).get("include")
    for entry in found if isinstance(found, list) else [found]:
        name = entry.get("local") if isinstance(entry, dict) else entry
        if isinstance(name, str) and "://" not in name and "*" not in name:
            yield name.lstrip("/")


def _is_inside(root: Path, name: str) -> bool:
    path = (root / name).resolve()
    return path.is_file() and path.is_relative_to(root.resolve())


def _read(path: Path, name: str, forge: ForgeKind) -> CiFile:
    try:
        with path.open("rb") as stream:
            text = stream.read(_LARGEST).decode(errors="replace")
        document = load_yaml(text, "rt")  # which takes tags such as GitLab's !reference
    except (OSError, YAMLError, RecursionError) as error:
        return CiFile(name, forge, "", None, error_line(error))
    return CiFile(name, forge, text, document if isinstance(document, dict) else None)


def commands_in(script: str) -> set[str]:
    """The commands of Headway in a script, such as ``report``."""
    lines = (line.partition(" #")[0] for line in script.splitlines() if not line.lstrip().startswith("#"))
    return set(_COMMAND.findall("\n".join(lines)))


def strings(value: object) -> Iterator[str]:
    """Every text in a document, without its keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


def mapping(value: object) -> dict[str, Any]:
    """A value that should be a mapping, or an empty one: the file may hold anything."""
    return value if isinstance(value, dict) else {}
