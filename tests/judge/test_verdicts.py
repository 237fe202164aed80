"""The verdict that evidence gives: levels, margins, families, and what comes before any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET
from samples import evidence_of, make_metric

from headway.judge.movement import movement, verdict
from headway.judge.multiplicity import benjamini_hochberg, holm
from headway.judge.statistics.estimate import Outcome
from headway.judge.verdicts import with_verdicts

if TYPE_CHECKING:
    from headway.values.comparison import Metric
    from headway.values.evidence import Evidence

KEY = ("metrics.json", "m")


def interval(low: float, high: float, p: float, **parts: Any) -> dict[str, Any]:
    """Evidence whose 90% interval is a tenth narrower on either side."""
    tenth = (high - low) / 10
    return {"low": low, "high": high, "gate_low": low + tenth, "gate_high": high - tenth, "p": p} | parts


def judged(line: str, tested: Outcome | None = None, **changes: Any) -> Metric:
    metric = msgspec.structs.replace(make_metric(line), file=KEY[0], key=KEY[1], **changes)
    (found,) = with_verdicts([metric], {KEY: tested} if tested else {})
    return found


def evidence(**parts: Any) -> Evidence:
    return evidence_of(make_metric("m 0.8 -> 0.9 higher"), **parts)


@pytest.mark.parametrize(
    ("line", "found", "margin", "expected"),
    [
        ("m 0.8 -> 0.9 higher", interval(0.05, 0.15, 0.01), UNSET, "improved"),
        ("m 0.8 -> 0.9 lower", interval(0.05, 0.15, 0.01), UNSET, "worse"),
        ("m 0.9 -> 0.8 lower", interval(-0.15, -0.05, 0.01), UNSET, "improved"),
        ("m 0.9 -> 0.8 higher", interval(-0.15, -0.05, 0.01), UNSET, "worse"),
        ("m 0.9 -> 0.8 higher", interval(-0.15, -0.05, 0.01), 0.2, "worse_within_margin"),
        ("m 0.9 -> 0.8 higher", interval(-0.15, -0.05, 0.01), 0.13, "worse"),
        ("m 0.8 -> 0.9 lower", interval(0.05, 0.15, 0.01), 0.2, "worse_within_margin"),
        ("m 0.8 -> 0.9 higher", interval(-0.01, 0.02, 0.6), UNSET, "no_difference"),
        ("m 0.8 -> 0.9 higher", interval(-0.01, 0.02, 0.6), 0.03, "equal"),
        ("m 0.8 -> 0.9 higher", interval(-0.01, 0.05, 0.6), 0.03, "not_worse"),
        ("m 0.8 -> 0.9 lower", interval(-0.05, 0.01, 0.6), 0.03, "not_worse"),
        ("m 0.8 -> 0.9 higher", interval(-0.05, 0.01, 0.6), 0.03, "cannot_tell"),
        # The p-value and the interval must agree.
        ("m 0.8 -> 0.9 higher", interval(0.001, 0.2, 0.051), UNSET, "no_difference"),
        ("m 0.8 -> 0.9 higher", interval(-0.001, 0.2, 0.049), UNSET, "no_difference"),
        ("m 0.8 -> 0.9 higher", interval(0.0, 0.2, 0.04), UNSET, "no_difference"),
        ("m 0.8 -> 0.8 higher", interval(-0.05, 0.05, 1.0), UNSET, "no_difference"),
    ],
)
def test_intervals_decide(line: str, found: dict[str, Any], margin: Any, expected: str) -> None:
    assert judged(line, Outcome(evidence(**found)), margin=margin).verdict == expected


SURE = interval(0.05, 0.15, 0.001)


@pytest.mark.parametrize(
    ("changes", "tested", "expected"),
    [
        ({"withheld": "evaluation"}, Outcome(evidence(**SURE)), "not_comparable"),
        ({"withheld": "machine"}, Outcome(evidence(**SURE)), "not_judged"),
        ({"withheld": "rerun"}, Outcome(evidence(**SURE)), "not_judged"),
        ({"direction": None}, Outcome(evidence(**SURE)), "not_judged"),
        ({}, None, "cannot_tell"),
        ({}, Outcome(evidence(**SURE, withheld="the predictions give 0.7")), "cannot_tell"),
        ({}, Outcome(evidence(**SURE, withheld="the predictions give 0.7"), is_identical=True), "cannot_tell"),
        ({}, Outcome(evidence(**SURE), is_identical=True, too_few="only 3 rows"), "identical"),
        ({}, Outcome(evidence(**SURE), too_few="only 3 rows"), "too_few"),
        ({"status": "added"}, None, UNSET),
    ],
)
def test_what_comes_before_intervals(changes: dict[str, Any], tested: Outcome | None, expected: str) -> None:
    found = judged("m 0.8 -> 0.9 higher", tested, **changes)
    assert found.verdict == expected
    assert movement(found) == "neutral"
    assert verdict(found) not in {"better", "worse"}


def test_why_there_is_no_verdict_is_part_of_the_evidence() -> None:
    found = judged("m 0.8 -> 0.9 higher", Outcome(evidence(**SURE), too_few="only 3 rows"))
    assert found.evidence is not UNSET
    assert found.evidence.withheld == "only 3 rows"
    assert verdict(found) == "too few rows to tell"


@given(st.lists(st.sampled_from(["higher", "lower"]), min_size=1, max_size=5), st.data())
def test_without_evidence_nothing_is_better_or_worse(directions: list[str], data: st.DataObject) -> None:
    changes = [data.draw(st.floats(-1, 1)) for _ in directions]
    metrics = [
        make_metric(f"m{i} 0 -> {change} {way}")
        for i, (change, way) in enumerate(zip(changes, directions, strict=True))
    ]
    assert {movement(metric) for metric in with_verdicts(metrics, {})} == {"neutral"}


def report_of(headline: int, others: int, classes: int, p: float) -> dict[str, Metric]:
    """Metrics with one p-value each, some of them in the headline and some of single classes."""
    names = {
        **{f"h{i}": ("metrics", i) for i in range(headline)},
        **{f"o{i}": ("metrics", None) for i in range(others)},
        **{f"c{i}": ("classes", None) for i in range(classes)},
    }
    metrics = [
        msgspec.structs.replace(make_metric(f"{name} 0.8 -> 0.9 higher"), headline=place)
        for name, (_, place) in names.items()
    ]
    tested = {
        (metric.file, metric.key): Outcome(evidence(**interval(0.01, 0.2, p), family=names[metric.key][0]))
        for metric in metrics
    }
    return {metric.key: metric for metric in with_verdicts(metrics, tested)}


def test_p_values_are_adjusted_within_families() -> None:
    found = report_of(headline=3, others=4, classes=10, p=0.02)
    adjusted = {key: metric.evidence for key, metric in found.items() if metric.evidence is not UNSET}
    assert (adjusted["h0"].p, adjusted["h0"].p_adjusted, adjusted["h0"].family_size) == (0.02, 0.06, 3)
    assert (adjusted["o0"].p_adjusted, adjusted["o0"].family_size) == (0.02, 4)
    assert (adjusted["c0"].family, adjusted["c0"].family_size) == ("classes", 10)
    assert {key: found[key].verdict for key in ("h0", "o0", "c0")} == {
        "h0": "no_difference",
        "o0": "improved",
        "c0": "improved",
    }


def test_what_is_not_asked_is_in_no_family() -> None:
    metrics = [
        msgspec.structs.replace(make_metric("a 0.8 -> 0.9 higher"), headline=0),
        msgspec.structs.replace(make_metric("b 0.8 -> 0.9"), headline=1),
        msgspec.structs.replace(make_metric("c 0.8 -> 0.9 higher"), headline=2),
    ]
    outcomes = [Outcome(evidence(**SURE)), Outcome(evidence(**SURE)), Outcome(evidence(**SURE), too_few="only 1 row")]
    tested = {(metric.file, metric.key): each for metric, each in zip(metrics, outcomes, strict=True)}
    first = with_verdicts(metrics, tested)[0]
    assert first.evidence is not UNSET
    assert (first.evidence.family_size, first.evidence.p_adjusted) == (1, 0.001)


def test_the_rows_that_would_decide() -> None:
    wide = evidence(**interval(-0.01, 0.03, 0.3), estimate=0.01, rows=100)
    found = judged("m 0.8 -> 0.81 higher", Outcome(wide))
    assert found.evidence is not UNSET
    error = 0.02 / 1.959964
    assert found.evidence.rows_needed == pytest.approx(100 * (2.801585 * error / 0.01) ** 2, abs=1)


@pytest.mark.parametrize(
    ("adjust", "values", "expected"),
    [
        (holm, [0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        (benjamini_hochberg, [0.01, 0.04, 0.03, 0.005], [0.02, 0.04, 0.04, 0.02]),
        (holm, [], []),
    ],
)
def test_known_adjusted_values(adjust: Any, values: list[float], expected: list[float]) -> None:
    assert adjust(values) == pytest.approx(expected)
    assert adjust(values[::-1]) == pytest.approx(expected[::-1])


@pytest.mark.parametrize("withheld", [None, "evaluation", "rerun"])
def test_a_verdict_from_elsewhere_is_no_movement_without_evidence(withheld: Any) -> None:
    metric = msgspec.structs.replace(make_metric("m 0.5 -> 0.6 higher"), verdict="improved", withheld=withheld)
    assert (movement(metric), verdict(metric)) != ("better", "better")
    assert movement(metric) == "neutral"
