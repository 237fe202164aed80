"""The team's own sections: differences, and Markdown that cannot reach out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from generated import names
from hypothesis import given
from hypothesis import strategies as st
from rendered import Rendered, github
from samples import make_report

from headway.report.blocks import Details, Lines, text_of
from headway.report.escaping import ZERO_WIDTH_SPACE
from headway.report.sections import includes
from headway.report.team_markdown import render_markdown
from headway.values.report import Include

if TYPE_CHECKING:
    from headway.report.blocks import Section

LAYOUT = set("p h4 h5 h6 strong em s code pre ul ol li blockquote table thead tbody tr th td hr br".split())  # noqa: SIM905  a list of words


def text_section(base: str | None, head: str | None) -> Include:
    return Include(path="p.txt", title="t", form="text", base=base, head=head)


def section(base: str | None, head: str | None) -> Section:
    (found,) = includes.build(make_report(includes=(text_section(base, head),)))
    return found


def lines(block: object) -> list[str]:
    assert isinstance(block, Lines)
    return list(block.entries)


@pytest.mark.parametrize(("base", "head", "words"), [("a", "a", "unchanged"), ("a", None, "only in base")])
def test_what_does_not_differ_or_is_gone_folds(base: str, head: str | None, words: str) -> None:
    (block,) = section(base, head).blocks
    assert isinstance(block, Details)
    assert words in text_of(block.summary)
    assert lines(block.blocks[0]) == ["a"]


def test_those_that_differ_come_first() -> None:
    found = includes.build(make_report(includes=(text_section("a", "a"), text_section("a", "b"))))
    assert [each.kind for each in found] == [includes.DIFFERENT, includes.SAME]


def test_a_text_says_how_much_of_it_is_left_out() -> None:
    block = section(None, "\n".join(map(str, range(3_000)))).blocks[1]
    assert isinstance(block, Lines)
    assert (len(block.entries), block.left_out) == (2_000, 1_000)
    assert len(lines(section(None, "x" * 10**6).blocks[1])[0]) < 1000


def test_a_difference_has_no_file_names() -> None:
    assert lines(section("a\nb\n", "a\nc\n").blocks[1]) == ["@@ -1,2 +1,2 @@", " a", "-b", "+c"]


def test_texts_too_long_to_compare_have_no_difference() -> None:
    (block,) = section("a\n" * 20_000, "b\n" * 20_000).blocks
    assert isinstance(block, Details)
    assert not block.optional


class TestMarkdown:
    def test_layout_is_kept_below_the_reports_own_headings(self) -> None:
        page = Rendered(
            render_markdown("# Title\n\n**b** *i* `c` ~~s~~\n\n- one\n- two\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n")
        )
        assert page.tables == [[["a", "b"], ["1", "2"]]]
        assert [tag for tag, _ in page.tags][:5] == ["h4", "p", "strong", "em", "code"]
        assert page.elements("td")[1] == {"align": "right"}

    def test_words_keep_their_spaces(self) -> None:
        assert "<p>so <strong>very</strong> good</p>" in render_markdown("so **very** good")

    @given(names | st.lists(names, max_size=6).map("\n".join))
    def test_nothing_reaches_out(self, source: str) -> None:
        page = Rendered(f"<div>{render_markdown(source)}</div>")
        assert {tag for tag, _ in page.tags} <= LAYOUT | {"div"}
        assert all(set(attributes) <= {"align", "start"} for _, attributes in page.tags)
        assert page.linked_by_a_forge == []
        assert not page.unclosed

    @pytest.mark.parametrize("source", ["[TOC]", "`[toc]`", "[[_TOC_]]", "[*TOC*]", "da39a3e", "ABC-12"])
    def test_no_forge_finds_anything(self, source: str) -> None:
        page = Rendered(render_markdown(source))
        assert page.linked_by_a_forge == []
        assert ZERO_WIDTH_SPACE in page.text

    @pytest.mark.parametrize(
        "source", ["a\n/close\nb", "```\n/close\n/merge\n```", "    /a\n    /close", "`a\n/close`"]
    )
    def test_no_line_begins_with_a_command(self, source: str) -> None:
        written = render_markdown(source)
        assert re.search("^/", written, re.MULTILINE) is None
        assert "/close" in Rendered(written).text

    @given(names | st.lists(names, max_size=6).map("\n".join))
    def test_it_stays_one_block_inside_a_forges_markdown(self, source: str) -> None:
        html = f"<div>\n{render_markdown(source)}\n</div>"
        inside = github(f"{html}\n\nafter\n")
        alone = Rendered(html)
        assert inside.tags[: len(alone.tags)] == alone.tags
        assert inside.tags[len(alone.tags) :] == [("p", {})]
