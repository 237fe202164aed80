"""What ``headway doctor`` found, one line per check and the remedy of each that is not ok."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Literal, NamedTuple

import msgspec

from headway.report.blocks import Words, line, prose
from headway.report.formatting import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from headway.report.blocks import Inline, Tone

DiagnosisStatus = Literal["ok", "warning", "failed", "skipped"]
_TONES: Mapping[DiagnosisStatus, Tone] = {"ok": "better", "warning": "warning", "failed": "failed", "skipped": "quiet"}


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """One check.

    Attributes:
        family: what it belongs to, such as ``Repository``.
        name: what is checked, such as ``clone depth``.
        status: ``failed`` if it will fail in CI, ``warning`` if something will be missing there, ``skipped`` if it does
            not apply, or depends on what failed.
        what: what was found, one sentence without a full stop.
        remedy: what to do: a command to paste, lines of YAML, or a sentence; empty for what is ok.
    """

    family: str
    name: str
    status: DiagnosisStatus
    what: str
    remedy: str = ""


class CheckupLine(NamedTuple):
    """One line about a check.

    Attributes:
        status: the check's status as a word; empty for a heading and the summary.
        content: what is said.
        remedy: lines to paste as they are, or a sentence.
    """

    status: Inline
    content: Inline
    remedy: tuple[str, ...] = ()


def build_checkup(checks: Sequence[Diagnosis]) -> Iterator[CheckupLine]:
    """The checks under the headings of their families, and the counts with what to do next."""
    for family, members in groupby(checks, key=attrgetter("family")):
        yield CheckupLine((), line(Words(family, "strong")))
        yield from _lines(list(members))
        yield CheckupLine((), ())
    yield CheckupLine((), _summary(checks))


def _lines(checks: Sequence[Diagnosis]) -> Iterator[CheckupLine]:
    """The checks of a family; those that are skipped for one reason share a line."""
    skipped: dict[str, list[str]] = {}
    for check in checks:
        if check.status == "skipped":
            skipped.setdefault(check.what, []).append(check.name)
        else:
            yield _line(check.status, check.name, check.what, check.remedy)
    for what, names in skipped.items():
        yield _line("skipped", ", ".join(names), what)


def _line(status: DiagnosisStatus, name: str, what: str, remedy: str = "") -> CheckupLine:
    content = line(Words(f"{name}: "), prose(what))
    return CheckupLine(line(Words(status, _TONES[status])), content, tuple(remedy.splitlines()))


def _summary(checks: Sequence[Diagnosis]) -> Inline:
    failed, warnings, ok, skipped = (
        sum(check.status == status for check in checks) for status in ("failed", "warning", "ok", "skipped")
    )
    counts = f"{failed} failed, {count(warnings, 'warning')}, {ok} ok, {skipped} skipped."
    if failed:
        next_step = " What failed here will fail in CI. Next: correct it, and run headway doctor again."
    elif warnings:
        next_step = " Nothing will fail in CI. Next: look at the warnings, and run headway report."
    else:
        next_step = " Next: run headway report."
    return line(Words(counts, "strong"), next_step)
