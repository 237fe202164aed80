"""``headway doctor`` as a user runs it: what it prints, and how it exits."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from doctor.checkups import TOPICS
from repos import Project, train_twice

from headway.app.doctor.catalogue import CATALOGUE
from headway.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

SHOWN = """\
Repository
✗ failed   git: %s is not in a git repository. Headway compares git revisions
           To do: git init && git add --all && git commit --message "First commit"
skipped    commit, DVC project, base, clone depth, tags, pipeline, results, reports ignored: there is no git repository
skipped    DVC configuration: there is no DVC project

"""


@pytest.fixture(autouse=True)
def _outside_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HEADWAY_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "GITLAB_CI", "BITBUCKET_PIPELINE_UUID"):
        monkeypatch.delenv(name, raising=False)


def test_each_line_has_its_remedy_and_the_last_one_the_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert run(["doctor", "--offline", "-C", str(tmp_path)]) == 1
    out = [line.rstrip() for line in capsys.readouterr().out.splitlines() if "DVC version" not in line]
    assert "\n".join(out).startswith(SHOWN % tmp_path)
    assert out[-1].startswith("1 failed, 1 warning, 1 ok, 27 skipped. What failed here will fail in CI.")


def test_a_remedy_is_never_broken_into_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    run(["doctor", "--offline", "-C", str(tmp_path)])
    out = capsys.readouterr().out
    assert '  To do: git init && git add --all && git commit --message "First commit"\n' in out
    assert max(len(line.rstrip()) for line in out.splitlines() if "To do" not in line) <= 40


def test_json_has_every_check_once(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    train_twice(project)
    assert run(["doctor", "--offline", "--json", "-C", str(project.root)]) == 0
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert [check["name"] for check in checks] == [topic.name for topics in CATALOGUE.values() for topic in topics]
    assert Counter(check["status"] for check in checks)["failed"] == 0
    assert all(bool(check["remedy"]) == (check["status"] in ("failed", "warning")) for check in checks)


def test_names_are_unique_and_every_topic_is_described() -> None:
    topics = [topic for topics in CATALOGUE.values() for topic in topics]
    assert len(TOPICS) == len(topics)
    assert all(topic.looks_at and topic.otherwise for topic in topics)
