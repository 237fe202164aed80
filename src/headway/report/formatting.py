"""Values as the report shows them, and the small phrases that its sentences share.

Sentences enclose names from the repository in backticks; the renderers escape both parts.
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
"""A value as text: a number that Headway formats, or text from the repository, shown as code."""

NOTHING = Words(MISSING)


def metric_values(metric: Metric) -> tuple[Shown, Shown]:
    """Both values of a metric; two numbers get the same number of decimals."""
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
    """Both values as their files write them, in a form that shows how they differ.

    ``lacking`` names the sides on which an untyped null means that there is no value.
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
    """The size of a tracked file or folder: ``118 kB``, ``34 MB in 1,797 files``."""
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
    """A number with its noun: ``1 metric``, ``1,797 files``, ``3 classes``."""
    plural = "" if number == 1 else "es" if noun.endswith("s") else "s"
    return f"{number:,} {noun}{plural}"


def name(text: str) -> str:
    """A name from the repository between backticks."""
    return "`{}`".format(text.replace("`", "'"))


def such_as(examples: Sequence[str]) -> str:
    """The first names in parentheses; empty if there are none."""
    return f" ({', '.join(map(name, examples[:LISTED]))})" if examples else ""


def was(base: int | None, head: int | None) -> str:
    """A number on both sides; once if it is the same, or if only one side has it."""
    if base is None or head is None or base == head:
        return f"{(head if head is not None else base) or 0:,}"
    return f"{base:,} → {head:,}"
