"""What a reader sees first: the verdict, both sides, and the reasons to doubt them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.judge.rules import NO_RULES
from headway.report.blocks import Command, Commit, Link, Name, Properties, Text, Verdict, Words, joined, line, prose
from headway.report.escaping import SHORT_SHA, shorten
from headway.report.formatting import count
from headway.report.sections.anchor import since
from headway.report.sections.cause import cause_summary
from headway.report.sections.comparability import reasons
from headway.report.sections.gate_words import acceptance_line
from headway.report.sections.gates import MOST_ACCEPTANCES
from headway.report.sections.headline import headline
from headway.report.sections.notes import grouped, missing_metrics, note_line, rule_change
from headway.report.sections.stages import cause_line, grouped_stages
from headway.text import and_more
from headway.values.revision import NAMED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from headway.report.blocks import Block, Inline
    from headway.report.links import Links
    from headway.report.sections.stages import StageGroup
    from headway.values.comparison import Cause, StageChange
    from headway.values.report import Report
    from headway.values.revision import Revision
    from headway.values.rules import RuleChange, Rules
    from headway.values.verification import MissingOut, ModifiedOut, Verification

_MOST = 3
"""Stages, causes of a stage, outputs and reasons that are named."""
_SUBJECT = 80
"""Characters of a commit's subject."""


def title(report: Report) -> Inline:
    """The names of base and head, or of the revision whose data is described."""
    if report.scope == "description":
        return line("Data of ", Name(report.head.label))
    return line(Name(report.base.label), " → ", Name(report.head.label))


def opening(report: Report, links: Links) -> Iterator[Block]:
    """The blocks above all sections: the verdict, its cause, what moved since the anchor, doubts, and both sides."""
    yield Verdict(facts=headline(report).facts)
    yield from rule_alarms(report)
    cause = cause_summary(report, links)
    if cause:
        yield Text(content=line("Cause: ", cause, "."))
    if moved := since(report, links):
        yield Text(content=moved)
    if report.verification:
        yield from _unverified(report.verification)
    missing = grouped(missing_metrics(report))
    yield from (Text(content=note_line(note), role="withheld") for note in missing[:_MOST])
    if missing[_MOST:]:
        yield Text(content=line(f"{count(len(missing) - _MOST, 'more reason')} not shown."), role="withheld")
    yield from (Text(content=prose(reason), role="withheld") for reason in reasons(report))
    yield from (Text(content=prose(note), role="note") for note in report.notes)
    yield Properties(entries=tuple(_properties(report, links)))


def whose_rules(report: Report) -> Iterator[Block]:
    """Whose rules judge, if not all are base's and no alarm says so."""
    if report.rules and not _are_lost(report.rules) and (whose := _whose(report.rules)):
        yield Properties(entries=(("Rules", whose),))


def rule_alarms(report: Report) -> Iterator[Text]:
    """What head brings along that lets something pass: its own or loosened rules, and failures that are accepted."""
    if report.rules and _are_lost(report.rules):
        yield _alarm("Rules", _whose(report.rules))
    if report.rules and report.rules.loosened:
        yield _loosened(report.rules.loosened)
    if report.gates:
        accepted = report.gates.in_force
        yield from (Text(content=acceptance_line(each), role="alarm") for each in accepted[:MOST_ACCEPTANCES])
        if accepted[MOST_ACCEPTANCES:]:
            more = count(len(accepted) - MOST_ACCEPTANCES, "more acceptance")
            yield Text(content=line(f"{more} under Gates."), role="alarm")


def _properties(report: Report, links: Links) -> Iterator[tuple[str, Inline]]:
    base, head, behind = report.base, report.head, report.base.behind
    newer = f" (its branch has {count(behind, 'newer commit')})" if behind else ""
    if report.scope != "description":
        chosen = "" if base.subject and base.chosen == NAMED else f", {base.chosen}"
        yield "Base", line(_commit(base, links), prose(chosen), newer)
    chosen = "" if head.subject else f", {head.chosen}"
    yield "Head", line(_commit(head, links), " with uncommitted changes" if head.dirty else "", prose(chosen))
    if report.same_evaluation:
        yield "Evaluation", _same_evaluation(report.same_evaluation)
    if report.rules and (whose := _whose(report.rules)):
        yield "Rules", whose
    if report.project:
        yield "Project", line(Name(report.project))
    found = report.verification
    if found and found.status == "verified":
        yield "Lock", line(verified(found))
    elsewhere = [Link(text, url, is_name=False) for text, url in (("page", links.page), ("CI run", links.run)) if url]
    if elsewhere:
        yield "More", joined(" · ", ((link,) for link in elsewhere))


