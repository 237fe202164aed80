"""The speed test: each number that the command gave with both models, and the noise beside it."""

from __future__ import annotations

import math
import shlex
from typing import TYPE_CHECKING, Final

from headway.judge.speed.changes import moved
from headway.numbers import format_decimals, interval_decimals
from headway.report.blocks import Column, Fact, Kind, Name, Row, Section, Table, Text, Words, line
from headway.report.formatting import Notation, count
from headway.values.metric_format import MetricFormat
from headway.values.speed import TIME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from headway.report.blocks import Block, Inline, Tone
    from headway.values.report import Report
    from headway.values.speed import Ratio, Speed, SpeedChange, SpeedVerdict

KIND = Kind(noun="speed", rank=6, glance=10, markdown=50, page=50, terminal=50)
_COLUMNS = (
    Column("Number"),
    Column("Head / base", "numbers"),  # beside the name, so that a phone shows both
    Column("95% interval", "numbers"),
    Column("Base → Head", "numbers"),
    Column("Base / base", "numbers"),
)
_NAMED = 3
"""Numbers that the headline names."""
_WORDS: Final[dict[SpeedVerdict, tuple[str, Tone]]] = {
    "improved": ("better", "better"),
    "worse": ("worse", "worse"),
    "no_difference": ("no difference detected", "plain"),
    "not_judged": ("not judged: no direction is declared", "withheld"),
    "cannot_tell": ("cannot tell: not all numbers are positive", "withheld"),
}
_SECONDS = MetricFormat(unit="s")
_TIME = "time"
"""Of the command, or of what it measured if it prints a number called ``seconds``."""
_NO_DIFFERENCE = Fact(value="No", label="difference in speed detected", tone="strong")
_NOT_JUDGED = Fact(value="Speed", label="measured, but not judged", tone="strong")
_NOISE = (
    "Base / base is what noise alone does: the 95% interval of base's second runs by its first ones. A difference is "
    "called better or worse only if it is larger."
)
_SAME = "Both sides have the same model, so every difference is noise."


def build(report: Report) -> Iterator[Section]:
    """The section on speed."""
    if report.speed and report.speed.changes:
        yield Section(anchor="speed", title="Speed", blocks=tuple(_blocks(report.speed)))


def _blocks(speed: Speed) -> Iterator[Block]:
    if speed.is_same_model:
        yield Text(content=line(_SAME), role="note")
    rows = tuple(_row(change) for change in speed.changes)
    yield Table(kind=KIND, columns=_COLUMNS, entries=rows)
    yield Text(content=_how(speed), role="small")


def _row(change: SpeedChange) -> Row:
    ratio, noise = change.ratio, change.noise
    cells = (
        line(Words(_title(change)) if change.name == TIME else Name(_title(change))),
        line(_times(ratio), *([" "] if ratio else []), Words(*_WORDS[change.verdict])),
        line(_interval(ratio)),
        line(_values(change)),
        line(_interval(noise)),
    )
    return Row(cells)


def _title(change: SpeedChange) -> str:
    declared = change.format.title if change.format else ""
    return declared or (_TIME if change.name == TIME else change.name)


def _times(ratio: Ratio | None) -> str:
    """A ratio, as exact as its interval: ``1.12x``."""
    if ratio is None:
        return ""
    return f"{format_decimals(ratio.estimate, _decimals(ratio))}x"


def _interval(ratio: Ratio | None) -> str:
    if ratio is None:
        return ""
    low, high = (format_decimals(end, _decimals(ratio)) for end in (ratio.low, ratio.high))
    return f"{low} to {high}x"


def _decimals(ratio: Ratio) -> int:
    """As many decimals as the width of the interval needs, and at least three digits in all."""
    needed = (interval_decimals(ratio.low, ratio.high) or 0) - 1
    return max(needed, 2 - int(math.log10(max(ratio.estimate, 1))), 0)


def _values(change: SpeedChange) -> str:
    """Both medians, with the digits that the settings declare."""
    written = change.format or (_SECONDS if change.name == TIME else MetricFormat())
    notation = Notation(written, written.digits)
    return f"{notation.value(change.base)} → {notation.value(change.head)}"


def _how(speed: Speed) -> Inline:
    """How it was measured."""
    rounds = speed.changes[0].rounds
    runs = f" ran {count(rounds, 'time')} with head's model and {2 * rounds:,} times with base's, in turn in one job. "
    command = " ".join(map(_quoted, speed.command))
    return line(Name(command), runs, "Medians; intervals by ranks. ", _NOISE)


def _quoted(argument: str) -> str:
    """An argument as a shell takes it, to which the braces of ``{model}`` mean nothing."""
    plain = argument.replace("{model}", "model")
    return argument if shlex.quote(plain) == plain else shlex.quote(argument)


def speed_facts(report: Report) -> Iterator[Fact]:
    """What the headline says: the numbers that moved, and that none did if there is nothing else to say."""
    if not report.speed:
        return
    changes = report.speed.changes
    found = list(moved(report.speed))
    for change in found[:_NAMED]:
        word, tone = _WORDS[change.verdict]
        yield Fact(name=_title(change), value=_times(change.ratio), label=word, tone=tone)
    if len(found) > _NAMED:
        yield Fact(value=f"{len(found) - _NAMED:,}", label="more speeds changed")
    if not found and all(metric.withheld == "machine" for metric in report.metrics):
        is_judged = any(change.verdict == "no_difference" for change in changes)
        yield _NO_DIFFERENCE if is_judged else _NOT_JUDGED
