"""``headway ci`` with a service account's JSON in a variable, against Google's API behind a check of tokens."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from ci_jobs import google_job
from cryptography.hazmat.primitives.asymmetric import rsa

from headway.remotes.probe import SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from ci_jobs import Job, Said
    from repos import Project
    from storages import GoogleStorage

VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"


@pytest.fixture
def job(project: Project, google: GoogleStorage, tmp_path: Path) -> Job:
    project.commit("nothing yet")
    return google_job(project, google, tmp_path / "temp")


def private_files(job: Job) -> list[Path]:
    temporary = job.project.root.parent / "temp"
    return sorted(path for path in temporary.rglob("*") if path.is_file())


def is_silent(job: Job, *said: Said) -> bool:
    """Whether no line of the private key is in any output, in DVC's configuration, or in what git would commit."""
    key = json.loads(job.variables[VARIABLE])["private_key"].splitlines()[1:-1]
    config = "".join(path.read_text() for path in (job.project.root / ".dvc").glob("config*"))
    text = "".join(each.out + each.err for each in said) + config + job.project.git("status", "--porcelain")
    return not any(line in text for line in key)


@pytest.mark.slow
def test_push_and_pull_with_the_right_account(job: Job, google: GoogleStorage, tmp_path: Path) -> None:
    (tmp_path / "temp").mkdir()
    job.project.write("model.bin", b"weights" * 1000).add("model.bin").commit("model")
    push = job.run("headway", "ci", "run", "--", "dvc", "push")
    assert push.code == 0, push.err
    clone = job.of(job.project.clone(tmp_path / "clone"))
    setup = clone.ci("setup")
    assert setup.code == 0, setup.err
    pull = clone.run("dvc", "pull")
    assert pull.code == 0, pull.err
    assert (clone.project.root / "model.bin").read_bytes() == b"weights" * 1000
    assert google.refused == 0
    assert google.tokens
    assert is_silent(clone, push, setup, pull)
    assert clone.project.git("status", "--porcelain") == ""


def test_the_json_is_a_private_file_outside_the_repository_until_the_cleanup(job: Job) -> None:
    (job.project.root.parent / "temp").mkdir()
    first = job.given(GITHUB_ACTIONS="true").ci("setup", "--no-check")
    (key,) = private_files(job)
    assert key.read_text() == job.variables[VARIABLE]
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    config = (job.project.root / ".dvc/config.local").read_text()
    assert f"credentialpath = {key}\n" in config
    document = json.loads(job.variables[VARIABLE])
    hidden = [line for line in document["private_key"].splitlines() if not line.startswith("-----")]
    assert set(first.out.splitlines()) == {f"::add-mask::{line}" for line in (*hidden, document["private_key_id"])}
    assert job.ci("setup", "--no-check").out == ""
    (again,) = private_files(job)
    assert f"credentialpath = {again}\n" in (job.project.root / ".dvc/config.local").read_text()
    assert job.ci("cleanup").out == "The credentials were removed.\n"
    assert private_files(job) == []
    assert "credentialpath" not in (job.project.root / ".dvc/config.local").read_text()
    assert job.ci("cleanup").out == "There were no credentials to remove.\n"


def test_the_cleanup_does_not_need_a_configuration_that_can_be_read(job: Job) -> None:
    assert job.ci("setup", "--no-check").code == 0
    assert private_files(job)
    job.project.write(".dvc/config", "[core\n")
    assert job.ci("cleanup").code == 3
    assert private_files(job) == []


