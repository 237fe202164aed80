"""Values as files hold them, told apart by their types, and as every reader of JSON can hold them.

JSON has neither NaN nor dates, and JavaScript rounds integers beyond 2^53. :func:`json_sides` writes such a value as
text and keeps its type beside it; :func:`from_json` reads it back.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from headway.values.count import LARGEST_COUNT

if TYPE_CHECKING:
    from collections.abc import Mapping

ValueType = Literal["null", "string", "integer", "date", "time", "datetime", "other"]
"""What a value of report.json is where JSON's own type does not tell.

A side without a value and a side that holds null are both null in JSON: the latter is typed ``null``. The texts "NaN",
"Infinity" and "-Infinity" are numbers unless they are typed ``string``. An ``integer`` beyond 2^53 is its digits, a
``date``, ``time`` or ``datetime`` ISO 8601 text, and ``other``, such as bytes, what Python prints.
"""

ABSENT = object()
"""Stands for the value of a side that has none."""

_NUMBERS_IN_WORDS = frozenset({"NaN", "Infinity", "-Infinity"})
_DIGITS = re.compile(r"-?[0-9]{1,4300}")


class Word(NamedTuple):
    """A value of a type that JSON does not have, in words: a date, a time, bytes."""

    text: str


def same(left: Any, right: Any) -> bool:  # noqa: ANN401 - parameters may be any value a YAML file can hold
    """Whether two values are the same for a reader: NaN equals NaN, 1 equals 1.0, but True is not 1."""
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
    """The fields ``base``, ``head`` and ``types`` of a :class:`~headway.values.comparison.Param` or its like.

    Args:
        base, head: each side's value; :data:`ABSENT` where it has none.
    """
    types: dict[str, ValueType] = {}
    sides = {"base": base, "head": head}
    types.update({f"/{side}": "null" for side, value in sides.items() if value is None})
    found = {side: None if value is ABSENT else _to_json(value, f"/{side}", types) for side, value in sides.items()}
    return {**found, "types": types}


def _to_json(value: Any, place: str, types: dict[str, ValueType]) -> Any:  # noqa: ANN401 - as above
    match value:
        case list():
            return [_to_json(item, f"{place}/{index}", types) for index, item in enumerate(value)]
        case dict():
            return {key: _to_json(item, _below(place, key), types) for key, item in value.items()}
        case float() if not math.isfinite(value):
            return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if (kind := _type_beside_json(value)) is None:
        return value
    types[place] = kind
    return value.isoformat() if isinstance(value, dt.date | dt.time) else str(value)


def _below(place: str, key: str) -> str:
    """One step of a JSON Pointer."""
    return f"{place}/{key.replace('~', '~0').replace('/', '~1')}"


def _type_beside_json(value: object) -> ValueType | None:
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


def from_json(value: Any, types: Mapping[str, ValueType], place: str) -> Any:  # noqa: ANN401 - as above
    """The value that stands at a place of report.json, such as ``/base``: text is a string and nothing else.

    Numbers are numbers again; of other types remains a :class:`Word`.
    """
    match value:
        case list():
            return [from_json(item, types, f"{place}/{index}") for index, item in enumerate(value)]
        case dict():
            return {key: from_json(item, types, _below(place, key)) for key, item in value.items()}
        case str():
            return _from_text(value, types.get(place))
    return value


def _from_text(text: str, kind: ValueType | None) -> str | float | Word:
    if kind is None:
        return float(text) if text in _NUMBERS_IN_WORDS else text
    number = integer(text) if kind == "integer" else None
    return number if number is not None else text if kind == "string" else Word(text)


def integer(digits: str) -> int | None:
    """The integer that digits stand for; ``None`` where the text is something else, or too long for Python to read."""
    return int(digits) if _DIGITS.fullmatch(digits) else None
