"""Clones that lack history, and what Headway fetches to mend them: enough, and little more."""

from __future__ import annotations

import os
import random
import shutil
import socket
from typing import TYPE_CHECKING

import pytest
from git_server import actions_checkout, git_daemon, grow, line
from repos import Project

from headway.ci.read import read_job
from headway.errors import MissingHistoryError, RepositoryError
from headway.gather import Repository, allowed_network
from headway.gather.git import executable, fetching
from headway.gather.git.fetching import FetchingHistory
from headway.gather.git.revisions import choose_base, choose_head
from headway.gather.network import Network, Quiet
from headway.remotes.environment import Credentials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headway.values.revision import Revision


class Heard(Quiet):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, line: str) -> None:
        self.lines.append(line)


class Served:
    """A repository on a git server.

    main has 400 commits; the feature branched off at number 150 and has 3 of its own; there is a pull request of it.
    """

    def __init__(self, project: Project, url: str) -> None:
        self.project = project
        self.url = url
        plan = [*line("m", 400), *line("f", 3, "m150"), ("merge", ["m399", "f2"])]
        self.commits = grow(project, plan)
        for name, commit in (("main", "m399"), ("feature", "f2")):
            project.git("update-ref", f"refs/heads/{name}", self.commits[commit])
        project.git("update-ref", "refs/pull/7/merge", self.commits["merge"])
        project.git("tag", "--annotate", "--message", "first", "v1", self.commits["m20"])
        project.git("reset", "--quiet", "--hard", "main")

    def name_of(self, sha: str | None) -> str:
        return next(name for name, commit in self.commits.items() if commit == sha)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    with git_daemon(folder) as address:
        yield Served(Project(folder / "origin", dvc=False), f"{address}/origin")


class Merging(Served):
    """A repository whose main has 40 merges of two commits each; near and far branched off at the 38th and the 3rd."""

    def __init__(self, project: Project, url: str) -> None:
        self.project = project
        self.url = url
        plan: list[tuple[str, list[str]]] = [("m0", [])]
        for number in range(1, 40):
            side = line(f"s{number}-", 2, f"m{number - 1}")
            plan += [*side, (f"m{number}", [f"m{number - 1}", side[-1][0]])]
        self.commits = grow(project, [*plan, *line("near", 2, "m38"), *line("far", 2, "m3")])
        for name, commit in (("main", "m39"), ("near", "near1"), ("far", "far1")):
            project.git("update-ref", f"refs/heads/{name}", self.commits[commit])
        project.git("tag", "v1", self.commits["m20"])
        project.git("reset", "--quiet", "--hard", "main")

    def expected(self, name: str | None) -> str:
        """The commit that git itself finds in the whole history."""
        command = ("merge-base", "main", name) if name in {"near", "far"} else ("rev-parse", name or "main~1")
        return self.project.git(*command)


@pytest.fixture(scope="module")
def merging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merging]:
    folder = tmp_path_factory.mktemp("merging")
    with git_daemon(folder) as address:
        yield Merging(Project(folder / "origin", dvc=False), f"{address}/origin")


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    monkeypatch.setattr(fetching, "FIRST_STEP", 32)
    return Heard()


def clone(served: Served, path: Path, *options: str) -> Project:
    """A clone, copied from the first one with these options: the server needs a tenth of a second for each."""
    first = served.project.root.parent / "clones" / "".join(options)
    if not first.exists():
        served.project.git("clone", "--quiet", *options, served.url, str(first))
    return Project(shutil.copytree(first, path, symlinks=True), git=False)


def base(project: Project, heard: Heard, name: str | None = None, environ: dict[str, str] | None = None) -> Revision:
    history = FetchingHistory(project.root, heard)
    return choose_base(history, name, choose_head(history, None), read_job(environ or {}).base)


def state(project: Project) -> dict[str, str]:
    """What belongs to the user: branches, HEAD, tags, configuration, the index and the files."""
    commands = {
        "refs": ("for-each-ref", "refs/heads", "refs/tags"),
        "head": ("rev-parse", "HEAD"),
        "status": ("status", "--porcelain", "--branch"),
        "config": ("config", "--local", "--list"),
    }
    return {name: project.git(*command) for name, command in commands.items()} | {
        "fetched": str((project.root / ".git/FETCH_HEAD").exists())
    }


def count(project: Project) -> int:
    """How many commits the clone has, reachable or not."""
    kinds = project.git("cat-file", "--batch-all-objects", "--batch-check=%(objecttype)").splitlines()
    return kinds.count("commit")


# What CI checks out


