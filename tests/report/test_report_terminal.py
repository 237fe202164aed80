"""The terminal rendering: 80 columns, with and without colour, and deaf to escape sequences."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from generated import rather_costly, reports
from hypothesis import given
from rich.console import Console
from samples import digits_report, hostile_report, make_report

from headway.report import terminal
from headway.report.escaping import clean_block

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.values.report import Report


def printed(report: Report, **console: Any) -> str:
    stream = io.StringIO()
    options = {"width": 80, "color_system": None} | console
    terminal.render(report, Console(file=stream, **options))
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()) + "\n"


def test_the_digits_report(golden: Callable[[str, str], None]) -> None:
    golden("digits.txt", printed(digits_report()))


def test_a_report_about_nothing() -> None:
    assert "No metrics" in printed(make_report())


@pytest.mark.parametrize("width", [80, 60, 120])
@pytest.mark.parametrize("report", [digits_report(), hostile_report()], ids=["digits", "hostile"])
def test_no_line_is_wider_than_the_terminal(report: Report, width: int) -> None:
    assert max(map(len, printed(report, width=width).splitlines())) <= width


def test_colour_comes_beside_the_word() -> None:
    text = printed(
        make_report("acc 0.9 -> 0.95 higher improved\nloss 0.1 -> 0.2 lower worse\nsteps 1 -> 2"),
        color_system="standard",
        force_terminal=True,
        no_color=False,
    )
    better, worse, neutral = (
        next(line for line in text.splitlines() if key in line) for key in ("acc", "loss", "steps")
    )
    assert "\x1b[32m" in better
    assert "+0.05 better" in better
    assert "\x1b[31m" in worse
    assert "+0.1 worse" in worse
    assert "\x1b[3" not in neutral


@rather_costly
@given(reports)
def test_no_name_controls_the_terminal(report: Report) -> None:
    text = printed(report)
    assert "\x1b" not in text
    assert clean_block(text) == text


def test_markup_is_text() -> None:
    assert "[bold]x[/bold]" in printed(make_report("[bold]x[/bold] 1 -> 2"))
    assert ":tada:" in printed(make_report(notes=(":tada:",)))


def test_no_digit_and_no_name_is_cut() -> None:
    lines = printed(make_report(f"wide {2**79} -> {2**79 + 1}\nbig 1e300 -> -1e308")).splitlines()
    header, big, name, *wide = lines[lines.index("Metrics") + 1 :]
    assert (header[:8], big[:4], name) == ("Metric  ", "big ", "wide")
    assert wide[:2] == ["  Change +1", f"  Base → Head {2**79:,} → {2**79 + 1:,}"]


def test_what_is_left_out_is_counted() -> None:
    text = printed(make_report("\n".join(f"m{number} 1 -> 2" for number in range(250)) + "\nsame 1 -> 1"))
    assert "50 more changed metrics not shown" in text
    assert "1 unchanged metric" in text
