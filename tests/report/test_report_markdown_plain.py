"""Markdown for the forge that shows HTML as text: no tag and no entity, and the tables are the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import cmarkgfm  # type: ignore[import-untyped]  # carries no types
import msgspec
import pytest
from generated import names, rather_costly, reports
from hypothesis import example, given
from rendered import Rendered, github
from samples import AMOUNTS, HOSTILE, digits_report, hostile_report, make_report, shown

from headway.report import markdown
from headway.report.blocks import prose
from headway.report.escaping import ZERO_WIDTH_SPACE, clean, plain_address, plain_text
from headway.report.links import Links
from headway.report.markdown import MarkdownWriter
from headway.values.problem import Problem
from headway.values.report import Include, Report

if TYPE_CHECKING:
    from collections.abc import Callable

MARKDOWNS_OWN = set("h3 h4 p strong em code table thead tbody tr th td ul ol li blockquote pre img".split())  # noqa: SIM905  a list of words
STRUCK = {"del"}
"""GitHub strikes with single tildes, which no zero-width space parts; Bitbucket strikes only with double ones."""
SHOWN_AS_TEXT = re.compile(r"<[A-Za-z/!?]|&#?\w+;")
"""A tag or an entity, in words that are not code. Nothing of the kind may stand there, not even behind a backslash: the
oldest Markdown, which Bitbucket's descends from, knows no backslash before these characters."""
FULL_REPORT = "https://ci.example/report?a=1&b=(2)"


class WordByWord(Rendered):
    """Keeps neighbouring elements apart, so that what ends one and what begins the next make no tag."""

    def handle_data(self, data: str) -> None:
        super().handle_data(data)
        self.prose += "\n"


def plain(report: Report, **options: Any) -> str:
    return markdown.render(report, html=False, **options)


def has_raw_html(text: str) -> bool:
    """Whether GitHub's parser finds a tag; without leave to pass it on, it leaves this comment instead."""
    return "<!-- raw HTML omitted -->" in cmarkgfm.github_flavored_markdown_to_html(text)


def compared(text: str) -> list[list[list[str]]]:
    """Every table but those that are folded where there is HTML and else left out."""
    # Each has its own way to keep a sign from a tag, and GitHub strikes through what stands between single tildes.
    one_form = re.sub(r"(?<!\\)([<~])\u200b", r"\\\1", text)
    return [
        [[cell.replace("\N{ZERO WIDTH SPACE}", "") for cell in row] for row in table]
        for table in github(one_form).tables
        if table[0] != ["Metric", "Value"] and "Lower quartile" not in table[0]
    ]


def test_the_digits_report(golden: Callable[[str, str], None]) -> None:
    golden("digits-plain.md", plain(digits_report()))


class TestAnyReport:
    @rather_costly
    @given(reports)
    def test_holds_no_html_and_reaches_nobody(self, report: Report) -> None:
        text = plain(report, links=Links(run=FULL_REPORT))
        page = WordByWord(cmarkgfm.github_flavored_markdown_to_html(text))
        assert not has_raw_html(text)
        assert {tag for tag, _ in page.tags} <= MARKDOWNS_OWN | STRUCK | {"a"}
        assert not SHOWN_AS_TEXT.search(page.prose)
        assert page.linked_by_a_forge == []
        assert {link["href"] for link in page.elements("a")} == {FULL_REPORT.replace("(2)", "%282%29")}

    @rather_costly
    @given(reports)
    def test_has_the_same_tables(self, report: Report) -> None:
        ours = msgspec.structs.replace(report, includes=())  # a team's tables are rendered where there is HTML
        tables = compared(plain(ours))
        assert tables == compared(markdown.render(ours))
        assert all(len(row) == len(table[0]) for table in tables for row in table)

    @pytest.mark.parametrize("amount", AMOUNTS.values(), ids=AMOUNTS)
    def test_of_an_enemy_is_no_different(self, amount: float) -> None:
        text = shown(hostile_report(), amount, html=False)
        page = github(text)
        assert not has_raw_html(text)
        assert (page.linked_by_a_forge, page.elements("a")) == ([], [])
        assert not [each for each in page.elements("img") if (each["src"] or "").startswith(("http", "/", "data:"))]


