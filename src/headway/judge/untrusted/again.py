"""Judge a report again whose numbers a stranger computed: by other rules than the stranger's, and from numbers alone.

Words, p-values of several tests and gates are computed anew from the values and the evidence in the report. Whether
these are genuine, nothing here can tell; evidence that contradicts itself decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET

from headway.compare.metrics import metric_of, rule_of
from headway.judge.gates.judging import judge_gates
from headway.judge.gates.limits import has_rules
from headway.judge.key_metrics import with_headline
from headway.judge.other_gates.acceptance import Entries, accept, gate_names
from headway.judge.other_gates.totals import with_others
from headway.judge.rules import describe_rules, judging_settings
from headway.judge.slices import on_slice
from headway.judge.speed.changes import judge_samples
from headway.judge.speed.gates import speed_gates
from headway.judge.statistics.estimate import Outcome
from headway.judge.untrusted.contradictions import contradiction
from headway.judge.verdicts import Case, judge_cases
from headway.settings import Settings
from headway.values.comparison import Param
from headway.values.problem import Problem
from headway.values.typed import same, sides_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from headway.judge.gates.judging import Gated
    from headway.settings import GateLimits, GateRule, MetricRule
    from headway.values.comparability import Withheld
    from headway.values.comparison import Metric, Slice, Status
    from headway.values.evidence import Evidence, MetricFamily, Pairing
    from headway.values.gate import Gates
    from headway.values.report import Report
    from headway.values.speed import Speed

G = TypeVar("G", bound="GateLimits")

_OF_FACTS: tuple[Withheld, ...] = ("evaluation", "rerun")
"""Reasons that only the stranger's files can show; a false one makes a gate tell less, never more."""


CONTRADICTORY = "its numbers contradict each other"
"""How the reason begins why such evidence decides nothing."""


class Known(NamedTuple):
    """What is known about a stranger's change without the stranger.

    Attributes:
        rules: the settings whose rules judge.
        settings: head's settings, which say what is shown, and which judge what ``rules`` do not name.
        no_rules: why there are no ``rules``, as a clause; then gates conclude nothing. Empty if they can be read.
        is_base: whether the report compares with the base of the pull request.
        today: the day on which the acceptances of ``rules`` must be in force; ``None`` if none of them counts.
    """

    rules: Settings
    settings: Settings
    no_rules: str = ""
    is_base: bool = True
    today: date | None = None


def judge_again(report: Report, known: Known) -> Report:
    """The report with verdicts, gates and rules that nothing but its numbers and ``known`` decide."""
    judging = judging_settings(known.rules, known.settings)
    pairings = {pairing.path: pairing for pairing in report.pairings}
    plain = with_headline([_plain(metric, known, judging.metrics) for metric in report.metrics], known.settings)
    metrics = judge_cases(
        [
            _case(metric, claim, _family(metric, judging.metrics), pairings)
            for metric, claim in zip(plain, report.metrics, strict=True)
        ]
    )
    slices = _slices(report.slices, metrics, pairings)
    gated = judge_gates(metrics, _against_base(judging.metrics), (), slices, tables=judging.predictions)
    speed = _speed(report, known, judging, metrics)
    gated = gated._replace(gates=with_others(gated.gates, tuple(speed_gates(speed, judging.metrics, metrics))))
    is_gated = report.scope == "all" and not known.no_rules
    return msgspec.structs.replace(
        report,
        metrics=gated.metrics if is_gated else metrics,
        slices=gated.slices if is_gated else slices,
        gates=_with_acceptances(gated, known) if is_gated else UNSET,
        anchor=UNSET,
        speed=speed or UNSET,
        rules=describe_rules(known.rules, known.settings, metrics, known.no_rules, speed=speed or UNSET),
        problems=(*_contradictions(metrics, slices), *report.problems),
    )


def _speed(report: Report, known: Known, judging: Settings, metrics: Sequence[Metric]) -> Speed | None:
    """The speed test, judged by its runs alone."""
    if not report.speed:
        return None
    samples = [change.samples for change in report.speed.changes]
    changes = judge_samples(samples, known.settings.metrics, judging.metrics, metrics)
    return msgspec.structs.replace(report.speed, changes=changes)


def _with_acceptances(gated: Gated, known: Known) -> Gates | msgspec.UnsetType:
    """The gates, of which those that fail may be accepted by the settings that judge, and not by those of head."""
    entries = known.rules.accepted
    if not gated.gates or not entries or known.today is None:
        return gated.gates
    names = gate_names(gated.metrics, gated.slices, gated.gates)
    return accept(gated.gates, names, Entries(entries, entries, known.rules.gates), known.today)


def leaves_out(known: Known) -> bool:
    """Whether gates are declared that the numbers of a report are not enough for."""
    judging = judging_settings(known.rules, known.settings)
    return judging.anchor is not None or judging.gates != Settings().gates


