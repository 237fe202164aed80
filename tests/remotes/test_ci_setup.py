"""``headway ci setup`` against a real S3 server: what it writes, and what it refuses."""

from __future__ import annotations

import json
import stat
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from storages import KEY

from headway.remotes import probe
from headway.remotes.probe import SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from ci_jobs import Job

LOCAL = ".dvc/config.local"


def local(job: Job) -> str:
    path = job.project.root / LOCAL
    return path.read_text() if path.exists() else ""


def expected(url: str, name: str = "ci") -> str:
    return f"[core]\n    remote = {name}\n['remote \"{name}\"']\n    url = {url}\n    verify = true\n"


def test_dvc_is_pointed_at_the_remote_and_no_tracked_file_changes(job: Job) -> None:
    url = job.variables["DVC_REMOTE_URL"]
    said = job.ci("setup")
    assert said.code == 0, said.err
    assert said.lines == [f"DVC's remote 'ci' is {url}, with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; it responds."]
    assert local(job) == expected(url)
    assert stat.S_IMODE((job.project.root / LOCAL).stat().st_mode) == 0o600
    assert job.project.git("status", "--porcelain", "--untracked-files=all") == ""
    assert KEY not in said.out + said.err


def test_a_second_time_changes_nothing(job: Job) -> None:
    job.ci("setup", "--no-check")
    first = local(job)
    job.ci("setup", "--no-check")
    assert local(job) == first


def test_other_entries_stay(job: Job) -> None:
    job.project.write(LOCAL, "[cache]\n    dir = /somewhere\n['remote \"mine\"']\n    url = /x\n")
    (job.project.root / LOCAL).chmod(0o644)
    job.ci("setup", "--no-check")
    with job.project.dvc() as repo:
        assert repo.config["cache"]["dir"] == "/somewhere"
        assert repo.config["remote"]["mine"]["url"] == "/x"
        assert repo.config["core"]["remote"] == "ci"
    assert stat.S_IMODE((job.project.root / LOCAL).stat().st_mode) == 0o600


def test_the_projects_own_remote_of_that_address_keeps_its_options(job: Job) -> None:
    url = job.variables["DVC_REMOTE_URL"]
    job.project.write(".dvc/config", f"['remote \"Store\"']\n    url = {url}\n    jobs = 3\n")
    assert job.ci("setup").code == 0
    assert local(job) == expected(url, "store")


def test_the_projects_own_remote_is_checked_where_ci_names_none(job: Job, bucket: Path) -> None:
    job.project.write(".dvc/config", f"[core]\n    remote = s\n['remote \"s\"']\n    url = s3://{bucket.name}/dvc\n")
    assert "DVC's remote 's' is s3://" in job.without("DVC_REMOTE_URL").ci("setup").err
    assert job.without("DVC_REMOTE_URL").given(AWS_ACCESS_KEY_ID="nobody").ci("setup").code == 3


def test_options_by_hand(job: Job, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    said = job.without("DVC_REMOTE_URL").ci("setup", "--url", "../disk", "--remote", "Disk")
    assert said.lines == [f"DVC's remote 'disk' is {tmp_path / 'disk'}; it responds."]
    assert local(job) == expected(str(tmp_path / "disk"), "disk")


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"AWS_SECRET_ACCESS_KEY": "wrong-in-every-letter"},
            "{url} rejects the secret in AWS_SECRET_ACCESS_KEY (SignatureDoesNotMatch).",
        ),
        ({"AWS_ACCESS_KEY_ID": "nobody"}, "{url} does not know the key in AWS_ACCESS_KEY_ID (InvalidAccessKeyId)."),
        (
            {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
            "{url} needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or assume a role.",
        ),
        (
            {"AWS_SECRET_ACCESS_KEY": ""},
            "{url} needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or assume a role.",
        ),
        (
            {"AWS_ACCESS_KEY_ID": "", "AWS_ROLE_ARN": "arn:aws:iam::1:role/ci", "AWS_WEB_IDENTITY_TOKEN_FILE": "/no/t"},
            "The file that AWS_WEB_IDENTITY_TOKEN_FILE names does not exist, so {url} cannot be used.",
        ),
        (
            {"AWS_PROFILE": "dev", "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
            "{url} needs the profile that AWS_PROFILE or DVC's configuration names, which this machine does not have.",
        ),
        (
            {"DVC_REMOTE_URL": "s3://not-a-bucket-here/dvc"},
            "s3://not-a-bucket-here/dvc is in a bucket that does not exist: 'not-a-bucket-here' (NoSuchBucket).",
        ),
        (
            {"AWS_ENDPOINT_URL": "http://no-such-host.invalid"},
            "{url} cannot be reached: there is no host no-such-host.invalid.",
        ),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "{url} cannot be reached: 127.0.0.1:9 refuses connections."),
        ({"DVC_REMOTE_URL": "/no/such/folder"}, "/no/such/folder is a folder that does not exist."),
        (
            {"DVC_REMOTE_URL": "azure://data/dvc"},
            "azure://data/dvc needs a DVC plug-in that is not installed: {pip}",
        ),
    ],
)
def test_what_is_wrong_is_one_line(job: Job, limits: list[float], variables: dict[str, str], message: str) -> None:
    job = job.given(**variables)
    said = job.ci("setup")
    assert limits in ([], [SECONDS])
    line = message.format(url=job.variables["DVC_REMOTE_URL"], pip="pip install dvc-azure.")
    assert said.lines == [f"error: {line}"]
    assert said.code == 3
    assert KEY not in said.out + said.err


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("foo://x/y", "DVC does not support the storage of foo://x/y."),
        ("s3://a b/c", "contains white space"),
        ("s3://a\n[core]", "contains white space"),
        ("https://ada:sesame@host.example/x", "contains a password"),
        ("https://sesame@host.example/x", "contains a password or a token"),
        ("https://host.example/x?sig=sesame", "contains a password or a token"),
        ("azure://data/dvc?sig=sesame", "contains a password or a token"),
        ("s3://[x/y", "is not a URL"),
    ],
)
def test_what_is_no_address_is_told(job: Job, url: str, message: str) -> None:
    said = job.given(DVC_REMOTE_URL=url).ci("setup")
    assert said.code == 2
    assert message in said.err
    assert "sesame" not in said.err
    assert local(job) == ""


