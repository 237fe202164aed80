"""``headway stages``: what it prints of tags that anybody may have made, and how that looks."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from repos import Project

from headway.cli.main import run
from headway.registry.trailer import write_message
from headway.values.registry.records import Record

if TYPE_CHECKING:
    from pathlib import Path

    from headway.values.registry.records import Decision

TIME = 1_795_985_220
"""2026-11-29 20:47 UTC."""


class Site:
    """A repository of a few commits, whose tags a test writes as it likes, and what the last command printed."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.project = Project(folder, dvc=False)
        self.commits = [self.project.write("model.bin", str(number)).commit() for number in range(4)]
        self._capsys = capsys
        self.out = ""

    def tag(self, name: str, number: int, message: str = "tag", *, time: int = TIME, by: str = "Ada") -> None:
        """Make a tag on a commit."""
        text = message.encode()
        head = f"tag {name}\nfrom {self.commits[number]}\ntagger {by} <ada@example.com> {time} +0000\n"
        stream = f"{head}data {len(text)}\n".encode() + text + b"\n"
        command = ["git", "fast-import", "--quiet", "--force", "--date-format=raw-permissive"]
        subprocess.run(command, cwd=self.project.git_root, input=stream, check=True)

    def versions(self, artifact: str, *names: str) -> None:
        """Register versions, one for each commit."""
        for number, name in enumerate(names):
            self.tag(f"{artifact}@{name}", number)

    def record(self, decision: Decision, against: str = "", number: int = 0, *, reason: str = "") -> str:
        """The message of a tag that was decided against a version on a commit."""
        sha = self.commits[number] if against else ""
        record = Record(decision=decision, against=against, against_sha=sha, reason=reason)
        return write_message("Promote", "", record)

    def stages(self, *args: str) -> int:
        code = run(["stages", *args, "-C", str(self.project.root)])
        self.out = self._capsys.readouterr().out
        return code

    @property
    def words(self) -> str:
        """What was printed, on one line."""
        return " ".join(self.out.split())


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("COLUMNS", "80")
    return Site(tmp_path / "project", capsys)


def test_each_artifact_has_a_heading_and_each_stage_a_line_with_its_evidence_below(site: Site) -> None:
    site.versions("digits", "v0.0.1", "v0.0.2", "v0.0.3")
    site.tag("digits#staging#1", 0, site.record("first"))
    site.tag("digits#staging#2", 1, site.record("improved", "v0.0.1"), time=TIME + 60)
    site.tag("digits#production#1", 1, site.record("first"))
    back = site.record("rolled_back", "v0.0.2", 1, reason="wrong on phones")
    site.tag("digits#production#2", 0, back, time=TIME + 1, by="Grace")
    site.tag("letters#staging#1", 3)
    assert site.stages() == 0
    assert (
        site.out
        == f"""\
digits  (highest version v0.0.3)
  production  v0.0.1   since 2026-11-29 20:47 UTC  by Grace
    rolled back from v0.0.2; wrong on phones
  staging     v0.0.2   since 2026-11-29 20:48 UTC  by Ada
    better than v0.0.1

letters  (no version is registered)
  staging     {site.commits[3][:7]}  since 2026-11-29 20:47 UTC  by Ada
    assigned without Headway
"""
    )
    site.stages("digits", "--in", "production", "--history")
    assert (
        site.out
        == """\
digits  (highest version v0.0.3)
  versions: v0.0.3, v0.0.2, v0.0.1
  production  v0.0.1  since 2026-11-29 20:47 UTC  by Grace
    rolled back from v0.0.2; wrong on phones
  production  v0.0.2  from 2026-11-29 20:47 UTC   by Ada
    earlier; the first version here
"""
    )


