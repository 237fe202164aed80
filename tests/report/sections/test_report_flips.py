"""Fixed and broken predictions in the report: counted first, then in words, then the examples themselves."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import pytest
from rendered import Rendered, github
from samples import make_report

from headway.report import html, markdown
from headway.report.blocks import Details, Table, Version, line, text_of
from headway.report.sections.flips import build
from headway.report.sections.headline import headline
from headway.text import MOST_PAIRS
from headway.values.chart import ImageChart
from headway.values.flips import Calibration, ClassFlips, ConfusionChange, ExampleText, Flip, Flips

if TYPE_CHECKING:
    from headway.values.report import Report

BROKEN = Flip(id="d7", actual="8", base="8", head="1", confidence=0.931)
FIXED = Flip(id="d9", actual="3", base="5", head="3", confidence=0.5)
CONFUSIONS = (
    ConfusionChange(actual="8", predicted="1", base=0, head=5),
    ConfusionChange(actual="3", predicted="5", base=1_204, head=2),
)
EIGHTS = ClassFlips(name="8", rows=40, base=40, head=35, fixed=0, broken=5, shrunk=0.91, bound=0.86)


def flips(**changes: Any) -> Flips:
    given: dict[str, Any] = {
        "path": "p.csv",
        "rows": 1_429,
        "fixed_count": 31,
        "broken_count": 12,
        "fixed": (FIXED,),
        "broken": (BROKEN,),
        "confusions": CONFUSIONS,
        "classes": (EIGHTS,),
    }
    return Flips(**given | changes)


def text(*found: Flips, **parts: Any) -> str:
    return markdown.render(make_report("acc 0.9 -> 0.8", flips=found, **parts))


def test_they_are_counted_in_the_headline() -> None:
    assert "31 fixed, 12 broken of 1,429" in headline(make_report("acc 0.9 -> 0.8", flips=(flips(),))).sentence


@pytest.mark.parametrize("found", [(), (flips(fixed_count=0, broken_count=0),)])
def test_no_flips_are_no_section_and_no_fact(found: tuple[Flips, ...]) -> None:
    report = make_report("acc 0.9 -> 0.8", flips=found)
    assert list(build(report)) == []
    assert "broken" not in headline(report).sentence


def test_confusions_are_told_in_words() -> None:
    shown = text(flips())
    assert "**31 fixed, 12 broken of 1,429 rows**. `8` is more often read as `1` (0 → 5), " in shown
    assert "`3` is less often read as `5` (1,204 → 2)." in shown
    assert "**31 fixed, 12 broken of 1,429 rows**." in text(flips(confusions=()))


def test_broken_predictions_come_first_each_with_its_confidence() -> None:
    broken, fixed, classes = github(text(flips())).tables[1:]
    assert broken == [["Row", "Class", "Base → head", "Confidence"], ["d7", "8", "8 → 1", "93%"]]
    assert fixed[1] == ["d9", "3", "5 → 3", "50%"]
    assert classes[1] == [
        "8",
        "100.0% → 87.5%",
        "91.0% (≥ 86.0%)".replace("%)", "%\N{ZERO WIDTH SPACE})"),
        "0",
        "5",
        "40",
    ]


def test_a_class_without_rows_has_no_recall() -> None:
    impossible = ClassFlips(name="8", rows=0, base=0, head=0, fixed=1, broken=0)
    assert github(text(flips(classes=(impossible,)))).tables[-1][1][:2] == ["8", "0.0% → 0.0%"]


def test_without_probabilities_there_is_no_confidence() -> None:
    shown = text(flips(broken=(Flip(id="d7", actual="8", base="8", head="1"),), fixed=()))
    assert "Confidence" not in shown
    assert "<summary>12 broken predictions</summary>" in shown


def test_texts_of_both_sides_stand_side_by_side_where_they_differ() -> None:
    texts = (
        ExampleText(column="answer", base="yes", head="no"),
        ExampleText(column="question", base="why", head="why"),
    )
    (_, broken, *_) = github(text(flips(broken=(Flip(id="a", actual="8", base="8", head="1", texts=texts),)))).tables
    assert broken[0][-2:] == ["answer", "question"]
    assert broken[1][-2:] == ["yes → no", "why"]


def with_texts(base: str, head: str) -> Report:
    texts = (ExampleText(column="answer", base=base, head=head),)
    broken = (Flip(id="a", actual="8", base="8", head="1", texts=texts),)
    return make_report("acc 0.9 -> 0.8", flips=(flips(fixed=(), broken=broken),))


FOUNDED = (
    "It was founded in 1994, in a garage, and had two employees.",
    "It was founded in 1995, in a garage, and had three or four employees.",
)


def test_words_that_differ_are_marked() -> None:
    report = with_texts(*FOUNDED)
    for written in (markdown.render(report), html.render(report, {})):
        assert re.findall("<del>(.*?)</del>", written) == ["1994,", "two"]
        assert re.findall("<ins>(.*?)</ins>", written) == ["1995,", "three or four"]
    base, head = (text_of(line(version)) for version in versions(report))
    assert base == "It was founded in [-1994,-] in a garage, and had [-two-] employees."
    assert head == "It was founded in {+1995,+} in a garage, and had {+three or four+} employees."
    assert base in plain(report)


def versions(report: Report) -> list[Version]:
    tables = [block.blocks[0] for section in build(report) for block in section.blocks if isinstance(block, Details)]
    assert isinstance(tables[0], Table)
    return [span for span in tables[0].entries[0].cells[-1] if isinstance(span, Version)]  # type: ignore[union-attr]  # no bar


def plain(report: Report) -> str:
    writer = markdown.MarkdownWriter(html=False)
    return "".join(writer.line((version,)) for version in versions(report))


@pytest.mark.parametrize(
    ("base", "head", "cells"),
    [
        ("why", "why", "why"),
        ("two  spaces", "two spaces", "two spaces → two spaces"),
        ("", "no", "(empty) → no"),
        ("昨日は雨", "今日は雨", "昨日は雨 → 今日は雨"),
    ],
)
def test_what_both_sides_have_is_not_marked(base: str, head: str, cells: str) -> None:
    shown = github(markdown.render(with_texts(base, head)))
    assert [" ".join(row[-1].split()) for row in shown.tables[1]][1] == cells
    assert bool(shown.elements("ins")) == (head not in {"why", "two spaces"})


def test_of_long_texts_the_words_around_the_differences_are_shown() -> None:
    same = "and so on and on " * 12
    (base, head) = versions(with_texts(f"{same}1994 {same}", f"{same}1995 {same}"))
    assert "[-1994-]" in base.within(60)
    assert "{+1995+}" in head.within(60)
    assert all(len(version.within(60)) < 70 for version in (base, head))
    assert len(versions(with_texts("a " * 240, "b " * 240))[0].within(60)) < 70


def test_texts_of_very_many_words_differ_from_the_first_difference_on() -> None:
    (base, head) = versions(with_texts("same " + "a b " * 5000, "same " + "b a " * 5000))
    assert [part.is_changed for part in base.parts[:2]] == [part.is_changed for part in head.parts[:2]] == [False, True]


def test_of_texts_of_many_words_the_end_that_both_have_is_not_marked() -> None:
    (base, head) = versions(with_texts(f"{'a b ' * 900}end", f"{'b a ' * 900}end"))
    assert [(part.text[-3:], part.is_changed) for part in (base.parts[-1], head.parts[-1])] == [("end", False)] * 2


def test_one_report_compares_so_many_words_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []

    class Counting(SequenceMatcher[str]):
        def __init__(self, junk: None, old: list[str], new: list[str], *, autojunk: bool) -> None:
            compared.append(len(old) * len(new))
            super().__init__(junk, old, new, autojunk)

    monkeypatch.setattr("headway.text.SequenceMatcher", Counting)
    monkeypatch.setattr("headway.report.sections.flips._PAIRS", 5 * MOST_PAIRS)
    texts = (ExampleText(column="answer", base="a b " * 25, head="b a " * 25),)
    broken = tuple(Flip(id=str(number), actual="8", base="8", head="1", texts=texts) for number in range(9))
    found = [flips(path=path, fixed=(), broken=broken) for path in ("p.csv", "q.csv")]
    list(build(make_report("acc 0.9 -> 0.8", flips=tuple(found))))
    assert compared == [MOST_PAIRS] * 5


def test_a_contact_sheet_stands_here_and_not_among_the_charts() -> None:
    chart = ImageChart(id="sheet", title="sheet", alt="Broken: 1", base=None, head=None, image="charts/sheet.png")
    shown = text(flips(sheet="sheet"), charts=(chart,))
    assert shown.count("charts/sheet.png") == 1
    assert shown.index("Fixed and broken") < shown.index("charts/sheet.png")
    assert "#### Charts" not in shown


def test_calibration_is_told_for_both_sides() -> None:
    base, head = (Calibration(confidence=sure, accuracy=0.94, error=0.021) for sure in (0.95, 0.97))
    shown = github(text(flips(calibration_base=base, calibration_head=head))).text
    assert "Head is 97.0% sure on average and right in 94.0%" in shown.replace("\u200b", "")
    assert "expected calibration error 0.021 → 0.021" in shown
    assert "calibration" not in text(flips())


def test_several_tables_are_named() -> None:
    shown = text(flips(), flips(path="q.csv", fixed_count=1))
    assert "`p.csv`: **31 fixed" in shown
    assert "`q.csv`: **1 fixed" in shown
    assert "fixed" not in headline(make_report("acc 0.9 -> 0.8", flips=(flips(), flips(path="q.csv")))).sentence


def test_names_from_the_repository_do_nothing() -> None:
    evil = "<img src=x>@all #1 |`"
    texts = (ExampleText(column=evil, base=evil, head=f"{evil}2"),)
    hostile = flips(
        path=evil,
        broken=(Flip(id=evil, actual=evil, base=evil, head=evil, texts=texts),),
        confusions=(ConfusionChange(actual=evil, predicted=evil, base=0, head=1),),
        classes=(ClassFlips(name=evil, rows=1, base=1, head=0, fixed=0, broken=1),),
    )
    rendered = github(text(hostile, charts=()))
    assert not rendered.elements("img")
    assert not rendered.linked_by_a_forge
    assert not Rendered(html.render(make_report("acc 0.9 -> 0.8", flips=(hostile,)), {})).elements("img")
