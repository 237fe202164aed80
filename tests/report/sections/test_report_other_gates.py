"""Gates on data, parameters and training in the report, and the failures that somebody accepts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from samples import make_metric, make_param, make_report

from headway.judge.gates.judging import judge_gates
from headway.report import markdown
from headway.report.sections.gates import summary
from headway.report.sections.headline import combined_headline, headline
from headway.settings import GateRule, MetricRule
from headway.values.gate import Acceptance, GateCheck, Gates, OtherGate

if TYPE_CHECKING:
    from headway.values.report import Report

CHANGED = OtherGate(
    on="data",
    name="data/a.csv",
    outcome="fail",
    checks=(GateCheck(rule="approval", outcome="fail", against="base", reason="it changed"),),
)
SEED = OtherGate(
    on="params",
    name="params.yaml:seed",
    outcome="fail",
    checks=(GateCheck(rule="approval", outcome="fail", against="base", reason="it changed"),),
)
CURVE = OtherGate(
    on="training",
    name="c.csv:val",
    outcome="fail",
    checks=(
        GateCheck(rule="best_before_last", outcome="fail", value=67, rows=67),
        GateCheck(rule="finite", outcome="fail", value=1200, rows=1300),
        GateCheck(rule="max_gap", outcome="pass", limit=0.1, value=0.05, rows=67),
    ),
)


def acceptance(**parts: Any) -> Acceptance:
    given = {"what": "data/a.csv", "by": "Ada", "why": "relabeled", "until": "2027-01-31", "covers": ("data/a.csv",)}
    return Acceptance(**{"state": "in_force", "added": False, **given, **parts})


def report(*others: OtherGate, accepted: tuple[Acceptance, ...] = (), **parts: Any) -> Report:
    covered = {name for each in accepted if each.state == "in_force" for name in each.covers}
    failing = [gate.name for gate in others if gate.outcome == "fail"]
    failed = tuple(name for name in failing if name not in covered)
    gates = Gates(
        outcome="fail" if failed else "pass",
        failed=failed,
        accepted=tuple(name for name in failing if name in covered),
        others=others,
        acceptances=accepted,
    )
    return make_report(**{"gates": gates, **parts})


def rows(text: str) -> list[list[str]]:
    """The rows of the table of gates, which has four columns where no metric has a gate."""
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line[:3] == "| `"]
    return [row for row in cells if len(row) == 4]


def test_each_rule_says_what_it_was_judged_by() -> None:
    shown = rows(markdown.render(report(CHANGED, SEED, CURVE, params=(make_param("params.yaml:seed 1 -> 2"),))))
    assert shown == [
        ["`data/a.csv`", "✗ **failed**: it changed", "changes only with an approval", ""],
        ["`params.yaml:seed`", "✗ **failed**: it changed", "changes only with an approval", "`1` → `2`"],
        ["`c.csv:val`", "✗ **failed**", "best before the last row", "best in row 67 of 67"],
        ["`c.csv:val`", "✗ **failed**", "finite numbers only", "no finite number in row 1,200 of 1,300"],
        ["`c.csv:val`", "passed", "at most 0.1 worse than train", "gap 0.05 where validation is best"],
    ]


def test_failed_approvals_come_with_an_entry_to_paste() -> None:
    assert '`{what: "data/a.csv", by: NAME, why: REASON, until: YYYY-MM-DD}`' in markdown.render(report(CHANGED))
    accepted = markdown.render(report(CHANGED, accepted=(acceptance(),)))
    assert "YYYY" not in accepted + markdown.render(report(CURVE))


def test_an_accepted_failure_is_shown_as_one_and_does_not_count_as_failed() -> None:
    found = report(CHANGED, accepted=(acceptance(added=True),))
    text = markdown.render(found)
    assert headline(found).sentence.startswith("⚠ 1 gate failed but accepted: data/a.csv")
    assert combined_headline([found]).sentence.startswith("⚠ 1 gate failed but accepted")
    assert "**Accepted** by Ada until 2027-01-31: `data/a.csv`, because “relabeled”. Head adds this entry." in text
    assert text.index("**Accepted**") < text.index("Base:")
    assert rows(text)[0][1] == "⚠ failed, but accepted by Ada until 2027-01-31: it changed"
    assert found.gates
    assert summary(found.gates) == "1 failed but accepted"


def test_an_entry_is_in_every_report_until_it_ends() -> None:
    passed = msgspec.structs.replace(CHANGED, outcome="pass", checks=(GateCheck(rule="approval", outcome="pass"),))
    idle = acceptance(covers=())
    assert "because “relabeled”. No gate needs it now." in markdown.render(report(passed, accepted=(idle,)))
    ended = markdown.render(report(CHANGED, accepted=(acceptance(state="ended"),)))
    assert "**Accepted**" not in ended
    assert "✗ **failed**: it changed; the acceptance by Ada until 2027-01-31 has ended" in ended


def test_more_entries_than_the_first_lines_name_are_listed_below() -> None:
    entries = tuple(acceptance(what=f"data/{number}.csv", covers=()) for number in range(5))
    text = markdown.render(report(CHANGED, accepted=entries))
    opening, section = text.split("#### Gates")
    assert opening.count("**Accepted**") == 3
    assert "2 more acceptances under Gates" in opening
    assert section.count("**Accepted**") == 5


@pytest.mark.parametrize(("covers", "word"), [(True, "⚠ failed, but accepted by Ada"), (False, "✗ **failed**")])
def test_a_metric_that_is_accepted(covers: bool, word: str) -> None:  # noqa: FBT001 - a parameter of the table
    rules = {"acc": MetricRule(direction="higher", gate=GateRule(min=0.9))}
    metrics, _, gates = judge_gates([make_metric("acc 0.9 -> 0.8 higher")], rules)
    assert gates
    if covers:
        entry = acceptance(what="acc", covers=gates.failed)
        gates = msgspec.structs.replace(gates, failed=(), accepted=gates.failed, acceptances=(entry,))
    text = markdown.render(make_report(metrics, gates=gates))
    assert f"| `acc` | {word}" in text
