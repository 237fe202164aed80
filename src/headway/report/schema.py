"""The JSON Schema of report.json, generated from the types of the values and described by their docstrings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from headway.docstrings import attributes, summary
from headway.values.report import SCHEMA, Report

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHARED = {
    "schema": "The name and version of this schema.",
    "kind": "The type of this object, which determines its other keys.",
}
"""The keys that no docstring describes, because msgspec adds them."""


def json_schema() -> dict[str, Any]:
    """The schema as JSON Schema 2020-12. It allows unknown keys, because later versions may add some."""
    (_,), components = msgspec.json.schema_components((Report,), ref_template="#/$defs/{name}")
    structs = {struct.__name__: struct for struct in _structs(msgspec.Struct)}
    definitions = {name: _described(structs[name], definition) for name, definition in sorted(components.items())}
    root = definitions.pop("Report")
    root["required"] = ["schema", *(name for name in root["required"] if name != "schema")]
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':')}",
        **root,
        "title": "Headway report",
        "$defs": definitions,
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(schema))  # defaults come as tuples
    return plain


def _structs(parent: type) -> Iterator[type]:
    """All structs of ``headway.values``; importing :class:`Report` imports them."""
    children: list[type] = parent.__subclasses__()
    for child in children:
        if child.__module__.startswith("headway.values."):
            yield child
        yield from _structs(child)


def _described(struct: type, definition: dict[str, Any]) -> dict[str, Any]:
    """The definition with the docstring's first paragraph as description and its attributes' texts at their keys."""
    properties = definition.get("properties", {})
    for key, text in (_SHARED | attributes(struct)).items():
        if key in properties:
            properties[key] = {"description": text, **properties[key]}
    return {**definition, "description": summary(struct)}
