"""The evidence for changes of metrics: intervals, p-values and what they rest on, folded below the metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import UNSET

from headway.judge.movement import is_untested, prominence, verdict
from headway.report.blocks import Column, Details, Items, Kind, Row, Table, Text, joined, line, prose
from headway.report.formatting import count, counted, name, such_as
from headway.text import and_more

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from headway.report.blocks import Block, Inline
    from headway.report.formatting import Notation
    from headway.report.sections.metrics.cells import MetricNames
    from headway.values.comparison import Metric
    from headway.values.evidence import Evidence, MetricFamily, Pairing
    from headway.values.report import Report

TESTED = Kind(noun="tested metric", rank=13, markdown=40, page=2000, terminal=0)
PAIRINGS = Kind(noun="predictions table", rank=12, markdown=10, page=200, terminal=3)
_MOST = 3
"""Reasons that are given, and metrics that are named in one of them."""
_SMALLEST_P = 0.001
_COLUMNS = (
    Column("Metric"),
    Column("95% interval", "numbers"),
    Column("Rows", "numbers"),
    Column("p", "numbers", minor=True),
    Column("Detectable", "numbers", minor=True),
    Column("Rows needed", "numbers", minor=True),
    Column("Method", minor=True),
)
_METHODS = {
    "mcnemar": "McNemar mid-p, Newcombe",
    "influence": "influence values",
    "bootstrap": "bootstrap, permutation",
    "paired_t": "paired t",
    "jackknife": "group jackknife",
    "clusters": "sums of groups",
    "newcombe": "Newcombe, unpaired",
    "welch": "Welch",
    "auc": "AUC, unpaired",
    "seeds": "runs with other seeds",
}
_FAMILIES: dict[MetricFamily, str] = {
    "headline": "headline metric",
    "metrics": "other metric",
    "classes": "class metric",
}
_UNADJUSTED = frozenset({"not_comparable", "not_judged", "identical"})
"""Verdicts that no p-value decides."""
_UNTESTED = "As wanted and not as wanted compare two numbers: no test says whether such a change is more than chance."
_UNDECLARED = "Metrics whose direction the settings do not declare are not judged."
_COVERS = "The tests cover which rows happen to be in the test set, not the variation of a new training."
_COVERS_SEEDS = (
    "The tests and intervals over runs cover the variation of the training's seed, on these test rows alone."
)


def evidence_blocks(report: Report, names: MetricNames, notation: Callable[[Metric], Notation]) -> Iterator[Block]:
    """Why some metrics have no verdict, what the words mean, and, folded, the numbers behind all verdicts."""
    tested = sorted((metric for metric in report.metrics if metric.evidence is not UNSET), key=prominence)
    scarce = [metric for metric in tested if metric.verdict == "too_few"]
    yield from _reasons([metric for metric in tested if metric not in scarce], names)
    yield from _elsewhere(report, tested, names, notation)
    if remarks := " ".join(_remarks(report.metrics)):
        yield Text(content=line(remarks), role="small")
    moved = [metric for metric in tested if metric.verdict != "identical"]
    rows = [_row(metric, metric.evidence, names, notation(metric)) for metric in moved if metric.evidence]
    blocks: list[Block] = [_pairings(report.pairings)] if report.pairings else []
    blocks += _reasons(scarce, names)
    if rows:
        left_out = len(rows[TESTED.most :])
        shown = tuple(rows[: TESTED.most])
        blocks += [Table(kind=TESTED, columns=_COLUMNS, entries=shown, left_out=left_out, searchable=True)]
        blocks += [Text(content=line(sentence), role="small") for sentence in _families(tested)]
    if same := len(tested) - len(moved):
        blocks += [Text(content=line(f"Both sides predict the same for {count(same, 'metric')}."), role="small")]
    if blocks:
        size = count(len(tested), TESTED.noun) if tested else count(len(report.pairings), PAIRINGS.noun)
        yield Details(summary=line("Evidence: ", size), blocks=tuple(blocks), optional=True)


def _reasons(metrics: Sequence[Metric], names: MetricNames) -> Iterator[Text]:
    """Why metrics have evidence and no verdict, and what their numbers leave out, each reason with its metrics."""
    reasons: dict[tuple[str, str], list[Metric]] = {}
    for metric in metrics:
        if metric.evidence and metric.evidence.withheld and metric.verdict in {"cannot_tell", "too_few"}:
            reasons.setdefault((verdict(metric), metric.evidence.withheld), []).append(metric)
        elif metric.evidence and metric.evidence.note:
            reasons.setdefault((verdict(metric), metric.evidence.note), []).append(metric)
    for (word, reason), group in list(reasons.items())[:_MOST]:
        listed = joined(", ", [names.name(metric) for metric in group[:_MOST]])
        sentence = line(listed, and_more(len(group) - _MOST), f": {word} (", prose(reason), ").")
        yield Text(content=sentence, role="small")


def _elsewhere(
    report: Report, tested: Sequence[Metric], names: MetricNames, notation: Callable[[Metric], Notation]
) -> Iterator[Text]:
    """The changes that the tests are about, where those are of other rows or runs than the metrics."""
    moved = [metric for metric in tested if metric.change and metric.evidence and not metric.evidence.withheld]
    partial = {each.path for each in report.pairings if each.added or each.removed or each.relabelled}
    on_rows = [metric for metric in moved if metric.evidence and not partial.isdisjoint(metric.evidence.sources)]
    on_runs = [metric for metric in moved if metric.evidence and metric.evidence.covers == "seeds"]
    for where, group in (("On the rows of both sides, with head's answers", on_rows), ("Over the runs", on_runs)):
        listed = (_estimate(metric, names, notation(metric)) for metric in group[:_MOST])
        if group:
            yield Text(
                content=line(f"{where}: ", joined(", ", listed), f"{and_more(len(group) - _MOST)}."), role="small"
            )


def _estimate(metric: Metric, names: MetricNames, notation: Notation) -> Inline:
    evidence = metric.evidence
    return line(
        names.name(metric), " ", notation.estimate(evidence.estimate, evidence.high - evidence.low) if evidence else ""
    )


def _remarks(metrics: Sequence[Metric]) -> Iterator[str]:
    """What the words above mean, and what they do not."""
    changed = [metric for metric in metrics if metric.change and metric.withheld is None]
    covers = {metric.evidence.covers for metric in metrics if metric.evidence}
    said = (
        (_UNTESTED, any(map(is_untested, changed))),
        (_COVERS, "rows" in covers),
        (_COVERS_SEEDS, "seeds" in covers),
        (_UNDECLARED, len({metric.direction is None for metric in changed}) > 1),
    )
    yield from (sentence for sentence, applies in said if applies)


def _row(metric: Metric, evidence: Evidence, names: MetricNames, notation: Notation) -> Row:
    interval = notation.interval(evidence.low, evidence.high)
    detectable = f"±{notation.size(evidence.detectable, evidence.high - evidence.low)}"
    sure = ("", "", "") if evidence.withheld else (_p(evidence), detectable, _rows_needed(evidence))
    cells = (interval, _rows(evidence), *sure, _METHODS[evidence.method])
    return Row((names.name(metric), *map(line, cells)), names.heading(metric))


def _rows_needed(evidence: Evidence) -> str:
    """About how many rows, or runs, would decide, to two significant digits."""
    needed = float(f"{evidence.rows_needed or 0:.1e}")
    return f"≈ {needed:,.0f}{' runs' if evidence.covers == 'seeds' else ''}" if needed else ""


def _rows(evidence: Evidence) -> str:
    rows = f"{evidence.rows:,}" if evidence.covers == "rows" else count(evidence.rows, "run")
    groups = f" in {count(evidence.groups, 'group')}" if evidence.groups else ""
    if evidence.fixed is None or evidence.broken is None:
        return f"{rows}{groups}"
    return f"{evidence.fixed:,} fixed, {evidence.broken:,} broken of {rows}{groups}"


def _p(evidence: Evidence) -> str:
    """The adjusted p-value, three decimals at the most: never ``0.000``."""
    p = evidence.p_adjusted
    return f"<{_SMALLEST_P}" if p < _SMALLEST_P else f"{p:.3f}" if p < _SMALLEST_P * 100 else f"{p:.2f}"


def _families(metrics: Sequence[Metric]) -> Iterator[str]:
    """For how many tests the p-values are adjusted."""
    judged = [metric for metric in metrics if metric.verdict not in _UNADJUSTED]
    found = (metric.evidence for metric in judged if metric.evidence and not metric.evidence.withheld)
    sizes = {evidence.family: evidence.family_size for evidence in found}
    told = ", ".join(count(sizes[family], noun) for family, noun in _FAMILIES.items() if family in sizes)
    if told:
        how = "Holm for the headline, else Benjamini-Hochberg"
        yield f"The p-values are adjusted for the number of tests: {told} ({how})."


def _pairings(pairings: Sequence[Pairing]) -> Items:
    shown = tuple(prose(_pairing(each)) for each in pairings[: PAIRINGS.most])
    return Items(kind=PAIRINGS, entries=shown, left_out=len(pairings[PAIRINGS.most :]))


def _pairing(each: Pairing) -> str:
    if each.problem:
        who = f"the table of {each.side}" if each.side else "it"
        return f"{name(each.path)}: rows are not compared, because {who} {each.problem}."
    others = counted((each.added, "added"), (each.removed, "removed"), (each.relabelled, "with another actual value"))
    examples = such_as(each.examples) if each.relabelled else ""
    beside = f"; {others}{examples}" if others else ""
    return f"{name(each.path)}: {count(each.common, 'row')} on both sides{beside}."
