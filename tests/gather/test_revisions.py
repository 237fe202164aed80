"""Which commits are compared, in every kind of clone; where a clone lacks one, the remedy is run and must mend it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from repos import Project

from headway.ci.read import read_job
from headway.errors import MissingHistoryError, RepositoryError
from headway.gather import Network, Repository
from headway.gather.network import OFFLINE
from headway.values.revision import Revision

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """main: one, two, three; feature: two, a, b; release: one; tag v1 on two."""
    project = Project(tmp_path_factory.mktemp("revisions") / "origin")
    project.write("code.py", "1").commit("one")
    project.branch("release").checkout("main")
    project.write("code.py", "2").commit("two")
    project.git("tag", "--annotate", "--message", "first", "v1")
    project.branch("feature").write("model.py", "a").commit("a")
    project.write("model.py", "b").commit("b")
    project.checkout("main").write("code.py", "3").commit("three")
    return project


@pytest.fixture
def clone(origin: Project, tmp_path: Path) -> Project:
    return origin.clone(tmp_path / "clone", "--branch", "feature")


def base(
    project: Project, name: str | None = None, head: str | None = None, environ: dict[str, str] | None = None
) -> Revision:
    with Repository.open(project.root) as repository:
        return repository.resolve_base(name, repository.resolve_head(head), read_job(environ or {}).base)


def head(project: Project, name: str | None = None) -> Revision:
    with Repository.open(project.root) as repository:
        return repository.resolve_head(name)


def mend(project: Project, error: RepositoryError) -> None:
    subprocess.run(error.remedy, shell=True, check=True, capture_output=True, cwd=project.root)  # noqa: S602 - as a reader would


def subject(project: Project, revision: Revision) -> str:
    return project.git("log", "-1", "--format=%s", revision.sha or "")


# Head


def test_the_workspace_stands_on_its_commit(clone: Project) -> None:
    revision = head(clone)
    sha, about = clone.git("rev-parse", "HEAD"), clone.git("log", "-1", "--format=%s%n%an%n%aI%n%cI").splitlines()
    subject, author, date, committed = about
    branch = clone.git("branch", "--show-current")
    commit: dict[str, Any] = {"sha": sha, "subject": subject, "author": author, "date": date, "committed": committed}
    assert revision == Revision(name="workspace", chosen="the files as they are", branch=branch, **commit)


@pytest.mark.parametrize("edit", ["unstaged", "staged", "deleted"])
def test_a_changed_tracked_file_makes_the_workspace_dirty(clone: Project, edit: str) -> None:
    if edit == "deleted":
        clone.remove("code.py")
    else:
        clone.write("code.py", "changed")
    if edit == "staged":
        clone.git("add", "code.py")
    assert head(clone).dirty
    assert not head(clone, "HEAD").dirty


def test_an_untracked_file_does_not(clone: Project) -> None:
    clone.write("scratch.txt", "")
    assert not head(clone).dirty


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("feature", "b"),
        ("HEAD~1", "a"),
        ("v1", "two"),
        ("origin/main", "three"),
        ("main", "three"),  # only the remote has it
        ("main~2", "one"),
        ("@", "b"),
    ],
)
def test_a_commit_by_any_name_that_git_knows(clone: Project, name: str, message: str) -> None:
    revision = head(clone, name)
    assert subject(clone, revision) == message
    assert (revision.name, revision.chosen) == (name, "named on the command line")


def test_a_short_sha_is_a_name(clone: Project) -> None:
    sha = clone.git("rev-parse", "HEAD")
    assert head(clone, sha[:8]).sha == sha


# A tag and a branch of one name


@pytest.fixture(scope="session")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """main: one, two, three; the tags v1 and main are on one, the branches v1 and same on two; the tag same, too."""
    project = Project(tmp_path_factory.mktemp("twins") / "origin")
    for message in ("one", "two", "three"):
        project.write("code.py", message).commit(message)
    project.git("tag", "--annotate", "--message", "first", "v1", "HEAD~2")
    project.git("tag", "main", "HEAD~2")
    project.git("branch", "v1", "HEAD~1")
    project.git("branch", "same", "HEAD~1")
    project.git("tag", "same", "HEAD~1")
    return project


def chosen(project: Project, base: str | None, head: str | None, network: Network = OFFLINE) -> list[tuple[str, str]]:
    """Of both sides the commit's subject and the notes."""
    with Repository.open(project.root, network) as repository:
        new = repository.resolve_head(head)
        views = [
            repository.open_revision(repository.resolve_base(base, new, None), "base"),
            repository.open_revision(new, "head"),
        ]
        return [(subject(project, view.revision), " ".join(view.snapshot().notes)) for view in views]


