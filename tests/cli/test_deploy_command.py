"""``headway deploy`` in a real DVC repository with a remote, beside a fake GitHub that keeps the deployments."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from ci_jobs import Job, Said
from fakes import FakeGitHub, faults
from held import held
from publish.forge_places import make_options
from registry.test_readers import tag_all
from repos import Project

import headway
from headway.ci.job import TOKENS
from headway.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fakes.core.faults import Fault

PIPELINE = {
    "stages": {"train": {"cmd": "true", "outs": ["models/digits.bin"]}},
    "artifacts": {"digits": {"path": "models/digits.bin", "type": "model"}, "bundle": {"path": "bundle"}},
}
WRITE_ENVIRONMENT = """
import json, os, sys
names = ("HEADWAY_MODEL", "HEADWAY_SHA", "HEADWAY_STAGE", "GITHUB_TOKEN", "GH_TOKEN", "MINE", "OTHER")
json.dump([sys.argv[1:], {name: os.environ.get(name) for name in names}], open("seen.json", "w"))
"""

KILLED_BETWEEN_RENAMES = """
import os, signal, sys
from headway.cli.main import run
rename = os.replace
def replace(source, place):
    os.kill(os.getpid(), signal.SIGKILL) if str(place).endswith("deploy/bundle") else rename(source, place)
os.replace = replace
run(sys.argv[1:])
"""
SECRETS = [
    *{variable for variables in TOKENS.values() for variable in variables},
    *("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_RUNTIME_TOKEN"),
    *("CI_REPOSITORY_URL", "CI_REGISTRY_PASSWORD", "BITBUCKET_STEP_OIDC_TOKEN"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    *("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_GHA_CREDS_PATH", "AZURE_STORAGE_KEY", "AZURE_CLIENT_SECRET"),
    *("OSS_ACCESS_KEY_SECRET", "GDRIVE_CREDENTIALS_DATA"),
]
END_CLEANLY = """
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})  # until sigwait, so that none comes too early
with open("fifo"):
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
"""


@pytest.fixture(scope="module")
def _made_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two commits with other models; only the remote has them."""
    folder = tmp_path_factory.mktemp("deployed")
    project = Project(folder / "project").remote(folder / "store")
    project.write("bundle/a.txt", "a").write("bundle/b/c.txt", "c").write("models/digits.bin", "first")
    project.write(".gitignore", "/models\n").dvc_yaml(PIPELINE).recorded().add("bundle").push().commit("v1")
    project.write("models/digits.bin", "second").recorded().push().commit("v2")
    first = project.git("rev-parse", "HEAD~1")
    tag_all(project, [(f"{name}#staging#1", first, 1735689600) for name in ("digits", "bundle")])
    for path in ("bundle", "models", ".dvc/cache"):
        shutil.rmtree(project.root / path)
    return project


@pytest.fixture
def made(_made_once: Project, tmp_path: Path) -> Project:
    shutil.copytree(_made_once.root.parent, tmp_path / "made")
    project = Project(tmp_path / "made/project", git=False)
    config = (project.root / ".dvc/config").read_text()
    return project.write(".dvc/config.local", config.replace(str(_made_once.root.parent), str(tmp_path / "made")))


@pytest.fixture
def sha(made: Project) -> str:
    """The commit before the latest, which is the one to deploy."""
    return made.git("rev-parse", "HEAD~1")


@pytest.fixture
def fake(sha: str) -> Iterator[FakeGitHub]:
    with FakeGitHub() as forge:
        forge.add_commit(sha)
        yield forge


