"""Nested metrics and parameters as dotted keys. Pure: trees in, mappings out.

Keys follow TOML's dotted keys, so that two different keys never look the same: a part that holds a dot or a double
quote, or nothing at all, stands in double quotes (``val."mAP@0.5"``). A file that holds one bare number has the key "".
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from headway.gather.read.documents import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.values.snapshot import ParamValue, Scalar

MAX_DEPTH = 100
"""Levels of nesting that are followed."""
MAX_VALUES = 250_000
"""Values that are read from one file; YAML aliases can make a small file hold billions."""


def flatten_metrics(tree: object) -> tuple[dict[str, Scalar], dict[str, object]]:
    """The metrics of a file by dotted key, and likewise what is no metric: lists, nulls, dates.

    Raises:
        UnreadableError: see :data:`MAX_DEPTH` and :data:`MAX_VALUES`.
    """
    metrics: dict[str, Scalar] = {}
    others: dict[str, object] = {}
    for key, value in _leaves(tree):
        if isinstance(value, (bool, int, float, str)):
            metrics[key] = _within_64_bits(value)
        else:
            others[key] = value
    return metrics, others


def flatten_params(tree: object, prefix: str = "") -> dict[str, ParamValue]:
    """The parameters of a file by dotted key; a list is one value.

    Args:
        tree: the parsed file, or the value of one parameter.
        prefix: the dotted key that ``tree`` stands under.

    Raises:
        UnreadableError: see :data:`MAX_DEPTH` and :data:`MAX_VALUES`.
    """
    return {key: _plain(value) for key, value in _leaves(tree, prefix)}


def dotted_key(*parts: object) -> str:
    """One dotted key of several parts, quoted where needed."""
    return ".".join(map(_part, parts))


def _leaves(tree: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    budget = MAX_VALUES

    def walk(node: object, prefix: str, depth: int) -> Iterator[tuple[str, object]]:
        nonlocal budget
        budget -= 1
        if budget < 0:
            raise UnreadableError(f"holds more than {MAX_VALUES:,} values")
        if not isinstance(node, Mapping):
            yield prefix, node
            return
        if depth == MAX_DEPTH:
            raise UnreadableError(f"is nested more than {MAX_DEPTH} levels deep")
        for name, child in node.items():
            yield from walk(child, f"{prefix}.{_part(name)}" if prefix else _part(name), depth + 1)

    return walk(tree, prefix, 0)


def _part(name: object) -> str:
    text = name if isinstance(name, str) else _scalar_text(name)
    if text and "." not in text and '"' not in text:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _scalar_text(name: object) -> str:
    """A YAML key that is no string, as YAML writes it."""
    if name is None:
        return "null"
    return str(name).lower() if isinstance(name, bool) else str(name)


def _within_64_bits(value: Scalar) -> Scalar:
    if not isinstance(value, int) or -(2**63) <= value < 2**63:
        return value
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _plain(value: Any) -> ParamValue:  # noqa: ANN401 - whatever YAML, TOML and Python files hold
    """The value in JSON's types: dates become ISO 8601 text, tuples and sets become lists."""
    if isinstance(value, (bool, int, float, str)) or value is None:
        return _within_64_bits(value) if isinstance(value, int) else value
    if isinstance(value, Mapping):
        return {_scalar_text(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((_plain(item) for item in value), key=str)
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, (dt.date, dt.time)) else str(value)
