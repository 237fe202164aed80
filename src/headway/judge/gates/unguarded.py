"""Gates that judge nothing: their pattern applies to no metric, or their slices do not exist."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from headway.compare.metrics import closest_key, matches
from headway.judge.gates.checks import NO_EVIDENCE, TOO_FEW_ROWS, incomparable, refuted, without_number
from headway.values.gate import UnmatchedGate, by_policy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from headway.settings import GateLimits, MetricRule, PredictionsRule
    from headway.values.comparison import Metric, Slice

    Key = tuple[str, str]

_NO_SLICE = "no slice of its predictions is tested"
_NO_COLUMN = "its table of predictions names no columns under `slices`"


def unmatched_gates(
    metrics: Sequence[Metric], rules: Mapping[str, MetricRule], applied: Collection[int]
) -> Iterator[UnmatchedGate]:
    """The gates that apply to no metric: a metric that is renamed must not pass its gate unseen."""
    for place, (pattern, rule) in enumerate(rules.items()):
        if rule.gate is not None and not rule.machine and place not in applied:
            outcome = by_policy("cannot_tell", rule.gate.on_cannot_tell or "warn")
            reason = _why_unmatched(pattern, metrics)
            yield UnmatchedGate(pattern=pattern, outcome=outcome, reason=reason)
            if rule.gate.slices:
                yield _no_slices(pattern, rule.gate.slices, reason)


def unsliced_gates(
    gated: Sequence[tuple[Metric, GateLimits]],
    slices: Sequence[Slice],
    tables: Sequence[PredictionsRule],
    untested: Mapping[Key, str],
) -> Iterator[UnmatchedGate]:
    """The gates on slices that judge no slice of a metric, or none by one of the columns that are declared."""
    judged: dict[Key, set[str]] = {}
    for each in slices:
        judged.setdefault((each.metric.file, each.metric.key), set()).add(each.column)
    declared = {posixpath.normpath(table.path): table.slices for table in tables}
    for metric, gate in gated:
        found, columns = judged.get((metric.file, metric.key), set()), _columns(metric, declared)
        if not found:
            why = _why_unsliced(metric, columns)
            known = untested.get((metric.file, metric.key), why) if why == NO_EVIDENCE else why
            yield _no_slices(metric.name, gate, known)
        for column in columns:
            if found and column not in found:
                yield _no_slices(metric.name, gate, _NO_SLICE, f" by {column}")


def _no_slices(name: str, gate: GateLimits, reason: str, by: str = "") -> UnmatchedGate:
    outcome = by_policy("cannot_tell", gate.on_cannot_tell or "warn")
    return UnmatchedGate(pattern=f"{name}: slices{by}", outcome=outcome, reason=reason)


def _columns(metric: Metric, declared: Mapping[str, Sequence[str]]) -> Sequence[str]:
    """The columns that divide the tables which a metric is tested on."""
    sources = metric.evidence.sources if metric.evidence else ()
    tables = [declared.get(path, ()) for path in sources]
    return [name for name in tables[0] if all(name in columns for columns in tables)] if tables else ()


def _why_unsliced(metric: Metric, columns: Sequence[str]) -> str:
    known = without_number(metric, ()) or incomparable(metric, "base") or refuted(metric)
    if known:
        return str(known["reason"])
    if not metric.evidence:
        return NO_EVIDENCE if metric.verdict != "too_few" else TOO_FEW_ROWS
    return _NO_SLICE if columns or metric.evidence.covers == "seeds" else _NO_COLUMN


def _why_unmatched(pattern: str, metrics: Sequence[Metric]) -> str:
    if any(matches(pattern, metric.file, metric.key) for metric in metrics):
        return "an earlier rule applies to every metric that it matches"
    close = closest_key(pattern, [metric.key for metric in metrics])
    return f"no metric matches it{f'; did you mean `{close}`?' if close else ''}"