def test_actions_checkout_of_the_merge_commit(served: Served, tmp_path: Path, heard: Heard) -> None:
    project = actions_checkout(tmp_path / "c", served.url, served.commits["merge"], "refs/remotes/pull/7/merge")
    project.git("update-ref", "--no-deref", "HEAD", "HEAD")
    (project.root / ".git/FETCH_HEAD").unlink()
    before = state(project)
    revision = base(project, heard, environ={"GITHUB_BASE_REF": "main"})
    assert served.name_of(revision.sha) == "m399"
    assert revision.chosen == "the pull request's base: merge-base with origin/main"
    assert revision.behind == 0
    assert state(project) == before
    assert count(project) < 80
    assert heard.lines == ["fetching main from origin", "fetching 32 older commits from origin"]


def test_actions_checkout_of_the_head(served: Served, tmp_path: Path, heard: Heard) -> None:
    project = actions_checkout(tmp_path / "c", served.url, served.commits["f2"], "refs/remotes/pull/7/head")
    (project.root / ".git/FETCH_HEAD").unlink()
    before = state(project)
    revision = base(project, heard, environ={"GITHUB_BASE_REF": "main"})
    assert served.name_of(revision.sha) == "m150"
    assert revision.behind == 249
    assert state(project) == before
    assert project.git("rev-parse", "--is-shallow-repository") == "false"  # 32 + 64 + 128 + 256 exceed the 400
    assert heard.lines == [
        "fetching main from origin",
        *(f"fetching {count} older commits from origin" for count in (32, 64, 128, 256)),
    ]