@pytest.mark.parametrize("width", [40, 60, 80, 160])
def test_long_names_are_whole_on_every_terminal(site: Site, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    site.versions("recommender/europe=ranking-large", "v1.0.0-rc.1+build.5", "v1.0.0-rc.2+build.17")
    tag = "recommender/europe=ranking-large#production-europe-west"
    site.tag(f"{tag}#1", 0, site.record("first"))
    reason = "the release of the fourth quarter, for all customers in the west of Europe"
    site.tag(f"{tag}#2", 1, site.record("improved", "v1.0.0-rc.1+build.5", reason=reason), by="Augusta Ada King")
    site.stages()
    lines = site.out.splitlines()
    assert max(map(len, lines)) <= width
    assert lines[0].startswith("recommender/europe:ranking-large")
    for whole in (
        "production-europe-west",
        "v1.0.0-rc.2+build.17",
        "since 2026-11-29 20:47 UTC",
        "by Augusta Ada King",
    ):
        assert any(whole in line for line in lines), whole
    assert f"better than v1.0.0-rc.1+build.5; {reason}" in site.words


@pytest.mark.parametrize("no_color", ["", "1"])
def test_a_terminal_gets_styles_unless_its_user_wants_none(
    site: Site, no_color: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    site.versions("digits", "v0.0.1")
    site.tag("digits#staging#1", 0)
    monkeypatch.setenv("NO_COLOR", no_color)
    terminal = Terminal()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", terminal)
        run(["stages", "-C", str(site.project.root)])
    assert ("\x1b[1mdigits\x1b[0m" in terminal.getvalue()) is not bool(no_color)
    site.stages()
    assert "\x1b" not in site.out


def test_the_versions_of_a_named_artifact_are_listed_and_a_multitude_is_counted(site: Site) -> None:
    for minor in range(12):
        site.tag(f"digits@v0.{minor}.0", 0)
    site.stages("digits")
    assert "versions: v0.11.0, v0.10.0, v0.9.0" in site.words
    assert "v0.2.0 and 2 more" in site.words
    assert "no version has a stage" in site.words
    site.stages()
    assert "versions" not in site.out


@pytest.mark.parametrize(
    ("against", "number", "said"),
    [("v0.0.2", 1, "v0.0.2 at"), ("v0.0.2", 0, "v0.0.2 at"), ("", 0, "no version"), ("v0.0.3", 2, "v0.0.3 at")],
    ids=["itself", "another name", "none", "one that never had the stage"],
)
def test_a_tag_cannot_claim_to_have_replaced_another_version(site: Site, against: str, number: int, said: str) -> None:
    site.versions("digits", "v0.0.1", "v0.0.2", "v0.0.3")
    site.tag("digits#staging#1", 0, site.record("first"))
    site.tag("digits#staging#2", 1, site.record("improved", against, number))
    assert site.stages() == 0
    assert f"wrong: Its tag says that it replaced {said}" in site.words
    assert f"but staging had v0.0.1 at {site.commits[0][:7]}." in site.words
    assert site.stages("--verify") == 1


def test_what_became_of_the_replaced_version_later_does_not_count(site: Site) -> None:
    """It was deregistered, lost the stage, or got a version only later."""
    site.versions("digits", "v0.0.1", "v0.0.2", "v0.0.3")
    bare = site.commits[3]
    site.tag("digits#staging#1", 3, site.record("first"))
    site.tag("digits#staging#2", 0, site.record("improved", bare, 3))
    site.tag("digits#staging#3", 1, site.record("improved", "v0.0.1"), time=TIME + 60)
    site.tag("digits#staging#4", 2, site.record("improved", "v0.0.2", 1), time=TIME + 90)
    site.tag("digits@v0.0.2!", 1, time=TIME + 100)
    site.tag("digits#staging!#5", 0, time=TIME + 100)
    site.tag("digits@v0.0.4", 3, time=TIME + 100)
    assert site.stages("--history", "--verify") == 0, site.out
    assert "better than v0.0.2" in site.out
    assert "wrong" not in site.out


def test_the_same_version_assigned_again_was_not_rolled_back_from(site: Site) -> None:
    site.versions("digits", "v0.0.1")
    site.tag("digits#staging#1", 0, site.record("first"))
    site.tag("digits#staging#2", 0, site.record("rolled_back", "v0.0.1"))
    assert site.stages("--verify") == 0
    assert "assigned again" in site.out
    assert "rolled back" not in site.out


def test_a_damaged_record_is_called_so_and_is_bad(site: Site) -> None:
    site.versions("digits", "v0.0.1")
    site.tag("digits#staging#1", 0, "Promote\n\nHeadway-Decision: perfect\n")
    assert site.stages() == 0
    assert "damaged record wrong: The record in its tag cannot be read: Headway-Decision is 'perfect'." in site.words
    assert "without Headway" not in site.out
    assert site.stages("--verify") == 1


def test_what_a_tag_says_cannot_write_to_the_terminal(site: Site) -> None:
    site.versions("digits", "v0.0.1")
    message = site.record("first", reason="x").replace("Reason: x", f"Reason: \x1b]0;pwned\x07\u202e{'y ' * 150_000}")
    site.tag("digits#staging#1", 0, message, by="\x1b[31mEve\u202e")
    for options in ((), ("--json",)):
        assert site.stages(*options) == 0
        assert not set(site.out) & {"\x1b", "\x07", "\u202e"}
        assert len(site.out) < 3000
    assert json.loads(site.out)[0]["stages"][0]["by"] == "[31mEve <ada@example.com>"


@pytest.mark.parametrize("time", [99_999_999_999_999, 0])
def test_an_impossible_time_is_an_unknown_one(site: Site, time: int) -> None:
    site.versions("digits", "v0.0.1")
    site.tag("digits#staging#1", 0, time=time)
    assert site.stages() == 0
    assert "unknown time" in site.out
    assert "note: Its tag has no time, or an impossible one." in site.words
    site.stages("--json")
    assert json.loads(site.out)[0]["stages"][0]["since"] == ""


def test_a_tag_without_a_tagger_has_an_unknown_one(site: Site) -> None:
    commit = site.commits[0]
    content = f"object {commit}\ntype commit\ntag digits#staging#1\n\nold\n".encode()
    command = ["git", "hash-object", "-t", "tag", "-w", "--stdin"]
    made = subprocess.run(command, cwd=site.project.git_root, input=content, check=True, capture_output=True).stdout
    site.project.git("update-ref", "refs/tags/digits#staging#1", made.decode().strip())
    assert site.stages() == 0
    assert f"staging {commit[:7]} unknown time unknown author" in site.words


def test_two_versions_on_one_commit_hide_no_other_artifact(site: Site) -> None:
    for artifact in ("digits", "letters"):
        site.versions(artifact, "v0.0.1")
        site.tag(f"{artifact}#staging#1", 0)
        site.tag(f"{artifact}#production#1", 0)
    site.tag("digits@v0.0.9", 0)
    assert site.stages() == 0
    assert site.words.count("has several versions of digits: v0.0.1, v0.0.9.") == 1
    assert "git tag --delete 'digits@v0.0.9'  # keep one of them" in site.out
    assert "letters (highest version v0.0.1) production v0.0.1" in site.words
    assert site.stages("letters", "--verify") == 0
    assert site.stages("--verify") == 1, "nobody can tell which version is in the stage"
