"""Remotes that refuse, fail or lie, and unusual clones: the error says what to do, and nothing is half done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import gto.api
import pytest
from dvc.scm import Git
from git_server import GitHttp, git_http
from gto.constants import Action
from gto.tag import name_tag
from registry.racing import START, open_clone
from repos import Project

from headway.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from registry.racing import Remote

FORCED = ("--force", "--reason", "test")
PROMOTE = ("promote", "digits", "v0.0.4", "--to", "production", *FORCED)


class Site:
    """A remote behind HTTP, a clone, and the command to run there.

    Attributes:
        out, err: what the last command printed.
    """

    def __init__(self, remote: Remote, folder: Path, server: GitHttp, capsys: pytest.CaptureFixture[str]) -> None:
        self.remote, self.folder, self.server = remote, folder, server
        self.url = f"{server.url}/remote"
        self.clone = open_clone(folder / "clone", self.url, self.remote)
        self.remote.reset("long", self.remote.path, self.clone.git_root / ".git")
        self.started = self.remote.tags()
        self._capsys = capsys
        self.out = self.err = ""

    def headway(self, *args: str, on: Project | None = None) -> int:
        code = run([*args, "-C", str((on or self.clone).root)])
        captured = self._capsys.readouterr()
        self.out, self.err = captured.out, captured.err
        return code

    def refuses(self, *args: str) -> None:
        """The command fails, and leaves the tags of the remote and the clone as they were."""
        here = self.clone.git("show-ref", "--tags")
        assert self.headway(*args) == 3, self.out
        assert self.remote.tags() == self.started
        assert self.clone.git("show-ref", "--tags") == here

    def makes(self, *args: str, on: Project | None = None) -> dict[str, Any]:
        """The command makes one tag; gives its result."""
        before = self.remote.tags().keys()
        assert self.headway(*args, "--json", on=on) == 0, self.err
        result: dict[str, Any] = json.loads(self.out)
        assert self.remote.tags().keys() - before == {result["tag"]}
        return result


@pytest.fixture
def site(remote: Remote, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Site]:
    with git_http(tmp_path) as server:
        yield Site(remote, tmp_path, server, capsys)


def is_push(path: str) -> bool:
    return "git-receive-pack" in path


@pytest.mark.parametrize(("status", "said"), [(403, "403"), (500, "500"), (401, "could not read Username")])
def test_a_push_that_the_server_refuses_can_be_repeated(site: Site, status: int, said: str) -> None:
    site.server.before = lambda path: status if is_push(path) else None
    site.refuses(*PROMOTE)
    assert "The remote 'origin' did not take the tag digits#production#4." in site.err
    assert said in site.err
    site.server.before = lambda _: None
    assert site.makes(*PROMOTE)["tag"] == "digits#production#4"


def test_a_connection_that_drops_before_the_push_arrives_is_an_error(site: Site) -> None:
    site.server.after = lambda path: not is_push(path)
    site.refuses(*PROMOTE)
    assert "did not take the tag" in site.err


def test_a_remote_that_cannot_be_asked_is_named(site: Site) -> None:
    site.server.before = lambda _: 500
    site.refuses("rollback", "digits", "--in", "production")
    assert "The tags of the remote 'origin' could not be read." in site.err
    assert "git fetch --tags origin" in site.err


@pytest.mark.slow
def test_a_push_of_which_nobody_knows_whether_it_arrived_is_found_by_the_next_run(site: Site) -> None:
    """The server fails as soon as it has taken the tag."""
    pushed: list[str] = []

    def after(path: str) -> bool:
        pushed.extend([path] if path.endswith("/git-receive-pack") else [])
        return not pushed

    site.server.after = after
    assert site.headway("rollback", "digits", "--in", "production") == 3
    assert "could not be read" in site.err
    site.server.after = lambda _: True
    assert site.headway("rollback", "digits", "--in", "production", "--json") == 0
    assert json.loads(site.out)["version"] == "v0.0.2"
    assert site.remote.tags().keys() - site.started.keys() == {"digits#production#4"}


def test_a_rule_about_tags_names_who_can_help_and_other_stages_go_on(site: Site) -> None:
    hook = site.remote.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        "#!/bin/sh\nwhile read old new ref; do case $ref in *#production#*)"
        ' echo "GH013: Repository rule violations found for $ref"; exit 1;; esac; done\n'
    )
    hook.chmod(0o755)
    site.refuses(*PROMOTE)
    assert "GH013: Repository rule violations found for refs/tags/digits#production#4" in " ".join(site.err.split())
    assert "Ask somebody whom the remote's rules for tags allow to create it" in site.err
    assert site.makes("rollback", "digits", "--in", "staging")["version"] == "v0.0.2"


@pytest.mark.slow
def test_a_login_that_ssh_refuses_is_no_rule_about_tags(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.clone.git("remote", "set-url", "--push", "origin", "ssh://git@forge.example/remote")
    monkeypatch.setenv("GIT_SSH_COMMAND", "echo 'git@forge.example: Permission denied (publickey).' >&2; exit 255; :")
    site.refuses(*PROMOTE)
    assert "Permission denied (publickey)" in site.err
    assert "git push --dry-run origin" in site.err


@pytest.mark.slow
def test_without_a_note_a_rollback_is_refused_and_a_promotion_is_not(site: Site) -> None:
    """The note is for rollbacks alone, and only for those that do not name the version to roll back from."""
    note = site.clone.git_root / ".git" / "headway"
    note.write_text("a file where the folder of the note would be")
    site.refuses("rollback", "digits", "--in", "production")
    assert "could not be noted" in site.err
    assert "--from" in site.err
    named = site.makes("rollback", "digits", "--in", "production", "--from", "v0.0.3")
    assert named["version"] == "v0.0.2"
    assert site.makes(*PROMOTE)["version"] == "v0.0.4"


def test_a_remote_that_hides_its_tags_gets_no_second_first_version(site: Site) -> None:
    site.remote.git("config", "uploadpack.hideRefs", "refs/tags")
    site.refuses("promote", "digits", "origin/main", "--to", "production", *FORCED)
    assert "This clone has another tag digits@v0.0.1, which the remote 'origin' lacks." in site.err


@pytest.mark.slow
def test_a_tag_that_the_remote_takes_but_does_not_list_is_not_believed(site: Site) -> None:
    site.remote.git("config", "uploadpack.hideRefs", "refs/tags")
    other = ("promote", "letters", "origin/main", "--to", "production", *FORCED)
    assert site.headway(*other) == 3
    assert "The push succeeded, but the remote does not list the tag." in site.err
    assert "letters" not in site.clone.git("show-ref", "--tags")
    site.remote.git("config", "--unset", "uploadpack.hideRefs")
    assert site.makes(*other)["version"] == "v0.0.1"


def test_a_tag_that_was_moved_is_never_guessed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{START + 100} +0000")
    site.remote.git("tag", "--force", "--annotate", "--message=moved", "digits#production#3", site.remote.commits[0])
    site.started = site.remote.tags()
    site.refuses(*PROMOTE)
    assert "The tag digits#production#3 of this clone is not the one of the remote 'origin'." in site.err
    site.clone.paste(site.err.splitlines()[-1].strip())
    assert site.makes(*PROMOTE)["tag"] == "digits#production#4"


def test_a_tag_of_the_clone_alone_stands_in_the_way(site: Site) -> None:
    site.clone.git("tag", "--annotate", "--message=mine", "digits#production#4", "main")
    site.refuses(*PROMOTE)
    assert "This clone has another tag digits#production#4, which the remote 'origin' lacks." in site.err
    site.clone.paste(site.err.splitlines()[-1].strip())
    assert site.makes(*PROMOTE)["tag"] == "digits#production#4"


def test_a_lightweight_tag_stands_in_the_way(site: Site) -> None:
    site.remote.git("update-ref", "refs/tags/digits#production#4", site.remote.commits[4])
    assert site.headway(*PROMOTE) == 3
    assert "There is a tag digits#production#4 already, and it is none of the registry's." in site.err
    site.clone.paste(site.err.splitlines()[-1].strip())
    assert site.makes(*PROMOTE)["tag"] == "digits#production#4"


def test_two_versions_on_one_commit_are_refused_until_one_is_gone(site: Site) -> None:
    site.remote.git("tag", "--annotate", "--message=twice", "digits@v0.1.0", site.remote.commits[4])
    site.started = site.remote.tags()
    assert site.headway(*PROMOTE) == 3
    assert "has several versions of digits: v0.0.4, v0.1.0" in site.err
    site.clone.paste(site.err.splitlines()[-1].strip())
    assert site.makes(*PROMOTE)["version"] == "v0.0.4"


@pytest.mark.parametrize("options", [("--depth=1",), ("--filter=blob:none",), ("--no-tags", "--single-branch")])
@pytest.mark.slow
def test_every_kind_of_clone_can_roll_back(site: Site, options: tuple[str, ...]) -> None:
    site.remote.git("config", "uploadpack.allowFilter", "true")
    kind = Project(site.folder, dvc=False, git=False)
    kind.git("clone", "--quiet", *options, site.url, "kind")
    kind = Project(site.folder / "kind", dvc=False, git=False)
    known = kind.git("rev-list", "--count", "HEAD")
    assert site.makes("rollback", "digits", "--in", "production", on=kind)["version"] == "v0.0.2"
    assert site.makes("promote", "digits", "v0.0.4", "--to", "production", *FORCED, on=kind)["replaced"] == "v0.0.2"
    assert kind.git("rev-list", "--count", "HEAD") == known, "a shallow clone stays one"


def test_a_shallow_clone_keeps_the_history_that_it_has(site: Site) -> None:
    """The commits of the tags are among it, and others are not."""
    Project(site.folder, dvc=False, git=False).git("clone", "--quiet", "--no-tags", "--depth=3", site.url, "shallow")
    shallow = Project(site.folder / "shallow", dvc=False, git=False)
    assert site.makes("rollback", "digits", "--in", "production", on=shallow)["version"] == "v0.0.2"
    assert shallow.git("rev-list", "--count", "HEAD") == "3"
    assert len(shallow.git("tag").splitlines()) == len(site.started) + 1
    assert shallow.git("rev-list", "--count", "digits@v0.0.1") == "1"


@pytest.mark.slow
def test_a_linked_worktree_has_a_journal_of_its_own(site: Site) -> None:
    site.clone.git("worktree", "add", "--quiet", "--detach", str(site.folder / "linked"))
    linked = Project(site.folder / "linked", dvc=False, git=False)
    assert site.makes("rollback", "digits", "--in", "production", on=linked)["version"] == "v0.0.2"
    assert site.makes("rollback", "digits", "--in", "production")["version"] == "v0.0.1"


@pytest.mark.parametrize("named", ["v0.0.4", "origin/main~1"])
def test_a_deregistered_version_gets_no_stage(site: Site, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", f"{START + 100} +0000")
    site.remote.git("tag", "--annotate", "--message=gone", "digits@v0.0.4!", site.remote.commits[4])
    site.started = site.remote.tags()
    assert site.headway("promote", "digits", named, "--to", "production", *FORCED) == 3
    assert "digits v0.0.4 has been deregistered." in site.err
    assert site.remote.tags() == site.started


@pytest.mark.slow
def test_gto_and_headway_go_on_from_each_others_counters(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """GTO counts over all stages of a model, Headway over those of the stage."""
    clone = site.clone
    names = [site.makes("promote", "digits", "v0.0.4", "--to", "staging", *FORCED)["tag"]]
    for version in ("v0.0.2", "v0.0.3"):
        time = max(tag.time for tag in site.remote.tags().values()) + 60
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{time} +0000")  # GTO's own tags have the seconds of the clock
        name = name_tag(Action.ASSIGN, "digits", stage="production", scm=Git(str(clone.git_root)))
        clone.git("tag", "--annotate", "--message=by GTO", name, f"digits@{version}^{{commit}}")
        clone.git("push", "--quiet", "origin", name)
        names += [name, site.makes("promote", "digits", "v0.0.4", "--to", "production", *FORCED)["tag"]]
        assert gto.api.show(str(clone.git_root))["digits"]["stage"]["production"] == "v0.0.4"
    assert names == ["digits#staging#4", *(f"digits#production#{counter}" for counter in range(5, 9))]
    assert site.remote.tags().keys() >= set(names)