EMPTY = "has no dvc.yaml and no .dvc file, so its pipeline is empty"


def test_of_a_tag_and_a_branch_of_one_name_the_tag_is_taken_and_that_is_said(twins: Project) -> None:
    said = "is `v1` as git resolves it; `refs/heads/v1` has the same name but is another commit"
    assert twins.git("log", "-1", "--format=%s", "v1") == "one"
    assert chosen(twins, "v1", "v1") == [("one", f"Base {said} v1 {EMPTY}"), ("one", f"Head {said} v1 {EMPTY}")]
    assert chosen(twins, "refs/heads/v1", "heads/v1~1")[0] == ("two", f"refs/heads/v1 {EMPTY}")
    assert chosen(twins, "v1", "heads/v1~1")[1] == ("one", f"heads/v1~1 {EMPTY}")
    assert chosen(twins, "main", None)[0][1].startswith("Base is `main` as git resolves it; `refs/heads/main`")
    assert base(twins, "v1").behind is None


def test_where_both_are_one_commit_nothing_is_said(twins: Project) -> None:
    assert chosen(twins, "same", "same^{commit}") == [("two", f"same {EMPTY}"), ("two", f"same^{{commit}} {EMPTY}")]


def test_an_ancestor_of_such_a_name_is_the_tags_too(twins: Project) -> None:
    assert "Head is `v1" in chosen(twins, "heads/same", "v1^{commit}")[1][1]


def test_the_default_branch_is_the_branch_whatever_tag_is_called_so(twins: Project, tmp_path: Path) -> None:
    clone = twins.clone(tmp_path / "clone")
    assert chosen(clone, None, "refs/remotes/origin/main")[0] == ("two", f"refs/remotes/origin/main~1 {EMPTY}")
    clone.branch("feature").write("code.py", "four").commit("four")
    assert chosen(clone, None, None)[0] == ("three", f"main {EMPTY}")


@pytest.mark.parametrize("options", [["--no-tags"], []])
def test_a_branch_of_the_remote_is_told_from_a_tag_here(twins: Project, tmp_path: Path, options: list[str]) -> None:
    clone = twins.clone(tmp_path / "clone", *options)
    said = "Base is `v1` as git resolves it; `refs/remotes/origin/v1` has the same name but is another commit"
    expected = ("two", f"v1 {EMPTY}") if options else ("one", f"{said} v1 {EMPTY}")
    assert chosen(clone, "v1", "origin/main")[0] == expected


def test_what_is_fetched_by_such_a_name_is_both(twins: Project, tmp_path: Path) -> None:
    clone = twins.clone(tmp_path / "clone", "--single-branch", "--no-tags", "--depth=1")
    network = Network(history=True)
    assert chosen(clone, "v1", "HEAD", network)[0][0] == "one"
    assert "`refs/remotes/origin/v1`" in chosen(clone, "v1", "HEAD", network)[0][1]
    other = twins.clone(tmp_path / "other", "--single-branch", "--no-tags", "--depth=1")
    assert chosen(other, "origin/v1", "HEAD", network)[0] == ("two", f"origin/v1 {EMPTY}")


# Base


