"""What requirements bring along, as the metadata of the installed packages has it, and what lock files pin."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from workflow_steps import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.specifiers import SpecifierSet

LOCKS = ROOT / "requirements"
"""The lock files with hashes, for jobs that have a token."""


def needed(lines: Iterable[str]) -> set[str]:
    """The packages that some requirements name on this machine, and those that these need."""
    found: set[str] = set()
    ahead = [(line, frozenset[str]()) for line in lines]
    seen: set[tuple[str, frozenset[str]]] = set()
    while ahead:
        line, wanted = ahead.pop()
        each = Requirement(line)
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in ("", *wanted)):
            name, extras = re.sub(r"[-_.]+", "-", each.name).lower(), frozenset(each.extras)
            found.add(name)
            if (name, extras) not in seen:
                seen.add((name, extras))
                ahead += [(line, extras) for line in requires(name) or ()]
    return found


def locked(name: str) -> dict[str, Requirement]:
    """The requirements of a lock file that hold on this machine, each with at least one hash."""
    lines = (LOCKS / name).read_text().replace("\\\n", "").splitlines()
    assert all(re.fullmatch(r"\S+==\S+( ; [^#]+?)?( +--hash=sha256:[0-9a-f]{64})+", line) for line in lines)
    return _holding(line.partition("--hash")[0] for line in lines)


def builds(tools: Mapping[str, Requirement]) -> bool:
    """Whether some pinned tools are all that pyproject.toml requires to build Headway, in versions that it allows."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        wanted = [Requirement(line) for line in tomllib.load(file)["build-system"]["requires"]]
    return all(str(tools[each.name].specifier).removeprefix("==") in each.specifier for each in wanted)


def pinned() -> dict[str, SpecifierSet]:
    """The versions that the tests run with on this machine, by package."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return {name: each.specifier for name, each in _holding(lines).items()}


def _holding(lines: Iterable[str]) -> dict[str, Requirement]:
    found = [Requirement(line) for line in lines]
    return {each.name: each for each in found if each.marker is None or each.marker.evaluate()}
