"""Which numbers of a speed test are called better or worse, and what gates make of them."""

from __future__ import annotations

import msgspec
import pytest
from samples import make_report
from speed.runs_of import samples

from headway.judge.speed.changes import judge_samples
from headway.judge.speed.gates import NOT_MEASURED, speed_gates
from headway.judge.untrusted.again import Known, judge_again
from headway.report.sections.headline import headline
from headway.settings import FormatRule, GateRule, MetricRule, Settings
from headway.values.gate import Gates
from headway.values.speed import Speed, SpeedChange, SpeedSamples

LOWER = {"*": MetricRule(direction="lower", machine=True)}
HIGHER = {"*": MetricRule(direction="higher", machine=True)}


def judged(each: SpeedSamples, rules: dict[str, MetricRule] = LOWER) -> SpeedChange:
    (change,) = judge_samples([each], rules, rules, ())
    return change


@pytest.mark.parametrize(
    ("each", "rules", "verdict"),
    [
        (samples(head=1.3), LOWER, "worse"),
        (samples(head=0.7), LOWER, "improved"),
        (samples(head=1.3), HIGHER, "improved"),
        (samples(head=0.7), HIGHER, "worse"),
        (samples(), LOWER, "no_difference"),
        (samples(head=1.1, again=1.3), LOWER, "no_difference"),  # base differs from itself by more
        (samples(head=1.3), {}, "not_judged"),
        (samples(head=1.3), {"*": MetricRule(direction="lower")}, "not_judged"),  # the rule of a metric of a file
        (samples(name="seconds", head=1.3), {}, "worse"),  # of a time, less is better whatever the settings say
        (samples(head=-1), LOWER, "cannot_tell"),
    ],
)
def test_a_number_moved_only_if_it_moved_by_more_than_noise(
    each: SpeedSamples, rules: dict[str, MetricRule], verdict: str
) -> None:
    assert judged(each, rules).verdict == verdict


def test_p_values_of_several_numbers_are_adjusted_together() -> None:
    several = [samples(name=f"n{number}_ms", head=1.012) for number in range(8)]
    alone, *_ = judge_samples(several[:1], LOWER, LOWER, ())
    together, *_ = judge_samples(several, LOWER, LOWER, ())
    assert alone.p == together.p
    assert (alone.p or 0) * 8 == pytest.approx(together.p_adjusted)
    undirected = judge_samples(several, LOWER, {"n0_ms": MetricRule(direction="lower", machine=True)}, ())
    assert undirected[0].p_adjusted == alone.p


def test_a_rule_for_a_file_means_the_number_of_the_same_name() -> None:
    rules = {"latency.json:*": MetricRule(direction="lower", machine=True, format=FormatRule(unit="ms", digits=2))}
    metrics = make_report("latency.json:ms 3 -> 4").metrics
    (change,) = judge_samples([samples(head=1.3)], rules, rules, metrics)
    assert change.verdict == "worse"
    assert change.format
    assert (change.format.unit, change.format.digits) == ("ms", 2)
    assert judged(samples(head=1.3), rules).verdict == "not_judged"


def gated(each: SpeedSamples, direction: str = "lower", **gate: object) -> tuple[str, str, str]:
    """The outcome of a gate, and the rule and reason of its worst check."""
    rules = {"ms": msgspec.convert({"direction": direction, "machine": True, "gate": gate}, MetricRule)}
    changes = judge_samples([each], rules, rules, ())
    (found,) = speed_gates(Speed(model="m", is_same_model=False, command=("c",), changes=changes), rules, ())
    assert (found.on, found.name) == ("speed", "ms")
    worst = max(found.checks, key=lambda check: ("pass", "cannot_tell", "fail").index(check.outcome))
    return found.outcome, worst.rule, worst.reason


@pytest.mark.parametrize(
    ("head", "direction", "gate", "outcome"),
    [
        (1.0, "lower", {"max_slowdown": 0.1}, "pass"),
        (1.3, "lower", {"max_slowdown": 0.1}, "fail"),
        (1.3, "lower", {"max_slowdown": 0.5}, "pass"),
        (1.1, "lower", {"max_slowdown": 0.1}, "warn"),  # the interval reaches to both sides
        (1.1, "lower", {"max_slowdown": 0.1, "on_cannot_tell": "fail"}, "fail"),
        (1 / 1.3, "higher", {"max_slowdown": 0.2}, "fail"),
        (1 / 1.3, "higher", {"max_slowdown": 0.4}, "pass"),
        (0.5, "lower", {"max_slowdown": 0.1}, "pass"),
        (1.0, "lower", {"max": 1.1}, "pass"),
        (1.0, "lower", {"max": 0.9}, "fail"),
        (1.0, "lower", {"max": 1.0}, "warn"),
        (1.0, "higher", {"min": 0.9}, "pass"),
        (1.0, "higher", {"min": 1.1}, "fail"),
        (1.3, "lower", {"max_slowdown": 0.5, "max": 1.2}, "fail"),
    ],
)
def test_a_gate_judges_the_interval(head: float, direction: str, gate: dict[str, float], outcome: str) -> None:
    assert gated(samples(head=head), direction, **gate)[0] == outcome


