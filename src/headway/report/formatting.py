"""Values as the report shows them, and the small phrases that its sentences share.

Sentences enclose names from the repository in backticks; the renderers escape both parts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from headway.compare.arithmetic import is_number
from headway.compare.families import siblings
from headway.numbers import (
    MINUS,
    MISSING,
    as_percentage,
    common_decimals,
    format_bytes,
    format_change,
    format_decimals,
    format_pair,
    format_value,
    interval_decimals,
)
from headway.report.blocks import Value, Words
from headway.report.escaping import shorten
from headway.report.literals import EXCERPT, excerpts, form_of
from headway.values.typed import ABSENT, SIDES, Word, integer, same, sides_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from headway.values.comparison import Cause, Metric, Param
    from headway.values.metric_format import MetricFormat
    from headway.values.snapshot import Out

_PLAIN_DECIMAL = re.compile(rf"{MINUS}?[\d,]+(\.\d+)?")
_LARGEST_SHARE = 1e12
_UNIT = 20
"""Characters of a unit."""
LISTED = 5
"""Names that a sentence lists."""

Shown: TypeAlias = Words | Value
"""A value as text: a number that Headway formats, or text from the repository, shown as code."""

NOTHING = Words(MISSING)


@dataclass(frozen=True, slots=True)
class Notation:
    """How the numbers of one metric, or of several of one kind, are written.

    Attributes:
        written: the declared format.
        decimals: the decimals that all share; ``None`` if each metric has its own.
    """

    written: MetricFormat
    decimals: int | None

    def values(self, metric: Metric) -> tuple[Shown, Shown]:
        """Both values of a metric; two numbers get the same number of decimals."""
        base, head = sides_of(metric.base, metric.head, metric.types)
        if any(isinstance(value, str | Word) for value in (base, head)):
            words = _literals(base, head)
            return _unless_number(base, words[0]), _unless_number(head, words[1])
        scaled = [None if value is ABSENT else _scaled(value, self.written) for value in (base, head)]
        texts = _lined_up(scaled, self._decimals_of(metric))
        if max(map(len, texts)) > EXCERPT:
            return _literals(*(ABSENT if text == MISSING else text for text in texts))
        first, second = map(self._with_unit, texts, (base, head))
        return first, second

    def value(self, number: float) -> str:
        """One value of this kind."""
        scaled = _scaled(number, self.written)
        text = format_value(scaled) if self.decimals is None else format_decimals(scaled, self.decimals)
        return self._with_unit(text, number).text

    def level(self, number: float) -> str:
        """A number of the settings, with the digits that it has there."""
        return replace(self, decimals=None).value(number)

    def change(self, metric: Metric) -> str:
        """Head minus base with its sign; ``changed`` if the values are not numbers."""
        if exact := integer(metric.exact_change or ""):
            return format_change(exact)
        if metric.change is None:
            return "changed"
        text = format_change(_scaled(metric.change, self.written), self._decimals_of(metric))
        return f"{text} pt" if _is_share(metric.change, self.written) else self._with_unit(text, metric.change).text

    def interval(self, low: float, high: float) -> str:
        """Both ends of an interval of the change: ``+0.3 to +3.9 pt``."""
        decimals = interval_decimals(*(_scaled(end, self.written) for end in (low, high)))
        ends = " to ".join(format_change(_scaled(end, self.written), decimals) for end in (low, high))
        return f"{ends}{self._unit_of_change()}"

    def estimate(self, change: float, width: float) -> str:
        """An estimated change with its sign, as exact as an interval of some width tells it."""
        decimals = interval_decimals(0, _scaled(width, self.written))
        return f"{format_change(_scaled(change, self.written), decimals)}{self._unit_of_change()}"

    def within(self, value: float, width: float) -> str:
        """An estimated value, as exact as the distance to its bound tells it."""
        scaled, decimals = _scaled(value, self.written), interval_decimals(0, _scaled(abs(width), self.written))
        text = format_value(scaled) if decimals is None else format_decimals(scaled, decimals)
        return self._with_unit(text, value).text

    def size(self, change: float, width: float) -> str:
        """The size of a change, as exact as an interval of some width tells it."""
        scaled, decimals = _scaled(abs(change), self.written), interval_decimals(0, _scaled(width, self.written))
        text = format_value(scaled) if decimals is None else format_decimals(scaled, decimals)
        return f"{text}{self._unit_of_change()}"

    def _unit_of_change(self) -> str:
        return " pt" if self.written.percent else f" {shorten(self.written.unit, _UNIT)}".rstrip()

    def _decimals_of(self, metric: Metric) -> int | None:
        """The decimals of all, or none where they do not suit this metric."""
        own = notation_of([metric]).decimals
        return own if own is None or self.decimals is None else self.decimals

    def _with_unit(self, text: str, value: object) -> Words:
        if _is_share(value, self.written):
            return Words(f"{text}%")
        unit = "" if self.written.percent else self.written.unit
        return Words(f"{text} {shorten(unit, _UNIT)}".rstrip() if is_number(value) else text)


def notation_of(metrics: Sequence[Metric]) -> Notation:
    """How to write metrics of one kind so that their numbers line up; they share the format of the first."""
    written = metrics[0].written
    rows = (_numbers(metric, written) for metric in metrics)
    return Notation(written, common_decimals(rows, written.digits, never=100 if written.percent else 1))


def notations(metrics: Sequence[Metric]) -> Callable[[Metric], Notation]:
    """The notation of each metric of a report: that of its siblings, or its own."""
    found: dict[tuple[str, str], Notation] = {}
    for _, members in siblings(metrics):
        notation = notation_of(members)
        found |= {(metric.file, metric.key): notation for metric in members}
    return lambda metric: found.get((metric.file, metric.key)) or notation_of([metric])


def _numbers(metric: Metric, written: MetricFormat) -> list[float]:
    """The values of a metric and its change as they are written; empty if a value is not a finite number."""
    values = [value for value in sides_of(metric.base, metric.head, metric.types) if value is not ABSENT]
    change = [metric.change] if len(values) > 1 and metric.change is not None else []
    return [_scaled(value, written) for value in [*values, *change]] if all(map(is_number, values)) else []


def _scaled(value: Any, written: MetricFormat) -> Any:  # noqa: ANN401 - a scalar
    """A number in percent if it is declared so."""
    return as_percentage(value) if _is_share(value, written) else value


def _is_share(value: object, written: MetricFormat) -> bool:
    """Whether a value is written in percent; a number of many digits is no share, whatever is declared."""
    return written.percent and is_number(value) and abs(value) < _LARGEST_SHARE


def _lined_up(pair: Sequence[Any], decimals: int | None) -> tuple[str, str]:
    """Two values with the same decimals, where they can have the same."""
    if decimals is not None and all(value is None or is_number(value) for value in pair):
        base, head = (MISSING if value is None else format_decimals(value, decimals) for value in pair)
        return base, head
    base, head = format_pair(*pair)
    most = max(len(number.partition(".")[2]) for number in (base, head))
    if most and all(map(_PLAIN_DECIMAL.fullmatch, (base, head))):
        return _padded(base, most), _padded(head, most)
    return base, head


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


def counted(*counts: tuple[int, str]) -> str:
    """The numbers other than 0 with their words: ``2 added, 1 removed``."""
    return ", ".join(f"{number:,} {word}" for number, word in counts if number)


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
