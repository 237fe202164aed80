"""The JSON Schema of settings, generated from their types: what an editor completes, explains and checks.

It is draft 7, the newest that the language servers of YAML and TOML read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import inspect

from headway.docstrings import attributes, summary
from headway.settings.schema import Settings
from headway.values.metric_format import Direction

if TYPE_CHECKING:
    from collections.abc import Iterator

SCHEMA_NAME = ".headway.schema.json"
"""The file next to headway.yaml that has the schema."""
EDITOR_LINE = f"# yaml-language-server: $schema={SCHEMA_NAME}"
"""The first line of headway.yaml, which tells an editor where the schema is, relative to this file."""

_PLAIN: dict[type[inspect.Type], dict[str, str]] = {
    inspect.BoolType: {"type": "boolean"},
    inspect.DateType: {"type": "string", "format": "date", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    inspect.FloatType: {"type": "number"},
    inspect.IntType: {"type": "integer"},
    inspect.NoneType: {"type": "null"},
    inspect.StrType: {"type": "string"},
}
_ITEMS = {"min_length": "minItems", "max_length": "maxItems"}
_LIMITS = {
    "min_length": "minLength",
    "max_length": "maxLength",
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
}
"""The schema's words for what msgspec calls the limits of a type."""


def schema_text() -> str:
    """The schema as the file has it."""
    return json.dumps(json_schema(), indent=2) + "\n"


def json_schema() -> dict[str, Any]:
    """The schema, which refuses unknown keys."""
    root = inspect.type_info(Settings)
    structs = {struct.cls.__name__: struct for struct in _structs(root)}
    definitions = {name: _table(struct) for name, struct in sorted(structs.items())}
    settings = definitions.pop(Settings.__name__)
    # What `expand` of headway.settings.checks reads: `rmse: lower` is short for `rmse: {direction: lower}`.
    short, rule = _schema(inspect.type_info(Direction)), settings["properties"]["metrics"]["additionalProperties"]
    settings["properties"]["metrics"]["additionalProperties"] = {"anyOf": [short, rule]}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Headway's settings",
        **settings,
        "type": ["object", "null"],  # a file that has nothing but comments
        "definitions": definitions,
    }


def _structs(kind: inspect.Type) -> Iterator[inspect.StructType]:
    """The tables of a type, with those inside them."""
    if isinstance(kind, inspect.StructType):
        yield kind
    for inner in _inner(kind):
        yield from _structs(inner)


def _inner(kind: inspect.Type) -> list[inspect.Type]:
    if isinstance(kind, inspect.StructType):
        return [field.type for field in kind.fields]
    if isinstance(kind, inspect.UnionType):
        return list(kind.types)
    if isinstance(kind, inspect.DictType):
        return [kind.value_type]
    return [kind.item_type] if isinstance(kind, inspect.VarTupleType) else []


def _table(struct: inspect.StructType) -> dict[str, Any]:
    described = attributes(struct.cls)
    return {
        "description": summary(struct.cls),
        "type": "object",
        "properties": {field.encode_name: _property(field, described[field.name]) for field in struct.fields},
        **_given(required=[field.encode_name for field in struct.fields if field.required]),
        "additionalProperties": False,
    }


def _property(field: inspect.Field, description: str) -> dict[str, Any]:
    schema = _schema(field.type)
    if "$ref" in schema:  # draft 7 ignores what is beside a reference
        schema = {"allOf": [schema]}
    return {"description": description, **schema, **_given(default=_default(field))}


def _default(field: inspect.Field) -> object:
    """The default if it says something: a table, a list or a text that is empty does not."""
    default = field.default
    return default if isinstance(default, str | int | float) and default != "" else None


def _given(**keywords: object) -> dict[str, object]:
    """The keywords that have a value."""
    return {name: value for name, value in keywords.items() if value is not None and value != []}


def _schema(kind: inspect.Type) -> dict[str, Any]:  # noqa: PLR0911 - one return for each kind of type
    match kind:
        case inspect.Metadata():
            return _schema(kind.type) | (kind.extra_json_schema or {})
        case inspect.StructType():
            return {"$ref": f"#/definitions/{kind.cls.__name__}"}
        case inspect.UnionType():
            return _union([_schema(member) for member in kind.types])
        case inspect.LiteralType():
            return {"type": "string", "enum": list(kind.values)}
        case inspect.DictType():
            return _mapping(kind)
        case inspect.VarTupleType():
            return {"type": "array", "items": _schema(kind.item_type), **_limits(kind)}
    return {**_PLAIN[type(kind)], **_limits(kind)}


def _limits(kind: inspect.Type) -> dict[str, object]:
    """The smallest and largest number or length allowed."""
    words = _ITEMS if isinstance(kind, inspect.VarTupleType) else _LIMITS
    return _given(**{word: getattr(kind, name, None) for name, word in words.items()})


def _union(members: list[dict[str, Any]]) -> dict[str, Any]:
    """One of several types; plain types share one keyword, whose list an editor shows in one line."""
    plain = [member for member in members if list(member) == ["type"]]
    others = [member for member in members if member not in plain]
    if len(plain) > 1:
        plain = [{"type": [member["type"] for member in plain]}]
    return {"anyOf": [*others, *plain]} if others else plain[0]


def _mapping(kind: inspect.DictType) -> dict[str, Any]:
    """A table with any keys, or with those of a list, which an editor then completes."""
    values = _schema(kind.value_type)
    if isinstance(kind.key_type, inspect.LiteralType):
        keys = dict.fromkeys(map(str, kind.key_type.values), values)
        return {"type": "object", "properties": keys, "additionalProperties": False}
    keys = {name: value for name, value in _schema(kind.key_type).items() if name != "type"}
    return {"type": "object", **({"propertyNames": keys} if keys else {}), "additionalProperties": values}