def test_a_named_base_is_taken_as_it_is(clone: Project) -> None:
    revision = base(clone, "main")
    assert subject(clone, revision) == "three"
    assert (revision.name, revision.chosen, revision.behind) == ("main", "named on the command line", 1)
    assert base(clone, "origin/main").behind == 1
    assert base(clone, "v1").behind is None  # a tag does not move on


def test_on_a_branch_it_is_the_merge_base_with_the_default_branch(clone: Project) -> None:
    revision = base(clone)
    assert subject(clone, revision) == "two"
    assert (revision.name, revision.chosen, revision.behind) == ("main", "merge-base with origin/main", 1)


def test_without_a_remote_the_local_default_branch_serves(origin: Project) -> None:
    revision = base(origin, head="feature")
    assert (revision.chosen, subject(origin, revision)) == ("merge-base with main", "two")


def test_the_remotes_own_default_branch_comes_first(clone: Project) -> None:
    clone.git("remote", "set-head", "origin", "release")
    revision = base(clone)
    assert (revision.name, revision.chosen, subject(clone, revision)) == (
        "release",
        "merge-base with origin/release",
        "one",
    )


def test_on_the_default_branch_it_is_the_commit_before(clone: Project) -> None:
    clone.checkout("main")
    revision = base(clone)
    assert subject(clone, revision) == "two"
    assert (revision.name, revision.chosen) == ("HEAD~1", "the commit before, since HEAD is on main")
    assert revision.behind == 0


def test_a_merged_head_is_compared_with_the_commit_before_it(clone: Project) -> None:
    revision = base(clone, head="v1")
    assert subject(clone, revision) == "one"
    assert (revision.name, revision.chosen) == ("v1~1", "the commit before, since v1 is on main")


def test_on_the_default_branch_a_dirty_workspace_is_compared_with_its_commit(clone: Project) -> None:
    clone.checkout("main").write("code.py", "changed")
    revision = base(clone)
    assert subject(clone, revision) == "three"
    assert (revision.name, revision.chosen) == ("main", "the last commit of main; the workspace has changes on top")


def test_a_detached_head_is_no_obstacle(clone: Project) -> None:
    clone.checkout(clone.git("rev-parse", "feature"))
    assert (base(clone).chosen, subject(clone, base(clone))) == ("merge-base with origin/main", "two")
    clone.checkout(clone.git("rev-parse", "origin/main")).write("code.py", "changed")
    assert base(clone).chosen == "the last commit of main; the workspace has changes on top"


def test_before_a_first_commit_there_is_nothing(project: Project) -> None:
    project.write("code.py", "1").commit("one")
    assert base(project) == Revision(name="nothing", sha=None, chosen="HEAD is the first commit")


def test_without_any_usual_branch_it_is_the_commit_before(project: Project) -> None:
    project.commit("one")
    project.git("branch", "--move", "trunk")
    project.commit("two")
    revision = base(project)
    assert subject(project, revision) == "one"
    assert revision.chosen == "the commit before, since there is no default branch to compare with"


def test_unrelated_histories_are_compared_at_the_tip(clone: Project) -> None:
    clone.git("checkout", "--quiet", "--orphan", "fresh")
    clone.commit("fresh")
    revision = base(clone)
    assert (revision.chosen, subject(clone, revision)) == ("origin/main, which shares no commit with head", "three")


# Pull requests


@pytest.mark.parametrize(
    "variable", ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "BITBUCKET_PR_DESTINATION_BRANCH"]
)
def test_ci_names_the_branch_of_a_pull_request(clone: Project, variable: str) -> None:
    revision = base(clone, environ={variable: "release"})
    assert subject(clone, revision) == "one"
    assert (revision.name, revision.chosen, revision.behind) == (
        "release",
        "the pull request's base: merge-base with origin/release",
        0,
    )


