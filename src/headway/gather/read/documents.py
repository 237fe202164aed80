"""JSON, YAML, TOML and Python files as trees, told apart by their endings as DVC does. Bytes in, no files opened."""

from __future__ import annotations

import io
import json
import tomllib
import warnings
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

LARGE = 16 * 1024
"""Bytes from which on a YAML document takes longer to read with ruamel.yaml than libyaml takes to import."""


class UnreadableError(ValueError):
    """A file is not what its ending says; the message completes "the file ..."."""


def parse(path: str, data: bytes) -> Any:  # noqa: ANN401 - a tree of whatever the file holds
    """Parse a file by its ending; anything that is not JSON, TOML or Python is read as YAML.

    Raises:
        UnreadableError: broken, empty, not UTF-8, or nested too deeply; names the line where the format allows it.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(f"is not UTF-8 text (line {line})") from error
    if not text.strip():
        raise UnreadableError("is empty")
    try:
        return _PARSERS.get(PurePosixPath(path).suffix.lower(), _yaml)(text)
    except RecursionError as error:
        raise UnreadableError("is nested too deeply") from error


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UnreadableError(f"is no valid JSON: line {error.lineno}: {error.msg}") from error
    except ValueError as error:  # an integer of more than 4,300 digits
        raise UnreadableError(f"is no valid JSON: {error}") from error


def _toml(text: str) -> object:
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise UnreadableError(f"is no valid TOML: {error}") from error


def parse_large(data: bytes) -> object | None:
    """A large YAML document, quickly; ``None`` where it is not large, or has to be read with ruamel.yaml."""
    if len(data) < LARGE:
        return None
    try:
        from headway.gather.read import large_yaml  # noqa: PLC0415 - loads libyaml
    except ImportError:  # a PyYAML that was built without it
        return None
    return large_yaml.read(data)


def _yaml(text: str) -> object:
    found = parse_large(text.encode())
    return _safe_yaml(text) if found is None else found


def _safe_yaml(text: str) -> object:
    from ruamel.yaml import YAML  # noqa: PLC0415 - 30 ms that --help need not pay
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415 - as above

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ruamel writes about reused anchors to stderr
        try:
            return YAML(typ="safe").load(io.StringIO(text))
        except YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f"line {mark.line + 1}: " if mark else ""
            reason = getattr(error, "problem", None) or str(error).partition("\n")[0]
            raise UnreadableError(f"is no valid YAML: {where}{reason}") from error
        except (ValueError, TypeError, OverflowError) as error:  # such as a date of the 99th of a month
            raise UnreadableError(f"is no valid YAML: {error}") from error


def _python(text: str) -> object:
    from headway.gather.dvc.loading import parse_python  # noqa: PLC0415 - loads DVC

    try:
        return parse_python(text)
    except (SyntaxError, ValueError) as error:
        line = f"line {error.lineno}: " if isinstance(error, SyntaxError) and error.lineno else ""
        raise UnreadableError(f"is no valid Python: {line}{getattr(error, 'msg', error)}") from error


_PARSERS: dict[str, Callable[[str], object]] = {".json": _json, ".toml": _toml, ".py": _python}
