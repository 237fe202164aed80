"""Whatever a repository calls its things, a report shows the name and nothing else happens."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import msgspec
import pytest
from generated import names
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup
from rendered import Rendered, github
from samples import HOSTILE

from headway.report import escaping
from headway.report.blocks import prose as in_spans
from headway.report.escaping import (
    ELLIPSIS,
    ZERO_WIDTH_SPACE,
    cell,
    clean,
    clean_block,
    code,
    fence,
    shorten,
    shorten_parts,
    text,
)
from headway.report.markdown import MarkdownWriter
from headway.text import Part

if TYPE_CHECKING:
    from collections.abc import Callable

HARMLESS = {"p", "code", "em", "table", "thead", "tbody", "tr", "th", "td"}


def prose(sentence: str) -> str:
    return MarkdownWriter().line(in_spans(sentence))


def as_shown(value: str, limit: int = escaping.NAME_LIMIT) -> str:
    return shorten(clean(value), limit)


def table_of(*rows: tuple[str, ...]) -> str:
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, "|" + " --- |" * len(rows[0]), *body]) + "\n"


class TestCleaning:
    @pytest.mark.parametrize(
        ("given_text", "shown"),
        [
            ("plain", "plain"),
            ("two\nlines", "two↵lines"),
            ("two\r\nlines\u2028more", "two↵lines↵more"),
            ("tab\there", "tab here"),
            ("a\u202eb\u2066c\u200fd", "abcd"),
            ("zero\u200bwidth\ufeff", "zerowidth"),
            ("bell\x07 null\x00 c1\x9f", "bell null c1"),
            ("\x1b[31mred\x1b[0m \x1b]8;;http://x\x07link\x1b]8;;\x1b\\", "red link"),
            ("family 👨\u200d👩\u200d👧", "family 👨\u200d👩\u200d👧"),
            ("lone \ud800 surrogate", "lone \ufffd surrogate"),
            ("no\u00a0break", "no break"),
        ],
    )
    def test_a_name_becomes_one_visible_line(self, given_text: str, shown: str) -> None:
        assert clean(given_text) == shown

    @given(names)
    def test_nothing_invisible_is_left(self, name: str) -> None:
        assert clean(clean(name)) == clean(name)
        assert not {"\n", "\r", "\x1b", "\u202e", "\u200b"} & set(clean(name))

    def test_a_block_keeps_its_lines(self) -> None:
        assert clean_block("a\r\n\tb\x1b[1m\u202e\n") == "a\n    b\n"

    @given(names, st.integers(1, 30))
    def test_shortening_keeps_both_ends_and_the_limit(self, name: str, limit: int) -> None:
        short = shorten(name, limit)
        assert len(short) <= max(limit, 1)
        assert short == name or (limit == 1 or short[0] == name[0])

    def test_long_keys_stay_apart(self) -> None:
        stem = "model.backbone." * 20
        assert shorten(f"{stem}weight", 40) != shorten(f"{stem}bias", 40)

    @given(
        st.lists(st.builds(Part, st.text("ab ", min_size=1, max_size=30), st.booleans()), max_size=9),
        st.integers(1, 60),
    )
    @example([Part("a" * 20, is_changed=True), Part("b", is_changed=False), Part("a", is_changed=True)], 20)
    def test_no_change_is_left_out_unseen(self, parts: list[Part], limit: int) -> None:
        short = list(shorten_parts(parts, limit))
        assert sum(len(part.text) for part in short) <= limit
        assert len(short) == len(parts) or short[-1].text == ELLIPSIS
        left_out = parts[len(short) :]
        assert not any(part.is_changed for part in left_out) or short[-1].is_changed


class TestMarkdownTables:
    @given(names, names)
    @example(HOSTILE, "a\\|b")
    @example("\\", "`\\|`")
    def test_any_names_give_exactly_their_cells(self, first: str, second: str) -> None:
        row = (cell(code(first)), cell(code(second)), cell(text(first)))
        page = github(table_of(("a", "b", "c"), row))
        (table,) = page.tables
        assert table[0] == ["a", "b", "c"]
        (cells,) = table[1:]
        assert [page_text.replace(ZERO_WIDTH_SPACE, "") for page_text in cells] == [
            as_shown(first) or "(empty)",
            as_shown(second) or "(empty)",
            clean(first).strip(" "),
        ]
        assert {tag for tag, _ in page.tags} <= HARMLESS
        assert page.linked_by_a_forge == []

    @given(names)
    @pytest.mark.parametrize("html", [True, False])
    def test_words_in_a_cell_stay_in_it(self, html: bool, name: str) -> None:  # noqa: FBT001 - a parameter of the test
        (table,) = github(table_of(("a",), (escaping.words(name, html=html),))).tables
        assert table[1][0].replace(ZERO_WIDTH_SPACE, "").replace("~", "") == clean(name).strip(" ").replace("~", "")


class TestMarkdownText:
    @given(names)
    @example("1. no list")
    @example("- no list")
    @example("===")
    @example("\t    no code block")
    @pytest.mark.parametrize("place", ["{}", "before\n{}", "> {}", "# {}", "- {} after"])
    def test_words_stay_words_wherever_they_stand(self, place: str, name: str) -> None:
        page = github(place.format(text(name)) + "\n")
        shown = page.text.replace(ZERO_WIDTH_SPACE, "").strip()
        assert shown.removeprefix("before").removesuffix("after").strip() == clean(name).strip(" ").strip()
        assert page.linked_by_a_forge == []
        assert {tag for tag, _ in page.tags} <= {"p", "blockquote", "h1", "ul", "li"}

    @given(names)
    @example("use `dvc pull` on `a|b`, not `")
    def test_prose_shows_code_between_backticks(self, name: str) -> None:
        page = github(f"{prose(name)}\n")
        assert set(page.text.replace(ZERO_WIDTH_SPACE, "").strip()) <= set(clean(name).strip(" "))
        assert page.linked_by_a_forge == []
        assert {tag for tag, _ in page.tags} <= {"p", "code"}

    def test_a_command_can_be_copied(self) -> None:
        page = github(prose("run `git fetch origin user@host:#1` first"))
        assert "git fetch origin user@host:#1" in page.text
        assert page.elements("code")

    @pytest.mark.parametrize(
        "words",
        [
            *("@team", "closes #12", "GH-7", "a@b.example", "https://x.example", "www.x.example", "!3 %4 ~bug :tada:"),
            *(
                "$3",
                '%"a milestone"',
                "&12",
                "^alert#1",
                "#12+",
                "group/project!3",
                "group/project@4a5b6c7",
                "[issue:12]",
            ),
            *("4a5b6c7", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "DA39A3EE5E..4a5b6c7", "in_4a5b6c7"),
            *("ABC-12", "fixes A_1-2", "[[_TOC_]]", "[TOC]", "[[wiki]]"),
        ],
    )
    def test_what_a_forge_would_link_is_parted(self, words: str) -> None:
        assert ZERO_WIDTH_SPACE in text(words)
        assert github(str(text(words))).linked_by_a_forge == []
        assert github(str(text(words))).elements("a") == []

    @pytest.mark.parametrize(
        "words",
        [
            *("0.9733", "+0.0039", "\N{MINUS SIGN}0.5", "1,797 files", "macro F1 is better"),
            *("12345678", "0.12345678", "on 2025-01-01", "decade", "UTF"),
        ],
    )
    def test_ordinary_words_stay_readable_in_the_source(self, words: str) -> None:
        assert text(words) == words

    @pytest.mark.parametrize("escape", [text, prose, fence, lambda value: fence(f"/\n{value}", "diff")])
    def test_no_line_begins_with_a_command(self, escape: Callable[[str], str]) -> None:
        written = escape("/close")
        assert re.search("^/", written, re.MULTILINE) is None
        assert github(f"{written}\n").text.replace(ZERO_WIDTH_SPACE, "").strip().endswith("/close")

    @pytest.mark.parametrize("escape", [code, escaping.forge_code])
    def test_a_name_makes_no_table_of_contents(self, escape: Callable[[str], Markup]) -> None:
        assert github(str(escape("[TOC]"))).text.strip() == f"[{ZERO_WIDTH_SPACE}TOC]"
        assert github(str(escape("a[TOC]"))).text.strip() == "a[TOC]"

    @given(names)
    @example("/close\n  /merge\n\n/label ~a")
    def test_a_fence_holds_whatever_it_is_given(self, name: str) -> None:
        page = github(f"{fence(name)}\n\nafter\n")
        (block,) = page.elements("pre")
        assert block["lang"] == "text"
        assert page.text.removesuffix("after\n").strip("\n") == clean_block(name).strip("\n")


class TestHtml:
    @given(names)
    @pytest.mark.parametrize("escape", [escaping.html_text, escaping.forge_text, escaping.forge_code])
    def test_text_makes_no_element(self, escape: Callable[[str], Markup], name: str) -> None:
        page = Rendered(f'<p title="{escaping.html_text(name)}">{escape(name)}</p>')
        assert {tag for tag, _ in page.tags} <= {"p", "code"}
        assert page.elements("p") == [{"title": clean(name)}]
        assert page.text.replace(ZERO_WIDTH_SPACE, "") == as_shown(name, escaping.SENTENCE_LIMIT)

    @given(names)
    def test_html_in_markdown_says_nothing_to_a_forge(self, name: str) -> None:
        assert Rendered(f"<p>{escaping.forge_text(name)}</p>").linked_by_a_forge == []

    @given(st.dictionaries(names, names))
    @example({"</script><script>alert(1)": "<!-- \u2028"})
    def test_json_in_a_script_neither_ends_it_nor_changes(self, value: dict[str, str]) -> None:
        safe = escaping.script_json(msgspec.json.encode(value))
        assert "<" not in safe
        assert "\u2028" not in safe
        assert json.loads(safe) == value


def test_what_is_safe_says_so() -> None:
    assert all(isinstance(made("x"), Markup) for made in (code, text, cell, fence, escaping.html_text))
