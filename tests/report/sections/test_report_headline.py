"""The first lines: which metrics moved and how, what caused it, and which commits are compared."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from rendered import github
from samples import digits_report, make_report, revision, with_key_metrics

from headway.numbers import MINUS
from headway.report import markdown
from headway.report.blocks import text_of
from headway.report.links import NO_LINKS
from headway.report.sections.cause import cause_summary
from headway.report.sections.headline import headline
from headway.report.sections.summary import title
from headway.report.view import view_report
from headway.values.comparison import Cause, StageChange
from headway.values.problem import Problem
from headway.values.report import Report, SectionLayout, SectionName
from headway.values.rules import RuleChange, Rules

UNTESTED = ", Untested (no predictions to judge by)"


def sentence(lines: str, *keys: str) -> str:
    return headline(make_report(with_key_metrics(lines, *keys))).sentence


class TestVerdict:
    def test_names_metrics_with_their_values_and_counts_the_others(self) -> None:
        lines = (
            "rmse 56.7 -> 46.4 lower\nmax_error 198 -> 208 lower\na 1 -> 2 higher\nb 1 -> 2 lower\nc 1 -> 2\nd 1 -> 1"
        )
        assert sentence(lines, "rmse", "max_error") == (
            "rmse 56.7 → 46.4 lower, as wanted, max_error 198 → 208 higher, not as wanted,"
            " 3 more changed (1 as wanted, 1 not as wanted), Untested (no predictions to judge by)"
        )

    def test_puts_what_changed_first(self) -> None:
        assert sentence("a 1 -> 1 higher\nb 1 -> 2 higher", "a", "b") == (
            f"b 1 → 2 higher, as wanted, a 1 unchanged{UNTESTED}"
        )

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("m 1 -> 2", "m 1 → 2 changed"),
            ("m - -> 2 higher", "m 2 added"),
            ("m 1 -> - higher", "m 1 removed"),
            ("m adam -> sgd", "m adam → sgd changed"),
            ("m -0.5 -> 0.5 higher improved", f"m {MINUS}0.5 → 0.5 better"),
            ("m 1 -> 2 lower no_difference", "m 1 → 2 no difference detected"),
        ],
    )
    def test_says_what_became_of_each(self, line: str, said: str) -> None:
        assert sentence(line, "m") == said

    @pytest.mark.parametrize(
        ("keys", "said"),
        [
            (
                "a/m.json:acc 1 -> 2 higher\nb/m.json:acc 2 -> 1 higher\nc/m.json:acc 1 -> 1 higher",
                f"acc 1 as wanted, 1 not as wanted of 3{UNTESTED}",
            ),
            ("p.0 1 -> 2 higher\np.1 1 -> 2 higher", f"p.* 2 as wanted of 2{UNTESTED}"),
            ("x.acc 1 -> 2\ny.acc 1 -> 1", "*.acc 1 changed of 2"),
        ],
    )
    def test_counts_the_metrics_of_one_pattern(self, keys: str, said: str) -> None:
        metrics = tuple(msgspec.structs.replace(one, headline=0) for one in make_report(keys).metrics)
        assert headline(make_report(metrics)).sentence == said

    def test_without_a_change_is_a_number(self) -> None:
        assert sentence("a 1 -> 1\nb 1 -> 1", "a") == "None of 2 metrics changed"

    def test_marks_no_direction_with_an_arrow(self) -> None:
        assert not {"▲", "▼"} & set(markdown.render(digits_report()))


class TestCause:
    @staticmethod
    def of(*causes: Cause, **parts: Any) -> str:
        stages = tuple(StageChange(name=f"s{index}", causes=(cause,)) for index, cause in enumerate(causes))
        return text_of(cause_summary(make_report(stages=stages, **parts), NO_LINKS))

    def test_names_the_first_of_each_kind(self) -> None:
        kind = Cause(kind="parameter", what="params.yaml:model", base="forest", head="boosting")
        depth = Cause(kind="parameter", what="params.yaml:depth", head=3, change="added")
        code, data = Cause(kind="code", what="train.py"), Cause(kind="data", what="data.csv")
        assert self.of(depth, kind, code, data) == (
            "model forest → boosting and 1 more parameter; code train.py; data data.csv"
        )

    def test_counts_a_cause_of_several_stages_once(self) -> None:
        code, other = Cause(kind="code", what="common.py"), Cause(kind="code", what="a.py")
        assert self.of(code, code, other) == "code common.py and 1 more file"

    def test_names_each_stage_that_is_new(self) -> None:
        added = Cause(kind="stage", what="added", change="added")
        assert self.of(added, added) == "stage s0 added and 1 more stage"

    def test_is_not_what_follows_from_a_cause(self) -> None:
        assert self.of(Cause(kind="upstream", what="prepare"), Cause(kind="output", what="o", change="added")) == ""

    def test_is_a_parameter_if_there_is_no_pipeline(self) -> None:
        assert self.of(params="lr 0.1 -> 0.2") == "lr 0.1 → 0.2"
        assert self.of(params="lr - -> 0.2") == "lr 0.2 added"


class TestTitle:
    @pytest.mark.parametrize(
        ("head", "shown"),
        [
            ({"name": "workspace", "dirty": True}, "workspace"),
            ({"name": "workspace", "dirty": True, "branch": "longer"}, "longer"),
            ({"name": "workspace", "branch": "longer"}, "longer"),
            ({"name": "workspace"}, "e4f5a6b"),
            ({"name": "v1.1"}, "v1.1"),
        ],
    )
    def test_names_the_workspace_only_if_it_is_no_commit(self, head: dict[str, Any], shown: str) -> None:
        report = make_report(head=revision(start="e4f5a6b", chosen="as it is", **head))
        assert text_of(title(report)) == f"main → {shown}"

    def test_subject_author_and_date_follow(self) -> None:
        text = github(markdown.render(digits_report())).text
        assert "e4f5a6b “Train longer” (Ada Lovelace, 2026-11-28) with uncommitted changes" in text


class TestLayout:
    @staticmethod
    def sections(*layout: tuple[Any, Any]) -> list[tuple[str, str]]:
        shown = tuple(SectionLayout(section=name, display=display) for name, display in layout)
        view = view_report(msgspec.structs.replace(digits_report(), layout=shown))
        return [(section.anchor, section.folds_as) for section in view.sections]

    def test_named_sections_come_first_in_their_order(self) -> None:
        found = [name for name, _ in self.sections(("charts", "show"), ("why", "show"))]
        assert found == ["charts", "why", "metrics", "parameters", "data", "section-1", "section-2", "notes"]

    def test_a_section_is_shown_folded_or_hidden(self) -> None:
        found = dict(self.sections(("parameters", "show"), ("metrics", "fold"), ("includes", "hide")))
        assert (found["parameters"], found["metrics"]) == ("", "Metrics")
        assert "section-1" not in found

    def test_notes_are_never_hidden(self) -> None:
        assert "notes" in dict(self.sections(("notes", "hide")))


class TestNothingChanged:
    REPORT = make_report("a 1 -> 1 higher\nb 2 -> 2")

    def lines(self, report: Report) -> list[str]:
        return [line for line in markdown.render(report).splitlines() if line]

    def test_is_three_lines_and_the_version(self) -> None:
        assert len(self.lines(self.REPORT)) == 3 + 1

    def test_keeps_the_notes(self) -> None:
        problem = Problem(path="x.json", what="it is not valid JSON")
        assert "not valid JSON" in markdown.render(msgspec.structs.replace(self.REPORT, problems=(problem,)))

    def test_leaves_nothing_out_that_changed(self) -> None:
        digits = digits_report()
        kept = {"generator", "project", "base", "head", "problems", "notes", "layout", "comparability", "scope"}
        for name in set(digits.__struct_fields__) - kept - {"verification"}:
            value = getattr(digits, name)
            if value:
                alone = msgspec.structs.replace(self.REPORT, **{name: value})
                assert len(self.lines(alone)) > len(self.lines(self.REPORT)), name


def test_loosened_rules_are_told_first_and_cannot_be_hidden() -> None:
    change = RuleChange(section="metrics", name="acc", field="margin", base="0.01", head="0.05", loosened=True)
    stricter = msgspec.structs.replace(change, field="direction", base="none", head="higher", loosened=False)
    hidden = tuple(SectionLayout(section=name, display="hide") for name in get_args(SectionName))
    rules = Rules(source="base", changes=(change, stricter))
    lines = markdown.render(make_report("acc 0.9 -> 0.8", rules=rules, layout=hidden)).splitlines()
    assert "⚠ 1 rule loosened" in lines[2]
    assert "**Rules loosened**: `acc`: margin `0.01` → `0.05`. Base's rules judge" in lines[4]
    assert [line for line in lines if "direction `none` → `higher`" in line]
