"""The branch of a request: made without touching what is checked out, and the same however often and wherever."""

from __future__ import annotations

import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from repos import Project

from headway.errors import RepositoryError
from headway.gather.git import transfer
from headway.gather.git.executable import GitError, run_git
from headway.publish.requests import request_branch, request_commit
from headway.publish.requests.request_branch import push_files
from headway.publish.requests.request_commit import FilesCommit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BRANCH = "headway/promote-digits"
FILES = {
    "registry.yaml": b"digits: {production: v1.1.0}\n",
    "results/a b\xc3\xa9.bin".encode().decode(): b"\x00\r\n\xff",
}


class Origin:
    """A remote repository with one commit on main, and clones of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.project = Project(folder / "source", dvc=False)
        self.project.write("registry.yaml", "digits: {production: v1.0.0}\n").write("src/train.sh", "run\n")
        (self.project.root / "src/train.sh").chmod(0o755)
        self.base = self.project.commit("first")
        self.bare = folder / "origin.git"
        self.project.git("clone", "--quiet", "--bare", str(self.project.root), str(self.bare))
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")

    def git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.bare), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def clone(self, name: str, *options: str) -> Path:
        self.project.git("clone", "--quiet", *options, f"file://{self.bare}", str(self.folder / name))
        return self.folder / name

    def branches(self) -> dict[str, str]:
        lines = self.git("for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads").splitlines()
        return dict(line.split(" ") for line in lines)

    def grow(self, name: str = "main", content: str = "") -> str:
        """Somebody else's commit on a branch; gives its SHA."""
        self.project.git("checkout", "--quiet", "-B", "elsewhere", "main")
        sha = self.project.write(f"{name}.txt", content).commit(f"somebody's {name}")
        self.project.git("push", "--quiet", "--force", str(self.bare), f"{sha}:refs/heads/{name}")
        return sha


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path)


def change(origin: Origin, files: Mapping[str, bytes] = FILES, message: str = "Promote digits") -> FilesCommit:
    return FilesCommit(base=origin.base, files=files, message=message)