@pytest.fixture
def job(made: Project, fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> Job:
    monkeypatch.setattr(options, "ClientOptions", make_options)
    return Job(made, fake.environ(event="push"))


@pytest.fixture
def local(made: Project) -> Job:
    """A developer's machine."""
    return Job(made, {})


def states(fake: FakeGitHub) -> list[list[str]]:
    return [[status.state for status in fake.deployment_statuses(each.id)] for each in fake.deployments()]


def deploy(job: Job, sha: str, *arguments: str, name: str = "digits") -> Said:
    return job.headway("deploy", name, "--in", "staging", "--sha", sha, *arguments)


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def model(job: Job) -> str:
    return (job.project.root / "deploy/digits.bin").read_text()


class TestSmokeTest:
    def test_that_passes_is_a_success(self, job: Job, sha: str, fake: FakeGitHub) -> None:
        job = job.given(MINE=fake.token(), GH_TOKEN="another", OTHER="seen")  # noqa: S106 - no token
        test = [sys.executable, "-c", WRITE_ENVIRONMENT, "--model={model}", "$HOME", "{model}.txt"]
        said = deploy(job, sha, "--token-env", "MINE", "--", *test)
        assert said.code == 0, said.err
        arguments, environment = json.loads((job.project.root / "seen.json").read_text())
        assert arguments == ["--model=deploy/digits.bin", "$HOME", "deploy/digits.bin.txt"]
        assert environment == {
            "HEADWAY_MODEL": "deploy/digits.bin",
            "HEADWAY_SHA": sha,
            "HEADWAY_STAGE": "staging",
            "GITHUB_TOKEN": None,
            "GH_TOKEN": None,
            "MINE": None,
            "OTHER": "seen",
        }
        assert model(job) == "first"
        (made,) = fake.deployments("staging")
        assert (made.sha, made.fields["payload"]) == (sha, {"name": "digits", "version": "", "tag": "digits#staging#1"})
        begun, ended = fake.deployment_statuses(made.id)
        assert (begun.state, ended.state) == ("in_progress", "success")
        assert ended.log_url.endswith("/actions/runs/4711/attempts/1")
        assert sha[:7] in ended.description

    def test_gets_no_token_and_no_credentials(self, local: Job, sha: str) -> None:
        harmless = {"AWS_REGION": "eu-central-1", "GITHUB_REPOSITORY": "octo/digits", "MY_ACTIONS": "seen"}
        job = local.given(**dict.fromkeys(SECRETS, "s3cret"), **harmless)
        listing = "import json, os; json.dump(dict(os.environ), open('seen.json', 'w'))"
        assert deploy(job, sha, "--no-record", "--", sys.executable, "-c", listing).code == 0
        seen = json.loads((job.project.root / "seen.json").read_text())
        assert [name for name in SECRETS if name in seen] == []
        assert {name: seen.get(name) for name in harmless} == harmless

    @pytest.mark.parametrize(
        "ending", ["raise SystemExit(7)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
    )
    def test_that_fails_is_a_failure(self, job: Job, sha: str, fake: FakeGitHub, ending: str) -> None:
        said = deploy(job, sha, "--strict", "--", sys.executable, "-c", ending)
        assert said.code == 1
        assert "smoke test failed" in said.lines[-1]
        assert states(fake) == [["in_progress", "failure"]]

    def test_that_does_not_exist_is_an_error(self, job: Job, sha: str, fake: FakeGitHub) -> None:
        said = deploy(job, sha, "--", "no-such-command")
        assert said.code == 2
        assert "no-such-command" in said.lines[-1]
        assert states(fake) == [["in_progress", "error"]]

    def test_may_be_left_out(self, job: Job, sha: str, fake: FakeGitHub) -> None:
        said = deploy(job, sha)
        assert (said.code, said.out) == (0, "deploy/digits.bin\n")
        assert states(fake) == [["in_progress", "success"]]
        assert "not asked for" in fake.deployment_statuses(fake.deployments()[0].id)[-1].description

    @pytest.mark.slow
    def test_has_the_streams_of_the_command_line(self, local: Job, sha: str) -> None:
        shell = ["sh", "-c", "echo out; echo err >&2"]
        said = local.run("headway", "deploy", "digits", "--in", "staging", "--sha", sha, "--", *shell)
        assert (said.code, said.out) == (0, "out\n")
        assert said.lines[-1] == "err"


class TestPythonApi:
    def test_fetches_the_version_in_a_stage_or_of_any_commit(self, made: Project, sha: str, tmp_path: Path) -> None:
        latest = made.git("rev-parse", "HEAD")
        for asked, expected in (
            ({"stage": "staging"}, ("staging", sha, "first")),
            ({"stage": "staging", "sha": sha}, ("staging", sha, "first")),
            ({"sha": latest}, ("", latest, "second")),
        ):
            copy = headway.fetch_artifact("digits", made.root, out=tmp_path / "out", environ={}, **asked)
            assert (copy.stage, copy.sha, copy.place.read_text()) == expected
            assert copy.place == tmp_path / "out/digits.bin"

    def test_refuses_what_is_not_in_the_stage(self, made: Project, tmp_path: Path) -> None:
        latest = made.git("rev-parse", "HEAD")
        with pytest.raises(headway.RepositoryError, match="is not in staging"):
            headway.fetch_artifact("digits", made.root, stage="staging", sha=latest, out=tmp_path, environ={})
        with pytest.raises(headway.SettingsError, match="Neither a stage nor a commit"):
            headway.fetch_artifact("digits", made.root, out=tmp_path, environ={})


class TestStage:
    def test_gives_the_commit_if_none_is_named(self, local: Job, sha: str) -> None:
        said = local.headway("deploy", "digits", "--in", "staging")
        assert said.code == 0
        assert sha[:7] in said.err
        assert model(local) == "first"

    def test_refuses_a_commit_that_another_one_has_replaced(self, job: Job, fake: FakeGitHub) -> None:
        other = job.project.git("rev-parse", "HEAD")
        refused = deploy(job, other, "--", "touch", "tested")
        assert refused.code == 3
        assert f"The commit {other[:7]} is not in staging" in refused.err
        assert not fake.deployments()
        assert not (job.project.root / "tested").exists()

    def test_lets_a_trial_of_any_commit_through(self, local: Job) -> None:
        other = local.project.git("rev-parse", "HEAD")
        assert deploy(local, other, "--no-record").code == 0
        assert model(local) == "second"


class TestArtifact:
    def test_that_is_a_folder_replaces_what_was_there(self, local: Job, sha: str) -> None:
        for before in ("deploy/bundle/old.txt", "deploy/bundle"):
            shutil.rmtree(local.project.root / "deploy", ignore_errors=True)
            local.project.write(before, "old").write("deploy/other.txt", "stays")
            assert deploy(local, sha, name="bundle").code == 0
            found = files(local.project.root / "deploy")
            assert found == {"bundle/a.txt": "a", "bundle/b/c.txt": "c", "other.txt": "stays"}
        assert deploy(local, sha, name="bundle").code == 0  # and again

    @pytest.mark.parametrize("name", ["replaced", "before"])
    def test_of_any_name_is_replaced_by_itself(self, local: Job, name: str) -> None:
        local.project.write(f"{name}/a.txt", "a").dvc_yaml({"artifacts": {"odd": {"path": name}}}).add(name)
        sha = local.project.push().commit("odd")
        for _ in range(2):
            assert deploy(local, sha, "--no-record", name="odd").code == 0
            assert files(local.project.root / "deploy") == {f"{name}/a.txt": "a"}

    def test_that_cannot_be_moved_into_place_leaves_the_old_one(
        self, local: Job, sha: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rename = os.replace

        def full(source: str, place: str) -> None:
            if str(place).endswith("deploy/bundle"):
                raise OSError(errno.ENOSPC, "No space left on device")
            rename(source, place)

        local.project.write("deploy/bundle/old.txt", "old")
        monkeypatch.setattr(os, "replace", full)
        assert deploy(local, sha, name="bundle").code == 3
        monkeypatch.undo()
        assert files(local.project.root / "deploy") == {"bundle/old.txt": "old"}

    @pytest.mark.slow
    def test_that_a_killed_run_has_moved_away_can_be_recovered(self, local: Job, sha: str) -> None:
        """Killed between the two renames, and then started again."""
        local.project.write("deploy/bundle/old.txt", "old")
        command = ["deploy", "bundle", "--in", "staging", "--sha", sha]
        assert local.run(sys.executable, "-c", KILLED_BETWEEN_RENAMES, *command).code == -signal.SIGKILL
        assert files(local.project.root / "deploy/.bundle.before") == {"old.txt": "old"}
        for staging in (local.project.root / "deploy").glob(".headway-*"):
            shutil.rmtree(staging)
        assert deploy(local, sha, name="bundle").code == 0
        assert files(local.project.root / "deploy") == {"bundle/a.txt": "a", "bundle/b/c.txt": "c"}

    def test_that_is_a_file_replaces_a_folder_and_a_link(self, local: Job, sha: str, tmp_path: Path) -> None:
        elsewhere = tmp_path / "elsewhere"
        elsewhere.write_text("untouched")
        local.project.write("deploy/digits.bin/old.txt", "old")
        assert deploy(local, sha).code == 0
        (local.project.root / "deploy/digits.bin").unlink()
        (local.project.root / "deploy/digits.bin").symlink_to(elsewhere)
        assert deploy(local, sha).code == 0
        assert files(local.project.root / "deploy") == {"digits.bin": "first"}
        assert elsewhere.read_text() == "untouched"

    def test_goes_where_it_is_asked_for(self, local: Job, sha: str, tmp_path: Path) -> None:
        assert deploy(local, sha, "--out", str(tmp_path / "new/place")).code == 0
        assert files(tmp_path / "new/place") == {"digits.bin": "first"}
        assert not (local.project.root / "deploy").exists()

    def test_that_cannot_be_fetched_is_an_error(self, job: Job, sha: str, fake: FakeGitHub) -> None:
        shutil.rmtree(job.project.root.parent / "store")
        said = deploy(job, sha, "--", "touch", "tested")
        assert said.code == 3
        assert "remote" in said.err
        assert states(fake) == [["in_progress", "error"]]
        assert files(job.project.root / "deploy") == {}
        assert not (job.project.root / "tested").exists()

    def test_that_cannot_be_written_is_an_error(self, job: Job, sha: str, fake: FakeGitHub) -> None:
        job.project.write("deploy", "a file")
        said = deploy(job, sha, "--out", "deploy/below")
        assert said.code == 3
        assert "--out" in said.err
        assert states(fake) == [["in_progress", "error"]]

    def test_never_goes_through_a_link_out_of_the_repository(self, local: Job, sha: str, tmp_path: Path) -> None:
        (tmp_path / "elsewhere").mkdir()
        (local.project.root / "deploy").symlink_to(tmp_path / "elsewhere")
        assert deploy(local, sha).code == 3
        assert files(tmp_path / "elsewhere") == {}

    def test_is_not_asked_for_where_the_credentials_could_go_astray(self, made: Project, fake: FakeGitHub) -> None:
        """Any commit can be named, also one that nobody has reviewed, with another remote."""
        remote = "[core]\n    remote = s\n['remote \"s\"']\n    url = s3://ours/dvc\n    endpointurl = {}\n"
        made.remove(".dvc/config.local").write(".dvc/config", remote.format("http://127.0.0.1:1")).commit()
        made.branch("strange").write(".dvc/config", remote.format("http://127.0.0.1:2"))
        sha = made.commit()
        made.checkout("main")
        tag_all(made, [("digits#staging#2", sha, 1735689700)])
        keys = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_EC2_METADATA_DISABLED": "true"}
        fake.add_commit(sha)
        said = deploy(Job(made, {**fake.environ(event="push"), **keys}), sha)
        assert said.code == 3
        assert "a stranger's server" in said.err
        assert states(fake) == [["in_progress", "error"]]

    def test_of_a_commit_that_a_shallow_clone_lacks_is_fetched(self, job: Job, sha: str, tmp_path: Path) -> None:
        clone = job.project.clone(tmp_path / "clone", "--depth=1")
        shutil.copy(job.project.root / ".dvc/config.local", clone.root / ".dvc/config.local")
        assert deploy(job.of(clone), sha).code == 0
        assert files(clone.root / "deploy") == {"digits.bin": "first"}


class TestArguments:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["digits", "--in", "staging", "--sha", "main"], "full SHA"),
            (["digits", "--in", "staging", "--sha", "5" * 39], "full SHA"),
            (["digits", "--in", "sta ging", "--sha", "5" * 40], "stage"),
            (["../x:digits", "--in", "staging", "--sha", "5" * 40], "artifact"),
        ],
    )
    def test_that_are_not_valid_are_refused_before_anything_is_done(
        self, job: Job, fake: FakeGitHub, arguments: list[str], said: str
    ) -> None:
        found = job.headway("deploy", *arguments)
        assert found.code == 2
        assert said in found.err
        assert fake.requests == []


