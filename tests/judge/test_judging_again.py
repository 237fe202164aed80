"""Reports whose numbers a stranger computed: honest ones stay as they are, and no word of a forged one counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judge.statistics.arrays import ArraySample
from judge.test_slice_evidence import SETTINGS, write
from msgspec import UNSET
from repos import Project
from samples import evidence_of, make_metric, make_report

from headway.app.comparison import Request, build_diff
from headway.judge.statistics.compare import compare_paired
from headway.judge.untrusted.again import Known, judge_again
from headway.judge.untrusted.contradictions import LARGEST, contradiction
from headway.settings import Estimator, GateRule, MetricRule, Settings, load_settings
from headway.values.comparison import Slice
from headway.values.count import LARGEST_COUNT
from headway.values.evidence import Evidence
from headway.values.gate import Gates

if TYPE_CHECKING:
    from pathlib import Path

    from headway.values.comparison import Metric
    from headway.values.report import Report

GATED = {
    "percent": {
        "direction": "higher",
        "estimator": "accuracy",
        "margin": 1,
        "gate": {"margin": 2, "slices": {"min": 50}},
    },
    "f1": {"direction": "higher", "estimator": "f1", "gate": {"require_improvement": True}},
    "percen?": {"gate": {"min": 1}},
    "wrong": {"direction": "lower", "estimator": {"name": "mean", "column": "is_wrong"}},
}
RULES = Settings(
    metrics={"acc": MetricRule(direction="higher", margin=0.01, gate=GateRule(margin=0.01, slices=GateRule(min=0.5)))}
)
KNOWN = Known(rules=RULES, settings=RULES)
ANY = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.0, 1e308, -1e308, 5e-324, 1e-200])


def test_an_honest_report_stays_as_it_is(tmp_path: Path) -> None:
    project = Project(tmp_path / "honest")
    project.dvc_yaml({"metrics": ["metrics.json"]}).json("headway.yaml", SETTINGS | {"metrics": GATED})
    write(project, 0.8, 0.8).commit("base")
    rules = load_settings(lambda name: (project.root / name).read_bytes() if name == "headway.yaml" else None, "base")
    outcomes = set()
    for right, west in ((0.84, 0.7), (0.9, 0.9), (0.8, 0.8)):
        write(project, right, west)
        report = build_diff(Request(folder=project.root, base="HEAD", head=None, settings=None))
        assert report.slices
        assert report.gates
        outcomes |= set(report.gates.failed)
        assert judge_again(report, Known(rules=rules, settings=rules)) == report
    assert outcomes


def sample(actual: Any, quality: float) -> ArraySample:
    draw = np.random.default_rng(5)
    right = draw.random(len(actual)) < quality
    certain = draw.random(len(actual)) / 2.1
    scores = np.where(right == (actual == 1), 1 - certain, certain).clip(0.01, 0.99)
    return ArraySample(
        actual_codes=actual,
        predicted_codes=np.where(right, actual, 1 - actual),
        scores=scores,
        probabilities=np.stack([1 - scores, scores], 1),
        target=actual,
        prediction=scores,
    )


@pytest.mark.parametrize("name", ["accuracy", "error", "f1", "mcc", "roc_auc", "log_loss", "mae"])
@pytest.mark.parametrize("quality", [0.6, 0.79, 0.8, 0.95])
def test_genuine_evidence_does_not_contradict_itself(name: str, quality: float) -> None:
    actual = np.random.default_rng(4).integers(0, 2, 400)
    tested = compare_paired(msgspec.convert({"name": name}, Estimator), sample(actual, 0.8), sample(actual, quality))
    direction = "lower" if name in {"error", "log_loss", "mae"} else "higher"
    metric = make_metric(f"m 0.9 -> 0.8 {direction}")
    metric = msgspec.structs.replace(metric, verdict="identical" if tested.is_identical else "cannot_tell")
    assert not contradiction(metric, tested.evidence, {})


def report_with(metric: Metric) -> Report:
    part = Slice(column="site", value="north", rows=429, metric=metric)
    return make_report((metric,), slices=(part,))


FORGED: dict[str, Any] = {
    "change": [0.5, None],
    "relative": [9.0],
    "exact_change": ["1"],
    "direction": ["lower", None],
    "status": ["unchanged", "added", "removed", "unavailable"],
    "rank": [None, 7],
    "headline": [None, 3],
    "withheld": ["machine", "base"],
    "margin": [0.9, UNSET],
    "verdict": ["improved", "equal", "not_worse", "not_judged", UNSET],
    "gate": [UNSET],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in FORGED.items() for value in values])
def test_what_is_said_about_a_metric_does_not_count(name: str, value: Any) -> None:
    metric = make_metric("acc 0.90 -> 0.92 higher improved")
    metric = msgspec.structs.replace(metric, evidence=evidence_of(metric, fixed=None, broken=None))
    said = msgspec.structs.replace(metric, **{name: value})
    genuine = judge_again(report_with(metric), KNOWN)
    assert judge_again(report_with(said), KNOWN) == genuine
    assert genuine.metrics[0].verdict == "improved"


def test_what_is_said_about_evidence_does_not_count() -> None:
    metric = make_metric("acc 0.90 -> 0.92 higher improved")
    metric = msgspec.structs.replace(metric, evidence=evidence_of(metric, fixed=None, broken=None, p=0.2))
    evidence = evidence_of(metric, fixed=None, broken=None, p=0.2, p_adjusted=0.0, family="slices", family_size=99)
    said = msgspec.structs.replace(metric, evidence=msgspec.structs.replace(evidence, rows_needed=1))
    report = msgspec.structs.replace(report_with(said), gates=Gates(outcome="pass", passed=9))
    found = judge_again(report, KNOWN)
    assert found == judge_again(report_with(metric), KNOWN)
    assert found.metrics[0].verdict == "not_worse"


@settings(max_examples=80, deadline=None)
@given(
    values=st.tuples(ANY, ANY),
    estimate=ANY,
    ends=st.tuples(ANY, ANY, ANY, ANY),
    is_nested=st.booleans(),
    p=st.floats(0, 1),
    rows=st.integers(0, LARGEST_COUNT),
    sides=st.tuples(*[st.none() | ANY | st.sampled_from(["NaN", "Infinity", "word", True, LARGEST_COUNT])] * 2),
)
def test_no_number_stops_the_job(  # noqa: PLR0913 - what hypothesis chooses
    *,
    values: tuple[float, float],
    estimate: float,
    ends: tuple[float, float, float, float],
    is_nested: bool,
    p: float,
    rows: int,
    sides: tuple[Any, Any],
) -> None:
    base, head = (0.0, estimate) if is_nested else values
    low, gate_low, gate_high, high = sorted((*ends[:3], estimate)) if is_nested else ends
    evidence = Evidence(
        method="bootstrap",
        covers="rows",
        base=base,
        head=head,
        estimate=estimate,
        p=p,
        low=low,
        high=high,
        gate_low=gate_low,
        gate_high=gate_high,
        rows=rows,
        detectable=1.0,
    )
    metric = make_metric("acc 0.90 -> 0.92 higher improved")
    metric = msgspec.structs.replace(metric, base=sides[0], head=sides[1], evidence=evidence)
    judged = judge_again(report_with(metric), KNOWN).metrics[0].evidence
    assert not judged or judged.withheld or max(map(abs, (low, gate_low, gate_high, high, estimate))) <= LARGEST


def test_another_base_makes_no_metric_comparable() -> None:
    metric = make_metric("acc 0.90 -> 0.92 higher improved")
    found = judge_again(report_with(metric), KNOWN._replace(is_base=False))
    assert [each.verdict for each in (*found.metrics, found.slices[0].metric)] == ["not_comparable"] * 2
    assert found.gates
    assert found.gates.outcome == "warn"


def test_a_slice_of_no_metric_is_left_out() -> None:
    part = Slice(column="site", value="north", rows=429, metric=make_metric("other 0.90 -> 0.92 higher improved"))
    assert not judge_again(make_report("acc 0.9 -> 0.8 higher", slices=(part,)), KNOWN).slices


@pytest.mark.parametrize(
    ("gate", "left"),
    [
        ({"margin": 0.01, "min": 0.9, "max_improvement": 0.5}, ["min", "max_improvement"]),
        ({"margin": 0.01, "max_regression": 0.1}, []),
        ({"margin": 0.01, "slices": GateRule(margin=0.01)}, []),
    ],
)
def test_a_gate_against_the_anchor_alone_keeps_what_needs_no_anchor(gate: dict[str, Any], left: list[str]) -> None:
    rule = MetricRule(direction="higher", gate=GateRule(**gate, against=("anchor",)))
    rules = Settings(anchor="v1", metrics={"acc": rule})
    found = judge_again(make_report("acc 0.9 -> 0.95 higher"), Known(rules=rules, settings=rules))
    (metric,) = found.metrics
    assert [check.rule for check in (metric.gate.checks if metric.gate else ())] == left
    assert bool(found.gates) == bool(left)