def test_a_signal_during_the_set_up_leaves_no_private_file(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headway.remotes.setup.check", lambda *_: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(SystemExit, match="143"):
        job.ci("setup")
    assert private_files(job) == []


def test_the_cleanup_leaves_the_folders_of_other_users_alone(job: Job) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder to another user")
    (job.project.root.parent / "temp").mkdir()
    job.ci("setup", "--no-check")
    (key,) = private_files(job)
    os.chown(key.parent, 12345, 12345)
    assert job.ci("cleanup").out == "There were no credentials to remove.\n"
    assert private_files(job) == [key]


def test_a_path_is_used_as_it_is(job: Job, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text(job.variables[VARIABLE])
    (tmp_path / "temp").mkdir()
    job.ci("setup", "--no-check")
    said = job.given(**{VARIABLE: str(key)}).ci("setup")
    assert said.code == 0, said.err
    assert private_files(job) == []
    assert "credentialpath" not in (job.project.root / ".dvc/config.local").read_text()


def test_a_command_gets_the_path_of_the_file_and_the_file_goes_with_it(job: Job) -> None:
    (job.project.root.parent / "temp").mkdir()
    script = f'test -s "${VARIABLE}" && echo "${VARIABLE}"'
    said = job.run("headway", "ci", "run", "--", "sh", "-c", script)
    assert said.code == 0, said.err
    assert said.out.startswith(str(job.project.root.parent / "temp/headway-"))
    assert private_files(job) == []
    assert is_silent(job, said)


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("key", "gs://team/dvc rejects the secret in GOOGLE_APPLICATION_CREDENTIALS (Invalid JWT Signature)."),
        (
            "none",
            "gs://team/dvc needs credentials: set GOOGLE_APPLICATION_CREDENTIALS, a file's path or the JSON itself.",
        ),
        ("path", "GOOGLE_APPLICATION_CREDENTIALS is neither JSON nor the path of a file that exists."),
        ("cut", "GOOGLE_APPLICATION_CREDENTIALS is not valid JSON (line 8, column 16)."),
        (
            "kind",
            "GOOGLE_APPLICATION_CREDENTIALS contains credentials of type 'external_account', which DVC reads only ",
        ),
        ("bucket", "gs://nobody-has-it/dvc is in a bucket that does not exist: 'nobody-has-it' (404)."),
        (
            "grant",
            "gs://team/dvc denies access to GOOGLE_APPLICATION_CREDENTIALS: allow it to list, read and write there",
        ),
    ],
)
def test_what_is_wrong_is_one_line(
    job: Job, google: GoogleStorage, limits: list[float], case: str, message: str
) -> None:
    (job.project.root.parent / "temp").mkdir()
    google.lists = case != "grant"
    account = google.account()
    wrong = {
        "key": google.account(rsa.generate_private_key(65537, 2048)),
        "none": "",
        "path": "/no/such/key.json",
        "cut": account[:-5],
        "kind": account.replace("service_account", "external_account"),
    }
    url = "gs://nobody-has-it/dvc" if case == "bucket" else "gs://team/dvc"
    said = job.given(**{VARIABLE: wrong.get(case, account), "DVC_REMOTE_URL": url}).ci("setup")
    assert limits == ([] if case in {"path", "cut", "kind"} else [SECONDS])
    assert said.code == 3
    assert len(said.lines) <= 2, "the error and its remedy"
    assert said.lines[0].startswith(f"error: {message}")
    assert private_files(job) == []
    assert is_silent(job, said)


HNS = "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"


@pytest.mark.parametrize(
    ("program", "given", "wanted"),
    [
        ("import headway.app.comparison", "", "gcsfs.core"),
        ("from headway.publish.images.bucket import _connect; _connect('gs://team', 'gs')", "", "gcsfs.core"),
        ("import headway.app.comparison", "true", "gcsfs.extended_gcsfs"),
    ],
    ids=["dvc", "images", "the user's own word"],
)
def test_no_command_waits_for_grpc(program: str, given: str, wanted: str) -> None:
    """Google's client of gRPC would wait a minute for each bucket where nothing lets it through."""
    environ = {name: value for name, value in os.environ.items() if name != HNS} | {"NO_GCE_CHECK": "true"}
    script = f"{program}\nimport gcsfs\nprint(gcsfs.GCSFileSystem.__module__)"
    command = [sys.executable, "-c", script]
    environ |= {HNS: given} if given else {}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environ)
    assert done.stdout.strip() == wanted, done.stderr
