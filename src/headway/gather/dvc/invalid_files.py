"""Errors for pipeline files that DVC cannot read: which file of which side, which line, which key. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruamel.yaml.error import YAMLError

from headway.bounded_yaml import load_yaml
from headway.errors import RepositoryError
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

_FAILED_TO_PARSE = re.compile(
    r"failed to parse (?P<stage>stage )?'(?P<path>[^']+)' in '[^']*':\s*(?P<reason>.*)", re.DOTALL
)


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a pipeline file.

    Attributes:
        reason: one sentence without a full stop.
        key: the path to the place, from the top of the document; empty where the document is no YAML at all.
        line: counted from 1.
    """

    reason: str
    key: Sequence[object] = ()
    line: int | None = None


def invalid_file(file: str, flaw: Flaw, text: str, side: str) -> RepositoryError:
    """The error for one file.

    Args:
        file: relative to the DVC project's root.
        flaw: what is wrong with it.
        text: the file's content, to find the line in.
        side: the side in words, such as ``"head, main"``.
    """
    line = flaw.line or line_of(text, flaw.key)
    where = f"{file} ({side})" + (f", line {line}," if line else "")
    return RepositoryError(f"{where} is not valid.", why=f"{_reason(flaw)}.", remedy="Correct the file.")


def unavailable_file(file: str, flaw: Flaw, text: str, source: str) -> Problem:
    """The footnote for a file of base, which head may be about to mend; arguments as for :func:`invalid_file`.

    Args:
        source: the pipeline file that cannot be read for it: itself, that of a lock, or one that takes variables of it.
    """
    line = flaw.line or line_of(text, flaw.key)
    where = f"{file} is not valid in line {line}" if line else f"{file} is not valid"
    return Problem(
        path=source,
        side="base",
        what=f"{where}, so what it says of base is unavailable: {_reason(flaw)}",
        remedy="compare with another base (headway report BASE), unless this change mends the file",
    )


def _reason(flaw: Flaw) -> str:
    return ": ".join((*([".".join(map(str, flaw.key))] if flaw.key else []), flaw.reason))


def unresolved(message: str) -> Flaw:
    """The flaw behind DVC's message about a template such as ``${train.lr}`` that it cannot fill in."""
    found = _FAILED_TO_PARSE.search(message)
    if not found:
        return Flaw(" ".join(message.split()))
    path = found["path"]
    key = ["stages", path.partition("@")[0]] if found["stage"] else path.split(".")
    return Flaw(" ".join(found["reason"].split()), key)


def line_of(text: str, key: Sequence[object]) -> int | None:
    """The line of the deepest part of a key that exists in a YAML document, counted from 1."""
    try:
        return _line(load_yaml(text, "rt"), key)
    except YAMLError:
        return None


def _line(node: Any, key: Sequence[object]) -> int | None:  # noqa: ANN401 - ruamel's nodes are not typed
    line: int | None = None
    for part in key:
        positions: Any = getattr(node, "lc", None)
        if isinstance(node, list) and isinstance(part, int) and part < len(node):
            line = positions.item(part)[0] + 1
        elif isinstance(node, dict) and part in node:
            line = positions.key(part)[0] + 1
        else:
            break
        node = node[part]
    return line
