"""Nested metrics and parameters as dotted keys. Pure: trees in, mappings out.

Keys follow TOML's dotted keys, so that two different keys never look the same: a part that holds a dot or a double
quote, or nothing at all, is in double quotes (``val."mAP@0.5"``). A file that holds one bare number has the key "".
Both functions raise ``UnreadableError`` for more than ``MAX_VALUES`` and for an integer that is too long.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from headway.gather.read.parsing import UnreadableError
from headway.values.typed import MAX_DIGITS, TOO_LONG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headway.values.snapshot import ParamValue, Scalar

T = TypeVar("T")

MAX_VALUES = 250_000
"""Values that are read from one file."""


def flatten_metrics(tree: object) -> tuple[dict[str, Scalar], dict[str, object]]:
    """The metrics of a file by dotted key, and likewise what is no metric: lists, nulls, dates."""
    metrics: dict[str, Scalar] = {}
    others: dict[str, object] = {}
    for key, value in _leaves(tree):
        if isinstance(value, (bool, int, float, str)):
            metrics[key] = _printable(value)
        elif value != {}:
            others[key] = value
    return metrics, others


def flatten_params(tree: object, prefix: str = "") -> dict[str, ParamValue]:
    """The parameters of a file, or of the value under a dotted key; a list or an empty section is one value."""
    return {key: _plain(value) for key, value in _leaves(tree, prefix)}


def dotted_key(*parts: object) -> str:
    """One dotted key of several parts, quoted where needed."""
    return ".".join(_part(_text(part)) for part in parts)


def _leaves(tree: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    budget = MAX_VALUES

    def walk(node: object, prefix: str) -> Iterator[tuple[str, object]]:
        nonlocal budget
        budget -= 1
        if budget < 0:
            raise UnreadableError(f"contains more than {MAX_VALUES:,} values")
        if not isinstance(node, Mapping) or (prefix and not node):
            yield prefix, node
            return
        for part, child in _entries(node, _part):
            yield from walk(child, f"{prefix}.{part}" if prefix else part)

    return walk(tree, prefix)


def _entries(node: Mapping[object, object], written: Callable[[str], str]) -> Iterator[tuple[str, object]]:
    """A mapping's names as text, and what they name. Where YAML has the number 1 and the text as names, it is "1"."""
    others = {_text(name) for name in node if not isinstance(name, str)}
    for name, child in node.items():
        yield (f'"{name}"' if isinstance(name, str) and name in others else written(_text(name))), child


def _part(name: str) -> str:
    if name and "." not in name and '"' not in name:
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _text(name: object) -> str:
    """A name as YAML writes it, also one that is no string."""
    if isinstance(name, str):
        return name
    if name is None:
        return "null"
    return str(name).lower() if isinstance(name, bool) else str(_printable(name))


def _printable(value: T) -> T:
    """The value, where it is no integer of more digits than Python prints; YAML and TOML can hold one as 0xFFF..."""
    # The power itself takes a while, so that shorter ones are let through by their bits.
    if isinstance(value, int) and value.bit_length() > 3 * MAX_DIGITS and abs(value) >= 10**MAX_DIGITS:
        raise UnreadableError(TOO_LONG)
    return value


def _plain(value: Any) -> ParamValue:  # noqa: ANN401 - whatever YAML, TOML and Python files hold
    """The value with tuples and sets as lists, and text as the keys of mappings."""
    if isinstance(value, (bool, int, float, str)):
        return _printable(value)
    if not isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return value
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in _entries(value, str)}
    items = [_plain(item) for item in value]
    return items if isinstance(value, (list, tuple)) else sorted(items, key=lambda item: (str(item), str(type(item))))
