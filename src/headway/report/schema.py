"""The JSON Schema of report.json, generated from the values' types and described by their docstrings."""

from __future__ import annotations

import inspect
import re
from typing import Any

import msgspec

from headway.values import (
    chart,
    comparability,
    comparison,
    dataset,
    imagery,
    problem,
    report,
    revision,
    snapshot,
    typed,
    verification,
)

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_MODULES = (
    chart,
    comparability,
    comparison,
    dataset,
    imagery,
    problem,
    report,
    revision,
    snapshot,
    typed,
    verification,
)
_ATTRIBUTE = re.compile(r"^(\w+(?:, \w+)*): (.*(?:\n[ ]{2,}.*)*)", re.MULTILINE)
_ROLE = re.compile(r":\w+:`~?(?:[\w.]*\.)?(\w+)`")


def json_schema() -> dict[str, Any]:
    """The schema as JSON Schema 2020-12; unknown keys are allowed, because later versions may add some."""
    (_,), components = msgspec.json.schema_components((report.Report,), ref_template="#/$defs/{name}")
    definitions = {name: _described(name, definition) for name, definition in sorted(components.items())}
    root = definitions.pop("Report")
    root["required"] = ["schema", *(name for name in root["required"] if name != "schema")]
    root["properties"]["schema"]["description"] = "This schema's name and version."
    title = {"title": "Headway report", "description": root.pop("description")}
    root.pop("title", None)
    schema = {
        "$schema": _DIALECT,
        "$id": f"urn:{report.SCHEMA.replace('/', ':')}",
        **title,
        **root,
        "$defs": definitions,
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(schema))  # defaults come as tuples
    return plain


def _described(name: str, definition: dict[str, Any]) -> dict[str, Any]:
    """The definition with its docstring's first part as description and its attributes' words at their keys."""
    properties = definition.get("properties", {})
    attributes = _attributes(_find(name))
    if name.endswith("Chart") or name in {"FolderChange", "TableChange"}:
        attributes["kind"] = "The kind, which determines the other keys."
    for key, words in attributes.items():
        if key in properties:
            properties[key] = {"description": words, **properties[key]}
    summary = inspect.cleandoc(_find(name).__doc__ or "").partition("\n\n")[0]
    return {**definition, "description": _plain(summary)}


def _find(name: str) -> type:
    found: type = next(vars(module)[name] for module in _MODULES if name in vars(module))
    return found


def _attributes(value: type) -> dict[str, str]:
    """The words of an ``Attributes`` section, inherited ones included; ``base, head: ...`` describes both."""
    described: dict[str, str] = {}
    for parent in reversed(value.__mro__):
        section = inspect.cleandoc(parent.__dict__.get("__doc__") or "").partition("Attributes:\n")[2]
        for names, words in _ATTRIBUTE.findall(inspect.cleandoc(section)):
            described |= dict.fromkeys(names.split(", "), _plain(words))
    return described


def _plain(words: str) -> str:
    """A docstring's words as one line without markup, beginning with a capital."""
    line = _ROLE.sub(r"\1", " ".join(words.split())).replace("``None``", "``null``").replace("``", "`")
    return line[:1].upper() + line[1:]