def test_gitlab_names_the_very_commit(clone: Project) -> None:
    commit = clone.git("rev-parse", "v1^{commit}")
    environ = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": commit, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    revision = base(clone, environ=environ)
    assert (revision.name, revision.sha, revision.behind) == ("main", commit, 1)
    assert revision.chosen == "the merge request's base (CI_MERGE_REQUEST_DIFF_BASE_SHA)"


def test_an_empty_variable_and_a_named_base_count_for_more(clone: Project) -> None:
    assert base(clone, environ={"GITHUB_BASE_REF": ""}).chosen == "merge-base with origin/main"
    assert base(clone, "v1", environ={"GITHUB_BASE_REF": "release"}).name == "v1"


def test_github_checks_out_a_merge_commit(clone: Project) -> None:
    clone.git("checkout", "--quiet", "--detach", "origin/main")
    clone.git("merge", "--quiet", "--no-edit", "feature")
    revision = base(clone, environ={"GITHUB_BASE_REF": "main"})
    assert (subject(clone, revision), revision.behind) == ("three", 0)


# What a clone lacks


def test_a_typing_error_is_told_from_a_missing_branch(clone: Project) -> None:
    with pytest.raises(RepositoryError, match="There is no revision 'featrue' here") as caught:
        base(clone, "featrue")
    assert caught.value.remedy == "Did you mean 'feature'?"
    with pytest.raises(RepositoryError) as caught:
        base(clone, "quite-another")
    assert caught.value.remedy.startswith("git branch --all && git tag  #")
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("name", ["HEAD^{tree}", "", "..", "-x", "HEAD~99", "@{upstream}~77", "main:code.py"])
def test_what_names_no_commit_is_unknown(clone: Project, name: str) -> None:
    with pytest.raises(RepositoryError, match="There is no revision"):
        head(clone, name)


def test_a_shallow_clone_lacks_a_named_branch(origin: Project, tmp_path: Path) -> None:
    shallow = origin.clone(tmp_path / "shallow", "--depth=1", "--branch=feature")
    with pytest.raises(RepositoryError) as caught:
        base(shallow, "main")
    mend(shallow, caught.value)
    revision = base(shallow, "main")
    assert (subject(shallow, revision), revision.behind) == ("three", 1)


def test_a_shallow_clone_lacks_a_named_commit(origin: Project, tmp_path: Path) -> None:
    shallow = origin.clone(tmp_path / "shallow", "--depth=1", "--branch=feature")
    commit = origin.git("rev-parse", "v1^{commit}")
    with pytest.raises(RepositoryError) as caught:
        base(shallow, environ={"CI_MERGE_REQUEST_DIFF_BASE_SHA": commit})
    mend(shallow, caught.value)
    assert base(shallow, commit).sha == commit


@pytest.mark.parametrize("options", [["--depth=1"], ["--single-branch"]])
@pytest.mark.parametrize("name", ["feature~2", "main"])
def test_a_clone_lacks_the_commit_of_a_short_sha(
    origin: Project, tmp_path: Path, options: list[str], name: str
) -> None:
    clone = origin.clone(tmp_path / "clone", *options, "--branch=feature")
    sha = origin.git("rev-parse", name)
    if name == "feature~2" and options == ["--single-branch"]:
        assert base(clone, sha[:9]).sha == sha
        return
    with pytest.raises(MissingHistoryError, match=f"There is no revision '{sha[:9]}' here") as caught:
        base(clone, sha[:9])
    assert ("--unshallow" in caught.value.remedy) == (options == ["--depth=1"])
    mend(clone, caught.value)
    assert base(clone, sha[:9]).sha == sha


def test_a_shallow_clone_lacks_a_branch_and_its_ancestor(origin: Project, tmp_path: Path) -> None:
    shallow = origin.clone(tmp_path / "shallow", "--depth=1", "--branch=feature")
    with pytest.raises(MissingHistoryError) as caught:
        base(shallow, "main~2")
    mend(shallow, caught.value)
    assert subject(shallow, base(shallow, "main~2")) == "one"