def test_a_token_in_the_projects_own_address_is_neither_copied_nor_printed(job: Job) -> None:
    url = "https://ci:sesame@127.0.0.1:9/x?sig=sesame"
    job.project.write(".dvc/config", f"[core]\n    remote = s\n['remote \"s\"']\n    url = {url}\n").commit("address")
    for options in ((), ("--no-check",)):
        said = job.given(DVC_REMOTE_URL="").ci("setup", *options)
        assert "sesame" not in said.out + said.err + local(job)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (200, 0, "; it responds."),
        (404, 0, "; it responds."),  # an empty remote, or a server that shows no folders
        (403, 0, "; it responds."),
        (401, 3, "needs a valid user name and password."),
        (500, 3, "cannot be used: "),
        (0, 3, "cannot be reached: 127.0.0.1"),
    ],
)
def test_a_web_server_answers_only_where_it_does(job: Job, status: int, code: int, words: str) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815 - likewise

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        if not status:
            server.shutdown()
            server.server_close()
        said = job.given(DVC_REMOTE_URL=f"http://127.0.0.1:{server.server_address[1]}/dvc").ci("setup")
        server.shutdown()
    assert said.code == code, said.err
    assert words in said.err


@pytest.mark.parametrize("error", [FileNotFoundError("no such folder"), None])
def test_any_other_storage_answers_where_it_says_what_it_has(error: Exception | None) -> None:
    asked = []

    class Files:
        protocol = "webdav"

        def info(self, path: str) -> None:
            asked.append(path)
            if error:
                raise error

    probe._ask_any(Files(), "dvc")  # noqa: SLF001 - its plug-ins are not installed here
    assert asked == ["dvc"]


def test_what_was_not_asked_is_not_said_to_answer(job: Job) -> None:
    assert job.ci("setup", "--no-check").lines[0].endswith("; not checked.")


@pytest.mark.parametrize("level", ["DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR", LOCAL])
def test_a_default_remote_may_be_defined_on_the_machine(job: Job, bucket: Path, tmp_path: Path, level: str) -> None:
    text = f"[core]\n    remote = mine\n['remote \"mine\"']\n    url = s3://{bucket.name}/dvc\n"
    job.project.write(LOCAL if level == LOCAL else "../machine/config", text)
    there = job.given(**{level: str(tmp_path / "machine")}) if level != LOCAL else job
    said = there.given(DVC_REMOTE_URL="").ci("setup")
    assert said.lines == [
        f"DVC's remote 'mine' is s3://{bucket.name}/dvc, with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; it responds."
    ]


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[core]\n    remote = nope\n", "DVC's default remote 'nope' is not configured here."),
        ("", "DVC has no default remote."),
        ("[core]\n    remote = s\n['remote \"s\"']\n    url = /x\n", "are not for DVC's default remote 's'."),
    ],
)
def test_what_is_missing_is_told(job: Job, config: str, words: str) -> None:
    job.project.write(".dvc/config", config).commit("configuration")
    job = job.given(DVC_REMOTE_URL="")
    for said in (job.ci("setup"), job.ci("run", "--", "true")):
        assert said.code == 0
        assert words in said.err
    assert job.ci("setup", "--require").code == 3
    assert job.without("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY").ci("setup").code == 0


def test_a_name_that_dvc_does_not_know_needs_an_address(job: Job) -> None:
    said = job.given(DVC_REMOTE_URL="").ci("setup", "--remote", "nope")
    assert said.code == 2
    assert said.lines == ["error: DVC has no remote 'nope' here.", "  Give its URL with --url."]


