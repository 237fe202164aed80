"""A signed tag object that somebody publishes again under another name: it counts nowhere, good as its signature is."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from registries import Answer
from registry.test_readers import START, tag_all
from repos import Project

from headway.cli.main import run
from headway.registry.tags import read_tags

if TYPE_CHECKING:
    from pathlib import Path

COPY = "digits#production#9"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """v0.0.1 is in production and v0.0.2, by a signed tag, in staging; that tag is pushed as one of production."""
    project = Project(tmp_path / "project", dvc=False)
    commits = [project.write("model.bin", str(number)).commit() for number in range(2)]
    names = [(f"digits@v0.0.{number}", commit) for number, commit in enumerate(commits, 1)]
    tag_all(project, [(name, commit, START) for name, commit in [*names, ("digits#production#1", commits[0])]])
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"ada@example.com {key.with_suffix('.pub').read_text()}")
    signing = {"gpg.format": "ssh", "user.signingkey": str(key), "gpg.ssh.allowedSignersFile": str(allowed)}
    for setting, value in signing.items():
        project.git("config", setting, value)
    project.git("tag", "--sign", "--message=staging", "digits#staging#1", commits[1])
    project.git("init", "--quiet", "--bare", str(tmp_path / "remote"))
    project.git("remote", "add", "origin", str(tmp_path / "remote"))
    project.git("push", "--quiet", "origin", "main", "--tags", f"refs/tags/digits#staging#1:refs/tags/{COPY}")
    project.git("fetch", "--quiet", "--tags")
    return project


@pytest.fixture
def headway(project: Project, capsys: pytest.CaptureFixture[str]) -> Any:
    return lambda *args: Answer(run([*args, "-C", str(project.root)]), capsys.readouterr())


def test_it_counts_nowhere_and_is_no_good_evidence(project: Project, headway: Any) -> None:
    assert COPY in project.git("tag").splitlines()
    assert COPY not in [tag.name for tag in read_tags(project.git_root)]
    for options in ([], ["--fetch"]):
        shown = headway("stages", "--json", *options)
        assert shown.code == 0
        (entry,) = shown.json
        assert {each["stage"]: each["version"] for each in entry["stages"]} == {
            "production": "v0.0.1",
            "staging": "v0.0.2",
        }
        assert f"note: {COPY} does not count: its object is the tag 'digits#staging#1'" in shown.err
    checked = headway("stages", "--verify", "--json")
    assert checked.code == 1
    signatures = {each["tag"]: each["signature"] for each in checked.json[0]["stages"]}
    assert signatures == {"digits#production#1": "not signed", "digits#staging#1": "good signature"}
    assert headway("stages", "--verify", "--in", "staging").code == 0


def test_the_command_of_the_note_removes_it(project: Project, headway: Any) -> None:
    note = headway("stages").err.strip()
    project.paste(note.partition("remove it: ")[2])
    again = headway("stages", "--fetch", "--verify")
    assert (again.code, again.err) == (0, "")
    assert COPY not in project.git("ls-remote", "--tags", "origin")


def test_another_reference_of_the_same_short_name_is_not_verified_in_its_place(project: Project, headway: Any) -> None:
    """git looks for a name in its own folder before it looks among the tags."""
    signed = project.git("rev-parse", "digits#staging#1")
    project.git("tag", "--force", "--annotate", "--message=-----BEGIN nothing", "digits#production#1", "main~1")
    (project.git_root / ".git" / "digits#production#1").write_text(f"{signed}\n")
    checked = headway("stages", "--verify", "--in", "production", "--json")
    assert checked.code == 1
    assert checked.json[0]["stages"][0]["signature"].startswith("bad signature")
