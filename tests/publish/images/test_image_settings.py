"""Where pictures shall go: options before settings, settings of the working directory alone, and never a fork's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fakes import FakeGitHub, PullRequest
from image_forges import Bench, bench, git, png
from publish.forge_places import make_options

from headway.ci.checkout import holds_forks_commit
from headway.cli import options
from headway.cli.main import run
from headway.errors import ContextError, SettingsError
from headway.publish.images.settings import resolve_image_settings
from headway.settings import ImageSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

NO_CI: Mapping[str, str] = {}
BUCKET = "images: {store: bucket, bucket: 's3://pictures/here', bucket_url: 'https://pictures.example.org'}\n"


@pytest.fixture
def at() -> Iterator[Bench]:
    with bench(validate=False) as made:
        yield made


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(options, "ClientOptions", make_options)
    return tmp_path


def declare(folder: Path, text: str, name: str = "headway.yaml") -> None:
    (folder / name).write_text(text, encoding="utf-8")


class TestSettings:
    def test_without_settings_have_their_defaults(self, tmp_path: Path) -> None:
        assert resolve_image_settings(tmp_path, NO_CI) == ImageSettings()

    def test_come_from_the_settings(self, tmp_path: Path) -> None:
        declare(tmp_path, "images: none\n")
        assert resolve_image_settings(tmp_path, NO_CI) == ImageSettings(store="none")
        declare(tmp_path, BUCKET)
        bucket = ImageSettings(store="bucket", bucket="s3://pictures/here", bucket_url="https://pictures.example.org")
        assert resolve_image_settings(tmp_path, NO_CI) == bucket
        (tmp_path / "headway.yaml").unlink()
        declare(tmp_path, '[tool.headway.images]\nstore = "branch"\nbranch = "pictures"\n', "pyproject.toml")
        assert resolve_image_settings(tmp_path, NO_CI) == ImageSettings(store="branch", branch="pictures")

    def test_are_overridden_one_by_one(self, tmp_path: Path) -> None:
        declare(tmp_path, BUCKET)
        wanted = ImageSettings(store="branch", branch="mine", bucket="", bucket_url="https://other.example.org")
        given = {"store": "branch", "branch": "mine", "bucket": "", "bucket_url": "https://other.example.org"}
        assert resolve_image_settings(tmp_path, NO_CI, **given) == wanted

    def test_of_a_named_file(self, tmp_path: Path) -> None:
        declare(tmp_path, "images: none\n")
        declare(tmp_path, "images: upload\n", "ci.yaml")
        assert resolve_image_settings(tmp_path, NO_CI, "ci.yaml") == ImageSettings(store="upload")
        with pytest.raises(SettingsError, match=r"There is no settings file 'no\.yaml'"):
            resolve_image_settings(tmp_path, NO_CI, "no.yaml")

    def test_that_cannot_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "headway.yaml").mkdir()
        with pytest.raises(SettingsError, match=r"headway\.yaml in the current folder cannot be read"):
            resolve_image_settings(tmp_path, NO_CI)


class TestAFork:
    """What a job does that holds secrets, in each way in which a fork's commit may have been checked out."""

    @pytest.fixture
    def forked(self, tmp_path: Path) -> Iterator[tuple[FakeGitHub, Path, str]]:
        git(tmp_path, "init", "--quiet", "--initial-branch=main")
        declare(tmp_path, "images: auto\n")
        commit(tmp_path)
        git(tmp_path, "checkout", "--quiet", "-b", "better")
        declare(tmp_path, BUCKET)
        head = commit(tmp_path)
        fork = PullRequest(number=7, head="better", head_sha=head, head_repository="mallory/digits")
        with FakeGitHub(pull_requests=[fork]) as github:
            yield github, tmp_path, head

    @pytest.mark.parametrize("merged", [False, True])
    def test_has_no_say(self, forked: tuple[FakeGitHub, Path, str], *, merged: bool) -> None:
        github, folder, head = forked
        if merged:
            git(folder, "checkout", "--quiet", "--detach", "main")
            git(folder, *COMMITTER, "merge", "--quiet", "--no-ff", "-m", "merge", head)
        for environ in (github.environ(number=7), following(github)):
            assert holds_forks_commit(folder, environ)
            assert resolve_image_settings(folder, environ, "no.yaml") == ImageSettings()

    def test_leaves_the_default_branchs_settings_in_force(self, forked: tuple[FakeGitHub, Path, str]) -> None:
        github, folder, _ = forked
        git(folder, "checkout", "--quiet", "main")
        declare(folder, "images: none\n")
        assert resolve_image_settings(folder, following(github)) == ImageSettings(store="none")

    def test_is_none_of_the_repositorys_own_branches(self, forked: tuple[FakeGitHub, Path, str]) -> None:
        _, folder, head = forked
        with FakeGitHub(pull_requests=[PullRequest(number=7, head="better", head_sha=head)]) as github:
            assert not holds_forks_commit(folder, following(github))

    def test_is_not_guessed_where_the_system_ends_git(
        self, forked: tuple[FakeGitHub, Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        github, folder, _ = forked
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin/git").write_text("#!/bin/sh\nkill -KILL $$\n")
        (tmp_path / "bin/git").chmod(0o755)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
        with pytest.raises(ContextError, match="SIGKILL"):
            holds_forks_commit(folder, following(github))

    def test_needs_a_checkout(self, tmp_path: Path) -> None:
        fork = PullRequest(number=7, head="better", head_repository="mallory/digits")
        with FakeGitHub(pull_requests=[fork]) as github:
            assert not holds_forks_commit(tmp_path, following(github))


COMMITTER = ("-c", "user.name=Test", "-c", "user.email=test@example.org")


def commit(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, *COMMITTER, "commit", "--quiet", "-m", "change")
    return git(folder, "rev-parse", "HEAD")


def following(github: FakeGitHub) -> dict[str, str]:
    """A job that workflow_run started after the pull request's own."""
    return github.environ(event="workflow_run", number=github.add_run(7).id)


def in_environment(environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)


class TestCommands:
    def test_follow_the_settings(self, at: Bench, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        in_environment(at.github.environ(), monkeypatch)
        declare(here, "images: none\n")
        (here / "report.md").write_text("![loss](loss.png)\n")
        (here / "loss.png").write_bytes(png(1))
        assert run(["comment", "report.md"]) == 0
        assert "(image: loss)" in at.github.comments(1)[0].body
        assert run(["comment", "report.md", "--images", "branch"]) == 0
        assert "/raw/" in at.github.comments(1)[0].body

    def test_prune_the_branch_that_the_settings_name(
        self, at: Bench, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        in_environment(at.github.environ(), monkeypatch)
        declare(here, "images: {branch: pictures}\n")
        (here / "loss.png").write_bytes(png(1))
        assert run(["upload", "loss.png"]) == 0
        assert "pictures" in at.github.branches()
        assert run(["prune"]) == 0
        assert capsys.readouterr().out.endswith("0 of 1 versions removed from the branch pictures.\n")

    def test_refuse_settings_that_make_no_sense(
        self, at: Bench, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        in_environment(at.github.environ(), monkeypatch)
        declare(here, "base: main\nimages: {stoer: branch}\n")
        assert run(["post"]) == 2
        assert "headway.yaml (the current folder), line 2: images.stoer is not valid." in capsys.readouterr().err
        assert at.github.requests == []
