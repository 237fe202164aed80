"""The headline: a report in numbers, for its first line, a commit status, and a table of projects."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields, replace
from functools import reduce
from itertools import takewhile
from operator import add
from typing import TYPE_CHECKING

from msgspec import UNSET

from headway.judge.metric_names import parts_of
from headway.judge.movement import counts_as_changed, is_untested, movement, verdict
from headway.report.blocks import MARKS, Fact, Tone, line, text_of
from headway.report.escaping import NAME_LIMIT, shorten
from headway.report.formatting import count, notations
from headway.report.sections.datasets import findings
from headway.report.sections.metrics.cells import distinct_names, said
from headway.report.sections.metrics.slices import place
from headway.report.sections.metrics.speed import speed_facts
from headway.report.sections.params import changed_params
from headway.text import first_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from headway.judge.movement import Word
    from headway.report.formatting import Notation
    from headway.values.comparability import Comparability
    from headway.values.comparison import Metric
    from headway.values.gate import GateCount
    from headway.values.report import Report, Scope


_WITHHELD = Fact(value="Metrics", label="not comparable", tone="withheld")
"""Said if the evaluation data changed and no metric did."""
_NO_PREDICTIONS = "(no predictions to judge by)"
_NO_TEST = "(the predictions could not be tested)"
"""Said if changes may be nothing but chance."""
_NAMED = 3
"""Gates that the line names."""
_COUNTED: tuple[Word, ...] = (
    "better",
    "worse",
    "worse within the margin",
    "equal within the margin",
    "not worse",
    "no difference detected",
    "as wanted",
    "not as wanted",
    "cannot tell",
    "too few rows to tell",
    "not comparable",
    "run-to-run variation",
)
"""The words that are counted where there are many metrics, in this order."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The numbers of a report, or the sums of several.

    ``metrics`` excludes metrics that depend on the machine; ``tested`` are those with evidence; ``tables`` are those
    of predictions; ``gates`` counts outcomes; ``words`` counts what is said about metrics that changed; ``slices`` are
    those that were tested.
    """

    metrics: int = 0
    changed: int = 0
    tested: int = 0
    tables: int = 0
    gates: Counter[GateCount] = field(default_factory=Counter)
    words: Counter[Word] = field(default_factory=Counter)
    slices: int = 0
    worse_slices: int = 0
    unavailable: int = 0
    failed_checks: int = 0
    warnings: int = 0
    loosened: int = 0
    params: int = 0
    stages: int = 0
    data: int = 0
    datasets: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(Counts)})


@dataclass(frozen=True, kw_only=True)
class Headline:
    """The first line of a report: what became of the key metrics, and what needs attention."""

    counts: Counts
    facts: tuple[Fact, ...]

    @property
    def sentence(self) -> str:
        """The facts in one line: ``rmse 56.7 → 46.4 better, 4 more changed``."""
        return ", ".join(f"{MARKS.get(fact.tone, '')} {fact.words.text}".strip() for fact in self.facts)


def headline(report: Report) -> Headline:
    """The headline of a report."""
    counts = _counts(report)
    named = _named(report.metrics) if counts.changed else ()
    unavailable = _unavailable(counts)
    withheld = () if counts.changed or not any(map(_is_withheld, report.comparability)) else (_WITHHELD,)
    says_nothing = report.scope == "speed" or (report.speed and not counts.metrics)
    first = named or (() if says_nothing else _changes(report.scope, counts))
    gates = _gates(counts, *_gate_names(report))
    facts = (
        *gates,
        *first,
        *speed_facts(report),
        *_flips(report),
        *_slices(counts),
        *withheld,
        *_untested(counts),
        *unavailable,
        *_findings(counts),
    )
    return Headline(counts=counts, facts=facts)


def _is_withheld(found: Comparability) -> bool:
    return found.withheld == "evaluation"


def _named(metrics: Sequence[Metric]) -> tuple[Fact, ...]:
    """The key metrics with their values, changed ones first, and the number of the others that changed."""
    entries: dict[int, list[Metric]] = {}
    for metric in metrics:
        if metric.headline is not None:
            entries.setdefault(metric.headline, []).append(metric)
    ordered = sorted(entries, key=lambda each: (not any(map(counts_as_changed, entries[each])), each))
    notation = notations(metrics)
    facts = [_entry(entries[position], notation) for position in ordered]
    rest = [metric for metric in metrics if metric.headline is None and counts_as_changed(metric)]
    if facts and rest:
        judged = _judged(rest)
        facts.append(Fact(value=f"{len(rest):,}", label=f"more changed{f' ({judged})' if judged else ''}"))
    return tuple(facts)


def _entry(metrics: Sequence[Metric], notation: Callable[[Metric], Notation]) -> Fact:
    """One metric with its values, or several of one pattern with the number of those that changed."""
    if len(metrics) == 1:
        return _metric(metrics[0], notation(metrics[0]))
    changed = [metric for metric in metrics if counts_as_changed(metric)]
    value = _judged(changed) or (f"{len(changed):,} changed" if changed else "unchanged")
    name = _shared_name([metric.key for metric in metrics])
    return Fact(name=name, value=value, label=f"of {len(metrics):,}", tone=_tone(changed))


def _metric(metric: Metric, notation: Notation) -> Fact:
    base, head = (shown.text for shown in notation.values(metric))
    value = {"added": head, "removed": base, "unchanged": head}.get(metric.status, f"{base} → {head}")
    return Fact(name=metric.written.title or metric.key, value=value, label=_label(metric), tone=_tone([metric]))


def _label(metric: Metric) -> str:
    """What is said about a key metric; of an untested one also where it went, because that is all that is known."""
    if not is_untested(metric):
        return said(metric)
    return f"{'higher' if (metric.change or 0) > 0 else 'lower'}, {verdict(metric)}"


def _tone(metrics: Sequence[Metric]) -> Tone:
    """The tone of metrics that all moved the same way."""
    moved = {movement(metric) for metric in metrics}
    found = moved.pop() if len(moved) == 1 else "neutral"
    return "plain" if found == "neutral" else found


def _judged(metrics: Sequence[Metric]) -> str:
    """What is said about several metrics: ``2 better, 1 worse``."""
    words = Counter(map(verdict, metrics))
    return ", ".join(f"{words[word]:,} {word}" for word in _COUNTED if words[word])


def _shared_name(keys: Sequence[str]) -> str:
    """The key of all metrics, or what their keys share: ``precision.*``."""
    if len(set(keys)) == 1:
        return keys[0]
    parts = [parts_of(key) for key in keys]
    start = list(takewhile(_is_shared, zip(*parts, strict=False)))
    end = list(takewhile(_is_shared, zip(*map(reversed, parts), strict=False)))
    return ".".join([*(each[0] for each in start), "*", *(each[0] for each in reversed(end))])


def _is_shared(names: Sequence[str]) -> bool:
    return len(set(names)) == 1


def combined_headline(reports: Iterable[Report]) -> Headline:
    """The headline of several reports: ``2 projects changed, 2 of 3 metrics changed, ▲ 1 better``."""
    each = [_counts(report) for report in reports]
    counts = reduce(add, each, Counts())
    projects = _fact(len(each), "project", "strong", " changed")
    return Headline(
        counts=counts,
        facts=(
            *_gates(counts),
            projects,
            *_movements(counts),
            *_slices(counts),
            *_untested(counts),
            *_unavailable(counts),
            *_findings(counts),
        ),
    )


def _counts(report: Report) -> Counts:
    found = [finding for dataset in report.datasets for finding in findings(dataset)]
    return Counts(
        metrics=sum(metric.withheld != "machine" for metric in report.metrics),
        changed=sum(map(counts_as_changed, report.metrics)),
        tested=sum(metric.evidence is not UNSET for metric in report.metrics),
        tables=len(report.pairings),
        gates=Counter(report.gates.counts) if report.gates else Counter(),
        words=Counter(verdict(metric) for metric in report.metrics if counts_as_changed(metric)),
        slices=len({(each.column, each.value) for each in report.slices if each.metric.evidence}),
        worse_slices=len({(each.column, each.value) for each in report.slices if movement(each.metric) == "worse"}),
        unavailable=len({file.path for file in report.unavailable}),
        failed_checks=sum(finding.is_failure for finding in found),
        warnings=sum(not finding.is_failure for finding in found),
        loosened=len(report.rules.loosened) if report.rules else 0,
        params=sum(param.status != "unavailable" for param in changed_params(report)),
        stages=sum(any(cause.change != "unknown" for cause in stage.causes) for stage in report.stages),
        data=sum(change.status == "changed" for change in report.data),
        datasets=len(report.datasets),
    )


def _gates(
    counts: Counts, failed: Sequence[str] = (), accepted: Sequence[str] = (), warned: Sequence[str] = ()
) -> Iterator[Fact]:
    """What became of the gates, with the names of those that failed, are accepted or cannot tell."""
    gates = counts.gates
    if gates["fail"]:
        yield _gate(gates, "fail", "failed", "failed", failed)
    if gates["accepted"]:
        yield _gate(gates, "accepted", "failed but accepted", "warning", accepted)
    if gates["warn"]:
        yield _gate(gates, "warn", "cannot tell", "warning", warned)
    if gates["pass"] and not (gates["fail"] or gates["accepted"] or gates["warn"]):
        passed = _fact(gates["pass"], "gate", "strong", " passed")
        unsure = f", {gates['cannot_tell']:,} cannot tell" if gates["cannot_tell"] else ""
        yield replace(passed, label=f"{passed.label}{unsure}")


def _gate(gates: Counter[GateCount], outcome: GateCount, what: str, tone: Tone, names: Sequence[str]) -> Fact:
    number, noun = gates[outcome], count(gates.total(), "gate")
    label = noun.partition(" ")[2] if number == gates.total() else f"of {noun}"
    listed = f": {first_names(names, _NAMED)}" if names else ""
    return Fact(value=f"{number:,}", label=f"{label} {what}{listed}", tone=tone)


def _gate_names(report: Report) -> Iterator[list[str]]:
    """The gates that failed, those that are accepted, and those that warn."""
    if not report.gates:
        return
    gated = [metric for metric in report.metrics if metric.gate]
    slices = [each for each in report.slices if each.metric.gate]
    named = distinct_names([*gated, *(each.metric for each in slices)])
    texts = {metric.name: named[metric.file, metric.key].text for metric in gated}
    for each in slices:
        name = named[each.metric.file, each.metric.key].text
        texts[each.name] = text_of(line(name, " where ", place(each)))
    for names in (report.gates.failed, report.gates.accepted, report.gates.warned):
        yield [shorten(texts.get(each, each), NAME_LIMIT) for each in names]


def _changes(scope: Scope, counts: Counts) -> tuple[Fact, ...]:
    if scope == "all":
        return _movements(counts)
    if scope == "description":
        return (_fact(counts.datasets, "data set", "strong"),)
    if not counts.datasets and not counts.data:
        return (Fact(value="No", label="data changed", tone="strong"),)
    number, noun = (counts.datasets, "data set") if counts.datasets else (counts.data, "tracked output")
    return (_fact(number, noun, "strong", " changed"),)


def _movements(counts: Counts) -> tuple[Fact, ...]:
    if counts.metrics:
        changed = Fact(
            value=f"{counts.changed:,}" if counts.changed else "None",
            label=f"of {count(counts.metrics, 'metric')} changed",
            tone="strong",
        )
    elif counts.datasets:
        changed = _fact(counts.datasets, "data set", "strong", " changed")
    else:
        changed = Fact(value="No", label="metrics", tone="strong")
    return (changed, *(_words(word, number) for word in _COUNTED if (number := counts.words[word])))


def _words(word: Word, number: int) -> Fact:
    tones: dict[Word, Tone] = {"better": "better", "worse": "worse", "worse within the margin": "worse"}
    withheld = {"not comparable", "run-to-run variation"}
    return Fact(value=f"{number:,}", label=word, tone=tones.get(word, "withheld" if word in withheld else "plain"))


def _flips(report: Report) -> tuple[Fact, ...]:
    """How many predictions of the one table are fixed and broken."""
    flipped = [flips for flips in report.flips if flips.fixed_count or flips.broken_count]
    if len(flipped) != 1:
        return ()
    (flips,) = flipped
    value = f"{flips.fixed_count:,} fixed, {flips.broken_count:,} broken"
    return (Fact(value=value, label=f"of {flips.rows:,}"),)


def _slices(counts: Counts) -> tuple[Fact, ...]:
    """Slices that got worse, which the metrics on all rows may hide."""
    if not counts.worse_slices:
        return ()
    return (Fact(value=f"{counts.worse_slices:,}", label=f"of {count(counts.slices, 'slice')} worse", tone="worse"),)


def _untested(counts: Counts) -> tuple[Fact, ...]:
    """Beside verdicts, the words of a metric are enough."""
    if counts.tested or not (counts.words["as wanted"] or counts.words["not as wanted"]):
        return ()
    return (Fact(value="Untested", label=_NO_TEST if counts.tables else _NO_PREDICTIONS, tone="withheld"),)


def _unavailable(counts: Counts) -> tuple[Fact, ...]:
    number = counts.unavailable
    return (_fact(number, "metrics file", "withheld", " unavailable"),) if number else ()


def _findings(counts: Counts) -> tuple[Fact, ...]:
    failed = _fact(counts.failed_checks, "failed data check", "failed")
    warnings = _fact(counts.warnings, "data warning", "warning")
    loosened = _fact(counts.loosened, "rule", "warning", " loosened")
    return tuple(fact for fact in (failed, warnings, loosened) if fact.value != "0")


def _fact(number: int, noun: str, tone: Tone = "plain", verb: str = "") -> Fact:
    value, _, label = count(number, noun).partition(" ")
    return Fact(value=value, label=f"{label}{verb}", tone=tone)