def snapshot(folder: Path) -> dict[str, object]:
    """Everything that a user could notice in a clone."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
        return done.stdout

    files = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {
        "tree": {path: content for path, content in files.items() if path.parts[0] != ".git"},
        "own": {
            name: files.get(Path(".git") / name) for name in ("index", "config", "HEAD", "FETCH_HEAD", "ORIG_HEAD")
        },
        "local": git("for-each-ref", "refs/heads", "refs/tags", "refs/stash"),
        "status": git("status", "--porcelain=v2"),
    }


def test_files_become_one_commit_on_the_base(origin: Origin) -> None:
    pushed = push_files(origin.clone("c"), "origin", BRANCH, change(origin))
    assert pushed is not None
    assert pushed.pushed
    assert origin.branches() == {"main": origin.base, BRANCH: pushed.sha}
    assert origin.git("rev-list", "--parents", "-1", pushed.sha) == f"{pushed.sha} {origin.base}"
    assert origin.git("show", "--no-patch", "--format=%B", pushed.sha) == "Promote digits"
    for path, content in FILES.items():
        shown = subprocess.run(
            ["git", "-C", str(origin.bare), "cat-file", "blob", f"{pushed.sha}:{path}"], check=True, capture_output=True
        )
        assert shown.stdout == content
    assert origin.git("ls-tree", pushed.sha, "src/train.sh").startswith("100755 ")


def test_nothing_that_is_checked_out_is_touched(origin: Origin) -> None:
    clone = origin.clone("c")
    (clone / "registry.yaml").write_text("edited\n")
    (clone / "staged.txt").write_text("staged\n")
    subprocess.run(["git", "add", "staged.txt"], cwd=clone, check=True)
    before = snapshot(clone)
    assert push_files(clone, "origin", BRANCH, change(origin))
    assert push_files(clone / "src", "origin", BRANCH, change(origin, {"registry.yaml": b"other\n"}))
    assert snapshot(clone) == before


def test_tags_and_hooks_of_the_clone_stay_out_of_it(origin: Origin) -> None:
    clone = origin.clone("c")
    hook = clone / ".git/hooks/pre-push"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    for command in (["config", "push.followTags", "true"], ["tag", "-a", "-m", "t", "digits@v1.0.0"]):
        subprocess.run(["git", *command], cwd=clone, check=True)
    assert push_files(clone, "origin", BRANCH, change(origin))
    assert origin.git("tag") == ""


@pytest.mark.parametrize("message", ["Promote digits", "Other words"])
@pytest.mark.parametrize("options", [(), ("--depth=1",), ("--filter=blob:none",)], ids=["whole", "shallow", "partial"])
def test_a_branch_that_is_so_already_is_not_pushed(origin: Origin, options: tuple[str, ...], message: str) -> None:
    origin.git("config", "uploadpack.allowFilter", "true")
    first = push_files(origin.clone("one", *options), "origin", BRANCH, change(origin))
    assert first is not None
    again = push_files(origin.clone("two", *options), "origin", BRANCH, change(origin, message=message))
    assert again is not None
    assert (again.sha, again.pushed) == (first.sha, False)


def test_an_executable_file_stays_one(origin: Origin) -> None:
    pushed = push_files(origin.clone("c"), "origin", BRANCH, change(origin, {"src/train.sh": b"run faster\n"}))
    assert pushed is not None
    assert origin.git("ls-tree", "-r", "--format=%(objectmode) %(path)", pushed.sha).splitlines() == [
        "100644 registry.yaml",
        "100755 src/train.sh",
    ]


def test_an_older_request_is_replaced(origin: Origin) -> None:
    clone = origin.clone("c")
    push_files(clone, "origin", BRANCH, change(origin))
    newer = change(origin, {"registry.yaml": b"digits: {production: v2.0.0}\n"})
    pushed = push_files(clone, "origin", BRANCH, newer)
    assert pushed is not None
    assert pushed.pushed
    assert origin.branches()[BRANCH] == pushed.sha
    assert origin.git("rev-list", "--count", f"main..{BRANCH}") == "1"


def test_a_newer_base_makes_a_new_commit(origin: Origin) -> None:
    clone = origin.clone("c", "--depth=1")
    first = push_files(clone, "origin", BRANCH, change(origin))
    base = origin.grow()  # which this clone has to fetch
    second = push_files(clone, "origin", BRANCH, FilesCommit(base=base, files=FILES, message="Promote digits"))
    assert first is not None
    assert second is not None
    assert origin.git("rev-parse", f"{BRANCH}^") == base


def test_files_that_the_base_has_already_are_no_change(origin: Origin) -> None:
    same = change(origin, {"registry.yaml": b"digits: {production: v1.0.0}\n"})
    assert push_files(origin.clone("c"), "origin", BRANCH, same) is None
    assert BRANCH not in origin.branches()


def test_a_file_in_the_place_of_a_folder_replaces_it(origin: Origin) -> None:
    pushed = push_files(origin.clone("c"), "origin", BRANCH, change(origin, {"src": b"a file\n"}))
    assert pushed is not None
    assert origin.git("ls-tree", "-r", "--name-only", pushed.sha).splitlines() == ["registry.yaml", "src"]


@pytest.mark.parametrize("path", ["../outside", ".git/config", "a//b"])
def test_a_path_that_git_refuses_is_an_error(origin: Origin, path: str) -> None:
    with pytest.raises(RepositoryError, match="git could not make the commit"):
        push_files(origin.clone("c"), "origin", BRANCH, change(origin, {path: b"x"}))
    assert BRANCH not in origin.branches()


def test_without_an_identity_headway_commits(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    pushed = push_files(origin.clone("c"), "origin", BRANCH, change(origin))
    assert pushed is not None
    assert origin.git("show", "--no-patch", "--format=%an %cn", pushed.sha) == "Headway Headway"


def test_the_commit_does_not_depend_on_the_clock(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = origin.clone("c")
    one = push_files(clone, "origin", BRANCH, change(origin))
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2030-01-01T00:00:00Z")
    other = push_files(clone, "origin", "another", change(origin))
    assert one is not None
    assert other is not None
    assert one.sha == other.sha


# Others, and failures


class Killed(BaseException):
    """The process ended here."""


def counted_git(monkeypatch: pytest.MonkeyPatch, before: Callable[[int, tuple[str, ...]], None]) -> list[str]:
    """Have a function called before each command of git; gives the commands."""
    commands: list[str] = []

    def run(root: Path, *arguments: str, **more: object) -> str:
        before(len(commands), arguments)
        commands.append(arguments[0])
        return run_git(root, *arguments, **more)  # type: ignore[arg-type]

    for module in (request_branch, request_commit, transfer):
        monkeypatch.setattr(module, "run_git", run)
    return commands


@pytest.mark.slow
def test_killed_before_any_command_and_run_again_it_ends_the_same(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        commands = counted_git(patch, lambda *_: None)
        clean = push_files(origin.clone("clean"), "origin", "clean", change(origin))
    assert clean is not None
    assert len(commands) > 8
    for place in range(len(commands)):
        clone = origin.clone(f"c{place}")

        def kill(number: int, _: tuple[str, ...], place: int = place) -> None:
            if number == place:
                raise Killed

        with monkeypatch.context() as patch, suppress(Killed):
            counted_git(patch, kill)
            push_files(clone, "origin", f"b{place}", change(origin))
        again = push_files(clone, "origin", f"b{place}", change(origin))
        assert again is not None
        assert again.sha == clean.sha
        assert origin.branches()[f"b{place}"] == clean.sha


@pytest.mark.parametrize("races", [0, 2], ids=["at once", "after two races"])
def test_a_push_whose_answer_got_lost_is_a_success(origin: Origin, monkeypatch: pytest.MonkeyPatch, races: int) -> None:
    pushes: list[tuple[str, ...]] = []

    def run(root: Path, *arguments: str, **more: object) -> str:
        if arguments[0] == "push" and len(pushes) < races:
            pushes.append(arguments)
            origin.grow(BRANCH, str(len(pushes)))
        answer = run_git(root, *arguments, **more)  # type: ignore[arg-type]
        if arguments[0] == "push":
            pushes.append(arguments)
            raise GitError("git push failed.", why="git reported: the remote end hung up", returncode=128)
        return answer

    for module in (request_branch, request_commit, transfer):
        monkeypatch.setattr(module, "run_git", run)
    pushed = push_files(origin.clone("c"), "origin", BRANCH, change(origin))
    assert pushed is not None
    assert origin.branches()[BRANCH] == pushed.sha
    assert len(pushes) == races + 1


def test_two_at_once_make_one_branch(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both have read that there is no branch before either pushes."""
    both = threading.Barrier(2, timeout=60)
    first = threading.local()

    def meet(_: int, arguments: tuple[str, ...]) -> None:
        if arguments[0] == "push" and not getattr(first, "done", False):
            first.done = True
            both.wait()

    counted_git(monkeypatch, meet)
    clones = [origin.clone(name) for name in ("one", "two")]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda clone: push_files(clone, "origin", BRANCH, change(origin)), clones))
    assert {result.sha for result in results if result} == {origin.branches()[BRANCH]}
    assert None not in results


