"""Gates: the table of docs/gates.md is played row by row, and what no table shows is tested below it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judge.statistics.arrays import ArraySample
from msgspec import UNSET
from ruamel.yaml import YAML
from samples import evidence_of, make_metric

from headway.judge.gates.judging import Gated, judge_gates
from headway.judge.other_gates.acceptance import gate_names
from headway.judge.power import detectable_loss, rows_for_margin, standard_error
from headway.judge.statistics.compare import compare_paired
from headway.judge.verdicts import with_verdicts
from headway.numbers import MINUS, MISSING
from headway.settings import Estimator, GateLimits, GateRule, MetricRule, PredictionsRule
from headway.values.comparison import Slice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.values.comparison import Metric
    from headway.values.gate import Gate, GatePolicy, Gates

MARGIN = GateRule(margin=0.01)
PAGE = Path(__file__).parents[2] / "docs/gates.md"
ROWS = [
    tuple(cell.strip().strip("`") for cell in row.strip("|").split(" | "))
    for row in re.findall(r"^\| `.*$", PAGE.read_text().split("## Every rule")[1].split("### Data")[0], re.MULTILINE)
]
SITUATIONS: dict[str, dict[str, Any]] = {
    "none": {"verdict": "cannot_tell"},
    "too few rows": {"verdict": "too_few", "evidence": {"withheld": "only 3 rows"}},
    "not the committed value": {"verdict": "cannot_tell", "evidence": {"withheld": "the predictions give 0.9"}},
    "identical predictions": {"verdict": "identical", "evidence": {"gate_low": -0.02, "gate_high": 0.02}},
    "better": {"verdict": "improved", "evidence": {}},
    "worse": {"verdict": "worse", "evidence": {}},
    "worse within the margin": {"verdict": "worse_within_margin", "evidence": {}},
    "other test rows": {"verdict": "not_comparable", "withheld": "evaluation", "evidence": {}},
    "run-to-run variation": {"verdict": "not_judged", "withheld": "rerun"},
    "unreadable file": {"status": "unavailable"},
}
OUTCOMES = {"pass": "pass", "fail": "fail", "cannot tell": "warn", "cannot tell, let pass": "cannot_tell"}


def in_situation(metric: Metric, words: str) -> Metric:
    """The metric with the evidence that the page names: an interval, or a situation in words."""
    if words in SITUATIONS:
        given = dict(SITUATIONS[words])
    else:
        low, high = (float(end.replace(MINUS, "-")) for end in words.split(" to "))
        given = {"verdict": "no_difference", "evidence": {"gate_low": low, "gate_high": high}}
    if "evidence" in given:
        given["evidence"] = evidence_of(metric, **given["evidence"])
    return msgspec.structs.replace(metric, **given)


def read_metric(words: str) -> Metric:
    """Read ``accuracy 0.950 → 0.930, higher`` as the page writes it, where an en dash is a missing value."""
    values, direction = words.replace("→", "->").replace(MISSING, "-").replace("null", "-").split(", ")
    return make_metric(f"{values} {direction}")


def judged(
    metric: Metric, gate: GateRule, not_numbers: list[tuple[str, str]] | None = None, **rule: Any
) -> tuple[Gate, Gates]:
    rules = {metric.key: MetricRule(direction=metric.direction, gate=gate, **rule)}
    (found,), _, gates = judge_gates([metric], rules, not_numbers or [])
    assert found.gate
    assert gates
    return found.gate, gates


@pytest.mark.parametrize(("gate", "metric", "evidence", "outcome"), ROWS)
def test_the_table_of_the_page(gate: str, metric: str, evidence: str, outcome: str) -> None:
    rule = msgspec.convert(YAML(typ="safe").load(f"{{{gate}}}"), GateRule)
    given = in_situation(read_metric(metric), evidence)
    found, gates = judged(given, rule, [(given.file, given.key)] if "null" in metric else None)
    assert found.outcome == OUTCOMES[outcome]
    unsure = [check for check in found.checks if check.outcome == "cannot_tell"]
    assert all(check.reason for check in unsure)
    assert gates.outcome == {"cannot_tell": "pass"}.get(found.outcome, found.outcome)


def test_the_page_shows_every_rule_and_outcome() -> None:
    gates = " ".join(row[0] for row in ROWS)
    assert all(f"{field}: " in gates for field in GateLimits.__struct_fields__)
    assert {row[3] for row in ROWS} == set(OUTCOMES)
    assert {row[2] for row in ROWS} >= set(SITUATIONS)


def test_the_rule_that_decides_is_the_worst() -> None:
    metric = in_situation(make_metric("m 0.95 -> 0.94 higher"), "-0.004 to +0.004")
    found, gates = judged(metric, GateRule(margin=0.01, min=0.95))
    assert (found.rule, found.against, found.low, [check.outcome for check in found.checks]) == (
        "min",
        None,
        None,
        ["pass", "fail"],
    )
    assert gates.failed == ("reports/metrics.json:m",)


def test_intervals_are_signed_so_that_larger_is_better() -> None:
    metric = in_situation(make_metric("m 0.2 -> 0.1 lower"), "-0.12 to -0.08")
    found, _ = judged(metric, GateRule(margin=0.01))
    assert (found.low, found.high, found.against) == (0.08, 0.12, "base")


def test_a_class_that_cannot_tell_passes_unless_it_is_gone() -> None:
    recall = Estimator(name="recall", class_="3")
    there = in_situation(make_metric("recall.3 0.95 -> 0.94 higher"), "too few rows")
    gone = make_metric("recall.3 0.95 -> - higher")
    assert judged(there, GateRule(margin=0.01), estimator=recall)[0].outcome == "cannot_tell"
    assert judged(there, GateRule(margin=0.01, on_cannot_tell="fail"), estimator=recall)[0].outcome == "fail"
    assert judged(gone, GateRule(margin=0.01), estimator=recall)[0].outcome == "warn"


def with_rank(line: str, rank: int) -> Metric:
    return msgspec.structs.replace(make_metric(line), rank=rank)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ({"accurcy": GateRule(min=0.5)}, "did you mean `accuracy`?"),
        ({"acc*": None, "accuracy": GateRule(min=0.5)}, "an earlier rule"),
    ],
)
def test_a_gate_that_applies_to_no_metric_cannot_tell(rules: Mapping[str, GateRule | None], reason: str) -> None:
    declared = {pattern: MetricRule(gate=gate) for pattern, gate in rules.items()}
    metric = make_metric("accuracy 0.9 -> 0.9")
    metric = msgspec.structs.replace(metric, rank=0 if "acc*" in rules else None)
    gates = judge_gates([metric], declared).gates
    assert gates
    (unmatched,) = gates.unmatched
    assert reason in unmatched.reason
    assert (gates.outcome, gates.warned) == ("warn", (unmatched.pattern,))


def test_no_gates_without_a_rule() -> None:
    metrics = [make_metric("a 1 -> 2 higher")]
    assert judge_gates(metrics, {"a": MetricRule(direction="higher")}) == Gated(tuple(metrics), (), UNSET)


def make_slice(line: str, value: str | None, **parts: Any) -> Slice:
    metric = make_metric(line)
    given = parts.pop("evidence", None)
    metric = msgspec.structs.replace(metric, evidence=evidence_of(metric, **given) if given is not None else UNSET)
    return Slice(column="site", value=value, rows=100, metric=metric, **parts)


SLICES = (
    make_slice("acc 0.9 -> 0.8 higher", "north", evidence={"gate_low": -0.15, "gate_high": -0.06}),
    make_slice("acc 0.9 -> 0.9 higher", "south", evidence={"gate_low": -0.02, "gate_high": 0.02}),
    make_slice("acc 0.9 -> 0.8 higher", "west", evidence={"gate_low": -0.3, "gate_high": 0.1}),
    make_slice("acc - -> - higher", None, problem="only 1 row"),
)


@pytest.mark.parametrize(("policy", "unsure"), [(None, "cannot_tell"), ("warn", "warn"), ("fail", "fail")])
def test_each_slice_has_the_gate_of_slices(policy: GatePolicy | None, unsure: str) -> None:
    gate = GateRule(slices=GateLimits(margin=0.05, on_cannot_tell=policy))
    rules = {"acc": MetricRule(direction="higher", estimator="accuracy", gate=gate)}
    metric = make_metric("acc 0.9 -> 0.9 higher")
    (whole,), slices, gates = judge_gates([metric], rules, (), SLICES)
    assert whole.gate is UNSET
    assert [each.metric.gate.outcome for each in slices if each.metric.gate] == ["fail", "pass", unsure, unsure]
    assert slices[3].metric.gate
    assert slices[3].metric.gate.checks[0].reason == "only 1 row"
    assert gates
    assert gates.failed[0] == "reports/metrics.json:acc where site is north"
    assert (gates.outcome, gates.counts["pass"]) == ("fail", 1)


def test_a_number_of_too_few_rows_fails_no_slice() -> None:
    few = make_slice("acc 0.9 -> 0.5 higher", "north", evidence={"withheld": "only 2 rows of class 1"})
    rules = {"acc": MetricRule(direction="higher", gate=GateRule(slices=GateLimits(min=0.8, max_regression=0.1)))}
    _, (found,), _ = judge_gates([make_metric("acc 0.9 -> 0.9 higher")], rules, (), [few])
    assert found.metric.gate
    assert found.metric.gate.outcome == "cannot_tell"
    assert {check.reason for check in found.metric.gate.checks} == {"only 2 rows of class 1"}


NO_EVIDENCE = "neither predictions nor runs show whether the change is real"


@pytest.mark.parametrize(
    ("line", "evidence", "reason"),
    [
        ("acc 0.9 -> 0.8 higher", {"sources": ("p.csv",)}, "no slice of its predictions is tested"),
        ("acc 0.9 -> 0.8 higher", {"sources": ("q.csv",)}, "its table of predictions names no columns under `slices`"),
        ("acc 0.9 -> 0.8 higher", {"covers": "seeds"}, "no slice of its predictions is tested"),
        ("acc 0.9 -> 0.8 higher", {"withheld": "the predictions give 0.7"}, "the predictions give 0.7"),
        ("acc 0.9 -> 0.8 higher", None, NO_EVIDENCE),
        ("acc - -> 0.8 higher", None, "base lacks the metric"),
        ("acc 0.9 -> - higher", None, "head lacks the metric"),
        ("acc 0.9 -> 0.8", None, "no direction is declared"),
    ],
)
def test_a_gate_on_slices_that_judges_no_slice_does_not_pass_unseen(
    line: str, evidence: dict[str, Any] | None, reason: str
) -> None:
    metric = make_metric(line)
    metric = msgspec.structs.replace(metric, evidence=UNSET if evidence is None else evidence_of(metric, **evidence))
    gates = judge_gates([metric], {"acc": SLICED}, tables=TABLES).gates
    assert gates
    assert (gates.outcome, gates.warned) == ("warn", ("reports/metrics.json:acc: slices",))
    assert gates.unmatched[0].reason == reason


SLICED = MetricRule(direction="higher", estimator="accuracy", gate=GateRule(slices=GateLimits(min=0.5)))
TABLES = (PredictionsRule(path="./p.csv", slices=("site", "device")), PredictionsRule(path="q.csv"))


def test_each_metric_and_column_without_a_slice_is_named() -> None:
    metrics = [make_metric("acc.1 0.9 -> 0.9 higher"), make_metric("acc.2 0.9 -> 0.9 higher")]
    metrics = [
        msgspec.structs.replace(each, rank=rank, evidence=evidence_of(each, sources=("p.csv",)))
        for rank, each in enumerate(metrics)
    ]
    north = make_slice("acc.1 0.9 -> 0.9 higher", "north", evidence={})
    rules = {"acc.1": SLICED, "acc.2": SLICED}
    gates = judge_gates(metrics, rules, (), [north], tables=TABLES).gates
    assert gates
    file = "reports/metrics.json"
    assert [each.pattern for each in gates.unmatched] == [f"{file}:acc.1: slices by device", f"{file}:acc.2: slices"]
    assert gate_names(metrics, [], gates)[f"{file}:acc.2: slices"] == (f"{file}:acc.2: slices", "acc.2: slices")


def test_every_gate_is_counted_once() -> None:
    metrics = [with_rank("a 1 -> 2 higher", 0), with_rank("b 1 -> 2 higher", 1), with_rank("c - -> x higher", 2)]
    rules = {
        "a": MetricRule(direction="higher", gate=GateRule(min=1)),
        "b": MetricRule(direction="higher", gate=GateRule(margin=1, max=5, on_cannot_tell="pass")),
        "c": MetricRule(direction="higher", gate=GateRule(max=5)),
        "d": MetricRule(direction="higher", gate=GateRule(max=5)),
    }
    gates = judge_gates(metrics, rules).gates
    assert gates
    assert gates.counts == {"fail": 1, "accepted": 0, "warn": 1, "pass": 1, "cannot_tell": 1}


@given(
    low=st.floats(-1, 1),
    width=st.floats(0, 1),
    margin=st.floats(0.001, 0.5),
    direction=st.sampled_from(["higher", "lower"]),
)
def test_a_margin_never_both_passes_and_fails(low: float, width: float, margin: float, direction: str) -> None:
    """The mirror image of a metric has the same outcome, and a wider margin never turns a pass into anything else."""
    metric = make_metric(f"m 0.5 -> 0.6 {direction}")
    ends = (low, low + width) if direction == "higher" else (-low - width, -low)
    found = msgspec.structs.replace(metric, evidence=evidence_of(metric, gate_low=ends[0], gate_high=ends[1]))
    outcome = judged(found, GateRule(margin=margin))[0].outcome
    assert outcome == ("pass" if low > -margin else "fail" if low + width < -margin else "warn")
    if outcome == "pass":
        assert judged(found, GateRule(margin=2 * margin))[0].outcome == "pass"


def test_power_is_that_of_a_one_sided_test() -> None:
    """Known answer: 5% of 1,000 rows differ, so the standard error is sqrt(.05/1000) = .00707, and 2.486 of them."""
    error = standard_error(-1.959964 * 0.00707, 1.959964 * 0.00707)
    assert detectable_loss(error) == pytest.approx(0.01758, abs=1e-5)
    assert rows_for_margin(0.01, 1000, error) == pytest.approx(3091, abs=1)
    assert rows_for_margin(0.02, 1000, error) is None


def share_that_passes(gate: GateRule, rows: int, change: float) -> float:
    """How often a gate passes if 5% of all rows differ between models whose accuracies differ by ``change``."""
    draw = np.random.default_rng(7)
    fixed, broken = (0.05 + change) / 2, (0.05 - change) / 2
    return sum(passes(gate, draw.multinomial(rows, [fixed, broken, 0.9, 0.05])) for _ in range(TRIALS)) / TRIALS


def passes(gate: GateRule, counts: np.ndarray) -> bool:
    """Judge a table of the rows that only head, only base, both and none have right."""
    head, base = (np.repeat(right, counts) for right in ([1, 0, 1, 0], [0, 1, 1, 0]))
    actual = np.ones(counts.sum())
    sides = [ArraySample(actual_codes=actual, predicted_codes=predicted) for predicted in (base, head)]
    metric = msgspec.structs.replace(
        make_metric("m 0.5 -> 0.5 higher"), head=head.mean(), change=head.mean() - base.mean()
    )
    (found,) = with_verdicts([metric], {(metric.file, metric.key): compare_paired(Estimator(name="accuracy"), *sides)})
    return judged(found, gate)[0].outcome == "pass"


TRIALS = 300


def test_as_many_rows_as_are_said_to_be_needed_pass_a_model_that_is_as_good() -> None:
    """Four out of five times, where a point rule would nearly always pass; 3,091 rows are the known answer above."""
    assert share_that_passes(MARGIN, 3091, 0.0) == pytest.approx(0.8, abs=0.07)
    assert share_that_passes(MARGIN, 1000, 0.0) < 0.6


def test_a_model_that_is_worse_by_the_margin_passes_in_one_of_twenty_cases() -> None:
    """A point rule passes it in every other."""
    assert share_that_passes(MARGIN, 3091, -0.01) < 0.09
    assert share_that_passes(GateRule(max_regression=0.01), 3091, -0.01) == pytest.approx(0.5, abs=0.1)
