"""The report as a verdict in one line."""

from __future__ import annotations

import pytest
from samples import make_report

from headway.publish.comment.status import status_name
from headway.publish.post import PostableReport
from headway.report.sections.headline import headline


@pytest.mark.parametrize(
    ("metrics", "line"),
    [
        ("", "No metrics"),
        ("acc 0.9 -> 0.9", "None of 1 metric changed"),
        ("acc 0.9 -> 0.8\nf1 0.5 -> 0.5", "1 of 2 metrics changed"),
        (
            "acc 0.9 -> 0.95 higher\nloss 0.2 -> 0.3 lower\nf1 0.5 -> 0.5",
            "2 of 3 metrics changed, 1 as wanted, 1 not as wanted, Untested (no predictions to judge by)",
        ),
        ("loss 0.2 -> 0.3 lower", "1 of 1 metric changed, 1 not as wanted, Untested (no predictions to judge by)"),
    ],
)
def test_headline(metrics: str, line: str) -> None:
    assert headline(make_report(metrics)).sentence == line


@pytest.mark.parametrize(
    ("project", "label", "name"),
    [
        ("", "", "headway"),
        ("models/a", "", "headway: models/a"),
        ("", "nightly", "headway: nightly"),
        ("models/a", "nightly", "headway: models/a, nightly"),
    ],
)
def test_name(project: str, label: str, name: str) -> None:
    assert status_name(project, label) == name


def test_without_gates_the_verdict_is_neutral() -> None:
    report = make_report("loss 0.2 -> 0.3 lower", project="p")
    status = PostableReport(folders=(), reports=(report,), label="l").status("# text", "https://x.example")
    assert (status.state, status.name, status.summary, status.url) == (
        "neutral",
        "headway: p, l",
        "# text",
        "https://x.example",
    )
