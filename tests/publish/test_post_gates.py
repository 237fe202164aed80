"""Gates when a report is posted: the status of the commit and the exit code."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from fakes import FakeGitHub
from msgspec import UNSET
from publish.any_forge import FORGES, ONE, context_of, open_forge
from publish.forge_places import PULL_REQUEST, make_options, post_one
from samples import make_report

from headway.cli import options
from headway.cli.main import cli
from headway.publish.post import PostableReport
from headway.report import codec
from headway.settings import ImageSettings
from headway.values.gate import Gates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headway.publish.forges.forge import State

PASS, WARN = Gates(outcome="pass", passed=1), Gates(outcome="warn", warned=("m.json:acc",))
FAIL = Gates(outcome="fail", failed=("m.json:acc",))


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "ClientOptions", make_options)


@pytest.fixture
def fake() -> Iterator[FakeGitHub]:
    with FakeGitHub(pull_requests=[PULL_REQUEST]) as forge:
        yield forge


def folder_with(folder: Path, gates: Gates | None) -> Path:
    report = make_report("acc 0.9 -> 0.8 higher", gates=gates or UNSET)
    (folder / "report.json").write_bytes(codec.encode(report))
    return folder


@pytest.mark.parametrize(
    ("gates", "state"),
    [
        ([None], "neutral"),
        ([PASS], "success"),
        ([WARN], "neutral"),
        ([FAIL], "failure"),
        ([PASS, None], "success"),
        ([PASS, WARN], "neutral"),
        ([WARN, FAIL, PASS], "failure"),
    ],
)
def test_the_status_is_that_of_the_worst_gate(gates: list[Gates | None], state: State, tmp_path: Path) -> None:
    reports = tuple(make_report(gates=each or UNSET) for each in gates)
    posted = PostableReport(folders=(tmp_path,) * len(reports), reports=reports, combined=True)
    assert posted.state == state
    assert replace(posted, untrusted=True).state == ("failure" if state == "failure" else "neutral")


STATES: dict[str, Any] = {"GitHub": "failure", "GitLab": "failed", "Bitbucket": "FAILED"}


@pytest.mark.parametrize("name", FORGES)
def test_a_failed_gate_is_a_failed_status(name: str, tmp_path: Path) -> None:
    with open_forge(name, ONE) as fake:
        post_one(folder_with(tmp_path, FAIL), context_of(fake), make_options(), images=ImageSettings(store="none"))
        written = " ".join(str(each.body) for each in fake.requests)
    assert STATES[name] in written
    assert "gate failed: " in written


@pytest.mark.parametrize(
    ("gates", "given", "code"),
    [
        (FAIL, (), 0),
        (FAIL, ("--fail-on", "publish"), 0),
        (FAIL, ("--fail-on", "gate"), 1),
        (FAIL, ("--fail-on", "gate", "--strict"), 1),
        (WARN, ("--fail-on", "gate"), 0),
        (None, ("--fail-on", "gate"), 0),
    ],
)
def test_the_step_fails_after_everything_was_published(
    fake: FakeGitHub, tmp_path: Path, gates: Gates | None, given: tuple[str, ...], code: int
) -> None:
    command = ["post", str(folder_with(tmp_path, gates)), *given]
    done = CliRunner().invoke(cli, command, env=dict(fake.environ()), catch_exceptions=False)
    assert done.exit_code == code
    assert len(fake.comments(7)) == 1
    assert len(fake.check_runs()) == 1


def test_publish_is_another_word_for_strict(fake: FakeGitHub, tmp_path: Path) -> None:
    environ = fake.environ(token=fake.token("read"))
    command = ["post", str(folder_with(tmp_path, FAIL)), "--fail-on", "publish"]
    assert CliRunner().invoke(cli, command, env=dict(environ), catch_exceptions=False).exit_code == 4
