"""JSON, YAML, TOML and Python files as trees, told apart by their endings as DVC does. Bytes in, no files opened."""

from __future__ import annotations

import ast
import io
import json
import math
import re
import tomllib
import warnings
from collections import Counter
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LARGE = 16 * 1024
"""Characters from which on a YAML document takes longer to read with ruamel.yaml than libyaml takes to import."""


_NUMBER = re.compile(r"(?<![\w.])[-+]?(?:[0-9][0-9_]*+(?:\.[0-9_]*+)?|\.[0-9][0-9_]*+)(?:[eE]\+?[0-9]++)?(?![\w.])")


class UnreadableError(ValueError):
    """A file is not what its ending says, or holds too much; the message completes "the file ..."."""


def parse(path: str, data: bytes) -> Any:  # noqa: ANN401 - a tree of whatever the file holds
    """Parse a file by its ending; anything that is not JSON, TOML or Python is read as YAML.

    Raises:
        UnreadableError: broken, empty, not UTF-8, or nested too deeply; names the line where the format allows it.
    """
    text = decode(data)
    if not text.strip():
        raise UnreadableError("is empty")
    try:
        return _PARSERS.get(PurePosixPath(path).suffix.lower(), _yaml)(text)
    except RecursionError as error:
        raise UnreadableError("is nested too deeply") from error


def decode(data: bytes) -> str:
    """The text of a file without its byte order mark; raises :class:`UnreadableError`."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(f"is not UTF-8 text (line {line})") from error


def beyond_double(data: bytes) -> str | None:
    """The first number in a file that is finite as it is written, and infinite as Python and DVC read it: ``1e400``."""
    numbers = (match[0] for match in _NUMBER.finditer(decode(data)) if "." in match[0] or "e" in match[0].lower())
    return next((number for number in numbers if math.isinf(float(number.replace("_", "")))), None)


def repeated_key(path: str, data: bytes) -> str | None:
    """The first key that one object of a JSON file names twice, of which Python and DVC take the last value."""
    repeated: list[str] = []

    def collect(pairs: list[tuple[str, object]]) -> None:
        repeated.extend(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)

    if PurePosixPath(path).suffix.lower() == ".json":
        json.loads(decode(data), object_pairs_hook=collect)
    return next(iter(repeated), None)


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


def _yaml(text: str) -> object:
    found = _large_yaml(text) if len(text) >= LARGE else None
    return _safe_yaml(text) if found is None else found


def _large_yaml(text: str) -> object | None:
    """What a document holds, quickly; ``None`` where it has to be read with ruamel.yaml."""
    try:
        from headway.gather.read import large_yaml  # noqa: PLC0415 - loads libyaml
    except ImportError:  # a PyYAML that was built without it
        return None
    return large_yaml.read(text.encode())


def _safe_yaml(text: str) -> object:
    from ruamel.yaml import YAML  # noqa: PLC0415 - 30 ms that --help need not pay
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415 - as above

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ruamel writes about reused anchors to stderr
        try:
            return YAML(typ="safe").load(io.StringIO(text))
        except YAMLError as error:
            reason, line = yaml_mistake(error)
            where = f"line {line}: " if line else ""
            raise UnreadableError(f"is no valid YAML: {where}{reason}") from error
        except (ValueError, TypeError, OverflowError) as error:  # such as a date of the 99th of a month
            raise UnreadableError(f"is no valid YAML: {error}") from error


def yaml_mistake(error: BaseException) -> tuple[str, int | None]:
    """What is wrong by one of ruamel.yaml's errors, and the line, counted from 1, where the error knows it."""
    mark = getattr(error, "problem_mark", None)
    return getattr(error, "problem", None) or str(error).partition("\n")[0], mark.line + 1 if mark else None


def _python(text: str) -> object:
    try:
        return _constants(ast.parse(text).body)
    except SyntaxError as error:
        line = f"line {error.lineno}: " if error.lineno else ""
        raise UnreadableError(f"is no valid Python: {line}{error.msg}") from error
    except ValueError as error:  # a null byte
        raise UnreadableError(f"is no valid Python: {error}") from error


def _constants(body: Iterable[ast.stmt], *, of_instance: bool = False) -> dict[str, object]:
    """The constants of a module, of its classes, and of ``self`` in their ``__init__``, as DVC finds them."""
    found: dict[str, object] = {}
    for statement in body:
        match statement:
            case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=ast.expr() as value):
                if name := _assigned_name(target, of_instance=of_instance):
                    with suppress(ValueError, TypeError):  # no constant, or a dict with a list as its key
                        found[name] = ast.literal_eval(value)
            case ast.ClassDef(name=name, body=inner):
                found[name] = _constants(inner)
            case ast.FunctionDef(name="__init__", body=inner):
                found.update(_constants(inner, of_instance=True))
    return found


def _assigned_name(target: ast.expr, *, of_instance: bool) -> str | None:
    match target:
        case ast.Name(id=name) if not of_instance:
            return name
        case ast.Attribute(value=ast.Name(id="self"), attr=name):
            return name
    return None


_PARSERS: dict[str, Callable[[str], object]] = {".json": _json, ".toml": _toml, ".py": _python}