def _against_base(rules: Mapping[str, MetricRule]) -> dict[str, MetricRule]:
    """The rules without the anchor, of which the report has no evidence that could be judged again."""
    return {
        pattern: msgspec.structs.replace(rule, gate=_gate_against_base(rule.gate)) if rule.gate else rule
        for pattern, rule in rules.items()
    }


def _gate_against_base(gate: GateRule) -> GateRule | None:
    """A gate without what is judged against the anchor; ``None`` if nothing is left."""
    if set(gate.against or ()) == {"anchor"}:
        slices = _without_anchor(gate.slices) if gate.slices else None
        gate = msgspec.structs.replace(_without_anchor(gate), slices=slices if slices and has_rules(slices) else None)
    return msgspec.structs.replace(gate, against=("base",)) if has_rules(gate) or gate.slices else None


def _without_anchor(gate: G) -> G:
    """The rules about head alone, or about one change, which is always that from base."""
    return msgspec.structs.replace(gate, margin=None, require_improvement=False, max_regression=None)


def _plain(claimed: Metric, known: Known, rules: Mapping[str, MetricRule]) -> Metric:
    """A metric from its two values, without anything that is said about it."""
    pair = Param(
        file=claimed.file,
        key=claimed.key,
        base=claimed.base,
        head=claimed.head,
        status=_status(claimed),
        types=claimed.types,
    )
    metric = metric_of(pair, known.settings.metrics, rules)
    reason = metric.withheld or ("base" if not known.is_base else None)
    claim = claimed.withheld if claimed.withheld in _OF_FACTS else None
    return msgspec.structs.replace(metric, withheld=reason or claim)


def _status(claimed: Metric) -> Status:
    if claimed.base is None or claimed.head is None:
        missing: Status = "added" if claimed.base is None else "removed"
        return "unavailable" if claimed.status == "unavailable" else missing
    return "unchanged" if same(*sides_of(claimed.base, claimed.head, claimed.types)) else "changed"


def _family(metric: Metric, rules: Mapping[str, MetricRule]) -> MetricFamily:
    estimator = rule_of(metric.file, metric.key, rules)[1].estimating
    return "metrics" if estimator is None or estimator.class_ is None else "classes"


def _case(
    metric: Metric,
    claim: Metric,
    family: MetricFamily,
    pairings: Mapping[str, Pairing],
    rows: int | None = None,
) -> Case:
    """A metric with the evidence that is claimed for it, which decides nothing if it contradicts itself."""
    if not claim.evidence or metric.status not in {"changed", "unchanged"}:
        return Case(metric, None, is_scarce=claim.verdict == "too_few")
    claimed = msgspec.structs.replace(metric, verdict=claim.verdict)
    if why := contradiction(claimed, claim.evidence, pairings, rows):
        return Case(metric, Outcome(_bare(claim.evidence, family, f"{CONTRADICTORY}: {why}")))
    return Case(metric, _outcome(claim, claim.evidence, family))


def _outcome(claim: Metric, evidence: Evidence, family: MetricFamily) -> Outcome:
    """The outcome of the test that the evidence was made from."""
    too_few = evidence.withheld if claim.verdict == "too_few" else ""
    withheld = "" if too_few else evidence.withheld
    bare = _bare(evidence, family, withheld)
    return Outcome(bare, is_identical=claim.verdict == "identical", too_few=too_few, note=evidence.note)


def _bare(evidence: Evidence, family: MetricFamily, withheld: str) -> Evidence:
    """Evidence without what depends on other tests or on the verdict."""
    return msgspec.structs.replace(
        evidence, p_adjusted=evidence.p, family=family, family_size=1, rows_needed=None, withheld=withheld
    )


def _slices(claimed: Sequence[Slice], metrics: Sequence[Metric], pairings: Mapping[str, Pairing]) -> tuple[Slice, ...]:
    """The slices of metrics that the report has, judged again as one family."""
    whole = {(metric.file, metric.key): metric for metric in metrics}
    known = [each for each in claimed if (each.metric.file, each.metric.key) in whole]
    judged = judge_cases(
        [
            _case(
                on_slice(whole[each.metric.file, each.metric.key], each.metric.evidence or None),
                each.metric,
                "slices",
                pairings,
                each.rows,
            )
            for each in known
        ]
    )
    return tuple(msgspec.structs.replace(each, metric=metric) for each, metric in zip(known, judged, strict=True))


def _contradictions(metrics: Sequence[Metric], slices: Sequence[Slice]) -> Iterator[Problem]:
    """A footnote for each evidence that contradicts itself."""
    named = [(metric.name, metric) for metric in metrics] + [(each.name, each.metric) for each in slices]
    for name, metric in named:
        if metric.evidence and metric.evidence.withheld.startswith(CONTRADICTORY):
            yield Problem(where=name, what=f"is not judged by its evidence, because {metric.evidence.withheld}")