class TestWords:
    @given(names)
    @example(HOSTILE)
    @example("a < b && c | d &lt; <b> \\<i> &#124;")
    @pytest.mark.parametrize("place", ["{}", "before\n{}", "> {}", "*{}*", "![{}](x.png)"])
    def test_stay_words(self, place: str, name: str) -> None:
        text = place.format(plain_text(name)) + "\n"
        assert not has_raw_html(text)
        assert github(text).linked_by_a_forge == []
        assert not SHOWN_AS_TEXT.search(plain_text(name))

    @given(names)
    @example("1. no list, `a|b` | c")
    def test_lose_nothing(self, name: str) -> None:
        shown = github(f"{plain_text(name)}\n").text.replace(ZERO_WIDTH_SPACE, "").strip()
        assert shown.replace("~", "") == clean(name).strip(" ").strip().replace("~", "")

    @given(names)
    @example("^1")
    def test_of_a_picture_stay_in_it(self, name: str) -> None:
        (image,) = github(f"![{plain_text(name)}](a.png)\n").elements("img")
        assert image["src"] == "a.png"

    def test_between_backticks_are_code(self) -> None:
        page = github(MarkdownWriter(html=False).line(prose("run `dvc pull <name> | cat`, not <b>")) + "\n")
        assert page.text.replace(ZERO_WIDTH_SPACE, "") == "run dvc pull <name> | cat, not <b>\n"
        assert page.elements("code")

    @pytest.mark.parametrize("words", ["@{557058:1a}", "#12", "a@b.example", "https://x.example", "&lt;", "<b>"])
    def test_are_parted_where_bitbucket_would_see_more(self, words: str) -> None:
        assert ZERO_WIDTH_SPACE in plain_text(words)

    @given(names)
    @example(FULL_REPORT)
    def test_never_end_an_address(self, name: str) -> None:
        page = github(f"[a](https://x.example/{plain_address(name)}) b\n")
        assert len(page.elements("a")) == 1
        assert page.text == "a b\n"

    def test_of_an_address_stay_what_they_are(self) -> None:
        assert plain_address("https://x.example/a/b.png?c=1&d=%20#e") == "https://x.example/a/b.png?c=1&d=%20#e"
        assert plain_address("a (b)") == "a%20%28b%29"


class TestParts:
    def test_metrics_without_a_change_are_counted(self) -> None:
        text = plain(make_report("a 1 -> 1\nb 2 -> 2\nc 1 -> 2"))
        assert [table[0][0] for table in github(text).tables] == ["Metric"]
        assert "2 unchanged metrics not shown." in text
        assert "Left out here: 2 unchanged metrics." in text

    def test_charts_without_a_difference_are_counted(self) -> None:
        assert "1 unchanged chart" in plain(digits_report())

    def test_pictures_have_words_and_one_address(self) -> None:
        page = github(plain(digits_report(), image_url=lambda path: f"https://images.example/{path}?a=1"))
        assert [image["src"] for image in page.elements("img")][:1] == [
            "https://images.example/charts/learning-curve.png?a=1"
        ]
        assert len(page.elements("img")) == 5
        assert all(image["alt"] for image in page.elements("img"))

    def test_a_chart_without_a_picture_says_so(self) -> None:
        (chart, *_) = digits_report().charts
        bare = type(chart)(**{name: getattr(chart, name) for name in chart.__struct_fields__} | {"image": None})
        assert "\n\n`Learning curve`: no image; the notes say why.\n\n" in plain(make_report(charts=(bare,)))

    def test_the_full_report_is_linked(self) -> None:
        page = github(plain(make_report("a 1 -> 1"), links=Links(run="https://ci.example/run/1?a=1&b=2")))
        assert page.elements("a") == [{"href": "https://ci.example/run/1?a=1&b=2"}]

    def test_small_print_is_emphasised(self) -> None:
        assert plain(make_report()).endswith("\n\n*Made by Headway 0.1.0*\n")

    def test_notes_are_listed_however_many(self) -> None:
        problems = tuple(Problem(where=name, what=f"broken {name}") for name in "abcdefg")
        page = github(plain(make_report(problems=problems)))
        assert len(page.elements("li")) == 7
        assert "Notes" in page.text

    def test_the_source_is_tidy(self) -> None:
        assert not re.search(r"\n{3,}", plain(digits_report()))


class TestSections:
    @staticmethod
    def page(form: Any, base: str | None, head: str | None) -> Rendered:
        include = Include(path="out.md", title="Ours", form=form, base=base, head=head)
        return github(plain(make_report("acc 1 -> 2", includes=(include,))))

    def test_markdown_is_shown_as_its_source(self) -> None:
        page = self.page("markdown", None, "# Card\n\n```\n<b>\n```\n")
        assert [block["lang"] for block in page.elements("pre")] == ["markdown"]
        assert "out.md (only in head)" in page.text
        assert "# Card\n\n```\n<b>\n```\n" in page.text

    @pytest.mark.parametrize("form", ["markdown", "text"])
    def test_a_change_is_shown_as_its_difference_alone(self, form: str) -> None:
        page = self.page(form, "a\nb\n", "a\nc\n")
        assert [block["lang"] for block in page.elements("pre")] == ["diff"]

    def test_texts_too_long_to_compare_show_head(self) -> None:
        page = self.page("text", "a\n" * 20_000, "b\n" * 20_000)
        assert [block["lang"] for block in page.elements("pre")] == ["text"]
        assert "out.md (head):" in page.text

    def test_one_that_is_gone_is_shown(self) -> None:
        page = self.page("text", "x\n", None)
        assert "out.md (only in base):" in page.text
        assert "x\n" in page.text

    @pytest.mark.parametrize("form", ["markdown", "text"])
    def test_one_without_a_change_is_named_only(self, form: str) -> None:
        page = self.page(form, "x\n", "x\n")
        assert page.elements("pre") == []
        assert "out.md (unchanged) not shown." in page.text
