"""Values as the report shows them: :mod:`headway.numbers` writes one number, this what stands beside it.

In sentences, names from a repository stand between backticks; the renderings escape both parts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from headway.numbers import MINUS, MISSING, format_bytes, format_pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from headway.values.comparison import JsonScalar, Metric
    from headway.values.snapshot import Out

_SHA = re.compile(r"[0-9a-f]{7,64}")
_SHORT_SHA = 7
_PLAIN_DECIMAL = re.compile(rf"{MINUS}?[\d,]+(\.\d+)?")
LISTED = 5
_WORDS_FOR_NO_NUMBER = {"NaN", "Infinity", "-Infinity"}


class Shown(NamedTuple):
    """A value as text. ``literal`` marks the repository's own words, which the renderings show as code."""

    text: str
    literal: bool = False


ABSENT = Shown(MISSING)


def metric_values(metric: Metric) -> tuple[Shown, Shown]:
    """Both values of a metric, with equally many decimals where both are numbers."""
    base, head = format_pair(metric.base, metric.head)
    decimals = max(len(number.partition(".")[2]) for number in (base, head))
    if decimals and _PLAIN_DECIMAL.fullmatch(base) and _PLAIN_DECIMAL.fullmatch(head):
        base, head = _padded(base, decimals), _padded(head, decimals)
    return _shown(metric.base, base), _shown(metric.head, head)


def _shown(value: JsonScalar, written: str) -> Shown:
    return Shown(written, literal=isinstance(value, str) and value not in _WORDS_FOR_NO_NUMBER)


def _padded(number: str, decimals: int) -> str:
    whole, _, fraction = number.partition(".")
    return f"{whole}.{fraction.ljust(decimals, '0')}"


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


class Finding(NamedTuple):
    """A failed check, or a warning."""

    what: str
    is_failure: bool = False

    @property
    def mark(self) -> str:
        """Which of them it is, without colour."""
        return "✗" if self.is_failure else "⚠"


class Cells(NamedTuple):
    """A small table, ready to print: its titles, its rows, and how many rows are not shown.

    The first column holds names. ``noun`` is what a row is.
    """

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int
    noun: str


def name(text: str) -> str:
    """A word of the repository's between backticks; one of its own would end it."""
    inner = text.replace("`", "'")
    return f"`{inner}`"


def such_as(examples: Sequence[str]) -> str:
    """The first few names, in brackets; nothing where there is none."""
    return f" ({', '.join(map(name, examples[:LISTED]))})" if examples else ""


def first(names: Sequence[str], most: int = LISTED) -> str:
    """The first few of a list, and how many more there are."""
    return ", ".join(names[:most]) + and_more(len(names) - most)


def and_more(number: int) -> str:
    """How many more there are, where there are any."""
    return f" and {number:,} more" if number > 0 else ""


def was(base: int | None, head: int | None) -> str:
    """A number on both sides, or once where it is the same or only one side has it."""
    if base is None or head is None or base == head:
        return f"{(head if head is not None else base) or 0:,}"
    return f"{base:,} → {head:,}"