def test_somebody_elses_push_in_between_is_seen_and_then_replaced(
    origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    others: list[str] = []

    def interfere(_: int, arguments: tuple[str, ...]) -> None:
        if arguments[0] == "push" and not others:
            others.append(origin.grow(BRANCH))

    commands = counted_git(monkeypatch, interfere)
    pushed = push_files(origin.clone("c"), "origin", BRANCH, change(origin))
    assert pushed is not None
    assert commands.count("push") == 2
    assert origin.branches()[BRANCH] == pushed.sha != others[0]


def test_somebody_who_is_always_faster_is_an_error(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    def interfere(number: int, arguments: tuple[str, ...]) -> None:
        if arguments[0] == "push":
            origin.grow(BRANCH, str(number))

    counted_git(monkeypatch, interfere)
    with pytest.raises(RepositoryError, match="could not be pushed") as caught:
        push_files(origin.clone("c"), "origin", BRANCH, change(origin))
    assert "3 times" in caught.value.why


def test_a_protected_branch_is_named_with_the_remotes_words(origin: Origin) -> None:
    hook = origin.bare / "hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'headway/ is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(RepositoryError, match=f"could not push the branch '{BRANCH}'") as caught:
        push_files(origin.clone("c"), "origin", BRANCH, change(origin))
    assert "headway/ is protected" in caught.value.why
    assert "rule" in caught.value.remedy
    assert caught.value.exit_code == 3


@pytest.fixture
def refusing(tmp_path: Path) -> Path:
    """A git that fails to push as it does without a login."""
    folder = tmp_path / "bin"
    folder.mkdir()
    real = subprocess.run(["sh", "-c", "command -v git"], check=True, capture_output=True, text=True).stdout.strip()
    words = "fatal: could not read Username for 'https://github.com': terminal prompts disabled"
    (folder / "git").write_text(f'#!/bin/sh\n[ "$1" = push ] && echo "{words}" >&2 && exit 128\nexec {real} "$@"\n')
    (folder / "git").chmod(0o755)
    return folder


def test_the_login_goes_to_the_remotes_commands_alone(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, bool] = {}

    def run(root: Path, *arguments: str, **more: Any) -> str:
        seen[arguments[0]] = "GIT_CONFIG_COUNT" in more.get("env", {})
        return run_git(root, *arguments, **more)

    for module in (request_branch, request_commit, transfer):
        monkeypatch.setattr(module, "run_git", run)
    login = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.https://x/.extraheader", "GIT_CONFIG_VALUE_0": "A: b"}
    base = origin.grow()
    later = FilesCommit(base=base, files=FILES, message="m")
    assert push_files(origin.clone("c", "--depth=1", "--branch=main"), "origin", BRANCH, change(origin), login)
    assert push_files(origin.clone("d"), "origin", BRANCH, later, login)
    assert {name for name, known in seen.items() if known} == {"ls-remote", "fetch", "push"}


def test_without_a_login_the_error_says_how_to_give_one(
    origin: Origin, refusing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = origin.clone("c")
    monkeypatch.setenv("PATH", str(refusing), prepend=os.pathsep)
    with pytest.raises(RepositoryError) as caught:
        push_files(clone, "origin", BRANCH, change(origin))
    assert "contents: write" in caught.value.remedy


def test_a_base_that_nobody_has_is_an_error(origin: Origin) -> None:
    unknown = FilesCommit(base="0" * 39 + "1", files=FILES, message="m")
    with pytest.raises(RepositoryError, match="could not fetch the commit 0000000"):
        push_files(origin.clone("c"), "origin", BRANCH, unknown)


def test_a_remote_that_is_away_is_named(origin: Origin) -> None:
    clone = origin.clone("c")
    subprocess.run(["git", "remote", "set-url", "origin", "http://u:secret@127.0.0.1:9/x"], cwd=clone, check=True)
    with pytest.raises(RepositoryError, match="could not ask the remote 'origin'") as caught:
        push_files(clone, "origin", BRANCH, change(origin))
    assert "secret" not in str(caught.value)