def test_the_name_of_a_branch_is_no_part_of_the_command_in_a_remedy(origin: Project, tmp_path: Path) -> None:
    shallow = origin.clone(tmp_path / "shallow", "--depth=1", "--branch=feature")
    with pytest.raises(MissingHistoryError) as caught:
        base(shallow, environ={"GITHUB_BASE_REF": "$(touch${IFS}stranger)"})
    assert "stranger" not in caught.value.remedy


def test_a_branch_with_an_at_sign_has_ancestors(clone: Project, tmp_path: Path) -> None:
    clone.git("branch", "renovate/@types-x", "origin/main")
    assert subject(clone, base(clone, "renovate/@types-x~1")) == "two"
    shallow = clone.clone(tmp_path / "shallow", "--depth=1", "--branch=feature")
    with Repository.open(shallow.root, Network(history=True)) as repository:
        names = [repository.resolve_head(name) for name in ("renovate/@types-x~1", "@~1")]
    assert [subject(shallow, revision) for revision in names] == ["two", "a"]


def test_a_shallow_clone_lacks_an_ancestor(origin: Project, tmp_path: Path) -> None:
    shallow = origin.clone(tmp_path / "shallow", "--depth=1", "--branch=feature")
    with pytest.raises(RepositoryError, match="There is no revision 'HEAD~2' here") as caught:
        base(shallow, "HEAD~2")
    mend(shallow, caught.value)
    assert subject(shallow, base(shallow, "HEAD~2")) == "two"


@pytest.mark.parametrize("environ", [{}, {"GITHUB_BASE_REF": "main"}])
def test_a_shallow_clone_of_a_branch_lacks_the_default_branch(
    origin: Project, tmp_path: Path, environ: dict[str, str]
) -> None:
    shallow = origin.clone(tmp_path / "shallow", "--depth=1", "--branch=feature")
    with pytest.raises(MissingHistoryError, match="branch") as caught:
        base(shallow, environ=environ)
    mend(shallow, caught.value)
    assert subject(shallow, base(shallow, environ=environ)) == "two"


def test_a_clone_of_one_branch_lacks_the_default_branch(origin: Project, tmp_path: Path) -> None:
    single = origin.clone(tmp_path / "single", "--single-branch", "--branch=feature")
    with pytest.raises(RepositoryError) as caught:
        base(single)
    mend(single, caught.value)
    assert subject(single, base(single)) == "two"


def test_a_shallow_clone_lacks_the_merge_base(origin: Project, tmp_path: Path) -> None:
    shallow = origin.clone(tmp_path / "shallow", "--depth=1", "--no-single-branch", "--branch=feature")
    with pytest.raises(RepositoryError, match="merge-base") as caught:
        base(shallow)
    mend(shallow, caught.value)
    assert subject(shallow, base(shallow)) == "two"


def test_a_shallow_clone_lacks_the_commit_before(origin: Project, tmp_path: Path) -> None:
    shallow = origin.clone(tmp_path / "shallow", "--depth=1")
    with pytest.raises(RepositoryError, match="The commit before") as caught:
        base(shallow)
    mend(shallow, caught.value)
    assert subject(shallow, base(shallow)) == "two"


def test_a_partial_clone_lacks_the_files_of_a_commit(trained: Project, tmp_path: Path) -> None:
    trained.git("config", "uploadpack.allowFilter", "true")
    partial = trained.clone(tmp_path / "partial", "--filter=blob:none")
    with Repository.open(partial.root) as repository:
        revision = repository.resolve_base(None, repository.resolve_head(None), None)
        with pytest.raises(RepositoryError, match="The clone is partial") as caught:
            repository.open_revision(revision, "base")
    mend(partial, caught.value)
    with Repository.open(partial.root) as repository:
        assert repository.open_revision(revision, "base").snapshot().metrics == {"metrics.json": {"acc": 0.9}}


# DVC's experiments


