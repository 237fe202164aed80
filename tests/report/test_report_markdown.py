"""The Markdown rendering, read back through GitHub's own parser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from generated import rather_costly, reports
from hypothesis import given
from rendered import github, tables_in
from samples import AMOUNTS, HOSTILE, digits_report, hostile_report, make_report, revision, shown

from headway.numbers import MINUS
from headway.report import markdown
from headway.report.links import Links
from headway.values.chart import ImageChart
from headway.values.comparison import Cause, StageChange
from headway.values.problem import Problem
from headway.values.report import Include, Report

if TYPE_CHECKING:
    from collections.abc import Callable

WRITTEN_BY_HEADWAY = set(
    "h3 h4 p strong em code sub details summary table thead tbody tr th td ul ol li blockquote pre div ins del".split()  # noqa: SIM905  a list of words
) | {"picture", "source", "img", "br"}
FROM_A_TEAMS_MARKDOWN = {"h5", "h6", "s", "del", "hr"}


def tables(report: Report, **options: Any) -> list[list[list[str]]]:
    return github(markdown.render(report, **options)).tables


@pytest.mark.parametrize("detail", AMOUNTS)
def test_the_digits_report(detail: str, golden: Callable[[str, str], None]) -> None:
    golden(f"digits-{detail}.md", shown(digits_report(), AMOUNTS[detail]))


def test_the_hostile_report(golden: Callable[[str, str], None]) -> None:
    golden("hostile.md", markdown.render(hostile_report()))


def test_a_report_about_nothing(golden: Callable[[str, str], None]) -> None:
    golden("nothing.md", markdown.render(make_report(notes=("Base and head are the same commit.",))))


class TestTables:
    def test_metrics_read_back(self) -> None:
        (changed,) = tables(make_report("acc 0.98 -> 0.99 higher\nloss 0.2 -> 0.3 lower\nsteps 10 -> 20"))
        assert changed == [
            ["Metric", "Change", "Base → Head", ""],
            ["loss", "+0.1 not as wanted", "0.2 → 0.3", "+50%"],
            ["acc", "+0.01 as wanted", "0.98 → 0.99", "+1%"],
            ["steps", "+10", "10 → 20", "+100%"],
        ]

    def test_numbers_stand_right(self) -> None:
        page = github(markdown.render(make_report("acc 0.98 -> 0.99")))
        assert [cell["align"] for cell in page.elements("th")] == ["left", "right", "right", "left"]

    def test_one_table_a_file_where_there_are_several(self) -> None:
        first, second = tables(make_report("a.json:x 1 -> 2\nb.json:y 1 -> 2"))
        assert [first[1][0], second[1][0]] == ["x", "y"]

    def test_one_sided_metrics_say_so(self) -> None:
        (table,) = tables(make_report("new - -> 1\nold 1 -> -"))
        assert table[1:] == [["old", "removed", "1 → –"], ["new", "added", "– → 1"]]  # noqa: RUF001  the dash for no value

    def test_unchanged_metrics_are_folded(self) -> None:
        page = github(markdown.render(make_report("a 1 -> 1\nb 2 -> 2\nc 1 -> 2")))
        assert page.tables[1] == [["Metric", "Value"], ["a", "1"], ["b", "2"]]
        assert "2 unchanged metrics" in page.text

    def test_a_negative_change_has_a_true_minus(self) -> None:
        (table,) = tables(make_report("loss 0.5 -> 0.25 lower"))
        assert table[1][1:] == [f"{MINUS}0.25 as wanted", "0.50 → 0.25", f"{MINUS}50%"]

    def test_parameters_and_data_read_back(self) -> None:
        found = {table[0][0]: table for table in tables(digits_report())}
        params, data = found["Parameter"], found["Path"]
        assert params[2] == ["params.yaml:train.learning_rate", "0.1", "0.01"]
        assert data[1] == ["models/digits.safetensors", "118 kB", "118 kB", "same size"]

    @rather_costly
    @given(reports)
    def test_any_names_give_the_right_cells(self, report: Report) -> None:
        text = markdown.render(report)
        page = github(text)
        assert all(len(row) == len(table[0]) for table in page.tables for row in table)
        assert {tag for tag, _ in page.tags} <= WRITTEN_BY_HEADWAY | FROM_A_TEAMS_MARKDOWN
        assert page.linked_by_a_forge == []
        assert not page.unclosed
        listed = [table for table in page.tables if table[0][0] in {"Metric", "Item"}]
        assert sum(len(table) - 1 for table in listed) == sum(len(table.entries) for table in tables_in(report))

    @pytest.mark.parametrize("amount", AMOUNTS.values(), ids=AMOUNTS)
    def test_a_hostile_report_reaches_nobody(self, amount: float) -> None:
        page = github(shown(hostile_report(), amount))
        assert page.linked_by_a_forge == []
        assert not page.elements("a")
        assert {tag for tag, _ in page.tags} <= WRITTEN_BY_HEADWAY
        images = [image["src"] for image in page.elements("img")]
        assert not [source for source in images if source and source.startswith(("http", "/", "data:"))]


class TestHeadline:
    def test_names_metrics_causes_and_commits(self) -> None:
        head, *_ = markdown.render(digits_report()).split("\n#### ")
        assert head.splitlines()[0] == "### Headway: `main` → `longer`"
        assert "**accuracy 0.9821 → 0.9860 higher, as wanted** · " in head
        assert " · 11 more changed (6 as wanted, 3 not as wanted) · **Untested" in head
        assert "Cause: `train.epochs` `20` → `30` and 1 more parameter; code `src/digits/train.py`." in head
        assert "Base: a1b2c3d “Fix the split” (Ada Lovelace, 2026-11-27)" in head
        assert "3 newer commits" in head
        assert "e4f5a6b “Train longer” (Ada Lovelace, 2026-11-28) with uncommitted changes" in head

    def test_notes_and_the_project_are_there(self) -> None:
        page = github(markdown.render(make_report(notes=("Base and head are the same commit.",), project="sub/model")))
        assert page.elements("blockquote")
        assert "Project: sub/model" in page.text

    def test_no_commit_no_metrics(self) -> None:
        base = revision("none", "x", "there is no commit before")
        text = markdown.render(make_report(base=type(base)(name="none", sha=None, chosen="nothing before")))
        assert "**No metrics**" in text
        assert "Base: no commit" in text


def test_why_it_moved_is_one_line_a_stage() -> None:
    causes = (
        Cause(kind="parameter", what="params.yaml:train.lr", base=0.1, head=0.01),
        Cause(kind="upstream", what="prepare"),
        Cause(kind="command", what="cmd", base="python a.py", head="python b.py"),
    )
    page = github(markdown.render(make_report(stages=(StageChange(name="train", causes=causes),))))
    assert len(page.elements("li")) == 1
    assert (
        "train: parameter params.yaml:train.lr 0.1 → 0.01; upstream stage prepare; command python a.py → python b.py"
        in page.text
    )


class TestCharts:
    def test_pictures_have_words_a_dark_side_and_a_width(self) -> None:
        page = github(markdown.render(digits_report()))
        images = page.elements("img")
        assert [image["width"] for image in images] == ["760"] * 6, "the width of a chart that says none"
        assert all(image["alt"] for image in images)
        assert all(source["media"] == "(prefers-color-scheme: dark)" for source in page.elements("source"))
        assert "1 unchanged chart" in page.text

    @pytest.mark.parametrize("html", [True, False])
    def test_the_sides_and_their_difference_have_a_row_of_their_own(self, html: bool) -> None:  # noqa: FBT001 - of the test
        single = {name: ImageChart(id=name, title=name, alt=name, image=name, base="", head=name) for name in "abz"}
        pair = ImageChart(id="p", title="P", alt="both", image="h", before="b", difference="d", base="b", head="h")
        charts = (single["a"], single["b"], pair, single["z"])
        page = github(markdown.render(make_report(charts=charts), html=html))
        rows: list[list[str | None]] = []
        for tag, attributes in page.tags:
            rows += [[]] if tag == "p" else []
            rows[-1:] = [[*rows[-1], attributes["src"]]] if tag == "img" else rows[-1:]
        singles = [["a", "b"]] if html else [["a"], ["b"]]
        assert [row for row in rows if row] == [*singles, ["b", "h", "d"], ["z"]]
        assert [image["alt"] for image in page.elements("img")][2:5] == ["P: base", "both", "P: difference"]

    def test_a_forge_gives_images_its_own_addresses(self) -> None:
        text = markdown.render(digits_report(), image_url=lambda path: f'https://images.example/{path}?a=1&b="2"')
        (first, *_) = github(text).elements("img")
        assert first["src"] == 'https://images.example/charts/learning-curve.png?a=1&b="2"'

    def test_a_relative_address_is_quoted(self) -> None:
        assert markdown.beside("charts/loss curve#1.png") == "charts/loss%20curve%231.png"

    def test_a_chart_without_a_picture_says_so(self) -> None:
        (chart, *_) = digits_report().charts
        bare = type(chart)(**{name: getattr(chart, name) for name in chart.__struct_fields__} | {"image": None})
        page = github(markdown.render(make_report(charts=(bare,))))
        assert not page.elements("img")
        assert "Learning curve: no image" in page.text


class TestSections:
    @staticmethod
    def page(form: Any, base: str | None, head: str | None, **pictures: Any) -> Any:
        include = Include(path="out.txt", title="Ours", form=form, base=base, head=head, **pictures)
        return github(markdown.render(make_report("acc 1 -> 2", includes=(include,))))

    def test_a_changed_text_shows_its_difference_first(self) -> None:
        page = self.page("text", "a\nb\n", "a\nc\n")
        assert [block["lang"] for block in page.elements("pre")] == ["diff", "text"]
        assert "-b\n+c" in page.text

    def test_an_unchanged_text_is_folded_and_shown_once(self) -> None:
        page = self.page("text", "same\n", "same\n")
        assert len(page.elements("pre")) == 1
        assert "out.txt (unchanged)" in page.text

    @pytest.mark.parametrize(("base", "head", "words"), [(None, "x", "only in head"), ("x", None, "only in base")])
    def test_a_text_of_one_side_says_which(self, base: str | None, head: str | None, words: str) -> None:
        assert words in self.page("text", base, head).text

    def test_the_sides_of_an_image_follow_each_other(self) -> None:
        page = self.page("image", "a.png", "b.png", image="b.png", before="a.png", before_dark="dark.png", width=376)
        assert [(image["src"], image["width"]) for image in page.elements("img")] == [
            ("a.png", "376"),
            ("b.png", "376"),
        ]
        assert [source["srcset"] for source in page.elements("source")] == ["dark.png"]

    def test_markdown_is_rendered_and_reaches_out_to_nothing(self) -> None:
        page = self.page("markdown", None, f"# Card\n\n| a |\n|---|\n| b |\n\n{HOSTILE}")
        assert page.tables[-1] == [["a"], ["b"]]
        assert not page.elements("a")
        assert page.linked_by_a_forge == []

    def test_a_long_text_is_cut_and_says_so(self) -> None:
        page = self.page("text", None, "\n".join(f"line {number}" for number in range(500)))
        assert "300 more lines not shown" in page.text


class TestNotes:
    def test_a_note_says_where_what_and_what_to_do(self) -> None:
        problem = Problem(where="metrics.json (base)", what="it is broken", remedy="run `dvc fetch`")
        page = github(markdown.render(make_report(problems=(problem,))))
        assert "metrics.json (base): it is broken. To do: run dvc fetch." in page.text

    def test_many_notes_are_folded(self) -> None:
        problems = tuple(Problem(where=name, what=f"broken {name}") for name in "abcdefg")
        page = github(markdown.render(make_report(problems=problems)))
        assert "7 notes" in page.text
        assert len(page.elements("details")) == 1


class TestSize:
    REPORT = make_report("\n".join(f"metric-{number}-of-many 0.5 -> 0.75 higher" for number in range(1000)))

    def test_a_huge_table_is_cut_and_says_what_is_left_out(self) -> None:
        text = markdown.render(self.REPORT)
        assert [len(table) for table in github(text).tables] == [1 + 12, 1 + 488]
        assert "500 more changed metrics not shown" in text
        assert "Left out here: 500 changed metrics. The full report has everything." in text

    def test_the_full_report_can_be_linked(self) -> None:
        text = markdown.render(self.REPORT, links=Links(run="https://ci.example/report?a=1&b=2"))
        assert github(text).elements("a") == [{"href": "https://ci.example/report?a=1&b=2"}] * 2

    def test_each_step_down_is_smaller_and_keeps_the_headline(self) -> None:
        sizes = []
        for amount in AMOUNTS.values():
            text = shown(self.REPORT, amount)
            assert "**1000 of 1,000 metrics changed**" in text.replace("1,000 of", "1000 of")
            sizes.append(len(text.encode()))
        assert sizes == sorted(sizes, reverse=True)
        assert sizes[0] < 60_000
        assert sizes[-1] < 1_000

    def test_a_normal_report_fits_a_comment(self) -> None:
        assert len(markdown.render(digits_report()).encode()) < 20_000


def test_the_same_report_gives_the_same_text() -> None:
    assert markdown.render(hostile_report()) == markdown.render(hostile_report())


def test_the_source_is_tidy() -> None:
    text = markdown.render(digits_report())
    assert text.endswith("</sub>\n")
    assert not re.search(r"\n{3,}", text)
