"""Values with types that JSON lacks, such as NaN and dates, as JSON and back.

JavaScript also rounds integers above 2^53. :func:`json_sides` writes such a value as a string and records its type;
:func:`sides_of` reads it back.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec
from msgspec import UnsetType

from headway.values.count import LARGEST_COUNT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

ValueType = Literal["null", "string", "integer", "date", "time", "datetime", "other"]


class TypedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """The type of one value that JSON alone does not determine.

    Attributes:
        place: a JSON Pointer (RFC 6901) from the entry to the value, such as ``/base`` or ``/head/2``.
        type: the type. ``null``: the side contains null, in contrast to a side without a value. ``string``: the text
            ``"NaN"``, ``"Infinity"`` or ``"-Infinity"``, which is otherwise a number. ``integer``: the digits of an
            integer above 2^53. ``date``, ``time`` and ``datetime``: ISO 8601 text. ``other``: Python's text of any
            other value, such as bytes.
    """

    place: str
    type: ValueType


SIDES = ("base", "head")
ABSENT = object()
"""The value of a side that has none."""

_NUMBERS_IN_WORDS = frozenset({"NaN", "Infinity", "-Infinity"})
MAX_DIGITS = 4_300
"""Digits of the longest integer that Python converts from and to text."""
TOO_LONG = f"contains an integer of more than {MAX_DIGITS:,} digits"
_DIGITS = re.compile(rf"-?[0-9]{{1,{MAX_DIGITS}}}")


class Word(NamedTuple):
    """A value of a type that JSON lacks, as text: a date, a time, bytes."""

    text: str


def same(left: Any, right: Any) -> bool:  # noqa: ANN401 - parameters may be any value a YAML file can hold
    """Whether two values look the same to a reader: NaN equals NaN, 1 equals 1.0, but True does not equal 1."""
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, float) and isinstance(right, float) and math.isnan(left) and math.isnan(right):
        return True
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def json_sides(base: object, head: object) -> dict[str, Any]:
    """The fields ``base``, ``head`` and, unless it is empty, ``types`` of a metric, a parameter or a cause.

    Args:
        base, head: each side's value; :data:`ABSENT` if it has none.
    """
    sides = {"base": base, "head": head}
    types: dict[str, ValueType] = {f"/{side}": "null" for side, value in sides.items() if value is None}
    fields = {side: None if value is ABSENT else _to_json(value, f"/{side}", types) for side, value in sides.items()}
    typed = tuple(TypedPlace(place=place, type=kind) for place, kind in types.items())
    return fields | ({"types": typed} if typed else {})


def _to_json(value: Any, place: str, types: dict[str, ValueType]) -> Any:  # noqa: ANN401 - as above
    match value:
        case list():
            return [_to_json(item, f"{place}/{index}", types) for index, item in enumerate(value)]
        case dict():
            return {key: _to_json(item, _below(place, key), types) for key, item in value.items()}
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if (kind := _type_unknown_to_json(value)) is None:
        return value
    types[place] = kind
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _below(place: str, key: str) -> str:
    """One step of a JSON Pointer."""
    return f"{place}/{key.replace('~', '~0').replace('/', '~1')}"


def _type_unknown_to_json(value: object) -> ValueType | None:
    match value:
        case None | bool() | float():
            return None
        case str():
            return "string" if value in _NUMBERS_IN_WORDS else None
        case int():
            return "integer" if abs(value) > LARGEST_COUNT else None
        case dt.datetime():  # which is a date, too
            return "datetime"
        case dt.date():
            return "date"
    return "time" if isinstance(value, dt.time) else "other"


def sides_of(
    base: Any,  # noqa: ANN401 - as above
    head: Any,  # noqa: ANN401 - as above
    types: Iterable[TypedPlace] | UnsetType,
    lacking: Collection[str] = SIDES,
) -> tuple[Any, Any]:
    """The values that :func:`json_sides` wrote; dates and the like become a :class:`Word`.

    Args:
        base, head, types: as :func:`json_sides` returns them.
        lacking: the sides on which an untyped null means that there is no value (:data:`ABSENT`).
    """
    kinds = {} if isinstance(types, UnsetType) else {one.place: one.type for one in types}
    old, new = (
        ABSENT
        if value is None and side in lacking and f"/{side}" not in kinds
        else _from_json(value, f"/{side}", kinds)
        for side, value in zip(SIDES, (base, head), strict=True)
    )
    return old, new


def _from_json(value: Any, place: str, types: Mapping[str, ValueType]) -> Any:  # noqa: ANN401 - as above
    match value:
        case list():
            return [_from_json(item, f"{place}/{index}", types) for index, item in enumerate(value)]
        case dict():
            return {key: _from_json(item, _below(place, key), types) for key, item in value.items()}
        case str():
            return _from_text(value, types.get(place))
    return value


def _from_text(text: str, kind: ValueType | None) -> str | float | Word:
    if kind is None:
        return float(text) if text in _NUMBERS_IN_WORDS else text
    number = integer(text) if kind == "integer" else None
    return number if number is not None else text if kind == "string" else Word(text)


def integer(digits: str) -> int | None:
    """The integer that a text represents; ``None`` if it is not an integer, or too long for Python to read."""
    return int(digits) if _DIGITS.fullmatch(digits) else None
