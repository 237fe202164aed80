"""docs/upgrading.md: what the old forms do now, and that the new ones exist."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import headway
from headway.cli.main import run
from headway.errors import ReportFileError
from headway.report.codec import decode
from headway.values.report import SCHEMA
from headway.values.verification import ModifiedOut, Verification

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/upgrading.md").read_text()
FUNCTIONS = {"compare": "compare_revisions", "report": "build_report", "verify": "verify_workspace"}


def said_of(old: str) -> str:
    """What the page says that an old form does now."""
    (row,) = re.findall(rf"^\| {re.escape(old)}.*\|$", PAGE, flags=re.MULTILINE)
    return str(row.split("|")[3].strip())


@pytest.mark.parametrize(
    ("old", "command", "new"),
    [
        ("`headway publish FILE`", ["publish", "loss.png"], "`headway upload`"),
        ("`--repo DIR`", ["diff", "--repo", "."], "No such option '--repo'"),
    ],
)
def test_an_old_command_ends_as_the_page_says(
    old: str, command: list[str], new: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command) == 2
    error = capsys.readouterr().err
    code, _, message = said_of(old).partition(": ")
    assert code == "exit 2"
    assert new in message
    assert message.partition(". ")[0].rstrip(".") in error


@pytest.mark.parametrize(("old", "new"), FUNCTIONS.items())
def test_an_old_function_is_no_longer_there(old: str, new: str) -> None:
    assert not callable(getattr(headway, old, None))
    assert callable(getattr(headway, new))
    assert f"`headway.{new}(...)`" in PAGE


def test_the_errors_of_python_are_those_of_the_page() -> None:
    with pytest.raises(AttributeError) as missing:
        headway.verify  # noqa: B018 - reading it is the test
    assert said_of("`headway.verify(...)`") == f"`AttributeError: {missing.value}`"
    with pytest.raises(TypeError) as unexpected:
        headway.compare_revisions(repo=".")  # type: ignore[call-arg]
    assert said_of("`repo=` of these functions") == f"`TypeError: {unexpected.value}`"
    assert all("folder" in inspect.signature(getattr(headway, name)).parameters for name in FUNCTIONS.values())


def test_a_report_of_the_old_schema_says_what_to_do() -> None:
    with pytest.raises(ReportFileError) as refused:
        decode(b'{"schema": "headway.report/1"}')
    assert SCHEMA in refused.value.why
    assert "create the report again with this version" in refused.value.remedy
    assert f"`{SCHEMA}`" in PAGE


def test_the_keys_of_a_verification() -> None:
    assert "modified" in Verification.__struct_fields__
    assert "edited" not in Verification.__struct_fields__
    assert set(ModifiedOut.__struct_fields__) >= {"state"}
    assert "how" not in ModifiedOut.__struct_fields__


def test_the_scripts_and_pages_that_replace_others_are_there() -> None:
    assert (ROOT / "scripts/install-post").exists()
    assert not (ROOT / "scripts/install-core").exists()
    assert not (ROOT / "docs/data.md").exists()