def _same_evaluation(paths: Sequence[str]) -> Inline:
    named = joined(", ", [line(Name(path)) for path in paths[:_MOST]])
    return line("the same rows on both sides, ", named, and_more(len(paths) - _MOST))


def verified(found: Verification) -> str:
    """That dvc.lock is verified, and how many items could not be checked."""
    unchecked = len(found.unchecked)
    return f"verified ({count(unchecked, 'item')} could not be checked)" if unchecked else "verified"


def _commit(revision: Revision, links: Links) -> Inline:
    """A commit with its subject, author and date."""
    if not revision.sha:
        return line("no commit")
    url = links.commit(revision.sha)
    sha = Link(revision.sha[:SHORT_SHA], url) if url else Commit(revision.sha)
    about = f" ({revision.author}, {revision.date[:10]})" if revision.author else ""
    return line(sha, f" “{shorten(revision.subject, _SUBJECT)}”{about}" if revision.subject else "")


def _unverified(found: Verification) -> Iterator[Text]:
    """Why dvc.lock is not up to date."""
    if found.stages:
        yield _alarm("Stale", _stale(found.stages), ". Run ", Command("dvc repro"), " to update dvc.lock.")
    if found.modified:
        differ = "differ" if found.modified[1:] else "differs"
        yield _alarm("Modified", _paths(found.modified), f" {differ} from what dvc.lock records.")
    if found.missing:
        lack = ". DVC's cache and the remote lack objects that dvc.lock records."
        yield _alarm("Missing", _paths(found.missing), lack)


def _alarm(word: str, *parts: str | Command | Inline) -> Text:
    return Text(content=line(Words(word, "strong"), ": ", *parts), role="alarm")


def _loosened(changes: Sequence[RuleChange]) -> Text:
    """What head would loosen. The rules that judge are never those that the request brings along."""
    named = joined("; ", map(rule_change, changes[:_MOST]))
    return _alarm("Rules loosened", named, and_more(len(changes) - _MOST), _when(changes))


def _when(changes: Sequence[RuleChange]) -> Inline:
    """When changes apply: that of the base does at once, because it says what head is compared with."""
    after = ". Base's rules judge this report; what head changes applies after the merge"
    sections = {change.section for change in changes}
    if "base" not in sections:
        return line(f"{after}.")
    now = " applies already, because neither CI nor the command line names a base."
    return line(f"{after}, but ", Name("base"), now) if len(sections) > 1 else line(". It", now)


def _are_lost(rules: Rules) -> bool:
    """Whether base's rules cannot be used, so that head may be judged by rules that it brings along."""
    return rules.source == "head" and rules.reason != NO_RULES


def _whose(rules: Rules) -> Inline:
    """Where rules come from that are not base's; empty if all are."""
    if rules.source == "head":
        return line("head's, because ", prose(rules.reason))
    named = joined(", ", [line(Name(name)) for name in rules.added[:_MOST]])
    return line("base's, and head's for ", named, and_more(len(rules.added) - _MOST)) if rules.added else ()


def _stale(stages: Sequence[StageChange]) -> Inline:
    """The stages with a cause of their own, and the number of stages that are stale only because of these."""
    # An output that was modified manually makes only the stages after it stale.
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
    """Whether a cause makes a stage stale by itself, not only because an earlier stage is stale."""
    return cause.kind != "upstream" or cause.change != "changed"


def _paths(outs: Sequence[ModifiedOut | MissingOut]) -> Inline:
    return line(joined(", ", [line(Name(out.path)) for out in outs[:_MOST]]), and_more(len(outs) - _MOST))
