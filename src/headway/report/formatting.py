"""Values as the report's cells show them: :mod:`headway.numbers` writes one number, this what stands beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from headway.numbers import MINUS, MISSING, format_bytes, format_pair

if TYPE_CHECKING:
    from headway.values.comparison import JsonScalar, Metric
    from headway.values.snapshot import Out

_SHA = re.compile(r"[0-9a-f]{7,64}")
_SHORT_SHA = 7
_WORDS_FOR_NO_NUMBER = {"NaN", "Infinity", "-Infinity"}


class Shown(NamedTuple):
    """A value as text. ``literal`` marks the repository's own words, which the renderings show as code."""

    text: str
    literal: bool = False


ABSENT = Shown(MISSING)


def metric_values(metric: Metric) -> tuple[Shown, Shown]:
    """Both values of a metric, with equally many decimals where both are numbers."""
    base, head = _with_equal_decimals(*format_pair(metric.base, metric.head))
    return _shown(metric.base, base), _shown(metric.head, head)


def _shown(value: JsonScalar, written: str) -> Shown:
    return Shown(written, literal=isinstance(value, str) and value not in _WORDS_FOR_NO_NUMBER)


def _with_equal_decimals(base: str, head: str) -> tuple[str, str]:
    decimals = max(_decimals(base), _decimals(head))
    if not all(map(_is_plain_decimal, (base, head))) or not decimals:
        return base, head
    return _padded(base, decimals), _padded(head, decimals)


def _decimals(number: str) -> int:
    return len(number.partition(".")[2])


def _is_plain_decimal(number: str) -> bool:
    return re.fullmatch(rf"{MINUS}?[\d,]+(\.\d+)?", number) is not None


def _padded(number: str, decimals: int) -> str:
    return f"{number}{'' if '.' in number else '.'}{'0' * (decimals - _decimals(number))}"


def json_value(value: Any) -> Shown:  # noqa: ANN401  a parameter may hold whatever its file can
    """A parameter's value as its file would write it: text bare, everything else as JSON."""
    return Shown(value if isinstance(value, str) else msgspec.json.encode(value).decode(), literal=True)


def short_sha(sha: str) -> Shown:
    """The seven characters that git and the forges show; a forge links them to the commit."""
    return Shown(sha[:_SHORT_SHA], literal=not _SHA.fullmatch(sha))


def out_size(out: Out | None) -> str:
    """Size of a tracked file or folder: ``118 kB``, ``34 MB in 1,797 files``."""
    if out is None:
        return MISSING
    return format_bytes(out.size) if out.files is None else f"{format_bytes(out.size)} in {count(out.files, 'file')}"


def size_change(base: Out | None, head: Out | None) -> str:
    """How a tracked file or folder changed, in one or two words."""
    if base is None or head is None:
        return "added" if base is None else "removed"
    if base.size is None or head.size is None:
        return "changed"
    difference = head.size - base.size
    return f"{MINUS if difference < 0 else '+'}{format_bytes(abs(difference))}" if difference else "same size"


def count(number: int, noun: str) -> str:
    """A number with its noun: ``1 metric``, ``1,797 files``, ``3 classes``, ``2 charts without a difference``."""
    first, space, rest = noun.partition(" without")
    plural = "" if number == 1 else "es" if first.endswith("s") else "s"
    return f"{number:,} {first}{plural}{space}{rest}"