def test_a_shallow_clone_of_one_branch_stays_shallow_where_that_is_enough(
    served: Served, tmp_path: Path, heard: Heard
) -> None:
    served.project.git("branch", "--force", "near", served.commits["m155"])
    project = clone(served, tmp_path / "c", "--depth=1", "--branch=feature")
    revision = base(project, heard, environ={"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "near"})
    assert served.name_of(revision.sha) == "m150"
    assert revision.behind == 5
    assert project.git("rev-parse", "--is-shallow-repository") == "true"
    assert count(project) < 80


def test_without_ci_the_remote_says_which_branch_is_the_default_one(
    served: Served, tmp_path: Path, heard: Heard
) -> None:
    project = clone(served, tmp_path / "c", "--depth=1", "--branch=feature")
    revision = base(project, heard)
    assert (served.name_of(revision.sha), revision.chosen) == ("m150", "merge-base with origin/main")


def test_a_whole_clone_of_one_branch_stays_whole(served: Served, tmp_path: Path, heard: Heard) -> None:
    project = clone(served, tmp_path / "c", "--single-branch", "--branch=feature")
    revision = base(project, heard)
    assert (served.name_of(revision.sha), revision.behind) == ("m150", 249)
    assert heard.lines == ["fetching main from origin"]
    assert project.git("rev-parse", "--is-shallow-repository") == "false"


def test_the_commit_before_a_push_to_the_default_branch(served: Served, tmp_path: Path, heard: Heard) -> None:
    project = clone(served, tmp_path / "c", "--depth=1")
    revision = base(project, heard)
    assert (served.name_of(revision.sha), revision.name) == ("m398", "HEAD~1")
    assert count(project) == 2


@pytest.mark.parametrize("depth", ["--depth=5", "--depth=20"])
def test_history_that_a_clone_has_is_not_cut_off(served: Served, tmp_path: Path, heard: Heard, depth: str) -> None:
    served.project.git("branch", "--force", "near", served.commits["m150"])
    project = clone(served, tmp_path / "c", depth, "--branch=feature")
    length = project.git("rev-list", "--count", "HEAD")
    revision = base(project, heard, environ={"GITHUB_BASE_REF": "near"})
    assert served.name_of(revision.sha) == "m150"
    assert project.git("rev-list", "--count", "HEAD") == length
    assert heard.lines == ["fetching near from origin"]


def test_commits_that_were_never_pushed_are_no_obstacle(served: Served, tmp_path: Path, heard: Heard) -> None:
    project = clone(served, tmp_path / "c", "--depth=1", "--branch=feature")
    project.write("own.txt", "").commit("own")
    assert served.name_of(base(project, heard, environ={"GITHUB_BASE_REF": "main"}).sha) == "m150"


# What is named


@pytest.mark.parametrize(
    "named",
    [
        ("main", "m399", 2),
        ("origin/main", "m399", 2),
        ("v1", "m20", 2),
        ("main~3", "m396", 2 + 2 * 3),  # git deepens every end of the clone
        ("HEAD~1", "f1", 2),
        ("HEAD~2", "f0", 3),
        ("@~5", "m148", 6),
        ("HEAD~1~2^", "m149", 5),
        ("v1^", "m19", 2 + 2 * 1),
        ("HEAD^0", "f2", 1),
    ],
)
def test_a_named_revision_is_fetched(named: tuple[str, str, int], served: Served, tmp_path: Path, heard: Heard) -> None:
    name, commit, most = named
    project = clone(served, tmp_path / "c", "--depth=1", "--branch=feature")
    assert served.name_of(base(project, heard, name).sha) == commit
    assert count(project) == most


@pytest.mark.parametrize("depth", [3, 40])
def test_of_the_way_to_an_ancestor_only_the_missing_part_is_fetched(
    served: Served, tmp_path: Path, heard: Heard, depth: int
) -> None:
    project = clone(served, tmp_path / "c", f"--depth={depth}", "--branch=main")
    assert served.name_of(base(project, heard, f"main~{depth + 1}").sha) == f"m{398 - depth}"
    assert count(project) == depth + 2
    assert heard.lines == ["fetching 2 older commits from origin"]


def test_a_short_sha_is_found_on_any_branch(served: Served, tmp_path: Path, heard: Heard) -> None:
    for commit in ("m392", "f0"):
        project = clone(served, tmp_path / commit, "--depth=1", "--branch=main")
        sha = served.commits[commit]
        assert base(project, heard, sha[:8]).sha == sha
    with pytest.raises(RepositoryError, match="There is no revision '0123abc' here") as caught:
        base(project, heard, "0123abc")
    assert "origin" in caught.value.why


@pytest.mark.parametrize("name", ["HEAD~1", "HEAD~5", "HEAD^2", "v1", "v1~2", "near", "far", None])
def test_no_more_is_fetched_than_the_whole_clone_has(
    merging: Merging, tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    monkeypatch.setattr(fetching, "FIRST_STEP", 8)
    project = clone(merging, tmp_path / "c", "--depth=1", "--branch=main")
    environ = {"GITHUB_BASE_REF": name} if name in {"near", "far"} else {}
    revision = base(project, heard, None if environ else name, environ)
    assert revision.sha == merging.expected(name)
    # What lies within that many generations of a merge commit, both parents each time; else a part of the whole.
    assert count(project) <= {"HEAD~1": 3, "HEAD^2": 3, "HEAD~5": 15, "v1": 2, "v1~2": 12, None: 3, "near": 40}.get(
        name, 120
    )


def test_a_commit_is_fetched_by_its_sha(served: Served, tmp_path: Path, heard: Heard) -> None:
    project = clone(served, tmp_path / "c", "--depth=1", "--branch=feature")
    sha = served.commits["m77"]
    environ = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": sha, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    assert base(project, heard, environ=environ).sha == sha
    assert base(project, heard, sha).sha == sha
    assert sorted(heard.lines) == sorted([f"fetching {sha[:7]} from origin", "fetching main from origin"])


def test_a_remote_that_gives_no_commit_by_its_sha_is_an_error_with_gits_words(
    served: Served, tmp_path: Path, heard: Heard
) -> None:
    project = clone(served, tmp_path / "c", "--depth=1", "--branch=feature")
    project.git("config", "protocol.version", "0")  # in which a server gives only what a reference points to
    with pytest.raises(MissingHistoryError) as caught:
        base(project, heard, served.commits["m370"])
    assert "unadvertised" in caught.value.why


def test_what_the_remote_does_not_have_either_is_unknown(served: Served, tmp_path: Path, heard: Heard) -> None:
    project = clone(served, tmp_path / "c", "--depth=1", "--branch=feature")
    with pytest.raises(RepositoryError, match="There is no revision 'quite-another' here"):
        base(project, heard, "quite-another")
    with pytest.raises(RepositoryError, match="There is no revision 'HEAD~9999' here"):
        base(project, heard, "HEAD~9999")
    with pytest.raises(RepositoryError, match="'release' is not in this clone"):
        base(project, heard, environ={"GITHUB_BASE_REF": "release"})


# When nothing may or can be fetched


def test_a_clone_that_lacks_nothing_asks_nobody(served: Served, tmp_path: Path, heard: Heard) -> None:
    project = clone(served, tmp_path / "c", "--branch=feature")
    project.git("remote", "set-url", "origin", "git://127.0.0.1:9/nobody")
    assert served.name_of(base(project, heard).sha) == "m150"
    with pytest.raises(RepositoryError, match="There is no revision"):
        base(project, heard, "quite-another")
    assert heard.lines == []


def test_a_remote_that_is_away_is_named_with_what_git_said(served: Served, tmp_path: Path, heard: Heard) -> None:
    project = clone(served, tmp_path / "c", "--depth=1", "--branch=feature")
    project.git("remote", "set-url", "origin", "http://user:secret@127.0.0.1:9/nobody")
    with pytest.raises(RepositoryError, match="git could not fetch from the remote 'origin'") as caught:
        base(project, heard, "main")
    assert "127.0.0.1" in caught.value.why
    assert "secret" not in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_git_that_the_system_ends_is_said_so(
    served: Served, tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = clone(served, tmp_path / "c", "--depth=1", "--branch=feature")
    (tmp_path / "git").write_text("#!/bin/sh\nkill -KILL $$\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(RepositoryError, match="git could not fetch") as caught:
        base(project, heard, "main")
    assert caught.value.why == "It was ended by SIGKILL (out of memory?)."


def test_a_merge_base_that_cannot_be_made_certain_still_serves(served: Served, tmp_path: Path, heard: Heard) -> None:
    served.project.git("branch", "--force", "near", served.commits["m155"])
    project = clone(served, tmp_path / "c", "--depth=5", "--branch=feature")
    project.git("fetch", "--quiet", "--depth=8", "origin", "near:refs/remotes/origin/near")
    project.git("remote", "set-url", "origin", "git://127.0.0.1:9/nobody")
    assert served.name_of(base(project, heard, environ={"GITHUB_BASE_REF": "near"}).sha) == "m150"


def test_a_remote_that_never_answers_costs_its_time(
    served: Served, tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = clone(served, tmp_path / "c", "--depth=1", "--branch=feature")
    monkeypatch.setattr(executable, "GIT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        project.git("remote", "set-url", "origin", f"git://127.0.0.1:{silent.getsockname()[1]}/origin")
        with pytest.raises(RepositoryError, match="did not answer git within") as caught:
            base(project, heard, "main")
    assert caught.value.remedy == "git ls-remote --refs --heads --tags origin"


def test_another_repositorys_variables_lead_nowhere(
    served: Served, tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = clone(served, tmp_path / "c", "--depth=1", "--branch=feature")
    other = Project(tmp_path / "other", dvc=False)
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))  # as a hook of that repository does
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.root / ".git/index"))
    revision = base(project, heard, "main")
    assert served.name_of(revision.sha) == "m399"


# Certainty


def random_history(seed: int, size: int = 120) -> list[tuple[str, list[str]]]:
    """Branches that grow, merge one another, and die, around two that survive."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, no secret
    commits: list[tuple[str, list[str]]] = [("c0", [])]
    tips = ["c0"] * 5
    for number in range(1, size):
        lane = chance.randrange(len(tips))
        parents = [tips[lane]]
        if chance.random() < 0.3 and (other := chance.choice(tips)) not in parents:
            parents.append(other)
        commits.append((f"c{number}", parents))
        tips[lane] = f"c{number}"
    return commits


@pytest.mark.parametrize("seed", range(12))
def test_the_merge_base_is_that_of_the_whole_history(
    tmp_path: Path, heard: Heard, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    project = Project(tmp_path / "origin", dvc=False)
    shas = grow(project, random_history(seed))
    one, other = shas["c119"], shas["c110"]
    project.git("update-ref", "refs/heads/main", other)
    project.git("update-ref", "refs/heads/feature", one)
    expected = project.git("merge-base", "--all", one, other).splitlines()
    monkeypatch.setattr(fetching, "FIRST_STEP", 2)
    shallow = project.clone(tmp_path / "clone", "--depth=1", "--no-single-branch", "--branch=feature")
    assert FetchingHistory(shallow.root, heard).merge_base(one, other) in expected


# Permission


@pytest.mark.parametrize(
    ("fetch", "environ", "history", "data"),
    [
        (None, {}, False, True),
        (None, {"CI": "false"}, False, True),
        (None, {"CI": "true"}, True, True),
        (None, {"GITHUB_ACTIONS": "true"}, True, True),
        (None, {"GITLAB_CI": "true"}, True, True),
        (None, {"BITBUCKET_BUILD_NUMBER": "12"}, True, True),
        (True, {}, True, True),
        (False, {"CI": "true"}, False, False),
    ],
)
def test_git_fetches_in_ci_or_when_told_to(
    fetch: bool | None,  # noqa: FBT001 - the table's column
    environ: dict[str, str],
    history: bool,  # noqa: FBT001 - likewise
    data: bool,  # noqa: FBT001 - likewise
) -> None:
    network = allowed_network(fetch, read_job(environ), Credentials(), Quiet())
    assert (network.history, network.data) == (history, data)


def test_without_permission_the_command_is_told_and_the_flag(served: Served, tmp_path: Path) -> None:
    project = clone(served, tmp_path / "c", "--depth=1", "--branch=feature")
    project.write(".dvc/config", "")
    with Repository.open(project.root, Network()) as repository, pytest.raises(RepositoryError) as caught:
        repository.resolve_base("main", repository.resolve_head(None), None)
    assert caught.value.remedy.startswith("git fetch ")
    assert "--fetch" in caught.value.why
