"""The richest rendering that fits, measured in UTF-8 bytes, never a cut one."""

from __future__ import annotations

import pytest
from samples import make_report

from headway.errors import ForgeError
from headway.publish.comment.sizes import LADDER, fit
from headway.report import markdown
from headway.report.outline import Detail

SIZES = {Detail.FULL: 300, Detail.COMPACT: 200, Detail.HEADLINE: 100}


@pytest.mark.parametrize(("budget", "detail"), [(300, Detail.FULL), (299, Detail.COMPACT), (199, Detail.HEADLINE)])
def test_the_richest_that_fits_is_taken(budget: int, detail: Detail) -> None:
    assert fit(lambda asked: asked.name.ljust(SIZES[asked]), budget).strip() == detail.name


def test_bytes_count_not_characters() -> None:
    assert fit(lambda asked: "é" * (SIZES[asked] // 2), 199) == "é" * 50


def test_what_does_not_fit_at_all_is_an_error() -> None:
    with pytest.raises(ForgeError, match="not even its headline") as caught:
        fit(lambda asked: "x" * SIZES[asked], 99)
    assert "99 bytes" in caught.value.why


def test_a_real_report_is_rendered_again_with_less_and_says_what_is_left_out() -> None:
    report = make_report("\n".join(f"metric.{number:04} 0.{number:04} -> 0.9 higher" for number in range(3000)))

    def render(detail: Detail) -> str:
        return markdown.render(report, detail=detail, full_report="https://forge.example/run/1")

    rendered = {detail: len(render(detail).encode()) for detail in LADDER}
    assert rendered[Detail.FULL] > rendered[Detail.COMPACT] > rendered[Detail.HEADLINE]
    compact = fit(render, rendered[Detail.COMPACT])
    assert compact == render(Detail.COMPACT)
    assert "2,980 changed metrics" in compact
    assert "https://forge.example/run/1" in compact
    assert fit(render, rendered[Detail.COMPACT] - 1) == render(Detail.HEADLINE)
