"""The gates in the report: the outcome is the first fact and the first section, and no setting hides it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from samples import evidence_of, make_metric, make_report

from headway.judge.gates.judging import judge_gates
from headway.numbers import MINUS
from headway.report import html, markdown
from headway.report.sections.headline import combined_headline, headline
from headway.report.view import view_report
from headway.settings import GateLimits, GateRule, MetricRule, Tolerance
from headway.values.comparison import Metric, Slice
from headway.values.metric_format import MetricFormat
from headway.values.report import Report, SectionLayout

PERCENT = MetricFormat(percent=True)
MARGIN = GateRule(margin=0.01)


def with_interval(line: str, low: float, high: float, **changes: Any) -> Metric:
    """A metric with a 90% interval, and a 95% interval that is a fifth wider."""
    metric = make_metric(line)
    wider = (high - low) / 10
    evidence = evidence_of(
        metric, gate_low=low, gate_high=high, low=low - wider, high=high + wider, rows=429, fixed=None, broken=None
    )
    return msgspec.structs.replace(metric, evidence=evidence, verdict="no_difference", **changes)


def gated(*metrics: tuple[Metric, GateRule], **parts: Any) -> Report:
    """A report in which each metric has a gate of its own."""
    rules = {metric.name: MetricRule(direction="higher", gate=gate) for metric, gate in metrics}
    judged, _, gates = judge_gates([metric for metric, _ in metrics], rules)
    return make_report(judged, gates=gates, **parts)


FAILED = with_interval("accuracy 0.95 -> 0.93 higher", -0.028, -0.012, format=PERCENT), MARGIN
UNSURE = with_interval("f1 0.95 -> 0.94 higher", -0.03, 0.01), MARGIN
PASSED = with_interval("recall 0.95 -> 0.95 higher", -0.002, 0.002), MARGIN
IGNORED = with_interval("auc 0.95 -> 0.94 higher", -0.03, 0.01), GateRule(margin=0.01, on_cannot_tell="pass")


def rows(report: Report) -> list[list[str]]:
    """The rows of the table of gates, folded ones included."""
    section = markdown.render(report).split("#### Gates")[1].split("####")[0]
    lines = [
        line for line in section.splitlines() if line.startswith("| ") and not line.startswith(("| Metric", "| :"))
    ]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in lines]


@pytest.mark.parametrize(
    ("metrics", "sentence"),
    [
        ([PASSED], "1 gate passed"),
        ([PASSED, PASSED], "2 gates passed"),
        ([PASSED, IGNORED], "1 gate passed, 1 cannot tell"),
        ([FAILED], "✗ 1 gate failed: accuracy"),
        ([PASSED, FAILED], "✗ 1 of 2 gates failed: accuracy"),
        ([FAILED, UNSURE, PASSED], "✗ 1 of 3 gates failed: accuracy, ⚠ 1 of 3 gates cannot tell: f1"),
        ([UNSURE], "⚠ 1 gate cannot tell: f1"),
    ],
)
def test_the_outcome_is_the_first_fact(metrics: list[tuple[Metric, GateRule]], sentence: str) -> None:
    report = gated(*metrics)
    assert headline(report).sentence.startswith(f"{sentence}, ")
    assert combined_headline([report]).sentence.startswith(sentence.partition(":")[0])


def test_a_gate_that_lets_everything_pass_is_no_fact() -> None:
    assert "gate" not in headline(gated(IGNORED)).sentence


def test_a_report_without_gates_does_not_mention_them() -> None:
    assert "gate" not in markdown.render(make_report("a 1 -> 2 higher")).lower()


def test_failed_rules_come_first_with_what_they_were_judged_by() -> None:
    assert rows(gated(PASSED, UNSURE, IGNORED, FAILED)) == [
        [
            "`accuracy`",
            "✗ **failed**",
            "not worse by more than 1 pt",
            f"90% interval {MINUS}2.80 to {MINUS}1.20 pt",
            "drops above 1.22 pt; ≈ 640 rows would show 1 pt",
        ],
        [
            "`f1`",
            "⚠ cannot tell: the interval crosses the margin",
            "not worse by more than 0.01",
            f"90% interval {MINUS}0.030 to +0.010",
            "drops above 0.030; ≈ 4,000 rows would show 0.01",
        ],
        [
            "`recall`",
            "passed",
            "not worse by more than 0.01",
            f"90% interval {MINUS}0.0020 to +0.0020",
            "drops above 0.0030",
        ],
    ]


def test_a_comment_folds_the_rules_that_pass_below_the_others() -> None:
    text = markdown.render(gated(PASSED, UNSURE))
    assert text.index("`f1`") < text.index("<summary>1 more gate rule</summary>") < text.index("`recall` | passed")


def test_the_signs_are_those_of_the_metric() -> None:
    metric = with_interval("loss 0.2 -> 0.23 lower", 0.02, 0.04)
    ((_, outcome, rule, interval, power),) = rows(gated((metric, MARGIN)))
    assert (rule, interval) == ("not worse by more than 0.01", "90% interval +0.020 to +0.040")
    assert (outcome, power.split(";")[0]) == ("✗ **failed**", "rises above 0.015")


@pytest.mark.parametrize(
    ("line", "gate", "rule", "judged_by"),
    [
        ("a 0.95 -> 0.93 higher", GateRule(min=0.94), "at least 94%", "value 93%"),
        ("a 0.95 -> 0.93 higher", GateRule(max=0.9), "at most 90%", "value 93%"),
        ("a 0.95 -> 0.93 higher", GateRule(max_regression=0.01), "falls by at most 1 pt", f"change {MINUS}2 pt"),
        ("a 0.93 -> 0.95 lower", GateRule(max_regression=0.01), "rises by at most 1 pt", "change +2 pt"),
        ("a 0.5 -> 0.95 higher", GateRule(max_improvement=0.1), "rises by at most 10 pt", "change +45 pt"),
        ("a 0.95 -> 0.5 lower", GateRule(max_improvement=0.1), "falls by at most 10 pt", f"change {MINUS}45 pt"),
        (
            "a 0.8 -> 0.6 higher",
            GateRule(max_regression=Tolerance(relative=0.1)),
            "falls by at most 10% of base",
            f"change {MINUS}25%",
        ),
    ],
)
def test_point_rules_say_that_no_interval_stands_behind_them(
    line: str, gate: GateRule, rule: str, judged_by: str
) -> None:
    report = gated((msgspec.structs.replace(make_metric(line), format=PERCENT), gate))
    ((_, _, *found, _),) = rows(report)
    assert found == [rule, judged_by]
    assert "no interval stands behind it" in markdown.render(report)


def test_a_rule_that_fails_because_it_cannot_tell_says_so() -> None:
    metric = make_metric("a 0.95 -> 0.93 higher")
    ((_, outcome, *_),) = rows(gated((metric, GateRule(margin=0.01, on_cannot_tell="fail"))))
    assert outcome.startswith("✗ **failed, because it cannot tell**: neither predictions nor runs")


def test_rules_that_are_let_pass_are_one_line() -> None:
    ignored = [(msgspec.structs.replace(IGNORED[0], key=f"auc.{number}"), IGNORED[1]) for number in range(7)]
    names = ", ".join(f"`auc.{number}`" for number in range(5))
    text = markdown.render(gated(FAILED, *ignored))
    assert f"7 gate rules cannot tell, which their gates let pass: {names} and 2 more." in text


def test_gates_on_slices_name_the_slice() -> None:
    north = Slice(column="site", value="north", rows=100, metric=FAILED[0])
    rules = {"accuracy": MetricRule(direction="higher", gate=GateRule(slices=GateLimits(margin=0.01)))}
    gated = judge_gates([FAILED[0]], rules, (), [north])
    report = make_report(gated.metrics, slices=gated.slices, gates=gated.gates)
    ((name, outcome, *_),) = rows(report)
    assert (name, outcome) == ("`accuracy` where `site` is `north`", "✗ **failed**")
    assert headline(report).sentence.startswith("✗ 1 gate failed: accuracy where site is north")


def test_a_gate_that_applies_to_no_metric_is_a_row() -> None:
    metrics = (make_metric("accuracy 0.9 -> 0.9"),)
    gates = judge_gates(metrics, {"acuracy": MetricRule(direction="higher", gate=MARGIN)}).gates
    report = make_report(metrics, gates=gates)
    ((name, outcome, *_),) = rows(report)
    assert (name, outcome) == ("`acuracy`", "⚠ cannot tell: no metric matches it; did you mean `accuracy`?")
    assert headline(report).sentence.startswith("⚠ 1 gate cannot tell: acuracy")


def test_settings_neither_hide_nor_move_a_failed_gate() -> None:
    layout = (SectionLayout(section="charts", display="show"), SectionLayout(section="metrics", display="hide"))
    report = gated(FAILED, layout=layout)
    assert next(iter(view_report(report, brief=True).sections)).anchor == "gates"
    page = html.render(report, {})
    assert page.index("gate failed: accuracy") < page.index("Base")


def test_only_gates_that_all_pass_are_folded() -> None:
    assert "<summary>Gates: 1 passed</summary>" in markdown.render(gated(PASSED))
    assert "<summary>Gates: 1 cannot tell, 1 passed</summary>" in markdown.render(gated(PASSED, IGNORED))
    assert "#### Gates" in markdown.render(gated(PASSED, UNSURE))


def test_a_metric_is_named_with_its_file_where_another_has_its_key() -> None:
    other = with_interval("other.json:accuracy 0.95 -> 0.94 higher", -0.04, -0.02), MARGIN
    report = gated(FAILED, other, UNSURE)
    assert {row[0] for row in rows(report)} == {"`reports/metrics.json:accuracy`", "`other.json:accuracy`", "`f1`"}
    sentence = "✗ 2 of 3 gates failed: reports/metrics.json:accuracy, other.json:accuracy"
    assert headline(report).sentence.startswith(sentence)


def test_a_title_names_the_metric() -> None:
    titled = msgspec.structs.replace(FAILED[0], format=MetricFormat(title="Accuracy of all"))
    report = gated((titled, MARGIN))
    assert rows(report)[0][0] == "Accuracy of all"
    assert headline(report).sentence.startswith("✗ 1 gate failed: Accuracy of all")
