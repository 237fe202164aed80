"""The hidden line that finds a comment again, whatever a label holds."""

from __future__ import annotations

import base64

import cmarkgfm  # type: ignore[import-untyped]  # carries no types
import pytest
from cmarkgfm.cmark import Options  # type: ignore[import-untyped]  # as above
from hypothesis import given
from hypothesis import strategies as st
from publish.forge_places import make_marker

from headway.publish.comment import marker as markers

SHA = "a" * 40
HOSTILE = (
    "-->",
    "--!>",
    "--",
    "-",
    "<!--",
    "}",
    '"',
    "\n\n# big",
    "\r\n-->",
    "`",
    "@octo #1 fixes #2",
    ")[x](y)",
    "\u2028\u202e\x00\x1b[0m",
    "é🎉",
    "<script>",
    "&gt;",
)


@pytest.mark.parametrize("html", [True, False])
@pytest.mark.parametrize("label", HOSTILE)
def test_any_label_comes_back_and_stays_hidden(label: str, html: bool) -> None:  # noqa: FBT001 - a parameter
    marker = make_marker(SHA, label=label, directory=f"models/{label}")
    line = markers.write(marker, html=html)
    assert "\n" not in line
    assert line.isascii()
    assert markers.read(f"{line}\n\n# Report") == marker
    if html:
        assert line.index("-->") == len(line) - 3
        assert "@" not in line
        assert "#" not in line
        shown = cmarkgfm.github_flavored_markdown_to_html(f"{line}\n\nReport", options=Options.CMARK_OPT_UNSAFE)
        assert shown == f"{line}\n<p>Report</p>\n"


@given(
    st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"])), st.booleans()
)
def test_every_text_comes_back(label: str, directory: str, html: bool) -> None:  # noqa: FBT001 - drawn
    marker = make_marker(SHA, run=7, attempt=2, label=label, directory=directory)
    assert markers.read(markers.write(marker, html=html) + "\n\ntext") == marker


@pytest.mark.parametrize(
    "body",
    [
        "",
        "A comment",
        "> <!-- headway {} -->",
        "first\n<!-- headway {} -->",
        "<!-- headway {} -->",
        "<!-- headway {broken -->",
        '<!-- headway {"v":1} -->',
        "<!-- cml -->",
        "[](#headway-!!!)",
        "[](#headway-e30=)",
        "[](#headway-A)",
        f'<!-- headway {{"x":{"[" * 20_000}{"]" * 20_000}}} -->',
        f"[](#headway-{base64.urlsafe_b64encode(b'[' * 20_000).decode()})",
        f'<!-- headway {{"label":"","directory":"","sha":"","run":{"9" * 20_000},"attempt":1,"time":0}} -->',
    ],
    ids=range(14),
)
def test_what_is_no_marker_is_none(body: str) -> None:
    assert markers.read(body) is None


def test_a_quoted_or_later_marker_does_not_count() -> None:
    line = markers.write(make_marker(SHA), html=True)
    assert markers.read(f"see:\n{line}") is None
    assert markers.read(f"> {line}") is None


def test_the_text_is_compared_without_the_marker_and_without_line_ends() -> None:
    line = markers.write(make_marker(SHA), html=True)
    assert markers.text_of(f"{line}\r\n\r\n# a\r\nb\r\n") == markers.text_of(f"{line}\n\n# a\nb\n") == "# a\nb"
    assert markers.text_of("no marker") == "no marker"


class TestOrder:
    def test_a_place_is_tool_label_and_directory(self) -> None:
        marker = make_marker(SHA, label="nightly", directory="models/a")
        assert marker.same_place(make_marker("b" * 40, run=9, label="nightly", directory="models/a"))
        assert not marker.same_place(make_marker(SHA, label="", directory="models/a"))
        assert not marker.same_place(make_marker(SHA, label="nightly"))

    @pytest.mark.parametrize(
        ("this", "other", "newer"),
        [((2, 1), (1, 9), True), ((1, 2), (1, 1), True), ((1, 1), (1, 1), False), ((1, 1), (2, 1), False)],
    )
    def test_runs_then_attempts(
        self,
        this: tuple[int, int],
        other: tuple[int, int],
        newer: bool,  # noqa: FBT001 - a column of the table above
    ) -> None:
        assert make_marker(SHA, *this).newer_run(make_marker(SHA, *other)) is newer

    def test_a_run_outside_ci_has_no_place_in_the_order(self) -> None:
        assert not make_marker(SHA, run=5).newer_run(make_marker(SHA, run=0))
        assert not make_marker(SHA, run=0).newer_run(make_marker(SHA, run=5))
