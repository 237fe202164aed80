"""Values as the report shows them: :mod:`headway.numbers` writes one number, this what stands beside it.

In sentences, names from a repository stand between backticks; the renderings escape both parts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

from headway.numbers import MINUS, MISSING, format_bytes, format_pair, format_value
from headway.report.blocks import Value, Words
from headway.report.literals import EXCERPT, excerpts, form_of
from headway.values.typed import ABSENT, SIDES, Word, same, sides_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from headway.values.comparison import Cause, Metric, Param
    from headway.values.snapshot import Out

_PLAIN_DECIMAL = re.compile(rf"{MINUS}?[\d,]+(\.\d+)?")
LISTED = 5
"""Names that a sentence lists."""


Shown: TypeAlias = Words | Value
"""A value as text: a number of ours, or the repository's own words, which are shown as code."""

NOTHING = Words(MISSING)


def metric_values(metric: Metric) -> tuple[Shown, Shown]:
    """Both values of a metric, with equally many decimals where both are numbers."""
    base, head = sides_of(metric.base, metric.head, metric.types)
    if any(isinstance(value, str | Word) for value in (base, head)):
        words = _literals(base, head)
        return _unless_number(base, words[0]), _unless_number(head, words[1])
    texts = format_pair(*(None if value is ABSENT else value for value in (base, head)))
    decimals = max(len(number.partition(".")[2]) for number in texts)
    if decimals and all(map(_PLAIN_DECIMAL.fullmatch, texts)):
        texts = _padded(texts[0], decimals), _padded(texts[1], decimals)
    if max(map(len, texts)) <= EXCERPT:
        return Words(texts[0]), Words(texts[1])
    return _literals(*(ABSENT if text == MISSING else text for text in texts))


def _unless_number(value: Any, written: Shown) -> Shown:  # noqa: ANN401 - a scalar
    return Words(format_value(value)) if isinstance(value, int | float) else written


def _padded(number: str, decimals: int) -> str:
    whole, _, fraction = number.partition(".")
    return f"{whole}.{fraction.ljust(decimals, '0')}"


def literal_values(entry: Param | Cause, lacking: Collection[str] = SIDES) -> tuple[Shown, Shown]:
    """Both values as their files would write them, told apart for a reader.

    Args:
        entry: holds the values.
        lacking: the sides of which null means that there is no value, unless it is typed.
    """
    return _literals(*sides_of(entry.base, entry.head, entry.types, lacking))


def _literals(base: Any, head: Any) -> tuple[Shown, Shown]:  # noqa: ANN401 - as above
    form = form_of(base, head)
    texts = ["" if value is ABSENT else form.text(value) for value in (base, head)]
    cut = ("", "")
    if ABSENT not in (base, head) and max(map(len, texts)) > EXCERPT and not same(base, head):
        cut = excerpts(base, head, form)
    shown = [
        NOTHING if value is ABSENT else Value(*both) for value, *both in zip((base, head), texts, cut, strict=True)
    ]
    return shown[0], shown[1]


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
