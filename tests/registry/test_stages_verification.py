"""``headway stages --verify``: what cannot be checked, and why, is told apart from what is wrong."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from registries import RULES, Answer, at, trained, trained_versions

from headway.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

    from repos import Project


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return trained_versions(tmp_path_factory.mktemp("origin") / "project")


@pytest.fixture
def project(origin: Project, tmp_path: Path) -> Project:
    return origin.copied(tmp_path / "project")


@pytest.fixture
def headway(project: Project, capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*args: str) -> Answer:
        return Answer(run([*args, "-C", str(project.root)]), capsys.readouterr())

    return call


def only_entry(answer: Answer) -> Any:
    (artifact,) = answer.json
    (entry,) = artifact["stages"]
    return entry


@pytest.mark.slow
def test_data_that_is_gone_is_no_difference(project: Project, headway: Any) -> None:
    project.remove("predictions.csv").commit()
    for right in (700, 800):
        trained(project, right).add("predictions.csv").commit()
    for name in ("main~1", "main"):
        assert headway("promote", "digits", name, "--to", "staging").code == 0
    assert only_entry(headway("stages", "--verify", "--json"))["evidence"] == "reproduced"
    shutil.rmtree(project.root / ".dvc" / "cache")
    project.remove("predictions.csv")
    checked = headway("stages", "--verify", "--json")
    missing = f"predictions.csv of {project.git('rev-parse', 'main~1')[:7]} is not on this machine"
    assert only_entry(checked)["evidence"] == f"cannot be computed again: {missing}"
    assert checked.code == 0


def test_the_settings_that_a_promotion_named_are_used_again(project: Project, headway: Any) -> None:
    for right in (700, 800):
        project.write("other.yaml", RULES.replace("margin: 0.1, min: 0.3", "margin: 0.2"))
        trained(project, right).commit()
    for name in ("main~1", "main"):
        assert headway("promote", "digits", name, "--to", "staging", "--settings", "other.yaml").code == 0
    checked = headway("stages", "--verify", "--json")
    assert checked.code == 0
    assert only_entry(checked)["evidence"] == "reproduced"
    assert only_entry(checked)["record"]["settings"] == "other.yaml"
    assert "Headway-Settings: other.yaml" in project.git("for-each-ref", "--format=%(contents)", "refs/tags")
    assert "with the settings of other.yaml" in headway("stages").out


def test_another_rule_than_the_one_that_judged_is_noted(project: Project, headway: Any) -> None:
    assert headway("promote", "digits", at(1), "--to", "staging").code == 0
    assert only_entry(headway("stages", "--verify", "--json"))["notes"] == []
    project.write("headway.yaml", RULES.replace("staging: {}", "staging: {margins: {accuracy: 0.05}}"))
    checked = headway("stages", "--verify", "--json")
    assert checked.code == 0
    (note,) = only_entry(checked)["notes"]
    assert '"margins":{}}; the settings now have {"after":"","margins":{"accuracy":0.05}}.' in note
    assert only_entry(headway("stages", "--json"))["notes"] == []
    project.write("headway.yaml", RULES.replace("staging: {}", "canary: {}").replace("{after: staging, ", "{"))
    checked = headway("stages", "--verify", "--json")
    assert checked.code == 0
    assert "The settings declare no stage 'staging'." in only_entry(checked)["notes"][0]


def test_a_key_that_is_not_here_makes_a_signature_neither_good_nor_bad(
    project: Project, headway: Any, tmp_path: Path
) -> None:
    key, allowed = tmp_path / "key", tmp_path / "allowed"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    project.git("config", "gpg.format", "ssh")
    project.git("config", "user.signingkey", str(key))
    project.git("tag", "--annotate", "--sign", "--message=m", "digits@v0.0.1", at(1))
    project.git("tag", "--annotate", "--sign", "--message=m", "digits#staging#1", at(1))
    for _ in range(2):
        checked = headway("stages", "--verify", "--json")
        assert only_entry(checked)["signature"].startswith("signature cannot be checked: ")
        assert checked.code == 0
        project.git("config", "gpg.ssh.allowedSignersFile", str(allowed))  # which does not exist yet
    public = key.with_suffix(".pub").read_text()
    for email, found, code in (("ada@example.com", "good signature", 0), ("", "bad signature", 1)):
        allowed.write_text(f"{email} {public}" if email else "")
        checked = headway("stages", "--verify", "--json")
        assert only_entry(checked)["signature"].startswith(found)
        assert checked.code == code


@pytest.mark.skipif(shutil.which("gpg") is None, reason="needs gpg")
@pytest.mark.slow
def test_a_public_key_that_is_not_here_is_no_bad_signature(
    project: Project, headway: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("own", "others"):
        (tmp_path / folder).mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(tmp_path / "own"))
    command = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", "ada@example.com", "ed25519", "sign"]
    subprocess.run(command, check=True, capture_output=True)
    project.git("config", "user.signingkey", "ada@example.com")
    project.git("tag", "--annotate", "--sign", "--message=m", "digits#staging#1", at(1))
    assert only_entry(headway("stages", "--verify", "--json"))["signature"] == "good signature"
    monkeypatch.setenv("GNUPGHOME", str(tmp_path / "others"))
    checked = headway("stages", "--verify", "--json")
    assert "No public key" in only_entry(checked)["signature"]
    assert checked.code == 0
    monkeypatch.setenv("GNUPGHOME", str(tmp_path / "own"))
    (tmp_path / "changed").write_text(project.git("cat-file", "tag", "digits#staging#1").replace("\nm\n", "\nn\n", 1))
    changed = project.git("hash-object", "-t", "tag", "-w", str(tmp_path / "changed"))
    project.git("update-ref", "refs/tags/digits#staging#1", changed)
    checked = headway("stages", "--verify", "--json")
    assert only_entry(checked)["signature"].startswith("bad signature")
    assert checked.code == 1
    for folder in ("own", "others"):
        subprocess.run(["gpgconf", "--homedir", str(tmp_path / folder), "--kill", "all"], check=False)
