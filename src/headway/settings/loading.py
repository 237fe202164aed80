"""Reads the settings from ``headway.yaml`` or from pyproject.toml's ``[tool.headway]``.

They are read from the revisions that are compared, so that a report of two commits does not depend on what is checked
out. Rules that judge come from base, see :mod:`headway.judge.rules`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from headway.bounded import load_toml
from headway.errors import SettingsError
from headway.settings.checks import check, expand, with_units
from headway.settings.mistakes import Mistake, explain
from headway.settings.schema import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

YAML_NAME = "headway.yaml"
TOML_NAME = "pyproject.toml"


def load_settings(read: Callable[[str], bytes | None], side: str, named: str | None = None) -> Settings:
    """Read a project's settings.

    Args:
        read: gives a file's bytes by path relative to the project's root, or ``None`` if there is no such file.
        side: where the files come from, for error messages: ``"workspace"`` or a revision's name.
        named: a YAML file to read instead of headway.yaml and pyproject.toml.

    Raises:
        SettingsError: the file is not valid YAML or TOML, has an unknown key or a wrong value, or the named file does
            not exist; also if both files hold settings.
    """
    place = "the workspace" if side == "workspace" else side
    if named is not None:
        if (data := read(named)) is None:
            raise SettingsError(
                f"There is no settings file {named!r} in {place}.",
                remedy="Name a file inside the project's folder. If you compare commits, it must be in them.",
            )
        return _load_yaml_settings(data, f"{named} ({side})")
    yaml, toml = read(YAML_NAME), _read_tool_table(read(TOML_NAME) or b"", side)
    if yaml is not None and toml is not None:
        raise SettingsError(
            f"There are two sets of settings in {place}: {YAML_NAME} and [tool.headway] in {TOML_NAME}.",
            remedy="Keep one of them.",
        )
    if yaml is not None:
        return _load_yaml_settings(yaml, f"{YAML_NAME} ({side})")
    return Settings() if toml is None else _settings(toml, f"{TOML_NAME} ({side})", lambda _: None)


def locate_settings(
    read: Callable[[str], bytes | None], side: str, named: str | None, paths: Sequence[Sequence[str]]
) -> tuple[str, list[int | None]]:
    """Where settings come from that can be loaded.

    Args:
        read, side, named: as for :func:`load_settings`.
        paths: the keys that lead to some values, from the top.

    Returns:
        The file as error messages name it, and the line of each path; ``None`` for those of a TOML file.
    """
    file = named or YAML_NAME
    if (data := read(file)) is None:
        return f"{TOML_NAME} ({side})", [None] * len(paths)
    from headway.bounded_yaml import load_yaml  # noqa: PLC0415 - as below

    document = load_yaml(data, "rt")
    return f"{file} ({side})", [_yaml_line(document, path) for path in paths]


def _read_tool_table(data: bytes, side: str) -> object | None:
    """The table [tool.headway]; Python's TOML reader keeps no line numbers."""
    if b"headway" not in data:  # a pyproject.toml that is broken elsewhere is not ours to judge
        return None
    try:
        tool = load_toml(data.decode()).get("tool", {})
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{TOML_NAME} ({side}) is not valid TOML.", why=f"{error}.") from error
    return tool.get("headway") if isinstance(tool, dict) else None


def _load_yaml_settings(data: bytes, file: str) -> Settings:
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415 - 30 ms that commands without settings need not pay

    from headway.bounded_yaml import YamlLimitError, load_yaml  # noqa: PLC0415 - likewise

    try:
        document = load_yaml(data)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{file}, line {mark.line + 1}" if mark else file
        problem = getattr(error, "problem", None) or str(error)
        why = f"It {problem}." if isinstance(error, YamlLimitError) else f"{problem}."
        raise SettingsError(f"{where} is not valid YAML.", why=why) from error
    return _settings({} if document is None else document, file, lambda path: _yaml_line(load_yaml(data, "rt"), path))


def _yaml_line(node: Any, path: Sequence[str]) -> int | None:  # noqa: ANN401 - ruamel's nodes are not typed
    """The line of the deepest part of a path that exists in a ruamel document."""
    line = None
    for part in path:
        keys = range(len(node)) if isinstance(node, list) else node if isinstance(node, dict) else ()
        key = next((key for key in keys if str(key) == part), None)
        if key is None:
            break
        place = (node.lc.data or {}).get(key)  # a key that a merge brings has none: the last known line remains
        line, node = place[0] + 1 if place else line, node[key]
    return line


def _settings(document: object, file: str, line_of: Callable[[Sequence[str]], int | None]) -> Settings:
    expanded = expand(document)
    try:
        settings = msgspec.convert(expanded, Settings)
    except msgspec.ValidationError as error:
        raise _error(explain(error, expanded), document, file, line_of) from error
    for mistake in check(settings, expanded):
        raise _error(mistake, document, file, line_of)
    return with_units(settings)


def _error(
    mistake: Mistake, document: object, file: str, line_of: Callable[[Sequence[str]], int | None]
) -> SettingsError:
    path = _written(mistake.path, document)
    line = line_of(path)
    return SettingsError(
        f"{file}{f', line {line}' if line else ''}: {'.'.join(path) or 'the whole file'} is not valid.",
        why=mistake.why,
        remedy="docs/settings.md describes the settings.",
    )


def _written(path: Sequence[str], document: Any) -> list[str]:  # noqa: ANN401 - whatever the file holds
    """The path as far as the file has it: a short form has no key below it."""
    found: list[str] = []
    for key in path:
        if not isinstance(document, dict | list):
            break
        found.append(key)
        document = document.get(key) if isinstance(document, dict) else document[int(key)]
    return found