class TestRecord:
    @pytest.mark.parametrize(
        ("variables", "flags", "said"),
        [
            ({}, [], "not a job of GitHub Actions"),
            ({"GITLAB_CI": "true"}, ["--repo", "octo/digits"], "not a job of GitHub Actions"),
            ({"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "octo/digits"}, [], "GITHUB_TOKEN"),
            ({}, ["--repo", "octo/digits"], "GITHUB_TOKEN"),
        ],
    )
    def test_is_not_kept_where_it_cannot_be(
        self, local: Job, sha: str, variables: dict[str, str], flags: list[str], said: str
    ) -> None:
        found = deploy(local.given(**variables), sha, "--strict", *flags, "--", "true")
        assert found.code == 0
        assert said in found.lines[0]
        assert model(local) == "first"

    def test_can_be_switched_off(self, job: Job, sha: str, fake: FakeGitHub) -> None:
        found = deploy(job, sha, "--no-record", "--", "true")
        assert (found.code, fake.requests) == (0, [])
        assert "--no-record" in found.lines[0]

    def test_is_kept_from_a_persons_machine(self, made: Project, sha: str, job: Job, fake: FakeGitHub) -> None:
        variables = {"MINE": fake.token("pat", deployments="write"), "GITHUB_API_URL": fake.api_url}
        person = Job(made, {**variables, "NO_PROXY": job.variables["NO_PROXY"]})
        assert deploy(person, sha, "--repo", "octo/digits", "--token-env", "MINE", "--", "true").code == 0
        assert states(fake) == [["in_progress", "success"]]

    def test_of_a_dry_run_is_printed(self, job: Job, sha: str, fake: FakeGitHub) -> None:
        found = deploy(job, sha, "--dry-run", "--", "true")
        assert found.code == 0
        assert fake.deployments() == []
        assert model(job) == "first"

    @pytest.mark.parametrize("path", ["*/deployments", "*/statuses"])
    @pytest.mark.parametrize("fault", [faults.server_error(500), faults.rate_limit()], ids=lambda fault: fault.name)
    def test_that_fails_is_a_warning(self, job: Job, sha: str, fake: FakeGitHub, path: str, fault: Fault) -> None:
        fake.fail("POST", path, fault, times=-1)
        plain, strict = deploy(job, sha, "--", "true"), deploy(job, sha, "--strict", "--", "true")
        assert (plain.code, strict.code) == (0, 4)
        assert "not published" in plain.err
        assert "::warning" in plain.err
        assert model(job) == "first"
        fake.clear_faults()
        assert deploy(job, sha, "--strict", "--", "true").code == 0
        assert states(fake)[-1][-1] == "success"
        assert len(fake.deployments()) == 1

    def test_without_the_permission_names_it_once(self, job: Job, sha: str, fake: FakeGitHub) -> None:
        found = deploy(job.given(GITHUB_TOKEN=fake.token("read")), sha, "--", "true")
        assert found.code == 0
        assert found.err.count("not published") == 1
        assert "deployments: write" in found.err

    def test_that_cannot_be_read_leaves_the_verdict(self, job: Job, sha: str, fake: FakeGitHub) -> None:
        fake.fail("GET", "*/deployments", faults.server_error(500), times=-1)
        assert deploy(job, sha, "--strict", "--", "false").code == 1


def test_the_remedy_for_another_name_prints_the_full_sha(local: Job, sha: str) -> None:
    remedy = deploy(local, "HEAD~1").lines[-1]
    assert local.project.paste(remedy).strip() == sha


def test_a_crash_is_recorded(job: Job, sha: str, fake: FakeGitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("headway.app.deploy.fetch_artifact", broken)
    with pytest.raises(ZeroDivisionError):
        deploy(job, sha)
    assert states(fake) == [["in_progress", "error"]]


@pytest.mark.parametrize("number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_an_interrupt_of_the_smoke_test_is_recorded(job: Job, sha: str, fake: FakeGitHub, number: int) -> None:
    """Even where the test itself makes a clean end of it."""
    fifo = job.project.root / "fifo"
    os.mkfifo(fifo)
    command = ["headway", "deploy", "digits", "--in", "staging", "--sha", sha, "--", sys.executable, "-c", END_CLEANLY]
    process = job.start(*command)
    with held(fifo, process.pid):
        process.send_signal(number)
        process.communicate()
    assert process.returncode == 128 + number
    assert states(fake) == [["in_progress", "error"]]


def end_at(fake: FakeGitHub, path: str, end: Callable[[], None], *, skip: int = 0) -> None:
    """End a process when it sends a request, which GitHub never gets."""
    fake.before_request("POST", path, end, skip=skip)
    fake.fail("POST", path, faults.connection_reset(), skip=skip)


@pytest.mark.parametrize("path", ["*/deployments", pytest.param("*/statuses", marks=pytest.mark.slow)])
@pytest.mark.slow
def test_an_interrupt_between_requests_is_recorded(job: Job, sha: str, fake: FakeGitHub, path: str) -> None:
    end_at(fake, path, lambda: process.send_signal(signal.SIGTERM))
    process = job.start("headway", "deploy", "digits", "--in", "staging", "--sha", sha, "--", "true")
    _, err = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM, err
    assert states(fake) == [["error"]]


@pytest.mark.parametrize(
    ("moment", "after"),
    [
        ("before the deployment", [["in_progress", "success"]]),
        pytest.param("before its first state", [["in_progress", "success"]], marks=pytest.mark.slow),
        ("during the test", [["in_progress", "in_progress", "success"]]),
        pytest.param("before its last state", [["in_progress", "in_progress", "success"]], marks=pytest.mark.slow),
    ],
)
@pytest.mark.slow
def test_killed_at_any_moment_and_run_again(
    job: Job, sha: str, fake: FakeGitHub, moment: str, after: list[list[str]]
) -> None:
    fifo = job.project.root / "fifo"
    os.mkfifo(fifo)
    requests = {
        "before the deployment": ("*/deployments", 0),
        "before its first state": ("*/statuses", 0),
        "before its last state": ("*/statuses", 1),
    }
    if moment in requests:
        path, skip = requests[moment]
        end_at(fake, path, lambda: process.send_signal(signal.SIGKILL), skip=skip)
    process = job.start("headway", "deploy", "digits", "--in", "staging", "--sha", sha, "--", "cat", "fifo")
    if moment in ("during the test", "before its last state"):
        with held(fifo, process.pid):
            if moment == "during the test":
                process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert deploy(job, sha, "--", "true").code == 0
    assert (model(job), states(fake)) == ("first", after)