def experiment(project: Project, name: str, start: str) -> str:
    """What ``dvc exp run --name`` leaves: a commit on its start that no branch holds."""
    project.checkout(start).write("model.py", name).commit(name)
    made, started = project.git("rev-parse", "HEAD"), project.git("rev-parse", start)
    project.git("update-ref", f"refs/exps/{started[:2]}/{started[2:]}/{name}", made)
    project.checkout("feature")
    return made


def experiments(project: Project) -> str:
    return project.git("for-each-ref", "--format=%(refname)", "refs/exps").removeprefix("refs/exps/")


def test_an_experiment_has_its_name(clone: Project) -> None:
    made = experiment(clone, "wide-net", "HEAD")
    assert head(clone, "wide-net").sha == base(clone, "wide-net").sha == made
    assert base(clone, "wide-net").behind is None
    assert base(clone, head="wide-net").name == "main"


def test_an_experiments_commit_has_a_short_sha_and_ancestors(clone: Project) -> None:
    made = experiment(clone, "wide-net", "HEAD")
    assert base(clone, made[:7]).sha == base(clone, f"refs/exps/{experiments(clone)}").sha == made
    assert subject(clone, head(clone, "wide-net~1")) == "b"
    assert subject(clone, head(clone, "wide-net^^")) == "a"


def test_a_queued_experiment_has_a_sha_and_no_name_as_in_dvc(clone: Project) -> None:
    queued = clone.write("model.py", "queued").git("stash", "create")
    clone.git("update-ref", "refs/exps/celery/stash", queued)
    assert head(clone, queued[:7]).sha == queued
    with pytest.raises(RepositoryError, match="There is no revision 'stash'"):
        head(clone, "stash")


def test_a_branch_or_tag_comes_before_an_experiment_of_its_name(clone: Project) -> None:
    for name in ("v1", "feature", "release"):
        assert head(clone, name).sha != experiment(clone, name, "v1^{commit}")
        ref = clone.git("for-each-ref", "--format=%(refname)", f"refs/exps/*/*/{name}")
        said = chosen(clone, name, "HEAD")[0][1]
        assert f"Base is `{name}` as git resolves it; `{ref}`" in said
    experiment(clone, "release", "origin/main")  # several of that name are no reason to refuse the branch
    assert "experiment" not in chosen(clone, "release", "HEAD")[0][1]


def test_of_several_experiments_of_one_name_it_is_the_one_that_started_from_head(clone: Project) -> None:
    old, new = experiment(clone, "wide-net", "v1"), experiment(clone, "wide-net", "feature")
    assert head(clone, "wide-net").sha == new != old
    with pytest.raises(RepositoryError, match="2 experiments have the name 'wide-net'") as caught:
        head(clone.checkout("main"), "wide-net")
    refs = clone.git("for-each-ref", "--format=%(refname)", "refs/exps").split()
    assert all(ref in caught.value.why for ref in refs)
    assert {head(clone, ref).sha for ref in refs} == {old, new}


def test_what_dvc_keeps_for_itself_is_no_experiment(clone: Project) -> None:
    clone.git("update-ref", "refs/exps/exec/EXEC_HEAD", "HEAD")
    with pytest.raises(RepositoryError, match="no revision 'EXEC_HEAD'"):
        head(clone, "EXEC_HEAD")


def test_the_advice_lists_experiments_where_there_are_any(clone: Project) -> None:
    experiment(clone, "wide-net", "HEAD")
    with pytest.raises(RepositoryError) as caught:
        head(clone, "quite-another")
    assert caught.value.remedy.startswith("git branch --all && git tag && dvc exp list --all-commits  #")


def test_an_experiments_name_with_a_slip_is_recognised(clone: Project) -> None:
    experiment(clone, "wide-net", "HEAD")
    with pytest.raises(RepositoryError) as caught:
        head(clone, "wide-nett")
    assert caught.value.remedy == "Did you mean 'wide-net'?"
