"""Errors for pipeline files that DVC cannot read: which file of which side, which line, which key."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dvc.parsing import ResolveError
from dvc.utils.serialize import ParseError
from dvc.utils.strictyaml import YAMLSyntaxError, YAMLValidationError
from ruamel.yaml.error import YAMLError

from headway.bounded_yaml import YamlLimitError, load_yaml
from headway.errors import RepositoryError
from headway.gather.dvc.bounded_reading import UnreadableFileError
from headway.gather.read.parsing import UnreadableError, parse, yaml_mistake
from headway.public_files import PrivateFileError
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dvc.config import ConfigError

_FAILED_TO_PARSE = re.compile(
    r"failed to parse (?P<stage>stage )?'(?P<path>[^']+)' in '[^']*':\s*(?P<reason>.*)", re.DOTALL
)
_QUOTED_LINE = re.compile(r" \(['\"].*['\"]\)", re.DOTALL)


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a pipeline file.

    Attributes:
        reason: one sentence without a full stop.
        key: the path to the place from the top of the document; empty if it is unknown.
        line: counted from 1.
    """

    reason: str
    key: Sequence[object] = ()
    line: int | None = None

    def __str__(self) -> str:
        return ": ".join(filter(None, (".".join(map(str, self.key)), self.reason)))


def invalid_file(file: str, flaw: Flaw, side: str, text: str = "") -> RepositoryError:
    """The error for a file of a side, such as ``"head, main"``; ``text`` is its content, to find the line in."""
    line = flaw.line or _line_of(text, flaw.key)
    where = f"{file} ({side})" + (f", line {line}," if line else "")
    return RepositoryError(f"{where} is not valid.", why=f"{flaw}.", remedy="Correct the file.")


def unavailable_file(file: str, flaw: Flaw, source: str, text: str = "") -> Problem:
    """The footnote for a file of base, which head may fix; ``source`` is the pipeline file that needs it."""
    line = flaw.line or _line_of(text, flaw.key)
    where = f"{file} is not valid in line {line}" if line else f"{file} is not valid"
    return Problem(
        path=source,
        side="base",
        what=f"{where}, so what it says of base is unavailable: {flaw}",
        remedy="compare with another base (headway report BASE), unless this change corrects the file",
    )


def flaw_of(error: Exception, path: str, data: bytes) -> Flaw:
    """What is wrong with a pipeline file, by DVC's error."""
    if isinstance(error, YAMLSyntaxError):
        cause = error.exc.__cause__ or error
        reason, line = yaml_mistake(cause)
        is_limit = isinstance(cause, YamlLimitError | UnreadableError)
        return Flaw(f"{'It ' if is_limit else ''}{reason}{error.hint}", line=line)
    if isinstance(error, YAMLValidationError):
        first, *others = error.exc.errors
        more = f" (and {len(others)} more)" if others else ""
        return Flaw(f"{first.error_message}{more}", [getattr(part, "schema", part) for part in first.path])
    if isinstance(error, ResolveError):
        return _unresolved(str(error))
    if isinstance(error, PrivateFileError | UnreadableFileError):
        return Flaw(error.reason)
    if isinstance(error, ParseError):
        try:
            parse(path, data)
        except UnreadableError as found:  # says the line, which DVC's error does not
            return Flaw(f"It {found}")
    text = " ".join(str(error).split()) or type(error).__name__
    return Flaw(f"It {text}" if isinstance(error, UnreadableError) else text)


def flaw_of_config(error: ConfigError | OSError | UnreadableFileError) -> Flaw:
    """What is wrong with DVC's configuration, without the line, which may be of ``config.local`` and hold a key."""
    if isinstance(error, UnreadableFileError):
        return Flaw(error.reason)
    text = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    text = " ".join(text.removeprefix("config file error: ").split())
    return Flaw(_QUOTED_LINE.sub("", text).rstrip("."))


def _unresolved(message: str) -> Flaw:
    """The flaw behind DVC's message about a template such as ``${train.lr}`` that it cannot fill in."""
    found = _FAILED_TO_PARSE.search(message)
    if not found:
        return Flaw(" ".join(message.split()))
    path = found["path"]
    key = ["stages", path.partition("@")[0]] if found["stage"] else path.split(".")
    return Flaw(" ".join(found["reason"].split()), key)


def _line_of(text: str, key: Sequence[object]) -> int | None:
    """The line of the deepest part of a key that exists in a YAML document, counted from 1."""
    if not key:  # a large file takes seconds to read again
        return None
    try:
        node: Any = load_yaml(text, "rt")
    except YAMLError:
        return None
    line: int | None = None
    for part in key:
        if part not in (range(len(node)) if isinstance(node, list) else node if isinstance(node, dict) else ()):
            break
        line, node = node.lc.data[part][0] + 1, node[part]
    return line
