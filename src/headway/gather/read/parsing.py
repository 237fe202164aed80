"""JSON, YAML, TOML and Python files as trees; the ending decides the format, as in DVC. Bytes in, no files opened.

Anybody may have written a file: each format has a size that is read within seconds, and what nests deeper than
recursion follows is refused here, for every reader of the trees.
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from contextlib import suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from headway.bounded import MAX_DEPTH, TOO_DEEP, load_toml
from headway.values.typed import TOO_LONG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOST_BYTES = 8 * 1024 * 1024
"""Bytes of a YAML or TOML file that are read at the most."""
LARGE = 16 * 1024
"""Characters from which on a YAML document takes longer to read with ruamel.yaml than libyaml takes to import."""


class UnreadableError(ValueError):
    """A file is not what its ending says, or holds too much; the message completes "the file ..."."""


def parse(path: str, data: bytes) -> Any:  # noqa: ANN401 - a tree of whatever the file holds
    """Parse a file by its ending; anything that is not JSON, TOML or Python is read as YAML.

    Raises ``UnreadableError`` for what is broken, empty, not UTF-8, too large or nested too deeply.
    """
    name, read, limit = _FORMATS.get(PurePosixPath(path).suffix.lower(), _YAML)
    if len(data) > limit:
        raise UnreadableError(f"is {name} of more than {limit // 1024**2} MiB")
    text = decode(data)
    if not text.strip():
        raise UnreadableError("is empty")
    try:
        tree = read(text)
    except RecursionError as error:
        raise UnreadableError(TOO_DEEP) from error
    if _is_deep(tree):
        raise UnreadableError(TOO_DEEP)
    return tree


def _is_deep(tree: object) -> bool:
    level = [tree]
    for _ in range(MAX_DEPTH):
        nodes = [node for node in level if isinstance(node, dict | list | tuple)]
        level = [child for node in nodes for child in (node.values() if isinstance(node, dict) else node)]
    return any(isinstance(node, dict | list | tuple) for node in level)


def decode(data: bytes) -> str:
    """The text of a file without its byte order mark; raises :class:`UnreadableError`."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableError(f"is not UTF-8 text (line {line})") from error


def repeated_key(path: str, data: bytes) -> str | None:
    """The first key that one object of a JSON file names twice; Python and DVC take its last value."""
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
        raise _invalid("JSON", error.msg, error.lineno) from error
    except ValueError as error:
        raise _invalid("JSON", str(error)) from error


def _toml(text: str) -> object:
    try:
        return load_toml(text)
    except ValueError as error:
        raise _invalid("TOML", str(error)) from error


def _invalid(name: str, reason: str, line: int | None = None) -> UnreadableError:
    if "integer string conversion" in reason:  # Python's message goes on with a function to call
        return UnreadableError(TOO_LONG)
    return UnreadableError(f"is not valid {name}: {f'line {line}: ' if line else ''}{reason}")


def _yaml(text: str) -> object:
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415 - 30 ms that --help need not pay

    from headway.bounded_yaml import YamlLimitError, load_yaml  # noqa: PLC0415 - likewise

    try:
        found = _large_yaml(text) if len(text) >= LARGE else None
        return load_yaml(text) if found is None else found
    except YamlLimitError as error:
        raise UnreadableError(error.problem) from error
    except YAMLError as error:
        raise _invalid("YAML", *yaml_mistake(error)) from error


def _large_yaml(text: str) -> object | None:
    """What a document holds, quickly; ``None`` where ruamel.yaml has to read it."""
    try:
        from headway.gather.read import large_yaml  # noqa: PLC0415 - loads libyaml
    except ImportError:  # a PyYAML that was built without it
        return None
    return large_yaml.parse_large_yaml(text.encode())


def yaml_mistake(error: BaseException) -> tuple[str, int | None]:
    """What is wrong according to an error of ruamel.yaml, and the line, counted from 1, if the error has it."""
    mark = getattr(error, "problem_mark", None)
    return getattr(error, "problem", None) or str(error).partition("\n")[0], mark.line + 1 if mark else None


def _python(text: str) -> object:
    try:
        return _constants(ast.parse(text).body)
    except SyntaxError as error:
        raise _invalid("Python", error.msg, error.lineno) from error
    except ValueError as error:  # a null byte
        raise _invalid("Python", str(error)) from error
    except MemoryError as error:  # what Python's parser raises where its own stack ends
        raise UnreadableError(TOO_DEEP) from error


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


_YAML = ("YAML", _yaml, MOST_BYTES)
_FORMATS: dict[str, tuple[str, Callable[[str], object], int]] = {
    ".json": ("JSON", _json, 64 * 1024 * 1024),
    ".toml": ("TOML", _toml, MOST_BYTES),
    ".py": ("Python", _python, 1024 * 1024),
}
"""By ending: the format's name, its parser, and the most bytes that it may read: some seconds, and less than 2 GB."""
