"""What ``headway doctor`` found, one line per check and the remedy of each that is not ok."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

from headway.report.blocks import Command, Definition, Definitions, Items, Kind, Section, Text, Words, line, prose
from headway.report.formatting import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headway.report.blocks import Inline, Tone
    from headway.values.check import Check, CheckStatus

_CHECKS, _LINES = Kind(noun="check", terminal=100), Kind(noun="line", terminal=100)
_PROGRAMS = frozenset({"cd", "dvc", "echo", "git", "headway", "printf", "python", "rm"})
"""How a remedy begins that is a command."""
_TONES: Mapping[CheckStatus, Tone] = {"ok": "better", "warning": "warning", "failed": "failed", "skipped": "quiet"}
_WIDTH = len("⚠ warning")


def build_checkup(checks: Sequence[Check]) -> Iterator[Section]:
    """A section per family, and the counts with what to do next."""
    for family, members in groupby(checks, key=attrgetter("family")):
        entries = tuple(map(_definition, members))
        yield Section(anchor=family, title=family, blocks=(Definitions(kind=_CHECKS, entries=entries),))
    yield Section(anchor="summary", title="", blocks=(Text(content=line("")), Text(content=_summary(checks))))


def _definition(check: Check) -> Definition:
    width = _WIDTH if check.status in ("ok", "skipped") else _WIDTH - 2  # a mark precedes the others
    status = Words(check.status.ljust(width), _TONES[check.status])
    term = line(status, f"  {check.name}: ", prose(check.what))
    return Definition(term=term, details=Items(kind=_LINES, entries=tuple(_remedy(check.remedy))))


def _remedy(remedy: str) -> Iterator[Inline]:
    first, *more = remedy.splitlines() or [""]
    if first:
        is_command = first.partition(" ")[0] in _PROGRAMS
        yield line(Words("To do: ", "quiet"), Command(first) if is_command else prose(first))
    yield from (line(Command(each)) for each in more)


def _summary(checks: Sequence[Check]) -> Inline:
    failed, warnings, ok, skipped = (
        sum(check.status == status for check in checks) for status in ("failed", "warning", "ok", "skipped")
    )
    counts = f"{failed} failed, {count(warnings, 'warning')}, {ok} ok, {skipped} skipped."
    if failed:
        return line(Words(counts, "strong"), " What failed here will fail in CI. Next: correct it, then ", _AGAIN)
    if warnings:
        return line(Words(counts, "strong"), " Nothing will fail in CI. Next: look at the warnings, then ", _REPORT)
    return line(Words(counts, "strong"), " Next: ", _REPORT)


_AGAIN, _REPORT = Command("headway doctor"), Command("headway report")