def test_a_slowdown_that_base_alone_shows_is_no_failure() -> None:
    outcome, rule, reason = gated(samples(head=1.25, again=1.2), max_slowdown=0.01)
    assert (outcome, rule) == ("warn", "max_slowdown")
    assert "itself" in reason


def test_a_number_without_a_ratio_cannot_tell_of_a_slowdown_but_has_a_ceiling() -> None:
    assert gated(samples(head=-1), max_slowdown=0.1)[0] == "warn"
    assert gated(samples(head=-1), max=0)[0] == "pass"


def test_what_nobody_measured_cannot_pass() -> None:
    rules = {"p95_ms": MetricRule(machine=True, gate=GateRule(max=5)), "other": MetricRule(gate=GateRule(max=5))}
    (missing,) = speed_gates(None, rules, ())
    assert (missing.name, missing.outcome, missing.checks[0].reason) == ("p95_ms", "warn", NOT_MEASURED)
    speed = Speed(
        model="m", is_same_model=False, command=("c",), changes=judge_samples([samples("p95ms")], rules, rules, ())
    )
    (misspelt,) = speed_gates(speed, rules, ())
    assert misspelt.outcome == "warn"
    assert "did you mean `p95ms`?" in misspelt.checks[0].reason
    (shadowed,) = speed_gates(speed, {"p95*": MetricRule(machine=True), "p95ms": rules["p95_ms"]}, ())
    assert "another rule applies" in shadowed.checks[0].reason


def test_the_largest_and_the_smallest_numbers_have_no_ratio_that_overflows() -> None:
    assert judged(samples(base=1e-99, head=9e99)).verdict == "worse"
    assert judged(samples(base=9e99, head=1e-99)).verdict == "improved"
    assert judged(samples(base=5e-324, head=9e99)).verdict == "cannot_tell"


@pytest.mark.parametrize("forged", ["large", "lengths", "rounds", "names", "many", "none"])
def test_numbers_that_one_command_cannot_have_given_are_refused(forged: str) -> None:
    speed = Speed(model="m", is_same_model=False, command=("c",), changes=judge_samples([samples()], {}, {}, ()))
    found = msgspec.to_builtins(speed)
    change = found["changes"][0]
    if forged == "large":
        change["samples"]["head"] = (1e101,) * 9
    elif forged == "lengths":
        change["samples"]["head"] *= 2
    else:
        runs = dict.fromkeys(("base", "base_again", "head"), (1.0,) * (6 if forged == "rounds" else 9))
        names = {"rounds": ["b"], "names": ["ms"], "many": map(str, range(50)), "none": []}[forged]
        added = [{**change, "samples": {"name": name, **runs}} for name in names]
        found["changes"] = [change, *added] if forged != "none" else []
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(found, Speed)


@pytest.mark.parametrize(
    ("head", "rules", "said"),
    [
        (1.3, LOWER, "ms 1.30x worse"),
        (1.0, LOWER, "No difference in speed detected"),
        (1.3, {}, "Speed measured, but not judged"),
        (-1.0, LOWER, "Speed measured, but not judged"),
    ],
)
def test_the_headline_says_no_difference_only_if_one_was_looked_for(
    head: float, rules: dict[str, MetricRule], said: str
) -> None:
    changes = judge_samples([samples(head=head)], rules, rules, ())
    speed = Speed(model="m", is_same_model=False, command=("c",), changes=changes)
    in_a_file = msgspec.structs.replace(make_report("ms 1 -> 2").metrics[0], withheld="machine")
    for metrics in ((), (in_a_file,)):
        assert headline(make_report(speed=speed, metrics=metrics)).sentence.endswith(said)


def test_a_strangers_runs_are_judged_again_by_the_rules_that_judge() -> None:
    rules = Settings(metrics={"ms": MetricRule(direction="lower", machine=True, gate=GateRule(max_slowdown=0.1))})
    honest = judge_samples([samples(head=1.3)], rules.metrics, rules.metrics, ())
    speed = Speed(model="m", is_same_model=False, command=("c",), changes=honest)
    forged = tuple(msgspec.structs.replace(each, verdict="improved", direction="higher", ratio=None) for each in honest)
    report = make_report(speed=msgspec.structs.replace(speed, changes=forged), gates=Gates(outcome="pass", passed=9))
    again = judge_again(report, Known(rules=rules, settings=rules))
    assert again.speed == speed
    assert again.gates
    assert again.gates.failed == ("ms",)
    without = judge_again(make_report(), Known(rules=rules, settings=rules))
    assert without.gates
    assert without.gates.warned == ("ms",)
