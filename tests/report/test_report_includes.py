"""The team's own sections: differences, and Markdown that cannot reach out."""

from __future__ import annotations

import re

import pytest
from generated import names
from hypothesis import given
from hypothesis import strategies as st
from rendered import Rendered, github

from headway.report.escaping import ZERO_WIDTH_SPACE
from headway.report.includes import difference, excerpt, render_markdown, state
from headway.values.report import Include

LAYOUT = set("p h4 h5 h6 strong em s code pre ul ol li blockquote table thead tbody tr th td hr br".split())  # noqa: SIM905  a list of words


def text_section(base: str | None, head: str | None) -> Include:
    return Include(path="p.txt", title="t", form="text", base=base, head=head)


@pytest.mark.parametrize(
    ("base", "head", "expected"),
    [("a", "a", "same"), ("a", "b", "different"), (None, "a", "added"), ("a", None, "removed")],
)
def test_states(base: str | None, head: str | None, expected: str) -> None:
    assert state(text_section(base, head)) == expected


def test_an_excerpt_says_how_much_it_leaves_out() -> None:
    assert excerpt("a\nb\nc\n", 2) == ("a\nb", 1)
    assert excerpt("a\nb\n", 2) == ("a\nb", 0)
    assert len(excerpt("x" * 10**6, 5).text) < 1000


def test_a_difference_has_no_file_names() -> None:
    assert difference(text_section("a\nb\n", "a\nc\n"), 99).text == "@@ -1,2 +1,2 @@\n a\n-b\n+c"


def test_texts_too_long_to_compare_have_no_difference() -> None:
    assert difference(text_section("a\n" * 20_000, "b\n" * 20_000), 99) == ("", 0)


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
