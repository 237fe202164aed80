"""Metrics that may not be judged: the first line of every rendering says so and why, and nothing is better or worse."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import msgspec
import pytest
from rendered import Rendered, github, rows_of, words_of
from rich.console import Console
from samples import make_report

from headway.judge.comparability import withhold
from headway.numbers import MINUS
from headway.report import html, markdown, terminal
from headway.report.blocks import Bar, Details, Table, line, text_of
from headway.report.monorepo import Projects
from headway.report.sections.comparability import reasons
from headway.report.sections.headline import headline
from headway.report.sections.metrics import section as metrics_section
from headway.report.sections.notes import other_problems
from headway.values.comparability import Comparability, EvaluationInput
from headway.values.comparison import UnavailableFile
from headway.values.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.values.report import Report

FILE = "reports/metrics.json"
METRICS = "acc 0.9 -> 0.8 higher\nloss 0.2 -> 0.1 lower\nother.json:f1 0.5 -> 0.6 higher"
OTHER_ROWS = EvaluationInput(path="test.csv", state="changed", what="13 rows added, 2 removed")
PICKLED = EvaluationInput(path="test.pkl", state="unknown", what="it cannot be read row by row")
FEATURES = EvaluationInput(path="test.csv", state="same", what="its ids and labels are the same, other cells are not")
EVALUATION = Comparability(stage="evaluate", files=(FILE,), withheld="evaluation", inputs=(OTHER_ROWS,))
RERUN = Comparability(stage="evaluate", files=(FILE, "other.json"), withheld="rerun")


def report(*found: Comparability, metrics: str = METRICS) -> Report:
    made = make_report(metrics)
    return msgspec.structs.replace(made, metrics=withhold(made.metrics, found), comparability=found)


def test_equal_evaluation_data_are_named_in_every_rendering() -> None:
    made = msgspec.structs.replace(report(), same_evaluation=tuple(f"test-{number}.csv" for number in range(5)))
    words = "the same rows on both sides, test-0.csv, test-1.csv, test-2.csv and 2 more"
    rendered = (github(markdown.render(made)), Rendered(html.render(made, {})))
    assert all(words in " ".join(each.text.split()) for each in rendered)
    assert words in in_terminal(made)


def in_terminal(made: Report) -> str:
    stream = io.StringIO()
    terminal.render(made, Console(file=stream, width=400, color_system=None))
    return stream.getvalue()


def on_the_page(made: Report) -> str:
    return Rendered(html.render(made, {})).text


RENDERINGS: tuple[Callable[[Report], str], ...] = (
    lambda made: github(markdown.render(made)).text,
    lambda made: github(markdown.render(made, html=False)).text,
    on_the_page,
    in_terminal,
    lambda made: headline(made).sentence,
    lambda made: github(Projects(reports=[made, made]).table).text,
)


@pytest.mark.parametrize("render", RENDERINGS)
@pytest.mark.parametrize(
    ("found", "verdict"), [(EVALUATION, "not comparable"), (RERUN, "run-to-run variation")], ids=["evaluation", "rerun"]
)
def test_every_rendering_says_so(render: Callable[[Report], str], found: Comparability, verdict: str) -> None:
    text = render(report(found, metrics="acc 0.9 -> 0.8 higher\nloss 0.2 -> 0.1 lower"))
    assert verdict in text
    assert not re.search(r"\d\)? (better|worse)", text)
    assert "2 of 2 metrics" in text or "2 of 2" in text or "4 of 4" in text


def test_the_reason_names_the_input_and_how_it_differs() -> None:
    (reason,) = reasons(report(EVALUATION))
    assert "`test.csv` (13 rows added, 2 removed)" in reason


def test_a_reason_that_concerns_every_metric_is_brief() -> None:
    (reason,) = reasons(report(EVALUATION, metrics="acc 0.9 -> 0.8 higher"))
    assert reason == "Not comparable: the evaluation data changed (`test.csv`: 13 rows added, 2 removed)."


def test_other_data_that_moved_no_metric_is_said_without_a_number() -> None:
    assert "Metrics not comparable" in headline(report(EVALUATION, metrics="acc 0.9 -> 0.9 higher")).sentence


def test_only_the_metrics_of_that_stage_are_withheld_and_the_others_are_counted() -> None:
    first = headline(report(EVALUATION))
    counts = first.counts
    assert (counts.changed, counts.words) == (3, {"as wanted": 1, "not comparable": 2})
    assert (
        first.sentence == "3 of 3 metrics changed, 1 as wanted, 2 not comparable, Untested (no predictions to judge by)"
    )


def test_a_rerun_does_not_count_as_different_data() -> None:
    rerun = Comparability(stage="score", files=("other.json",), withheld="rerun")
    made = report(rerun, EVALUATION)
    assert headline(made).counts.words == {"not comparable": 2, "run-to-run variation": 1}
    assert ["different data" in reason for reason in reasons(made)] == [True, False]


@pytest.mark.parametrize(("stages", "last"), [(6, "1 more reason"), (7, "2 more reasons")])
def test_the_first_five_of_many_reasons_are_shown(stages: int, last: str) -> None:
    inputs = [msgspec.structs.replace(OTHER_ROWS, path=f"{n}.csv") for n in range(stages)]
    found = [msgspec.structs.replace(EVALUATION, inputs=(each,)) for each in inputs]
    said = reasons(report(*found))
    assert (len(said), last in said[-1]) == (6, True)


def test_a_bar_never_shows_which_way_a_withheld_metric_went() -> None:
    (section,) = metrics_section.build(report(EVALUATION))
    table = section.blocks[0]
    assert isinstance(table, Table)
    rows = {words_of(row.cells[0]): row.cells for row in table.entries}
    assert rows["acc"][-1] == Bar(0.0)
    assert rows["acc"][1] == line(f"{MINUS}0.1")


def test_an_unknown_input_leaves_the_verdict_and_names_the_setting() -> None:
    made = report(Comparability(stage="evaluate", files=(FILE,), withheld=None, inputs=(PICKLED,)))
    counts = headline(made).counts
    assert (counts.words["not comparable"], counts.words["as wanted"], counts.words["not as wanted"]) == (0, 2, 1)
    (reason,) = reasons(made)
    assert "`test.pkl`" in reason
    assert "`evaluation`" in reason


def test_other_features_of_the_same_rows_are_comparable() -> None:
    made = report(Comparability(stage="evaluate", files=(FILE,), withheld=None, inputs=(FEATURES,)))
    assert headline(made).counts.words["not comparable"] == 0
    assert "comparable" in reasons(made)[0]


def test_a_stage_that_trains_and_evaluates_is_named() -> None:
    (reason,) = reasons(report(msgspec.structs.replace(EVALUATION, stage="fit", trains=True)))
    assert "`fit` trains and evaluates" in reason


def test_the_items_of_one_stage_have_one_reason() -> None:
    items = [
        Comparability(stage=f"evaluate@{n}", files=(f"{n}.json",), withheld="evaluation", inputs=(OTHER_ROWS,))
        for n in range(9)
    ]
    made = report(*items, metrics="\n".join(f"{n}.json:acc 0.9 -> 0.8 higher" for n in range(9)))
    text = github(markdown.render(made)).text
    assert text.count("13 rows added, 2 removed") == 1
    other = report(*items, EVALUATION, metrics=f"{METRICS}\n0.json:acc 0.9 -> 0.8 higher")
    (reason, *others) = reasons(other)
    assert "`0.json`, `1.json`, `2.json` and 7 more" in reason
    assert others == []


def test_what_depends_on_the_machine_counts_as_neither_metric_nor_change() -> None:
    made = make_report("acc 0.9 -> 0.8 higher\nlatency 5 -> 9 lower")
    machine = tuple(
        msgspec.structs.replace(one, withheld="machine") if one.key == "latency" else one for one in made.metrics
    )
    made = msgspec.structs.replace(made, metrics=withhold(machine, ()))
    counts = headline(made).counts
    assert (counts.metrics, counts.changed, counts.words["not as wanted"]) == (1, 1, 1)
    (section,) = metrics_section.build(made)
    folds = [block for block in section.blocks if isinstance(block, Details)]
    (folded,) = (block for block in folds if "not compared" in text_of(block.summary))
    assert rows_of(folded.blocks[0]) == [["latency", "not compared", "5 → 9", ""]]
    for text in (on_the_page(made), in_terminal(made), markdown.render(made)):
        assert "5" in text
        assert "depend on the machine" in text


@pytest.mark.parametrize("render", RENDERINGS[:5])
def test_metrics_that_could_not_be_read_are_counted_in_the_first_line_and_told_once(
    render: Callable[[Report], str],
) -> None:
    why = "the file is missing from the cache and from the remote"
    missing = ("a.json", "b.json")
    text = render(
        make_report(
            problems=tuple(Problem(path=path, side="head", what=why, remedy=f"dvc pull {path}") for path in missing),
            unavailable=tuple(UnavailableFile(path=path, side="head") for path in missing),
        )
    )
    assert "2 metrics files unavailable" in " ".join(text.split())
    assert text.count(why) <= len(missing)
    assert "Notes" not in text


def test_a_problem_of_the_other_side_stays_a_note() -> None:
    problem = Problem(path="a.json", side="base", what="acc is not finite")
    unavailable = (UnavailableFile(path="a.json", side="head"),)
    assert other_problems(make_report(problems=(problem,), unavailable=unavailable)) == [problem]
