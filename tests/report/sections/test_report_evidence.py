"""The evidence below the metrics: what the tests are about, what they cannot tell, and the numbers behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from samples import evidence_of, make_metric, make_report

from headway.numbers import MINUS
from headway.report import markdown
from headway.report.sections.headline import headline
from headway.values.evidence import Pairing

if TYPE_CHECKING:
    from headway.values.comparison import Metric

PATH = "reports/predictions.csv"


def judged_by(line: str, **evidence: Any) -> Metric:
    metric = make_metric(line)
    return msgspec.structs.replace(metric, headline=0, evidence=evidence_of(metric, **evidence))


def text(*metrics: Metric, **parts: Any) -> str:
    return markdown.render(make_report(metrics, **parts))


class TestOtherRows:
    RELABELLED = Pairing(path=PATH, common=400, relabelled=30, examples=("a7",))

    def test_a_verdict_against_the_change_says_what_it_is_about(self) -> None:
        metric = judged_by("acc 0.9 -> 0.85 higher improved", estimate=0.02, low=0.01, high=0.03)
        report = make_report((metric,), pairings=(self.RELABELLED,))
        assert headline(report).sentence == "acc 0.90 → 0.85 better on the common rows"
        assert f"{MINUS}0.05 better on the common rows" in text(metric, pairings=(self.RELABELLED,))

    def test_a_verdict_without_a_class_says_so(self) -> None:
        metric = judged_by("f1 0.9 -> 0.85 higher improved", estimate=0.02, low=0.01, high=0.03, note="leaves out 2")
        assert headline(make_report((metric,))).sentence == "f1 0.90 → 0.85 better on the common classes"

    def test_the_change_on_the_common_rows_is_shown(self) -> None:
        shown = text(judged_by("acc 0.9 -> 0.85 higher worse", estimate=-0.02), pairings=(self.RELABELLED,))
        assert f"On the rows of both sides, with head's answers: `acc` {MINUS}0.020." in shown

    def test_the_same_rows_need_no_words(self) -> None:
        shown = text(judged_by("acc 0.9 -> 0.85 higher worse"), pairings=(Pairing(path=PATH, common=400),))
        assert "On the rows of both sides" not in shown

    def test_runs_have_a_change_of_their_own(self) -> None:
        runs = {"covers": "seeds", "method": "seeds", "rows": 4, "rows_needed": 31, "sources": ("seeds/1.json",)}
        shown = text(judged_by("acc 0.8 -> 0.9 higher worse", estimate=-0.02, fixed=None, broken=None, **runs))
        assert "worse on the runs" in shown
        assert f"Over the runs: `acc` {MINUS}0.020." in shown
        assert "≈ 31 runs" in shown


@pytest.mark.parametrize(
    ("side", "said"), [("base", "the table of base does not exist"), ("", "it does not exist")], ids=["side", "both"]
)
def test_a_table_that_cannot_be_paired_is_the_subject(side: Any, said: str) -> None:
    broken = Pairing(path=PATH, problem="does not exist", side=side)
    shown = text(judged_by("acc 0.9 -> 0.85 higher worse"), pairings=(broken,))
    assert f"rows are not compared, because {said}." in shown


def test_a_broken_table_is_not_called_missing() -> None:
    report = make_report("acc 0.9 -> 0.85 higher", pairings=(Pairing(path=PATH, problem="is empty", side="head"),))
    assert headline(report).sentence.endswith("Untested (the predictions could not be tested)")


def test_nothing_is_judged_without_evidence_whatever_the_verdict() -> None:
    shown = text(make_metric("acc 0.9 -> 0.85 higher"), make_metric("loss 0.9 -> 0.85 lower"))
    assert "better" not in shown
    assert "worse" not in shown


@pytest.mark.parametrize(
    ("p", "written"), [(1e-9, r"\<0.001"), (0.0123, "0.012"), (0.2, "0.20"), (1.0, "1.00")], ids=str
)
def test_a_p_value_is_never_zero(p: float, written: str) -> None:
    assert f"| {written} |" in text(judged_by("acc 0.9 -> 0.95 higher improved", p_adjusted=p))


def test_a_verdict_without_a_change_stands_alone() -> None:
    same = [judged_by(f"recall.{name} 0.7 -> 0.7 higher identical") for name in "abc"]
    shown = text(*same, judged_by("recall.d 0.7 -> 0.8 higher improved"))
    assert "|  identical" not in shown


def test_a_reason_to_withhold_stands_beside_the_metric() -> None:
    metric = judged_by(
        "acc 0.9 -> 0.95 higher cannot_tell", withheld="the predictions give 0.91 instead of 0.9 for base"
    )
    assert "`acc`: cannot tell (the predictions give 0.91 instead of 0.9 for base)." in text(metric)


def test_metrics_with_one_remark_and_other_verdicts_stand_apart() -> None:
    lines = ("recall 0.9 -> 0.95 higher improved", "f1 0.9 -> 0.91 higher no_difference")
    shown = text(*(judged_by(line, note="leaves out 2") for line in lines))
    assert "`recall`: better (leaves out 2)." in shown
    assert "`f1`: no difference detected (leaves out 2)." in shown


def test_only_tests_that_decide_a_verdict_are_counted() -> None:
    undirected, too_few = "acc 0.9 -> 0.95 higher not_judged", "f1 0.9 -> 0.91 higher too_few"
    parts = (judged_by(undirected), judged_by(too_few, withheld="only 3 rows of a class"))
    assert "adjusted for the number of tests" not in text(*parts)
    judged = judged_by("auc 0.9 -> 0.95 higher improved", family="headline", family_size=1)
    assert "adjusted for the number of tests: 1 headline metric (" in text(*parts, judged)


def test_tables_without_a_tested_metric_are_counted() -> None:
    shown = text(make_metric("acc 0.9 -> 0.95 higher"), pairings=(Pairing(path=PATH, common=3, added=9),))
    assert "Evidence: 1 predictions table" in shown
