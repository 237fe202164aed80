"""The record in a tag's message: what is written is read, by git as well; what is damaged is told."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.registry.trailer import DamagedRecordError, read_record, write_message
from headway.values.registry.records import Record

FULL = Record(
    decision="improved",
    against="v1.1.0",
    against_sha="a" * 40,
    gates="pass",
    report=f"sha256:{'b' * 64}",
    rule='{"after":"staging","margins":{"accuracy":0.005}}',
    generator="0.1.0",
    settings="other.yaml",
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
    assert len(lines) == 15


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


def test_a_long_rule_is_kept_whole_and_a_long_reason_is_cut() -> None:
    rule = f'{{"after":"","margins":{{"{"x" * 3000}":0.1}}}}'
    found = read_record(write_message("Promote", "", Record(decision="forced", rule=rule, reason="x" * 3000)))
    assert found is not None
    assert found.rule == rule
    assert (len(found.reason), found.reason[-1]) == (1000, "…")


def test_what_would_change_the_terminal_is_taken_out_of_a_record_that_somebody_else_wrote() -> None:
    hostile = "\x1b[31mred\x1b[0m\u202egnp"
    lines = [f"Headway-{key}: {hostile}" for key in ("Approved-By", "Run", "Reason", "Gates")]
    found = read_record(
        "\n".join(["Promote", "", "Headway-Decision: forced", *lines, f"Headway-Rule: {'x' * 300_000}"])
    )
    assert found is not None
    shown = (*found.approvers, found.run, found.reason, found.gates)
    assert set(shown) == {"[31mred [0m gnp"}
    assert found.rule == "x" * 300_000
    found = read_record(f"Promote\n\nHeadway-Decision: forced\nHeadway-Reason: {'x' * 300_000}")
    assert found is not None
    assert len(found.reason) == 1000


def test_lines_that_end_as_on_windows_end_paragraphs_as_well() -> None:
    message = write_message("Promote", "Headway-Decision: improved\nHeadway-Against: v9.9.9", Record(decision="forced"))
    assert read_record(message.replace("\n", "\r\n")) == Record(decision="forced")


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
        ("Headway-\x1b[1m: a\nHeadway-\x1b[1m: a", "Headway-.1m is there twice"),
        ("Headway-Decision: improved\nHeadway-Against: $(rm)", "Headway-Against is not a version"),
        ("Headway-Decision: improved\nHeadway-Against-Commit: abc", "Headway-Against-Commit is not a full SHA"),
    ],
)
def test_a_damaged_record_is_told(lines: str, why: str) -> None:
    with pytest.raises(DamagedRecordError, match=why.replace("$", r"\$").replace("(", r"\(").replace(")", r"\)")):
        read_record(f"Promote\n\n{lines}\n")
