"""Several reports as one text, and metrics of many files as one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest
from rendered import github
from samples import LIMITS, digits_report, make_report

from headway.report import markdown
from headway.report.limits import FULL_LIMITS, PAGE_LIMITS, Limits
from headway.report.metric_rows import by_file
from headway.report.monorepo import Projects
from headway.report.outline import outline

if TYPE_CHECKING:
    from headway.values.report import Report

HOSTILE = "a|b`<b>@ada</b> ![x](https://evil.example/x.png) #1 -->"


def project(name: str, report: Report | None = None) -> Report:
    return msgspec.structs.replace(report or make_report("acc 0.9 -> 0.92 higher"), project=name)


@pytest.mark.parametrize("html", [True, False])
@pytest.mark.parametrize("limits", [*LIMITS.values(), None], ids=[*LIMITS, "a line"])
def test_a_folders_name_is_only_text(html: bool, limits: Limits | None) -> None:  # noqa: FBT001 - a parameter of the test
    text = Projects(reports=[project(HOSTILE)], html=html, addresses=[f"{HOSTILE}/report.html"]).render([limits])
    page = github(text)
    assert page.elements("img") == []
    assert page.linked_by_a_forge == []
    assert {str(link["href"])[:5] for link in page.elements("a")} == {"a%7Cb"}, "only the project's own report"
    assert len(page.tables[0]) == 2
    assert page.tables[0][1][1] == "1 of 1 metric changed, ▲ 1 better"


def test_a_section_says_what_the_projects_own_report_says() -> None:
    alone = markdown.render(digits_report())
    text = Projects(reports=[project("models/digits", digits_report()), project("")]).render([FULL_LIMITS] * 2)
    body = alone.partition("#### Metrics")[2].partition("<sub>Made by")[0]
    assert body.strip() in text
    assert "<summary><code>.</code>: 1 of 1 metric changed" in text


def test_a_project_may_have_only_a_line_of_the_table() -> None:
    reports = [project("a", digits_report()), project("b")]
    text = Projects(reports=reports, full_report="https://ci.example/run").render([None, LIMITS["compact"]])
    assert "1 project has only a line of the table here" in text
    assert 'href="https://ci.example/run"' in text
    assert text.count("<summary><code>") == 1


def test_many_files_of_one_folder_share_a_table() -> None:
    lines = [f"models/a/s{number}.json:acc 0.{number} -> 0.9" for number in range(1, 5)]
    report = make_report("\n".join([*lines, "models/b/m.json:acc 0.5 -> 0.8", "m.json:acc 0.1 -> 0.8"]))
    groups = by_file(outline(report, PAGE_LIMITS).changed.shown)
    found = {group.file: [row.name for row in group.rows] for group in groups}
    assert found == {
        "m.json": ["acc"],
        "models/a/": ["s1.json:acc", "s2.json:acc", "s3.json:acc", "s4.json:acc"],
        "models/b/m.json": ["acc"],
    }


def test_files_of_one_folder_stand_together() -> None:
    report = make_report("a/x.json:m 1 -> 9\nb/x.json:m 1 -> 8\na/y.json:m 1 -> 7")
    assert [group.file for group in by_file(outline(report, PAGE_LIMITS).changed.shown)] == [
        "a/x.json",
        "a/y.json",
        "b/x.json",
    ]