def test_a_fork_without_secrets_goes_on(job: Job, tmp_path: Path) -> None:
    fork = job.given(
        DVC_REMOTE_URL="", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="", GITHUB_OUTPUT=str(tmp_path / "o")
    )
    said = fork.ci("setup")
    assert said.code == 0
    assert said.lines[0].startswith("No remote is set up: DVC_REMOTE_URL is not set and there are no credentials")
    assert local(job) == ""
    assert (tmp_path / "o").read_text() == "remote=\n"
    assert fork.ci("setup", "--require").code == 3
    assert job.given(GITHUB_OUTPUT=str(tmp_path / "o")).ci("setup", "--no-check").code == 0
    assert (tmp_path / "o").read_text() == "remote=\nremote=ci\n"


def test_a_default_remote_that_is_a_folder_serves_everybody(job: Job, tmp_path: Path) -> None:
    fork = job.without("DVC_REMOTE_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    fork = fork.given(GITHUB_OUTPUT=str(tmp_path / "o"))
    fork.project.remote(tmp_path / "store")
    assert fork.ci("setup").code == 0
    (tmp_path / "store").mkdir()
    assert fork.ci("setup").code == 0
    assert (tmp_path / "o").read_text() == "remote=\nremote=store\n"
    assert local(job) == ""


def test_a_configuration_that_git_would_see_is_left_alone(job: Job) -> None:
    job.project.write(".dvc/.gitignore", "/cache\n")
    said = job.ci("setup")
    assert said.code == 3
    assert "git does not ignore .dvc/config.local" in said.err
    assert "echo /config.local >> .dvc/.gitignore" in said.err
    job.project.write(LOCAL, "").commit("by mistake")
    job.project.write(".dvc/.gitignore", "/config.local\n")
    assert "git rm --cached .dvc/config.local" in job.ci("setup").err
    assert local(job) == ""


def test_options_of_another_storage_are_told(job: Job) -> None:
    job.project.write(".dvc/config", "['remote \"s\"']\n    url = gs://x\n    projectname = p\n")
    said = job.ci("setup", "--remote", "s")
    assert said.code == 2
    assert "Choose another name with --remote" in said.err


def test_oss_is_told_its_endpoint_and_no_secret(job: Job) -> None:
    oss = {"OSS_ACCESS_KEY_ID": "the-id", "OSS_ACCESS_KEY_SECRET": "sesame", "OSS_ENDPOINT": "oss.example.com"}
    assert job.given(DVC_REMOTE_URL="oss://team/x", **oss).ci("setup", "--no-check").code == 0
    assert "oss_endpoint = oss.example.com" in local(job)
    assert "sesame" not in local(job)
    assert "the-id" not in local(job)


def test_google_drive_is_told_that_this_is_a_service_account_and_its_key_is_masked(job: Job) -> None:
    data = json.dumps({"type": "service_account", "private_key": "-----BEGIN-----\nsesame-line-one\nsesame-line-two\n"})
    drive = job.given(DVC_REMOTE_URL="gdrive://root/x", GDRIVE_CREDENTIALS_DATA=data, GITHUB_ACTIONS="true")
    said = drive.ci("setup", "--no-check")
    assert said.out == "::add-mask::sesame-line-one\n::add-mask::sesame-line-two\n"
    assert "gdrive_use_service_account = true" in local(job)
    assert "sesame" not in local(job) + said.err
    assert drive.given(GITHUB_ACTIONS="").ci("setup", "--no-check").out == ""


def test_run_gives_the_commands_exit_code_and_leaves_nothing(job: Job) -> None:
    before = "[cache]\n    dir = /somewhere\n"
    job.project.write(LOCAL, before)
    said = job.ci("run", "--", "sh", "-c", f"grep -q verify {LOCAL} && exit 7")
    assert said.code == 7
    assert local(job) == before
    (job.project.root / LOCAL).unlink()
    assert job.ci("run", "--no-check", "--", "true").code == 0
    assert not (job.project.root / LOCAL).exists()


def test_what_a_command_itself_configures_is_kept(job: Job) -> None:
    said = job.ci("run", "--no-check", "--", "sh", "-c", f"echo '[cache]\n    dir = /new' >> {LOCAL}")
    assert said.code == 0
    assert "dir = /new" in local(job)


def test_run_without_a_remote_runs_the_command_as_it_is(job: Job) -> None:
    fork = job.given(DVC_REMOTE_URL="", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert fork.ci("run", "--", "sh", "-c", "test -z ${AWS_ACCESS_KEY_ID+set} && exit 5").code == 5
    assert fork.ci("run", "--require", "--", "true").code == 3
    assert "nonsense cannot be run: No such file" in fork.ci("run", "--", "nonsense").err
