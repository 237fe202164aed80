"""Several reports as one text, and metrics of many files as one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from rendered import github
from samples import AMOUNTS, digits_report, make_report

from headway.report import markdown
from headway.report.links import Links
from headway.report.monorepo import Projects

if TYPE_CHECKING:
    from headway.values.report import Report

HOSTILE = "a|b`<b>@ada</b> ![x](https://evil.example/x.png) #1 -->"


def project(name: str, report: Report | None = None) -> Report:
    return msgspec.structs.replace(report or make_report("acc 0.9 -> 0.92 higher"), project=name)


@pytest.mark.parametrize("html", [True, False])
@pytest.mark.parametrize("amount", AMOUNTS.values(), ids=AMOUNTS)
def test_a_folders_name_is_only_text(html: bool, amount: float) -> None:  # noqa: FBT001 - a parameter of the test
    projects = Projects(reports=[project(HOSTILE)], html=html, addresses=[f"{HOSTILE}/report.html"])
    text = projects.at(round(amount * (projects.rungs - 1)))
    page = github(text)
    assert page.elements("img") == []
    assert page.linked_by_a_forge == []
    assert {str(link["href"])[:5] for link in page.elements("a")} == {"a%7Cb"}, "only the project's own report"
    assert len(page.tables[0]) == 2
    assert page.tables[0][1][1] == "1 of 1 metric changed, 1 as wanted, Untested (no predictions to judge by)"


def test_a_section_says_what_the_projects_own_report_says() -> None:
    alone = markdown.render(digits_report())
    text = Projects(reports=[project("models/digits", digits_report()), project("")]).text
    body = alone.partition("#### Metrics")[2].partition("<sub>Made by")[0]
    assert body.strip() in text
    assert "<summary><code>.</code>: 1 of 1 metric changed" in text


def test_a_project_may_have_only_a_line_of_the_table() -> None:
    reports = [project("a", digits_report()), project("b")]
    text = Projects(reports=reports, links=Links(run="https://ci.example/run")).at(1)
    assert "Left out here: the sections of 1 project. [The full report](https://ci.example/run)" in text
    assert text.count("<summary><code>") == 1
