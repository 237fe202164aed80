"""The record in a tag's message: what is written is read, by git as well; what is damaged is told."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.registry.trailer import DamagedRecordError, read_record, write_message
from headway.values.registry import Record

FULL = Record(
    decision="improved",
    against="v1.1.0",
    against_sha="a" * 40,
    gates="pass",
    report=f"sha256:{'b' * 64}",
    rule='{"after":"staging","margins":{"accuracy":0.005}}',
    generator="0.1.0",
    approvers=("ada", "grace"),
    merged_by="barbara",
    stated_by=("linus", "edsger"),
    run="https://github.com/octo/digits/actions/runs/7",
    reason="the quarterly release",
)


def test_a_record_survives_its_message() -> None:
    message = write_message("Promote digits v1.2.0 to production", "accuracy 0.95 → 0.96 better", FULL)
    assert message.splitlines()[0] == "Promote digits v1.2.0 to production"
    assert read_record(message) == FULL


def test_git_reads_the_trailer_as_well() -> None:
    message = write_message("Promote digits v1.2.0 to production", "accuracy 0.95 → 0.96 better", FULL)
    command = ["git", "interpret-trailers", "--parse"]
    lines = subprocess.run(command, input=message, text=True, check=True, capture_output=True).stdout.splitlines()
    assert "Headway-Decision: improved" in lines
    assert lines.count("Headway-Approved-By: ada") == 1
    assert len(lines) == 14


@pytest.mark.hypothesis
@given(st.text(max_size=300), st.text(max_size=300), st.lists(st.text(max_size=40), max_size=3))
def test_no_text_of_a_person_adds_a_line_to_the_trailer(reason: str, body: str, approvers: list[str]) -> None:
    record = Record(decision="forced", reason=reason, approvers=tuple(approvers))
    found = read_record(write_message("Promote", body, record))
    assert found is not None
    assert found.decision == "forced"
    assert "\n" not in found.reason
    assert len(found.approvers) <= len(approvers)


def test_a_body_that_looks_like_a_trailer_is_none() -> None:
    message = write_message("Promote", "Headway-Decision: improved\nHeadway-Against: v9.9.9", Record(decision="forced"))
    assert read_record(message) == Record(decision="forced")


@pytest.mark.parametrize(
    "message", ["", "Assigning stage prod to artifact digits version v1.0.0", "a\n\nSigned-off-by: Ada"]
)
def test_a_tag_of_gto_has_no_record(message: str) -> None:
    assert read_record(message) is None


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("Headway-Decision: perfect", "Headway-Decision is 'perfect'"),
        ("Headway-Against: v1.0.0", "Headway-Decision is ''"),
        ("Headway-Decision: improved\nHeadway-Decision: forced", "Headway-Decision is there twice"),
        ("Headway-Decision: improved\nHeadway-Merged-By: a\nHeadway-Merged-By: b", "Headway-Merged-By is there twice"),
        ("Headway-Decision: improved\nHeadway-Against: $(rm)", "Headway-Against is not a version"),
        ("Headway-Decision: improved\nHeadway-Against-Commit: abc", "Headway-Against-Commit is not a full SHA"),
    ],
)
def test_a_damaged_record_is_told(lines: str, why: str) -> None:
    with pytest.raises(DamagedRecordError, match=why.replace("$", r"\$").replace("(", r"\(").replace(")", r"\)")):
        read_record(f"Promote\n\n{lines}\n")
