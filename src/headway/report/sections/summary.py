"""What a reader sees first: the verdict, both sides, and what stands in the way of trusting them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.report.blocks import Command, Commit, Name, Properties, Text, Verdict, Words, joined, line, prose
from headway.report.formatting import and_more, count
from headway.report.sections.comparability import reasons
from headway.report.sections.headline import headline
from headway.report.sections.notes import grouped, missing_metrics, note_line
from headway.report.sections.stages import cause_line, grouped_stages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.report.blocks import Block, Inline
    from headway.report.sections.stages import StageGroup
    from headway.values.comparison import Cause, StageChange
    from headway.values.report import Report
    from headway.values.revision import Revision
    from headway.values.verification import Verification

_MOST = 3
"""Stages, causes of each, outputs and reasons that are named."""


def title(report: Report) -> Inline:
    """Base and head by name."""
    return line(Name(report.base.name), " → ", Name(report.head.name))


def opening(report: Report) -> Iterator[Block]:
    """What stands above all sections."""
    first = headline(report)
    yield Verdict(facts=(*first.facts, *first.scope))
    yield Properties(entries=tuple(_properties(report)))
    if report.verification:
        yield from _unverified(report.verification)
    missing = grouped(missing_metrics(report))
    yield from (Text(content=note_line(note), role="withheld") for note in missing[:_MOST])
    if missing[_MOST:]:
        yield Text(content=line(f"{count(len(missing) - _MOST, 'more reason')} not shown."), role="withheld")
    yield from (Text(content=prose(reason), role="withheld") for reason in reasons(report))
    yield from (Text(content=prose(note), role="note") for note in report.notes)


def _properties(report: Report) -> Iterator[tuple[str, Inline]]:
    behind = report.base.behind
    newer = f" (its branch has {count(behind, 'newer commit')})" if behind else ""
    yield "Base", line(_commit(report.base), ", ", prose(report.base.chosen), newer)
    yield "Head", line(_commit(report.head), ", ", prose(report.head.chosen))
    if report.project:
        yield "Project", line(Name(report.project))
    found = report.verification
    if found and found.status == "verified":
        yield "Lock", line(verified(found))


def verified(found: Verification) -> str:
    """That dvc.lock was verified, and how much could not be."""
    unchecked = len(found.unchecked)
    return f"verified ({count(unchecked, 'item')} could not be checked)" if unchecked else "verified"


def _commit(revision: Revision) -> Inline:
    sha = Commit(revision.sha) if revision.sha else Words("no commit")
    return line(sha, " with uncommitted changes" if revision.dirty else "")


def _unverified(found: Verification) -> Iterator[Text]:
    """Why dvc.lock is not the product of head."""
    if found.stages:
        update = line(". ", Command("dvc repro"), " brings dvc.lock up to date.")
        yield Text(content=line(Words("Stale", "strong"), ": ", _stale(found.stages), update), role="alarm")
    if found.modified:
        paths = _paths([out.path for out in found.modified])
        rest = " differ from what dvc.lock records." if found.modified[1:] else " differs from what dvc.lock records."
        yield Text(content=line(Words("Modified", "strong"), ": ", paths, rest), role="alarm")
    if found.missing:
        paths = _paths([out.path for out in found.missing])
        rest = ". Neither DVC's cache nor the remote holds all that dvc.lock records."
        yield Text(content=line(Words("Missing", "strong"), ": ", paths, rest), role="alarm")


def _stale(stages: Sequence[StageChange]) -> Inline:
    """The stages with a cause of their own, and how many are stale only because one before them is."""
    # An output that was modified by hand makes only the stages after it stale.
    own = [stage for stage in stages if any(map(_is_own, stage.causes))] or list(stages)
    groups = grouped_stages(own)
    named = joined(", ", map(_stale_stage, groups[:_MOST]))
    more = and_more(sum(group.stages for group in groups[_MOST:]))
    after = len(stages) - len(own)
    it = "it" if len(own) == 1 else "them"
    return line(named, more, f", and {count(after, 'stage')} after {it}" if after else "")


def _stale_stage(group: StageGroup) -> Inline:
    items = f"{count(group.stages, 'stage')}: " if group.stages > 1 else ""
    causes = joined("; ", map(cause_line, group.causes[:_MOST]))
    more = f"; {count(len(group.causes) - _MOST, 'more cause')}" if group.causes[_MOST:] else ""
    return line(Name(group.name), f" ({items}", causes, f"{more})")


def _is_own(cause: Cause) -> bool:
    """Whether a stage is stale of its own, not only because one before it is."""
    return cause.kind != "upstream" or cause.change != "changed"


def _paths(paths: Sequence[str]) -> Inline:
    return line(joined(", ", [line(Name(path)) for path in paths[:_MOST]]), and_more(len(paths) - _MOST))
