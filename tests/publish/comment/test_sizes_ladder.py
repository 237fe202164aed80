"""A text fills its room: the richest rendering that fits, never a cut one, and what gives way first."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from generated import costly
from hypothesis import given
from hypothesis import strategies as st
from samples import digits_report, make_report

from headway.errors import ForgeError
from headway.publish.comment.sizes import fit
from headway.publish.forges.bitbucket import Bitbucket
from headway.publish.forges.forge import SizeLimit
from headway.publish.forges.github import GitHub
from headway.publish.post import PostableReport
from headway.report import markdown
from headway.report.links import Links
from headway.report.markdown import MarkdownReport, MarkdownWriter
from headway.report.text_charts import charts_as_text
from headway.values.chart import Chart, LineChart, Points, Series
from headway.values.comparison import Cause, DataChange, StageChange
from headway.values.problem import Problem
from headway.values.report import Include, Report
from headway.values.snapshot import Out

RUN = "https://forge.example/run/1"
FILLED = 0.9
ROOMS = {True: GitHub.limits.comment, False: Bitbucket.limits.comment}
"""Of a forge that shows HTML, and of one that does not."""


def chart(number: int, *, moved: bool) -> Chart:
    base = Points((1.0, 2.0), (3.0, 2.0))
    series = Series(name="", base=base, head=Points((1.0, 2.0), (3.0, 1.0)) if moved else base)
    name = f"{'moved' if moved else 'still'}-{number}"
    return LineChart(
        id=name,
        title=name,
        alt=f"{name}.",
        series=(series,),
        x_label="x",
        y_label="y",
        image=f"{name}.png",
        image_dark=f"{name}-dark.png",
    )


def sized_report(**sizes: int) -> Report:
    """A report with so many entries of each section, named after what they hold."""

    def number(section: str) -> range:
        return range(sizes.get(section, 0))

    causes = tuple(Cause(kind="parameter", what=f"train.layer.{n}.rate", base=n, head=n + 1) for n in number("causes"))
    text = "\n".join(f"line {n} of a section of the team's own" for n in number("lines"))
    return make_report(
        "\n".join(
            [f"model-validation-metric_{n:04}-mean 0.1{n:04} -> 0.2{n:04} higher" for n in number("changed")]
            + [f"model-validation-constant_{n:04}-mean 0.1{n:04} -> 0.1{n:04}" for n in number("unchanged")]
        ),
        "\n".join(f"model.layer_{n}.learning_rate 0.1 -> 0.2" for n in number("params")),
        stages=tuple(StageChange(name=f"stage-{n}", causes=causes) for n in number("stages")),
        data=tuple(
            DataChange(path=f"data/part-{n}.csv", base=Out(hash="md5:1", size=n), head=Out(hash="md5:2", size=n + 1))
            for n in number("data")
        ),
        charts=(*(chart(n, moved=True) for n in number("moved")), *(chart(n, moved=False) for n in number("still"))),
        includes=tuple(
            Include(path=f"notes-{n}.txt", title=f"Notes {n}", form="text", base=base, head=text)
            for section, base in (("includes", ""), ("same", text))
            for n in number(section)
        ),
        problems=tuple(
            Problem(where=f"file {n}", what=f"it is not what it w{'a' * (n + 1)}s") for n in number("problems")
        ),
    )


def whole(report: Report, *, html: bool) -> str:
    return markdown.render(report, html=html, links=Links(run=RUN))


def filled(report: Report, room: SizeLimit, *, html: bool) -> str:
    images = {image.image: image.image for image in report.charts if image.image}
    dark = {image.image_dark: image.image_dark for image in report.charts if image.image_dark}
    posted = PostableReport(folders=(), reports=(report,), image_urls=(images | dark,), links=Links(run=RUN), html=html)
    return posted.fit(room)


def rows(text: str, name: str) -> int:
    return len(re.findall(rf"^\| `model-\S*{name}", text, re.MULTILINE))


class TestRoom:
    def test_is_counted_as_the_forge_counts(self) -> None:
        text = "é→😀"
        assert (SizeLimit(9).length(text), SizeLimit(9, "characters").length(text)) == (9, 4)

    def test_of_bitbucket_is_in_characters(self) -> None:
        report = make_report("\n".join(f"{'評価指標' * 20}{n:04} 0.1 -> 0.9 higher" for n in range(300)))
        text = filled(report, ROOMS[False], html=False)
        assert len(text) <= 31_000 < len(text.encode())


class TestFit:
    @pytest.mark.parametrize(("size", "level"), [(99, 9), (30, 9), (29, 8), (21, 0), (24, 3)])
    def test_the_richest_that_fits_is_taken(self, size: int, level: int) -> None:
        assert fit(lambda asked: str(asked) * (21 + asked), 10, SizeLimit(size)) == str(level) * (21 + level)

    def test_few_are_rendered(self) -> None:
        seen: list[int] = []

        def render(level: int) -> str:
            seen.append(level)
            return "x" * level

        assert len(fit(render, 1000, SizeLimit(456))) == 456
        assert len(seen) <= 12

    def test_what_does_not_fit_at_all_is_an_error(self) -> None:
        with pytest.raises(ForgeError, match="too large") as caught:
            fit(lambda level: "x" * (100 + level), 3, SizeLimit(99, "characters"))
        assert "99 characters" in str(caught.value)

    def test_a_short_report_is_whole(self) -> None:
        report = digits_report()
        urls = {path: path for item in report.charts for path in (item.image, item.image_dark) if path}
        posted = PostableReport(folders=(), reports=(report,), image_urls=(urls,), links=Links(run=RUN))
        assert posted.fit(SizeLimit(len(posted.fit(SizeLimit(99_999)).encode()))) == whole(report, html=True)


class TestLadder:
    def test_goes_from_the_headline_to_everything_by_one_entry_a_rung(self) -> None:
        page = MarkdownReport(digits_report(), MarkdownWriter())
        texts = [page.at(level) for level in range(page.rungs)]
        assert "####" not in texts[0]
        assert texts[-1] == page.text
        lines = [len(text.splitlines()) for text in texts]
        assert all(upper > lower - 4 for lower, upper in pairwise(lines))

    def test_of_nothing_is_everything(self) -> None:
        assert MarkdownReport(make_report(), MarkdownWriter()).rungs == 1


@pytest.mark.parametrize("html", [True, False])
class TestWhatGivesWay:
    def test_a_report_just_too_long_loses_no_changed_metric(self, html: bool) -> None:  # noqa: FBT001 - of the test
        report = sized_report(changed=162, unchanged=40, params=12, stages=4, causes=4, problems=30, moved=4, still=9)
        room = SizeLimit(len(whole(report, html=html).encode()) - 1)
        text = filled(report, room, html=html)
        assert FILLED * room.size < len(text.encode()) <= room.size
        assert (rows(text, "metric"), text.count("learning_rate"), "moved-3.png" in text) == (162, 12, True)
        assert re.search(r"Left out here: \d+ unchanged metrics", text)
        assert RUN in text

    def test_changed_metrics_go_last_and_row_by_row(self, html: bool) -> None:  # noqa: FBT001 - of the test
        report = sized_report(changed=162, unchanged=40, params=50, stages=4, causes=40, problems=30, moved=6, still=9)
        shown = []
        for size in (10_000, 9_900, 9_800):
            text = filled(report, SizeLimit(size), html=html)
            assert not re.search(r"constant_|it is not what|still-\d", text)
            assert (text.count("learning_rate"), text.count("stage-"), "moved-3.png" in text) == (10, 4, True)
            assert "37 more causes" in text
            assert "2 charts" in text
            assert "30 notes" in text
            shown.append(rows(text, "metric"))
        assert 60 < shown[2] < shown[1] < shown[0] < 162

    def test_nothing_but_the_first_metrics_is_left_of_a_tiny_room(self, html: bool) -> None:  # noqa: FBT001 - of the test
        report = sized_report(changed=162, params=50, stages=4, causes=40, problems=30, moved=6)
        text = filled(report, SizeLimit(1_700), html=html)
        assert 5 < rows(text, "metric") < 20
        assert "learning_rate" not in text
        assert "50 parameters" in text
        assert "6 charts" in text


def test_charts_in_words_outlast_what_did_not_change() -> None:
    report = charts_as_text(sized_report(moved=6, still=5, unchanged=60, same=2, lines=100))
    text = filled(report, SizeLimit(len(whole(report, html=True).encode()) - 300), html=True)
    assert all(f"moved-{number}." in text for number in range(6))
    assert "unchanged metric" in text


SIZES = st.fixed_dictionaries(
    {name: st.integers(0, most) for name, most in {"changed": 300, "unchanged": 250, "params": 250}.items()}
    | {name: st.integers(0, most) for name, most in {"stages": 30, "causes": 150, "data": 60, "problems": 60}.items()}
    | {name: st.integers(0, most) for name, most in {"moved": 40, "still": 40, "includes": 4, "same": 3}.items()}
    | {"lines": st.integers(0, 300)}
)


@costly
@given(sizes=SIZES, html=st.booleans())
def test_a_text_fits_and_fills_its_room(sizes: dict[str, int], html: bool) -> None:  # noqa: FBT001 - of the test
    report, room = sized_report(**sizes), ROOMS[html]
    text = filled(report, room, html=html)
    everything = whole(report, html=html)
    assert room.length(text) <= room.size
    assert (text == everything) == (room.length(everything) <= room.size)
    if text != everything:
        assert room.length(text) >= FILLED * room.size
        assert "Left out here: " in text
        assert RUN in text
