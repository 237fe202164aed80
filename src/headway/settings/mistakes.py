"""Explains a mistake in the terms of settings: which key it is, what is allowed there, and what may be meant.

The keys and values that are allowed come from the types of :mod:`headway.settings.schema`, never from a list.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import inspect

from headway.settings.schema import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PLACE = re.compile(r" - at (?P<key>`key` in )?`\$?(?P<path>.*)`$")
_ANY_KEY = "..."
"""What msgspec writes in a path for a key of a mapping whose keys are free."""
_WORDS = {
    "array": "a list",
    "bool": "true or false",
    "date": "a date",
    "datetime": "a time",
    "float": "a number",
    "int": "a whole number",
    "null": "nothing",
    "object": "a table",
    "str": "text",
}
"""msgspec's types in a reader's words."""


class Mistake(NamedTuple):
    """What is wrong in a settings file.

    Attributes:
        path: the keys that lead to it, from the top; an entry of a list has its position as its key, from 0.
        why: what is wrong, in whole sentences.
    """

    path: tuple[str, ...]
    why: str


def explain(error: msgspec.ValidationError, document: object) -> Mistake:
    """The mistake that made msgspec refuse a document as :class:`Settings`."""
    place = _PLACE.search(str(error))
    what = _PLACE.sub("", str(error))
    path, kind = _follow(re.findall(r"\.\.\.|\w+", place["path"]) if place else [], document)
    mapping = next((each for each in _members(kind) if isinstance(each, inspect.DictType)), None)
    if place and place["key"] and mapping:
        key = _refused(_at(document, path), mapping)
        if not isinstance(key, str):
            return Mistake((*path, str(key)), "A key is text; put it in quotes.")
        path, kind = (*path, key), mapping.key_type
    if unknown := re.search(r"unknown field `(.*)`$", what):
        return Mistake((*path, unknown[1]), f"Unknown key {unknown[1]!r}{choices(unknown[1], _keys(kind))}")
    if unknown := re.search(r"enum value '(.*)'$", what, re.DOTALL):
        return Mistake(path, f"Unknown value {unknown[1]!r}{choices(unknown[1], _values(kind))}")
    return Mistake(path, f"{_in_words(what, kind)}.")


def choices(given: str, allowed: Sequence[str]) -> str:
    """The end of a sentence about an unknown name: the names that are allowed, and the one that may be meant."""
    names = {name.lower(): name for name in allowed}
    close = difflib.get_close_matches(given.lower(), names, n=1)
    return f"; allowed: {', '.join(allowed)}.{f' Did you mean {names[close[0]]!r}?' if close else ''}"


def _follow(steps: Iterable[str], document: object) -> tuple[tuple[str, ...], inspect.Type]:
    """The keys that msgspec's path stands for, and the type that the settings have there."""
    path: tuple[str, ...] = ()
    kind: inspect.Type = inspect.type_info(Settings)
    for step in steps:
        for member in _members(kind):
            if isinstance(member, inspect.StructType) and step != _ANY_KEY:
                path, kind = (*path, step), next(each.type for each in member.fields if each.encode_name == step)
            elif isinstance(member, inspect.VarTupleType):
                path, kind = (*path, step), member.item_type
            elif isinstance(member, inspect.DictType):
                path, kind = (*path, str(_refused(_at(document, path), member))), member.value_type
    return path, kind


def _at(document: Any, path: Iterable[str]) -> Any:  # noqa: ANN401 - whatever the file holds
    for key in path:
        document = document[int(key) if isinstance(document, list) else key]
    return document


def _refused(mapping: dict[object, object], kind: inspect.DictType) -> object:
    """The first key that msgspec refuses, or whose value it refuses."""
    type_: Any = dict[_type(kind.key_type), _type(kind.value_type)]  # type: ignore[misc]  # known when it runs
    return next((key for key, value in mapping.items() if not _fits({key: value}, type_)), "")


def _fits(value: object, type_: Any) -> bool:  # noqa: ANN401 - a type
    try:
        msgspec.convert(value, type_)
    except msgspec.ValidationError:
        return False
    return True


def _type(kind: inspect.Type) -> Any:  # noqa: ANN401 - a type
    """The type that a description is of; the settings have no others in mappings with free keys."""
    if isinstance(kind, inspect.StructType):
        return kind.cls
    if isinstance(kind, inspect.FloatType):
        return Annotated[float, msgspec.Meta(gt=kind.gt)]
    return Literal[kind.values] if isinstance(kind, inspect.LiteralType) else str


def _members(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    if isinstance(kind, inspect.Metadata):  # a note for the JSON Schema
        kind = kind.type
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def _keys(kind: inspect.Type) -> list[str]:
    """The keys of a table, in the order in which they are documented."""
    structs = (each for each in _members(kind) if isinstance(each, inspect.StructType))
    return [field.encode_name for struct in structs for field in struct.fields]


def _values(kind: inspect.Type) -> list[str]:
    """The values of a setting that is one word out of several."""
    literals = (each for each in _members(kind) if isinstance(each, inspect.LiteralType))
    return [str(value) for literal in literals for value in literal.values]


def _in_words(message: str, kind: inspect.Type) -> str:
    if missing := re.search(r"missing required field `(.*)`$", message):
        return f"The key `{missing[1]}` is missing"
    if "RFC3339" in message:
        return "Expected a date, such as 2027-03-31"
    if wrong := re.fullmatch(r"Expected `([^`]*)`, got `(\w+)`", message):
        names = (name for name in wrong[1].split(" | ") if name != "null")
        expected = list(_expected(names, _values(kind)))
        return f"Expected {' or '.join(expected)}, got {_WORDS.get(wrong[2], wrong[2])}"
    return re.sub(r"`(\w+)`", lambda name: _WORDS.get(name[1], name[0]), message)


def _expected(names: Iterable[str], values: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield f"one of {', '.join(values)}" if name == "str" and values else _WORDS.get(name, name)
