"""Settings: what a project declares in ``headway.yaml`` or in pyproject.toml's ``[tool.headway]``, as one frozen value.

The file is read from the head revision, so that a report of two commits does not depend on what is checked out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from headway.bounded import load_toml
from headway.errors import SettingsError
from headway.values.comparison import Direction

if TYPE_CHECKING:
    from collections.abc import Callable

YAML_NAME = "headway.yaml"
TOML_NAME = "pyproject.toml"
IMAGES_BRANCH = "headway-images"
"""The usual branch of pictures."""
MOST_INCLUDES = 200
"""Sections of the team's own; the page shows no more."""

ImagePlace = Literal["auto", "branch", "upload", "bucket", "none"]
"""Where pictures go so that a comment can show them."""


class MetricRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is declared of the metrics that a pattern names.

    Attributes:
        direction: which way is better: ``higher`` or ``lower``. Without it a change is shown but never called
            better or worse.
        machine: whether the metric depends on the machine, as a latency does: then it is shown, and the two sides are
            not compared.
    """

    direction: Direction | None = None
    machine: bool = False


class PredictionsRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table with a row for each example that the model was tested on.

    Attributes:
        path: the table, relative to the project's root.
        id: the column that tells examples apart.
        actual: the column that holds the right answer.
    """

    path: str
    id: str
    actual: str


class IncludeRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A section of the team's own.

    Attributes:
        path: a text, Markdown or image file, relative to the project's root.
        title: the section's heading; the path where it is missing.
    """

    path: str
    title: str | None = None


class Range(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The least and the greatest number that a column may hold; ``None`` is no limit."""

    min: float | None = None
    max: float | None = None


class DataRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is declared of the tables that a pattern names.

    Attributes:
        id: the column that tells rows apart.
        label: the column that holds the class.
        splits: tables among which no row may stand twice, relative to the project's root.
        required: columns that have to be there, with no cell missing.
        ranges: the numbers allowed, by column or by a glob over columns.
        labels: the classes allowed.
        max_class_share_change: how far a class's share of the rows may move, from 0 to 1.
    """

    id: str | None = None
    label: str | None = None
    splits: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    ranges: dict[str, Range] = {}
    labels: tuple[str | int | float | bool, ...] = ()
    max_class_share_change: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None


class ImageSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where images go so that a comment can show them.

    Attributes:
        store: the place; ``auto`` leaves it to Headway.
        branch: the branch of images, on GitHub.
        bucket: the bucket: ``"s3://bucket/folder"``; empty for none.
        bucket_url: where everybody can read what is in the bucket.
    """

    store: ImagePlace = "auto"
    branch: str = IMAGES_BRANCH
    bucket: str = ""
    bucket_url: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a project can set.

    Attributes:
        base: the revision to compare with where neither the command line nor CI names one; a branch, tag or commit.
        metrics: rules by pattern: a metric's key, a glob over keys (``precision.*``), or either behind a file
            (``reports/latency.json:*``). The first pattern that matches decides.
        include: sections of the team's own, in order.
        data: rules by path of a table, or by a glob over the paths of tables that DVC tracks. The first pattern that
            matches decides.
        evaluation: the files and folders that metrics are computed on, relative to the project's root. Without the key
            they are found in the pipeline; empty, every change may be judged.
        predictions: tables of predictions, whose ids and right answers say surely whether both sides were tested on
            the same examples.
        images: where pictures go when a report is posted, the place alone or with what belongs to it. It is the only
            key that the commands read which talk to a forge, and those read it where they run.
    """

    base: str | None = None
    metrics: dict[str, MetricRule] = {}
    include: Annotated[tuple[IncludeRule, ...], msgspec.Meta(max_length=MOST_INCLUDES)] = ()
    data: dict[str, DataRule] = {}
    evaluation: tuple[str, ...] | None = None
    predictions: tuple[PredictionsRule, ...] = ()
    images: ImagePlace | ImageSettings = ImageSettings()


def load_settings(read: Callable[[str], bytes | None], side: str, named: str | None = None) -> Settings:
    """Read a project's settings.

    Args:
        read: gives a file's bytes by path relative to the project's root, or ``None`` where there is no such file.
        side: where the files come from, for error messages: ``"workspace"`` or a revision's name.
        named: a YAML file to read in place of the usual two.

    Raises:
        SettingsError: the file is no YAML or TOML, or a key or value is not known; names file, line and key. Also
            where both files hold settings, or the named one does not exist.
    """
    if named is not None:
        if (data := read(named)) is None:
            raise SettingsError(
                f"{side} has no settings file {named!r}.", remedy="Name a file of the project's folder."
            )
        return _yaml_settings(data, f"{named} ({side})")
    yaml, toml = read(YAML_NAME), read(TOML_NAME)
    table = _tool_table(toml, side) if toml is not None else None
    if yaml is None:
        return _convert(table, f"{TOML_NAME} ({side})", _toml_line(toml or b"")) if table is not None else Settings()
    if table is not None:
        raise SettingsError(
            f"Two sets of settings in {side}: {YAML_NAME} and [tool.headway] in {TOML_NAME}.",
            remedy="Keep one of them.",
        )
    return _yaml_settings(yaml, f"{YAML_NAME} ({side})")


def _tool_table(data: bytes, side: str) -> object | None:
    if b"headway" not in data:  # a pyproject.toml that is broken elsewhere is not ours to judge
        return None
    try:
        tool = load_toml(data.decode()).get("tool", {})
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{TOML_NAME} ({side}) is not valid TOML.", why=f"{error}.") from error
    return tool.get("headway") if isinstance(tool, dict) else None


def _toml_line(data: bytes) -> Callable[[list[str]], int | None]:
    """Finds a key's line by text, because Python's TOML reader keeps no positions."""
    lines = data.decode().splitlines()

    def line_of(path: list[str]) -> int | None:
        start = next((number for number, line in enumerate(lines) if line.strip().startswith("[tool.headway")), None)
        if start is None or not path:
            return None
        key = re.compile(rf"(^|[\[.{{\s,\"']){re.escape(path[-1])}([\]\s.\"'=]|$)")
        return next((number + 1 for number in range(start, len(lines)) if key.search(lines[number])), start + 1)

    return line_of


def _yaml_settings(data: bytes, file: str) -> Settings:
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415 - 30 ms that commands without settings need not pay

    from headway.bounded_yaml import load_yaml  # noqa: PLC0415 - likewise

    try:
        document, plain = load_yaml(data, "rt"), load_yaml(data)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise SettingsError(f"{file}{where} is not valid YAML.", why=f"{_said(error)}.") from error
    return _convert({} if plain is None else plain, file, lambda path: _yaml_line(document, path))


def _said(error: Exception) -> str:
    from headway.bounded_yaml import YamlLimitError  # noqa: PLC0415 - likewise

    problem = getattr(error, "problem", None) or str(error)
    return f"It {problem}" if isinstance(error, YamlLimitError) else problem


def _yaml_line(node: Any, path: list[str]) -> int | None:  # noqa: ANN401 - ruamel's nodes are not typed
    """The line of the deepest part of a path that exists in a ruamel document."""
    line = None
    for part in path:
        keys = range(len(node)) if isinstance(node, list) else node if isinstance(node, dict) else ()
        key = next((key for key in keys if str(key) == part), None)
        if key is None:
            break
        line, node = node.lc.data[key][0] + 1, node[key]
    return line


_PATH = re.compile(r" - at (?P<key>`key` in )?`\$?(?P<path>.*)`$")
_UNKNOWN = re.compile(r"unknown field `(?P<key>.*?)`")


def _convert(document: object, file: str, line_of: Callable[[list[str]], int | None]) -> Settings:
    try:
        return msgspec.convert(document, Settings)
    except msgspec.ValidationError as error:
        message = str(error)
        path = _error_path(message, document)
        line = line_of(path)
        where = f"{file}, line {line}" if line else file
        key = ".".join(path) or "the whole file"
        raise SettingsError(
            f"{where}: {key} cannot be used.",
            why=f"{_PATH.sub('', message)}.",
            remedy="The settings are described in docs/settings.md.",
        ) from error


def _error_path(message: str, document: object) -> list[str]:
    """The keys that lead to what msgspec complains of; it writes ``[...]`` where a mapping's key is free."""
    found = _PATH.search(message)
    parts = re.findall(r"\[(\d+|\.\.\.)\]|\.?([^.\[\]]+)", found["path"]) if found else []
    free_key = ["..."] if found and found["key"] else []
    path = _fill_free_keys([*(index or name for index, name in parts), *free_key], document)
    unknown = _UNKNOWN.search(message)
    return [*path, unknown["key"]] if unknown else path


def _fill_free_keys(path: list[str], document: object) -> list[str]:
    """The path with the guilty key in the place of each ``...``: the first that alone is refused, too."""
    filled: list[str] = []
    node: Any = document  # what stands at the path so far
    for part in path:
        entries = node if isinstance(node, dict) else {}
        found = part
        if part == "...":
            guilty = (key for key, value in entries.items() if not _is_accepted(_nested(filled, {key: value})))
            found = str(next(guilty, part))
        if found != "..." or isinstance(node, dict):
            filled.append(found)
            node = next((value for key, value in entries.items() if str(key) == found), None)
    return filled


def _nested(path: list[str], value: object) -> object:
    for part in reversed(path):
        value = {part: value}
    return value


def _is_accepted(document: object) -> bool:
    try:
        msgspec.convert(document, Settings)
    except msgspec.ValidationError:
        return False
    return True
