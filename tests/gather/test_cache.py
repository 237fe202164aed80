"""Files that only DVC's cache or remote holds, and what is said where neither gives them."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from typing import TYPE_CHECKING

import pytest
from repos import Project

from headway.errors import RepositoryError
from headway.gather.dvc import cache
from headway.values.problem import Problem

if TYPE_CHECKING:
    from pathlib import Path

    from repos import Opener

    from headway.gather import RevisionReader


def cached(project: Project) -> Project:
    """Two commits whose metrics, plots and plot folder are only in DVC's cache and remote."""
    for value in (1, 2):
        project.json("m.json", {"a": value}).write("p.csv", f"x,y\n0,{value}\n")
        project.write("plots/one.csv", f"x,y\n0,{value}\n").write("plots/deep/two.csv", "x,y\n0,0\n")
        stage = {"cmd": "true", "metrics": ["m.json"], "plots": ["p.csv", {"plots": {"x": "x", "y": "y"}}]}
        project.dvc_yaml({"stages": {"s": stage}}).recorded()
        if "remote" in (project.root / ".dvc/config").read_text():
            project.push()
        project.commit()
    return project


@pytest.fixture(scope="session")
def _stored_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("stored")
    return cached(Project(folder / "project").remote(folder / "store"))


@pytest.fixture
def stored(_stored_once: Project, tmp_path: Path) -> Project:
    """A copy of a project with a remote and an empty cache; the workspace has its files."""
    shutil.copytree(_stored_once.root.parent, tmp_path / "stored")
    project = Project(tmp_path / "stored/project", git=False)
    config = (project.root / ".dvc/config").read_text()
    project.write(".dvc/config.local", config.replace(str(_stored_once.root.parent), str(tmp_path / "stored")))
    shutil.rmtree(project.root / ".dvc/cache")
    return project


def store(project: Project) -> Path:
    return project.root.parent / "store"


def summary(view: RevisionReader) -> tuple[dict[str, object], list[str], list[str]]:
    snapshot = view.snapshot()
    return dict(snapshot.metrics), sorted(snapshot.unreadable), [plot.id for plot in snapshot.plots]


def only_problem(view: RevisionReader, where: str) -> Problem:
    (problem,) = (problem for problem in view.snapshot().problems if problem.where == where)
    return problem


PLOTS = ["p.csv", "plots/deep/two.csv", "plots/one.csv"]


def test_the_cache_serves_both_sides(project: Project, view: Opener) -> None:
    cached(project)
    for path in ("m.json", "p.csv", "plots/one.csv", "plots/deep/two.csv"):
        (project.root / path).unlink()
    (project.root / "plots/deep").rmdir()
    (project.root / "plots").rmdir()
    assert summary(view(project)) == ({"m.json": {"a": 2}}, [], PLOTS)
    assert summary(view(project, "HEAD~1")) == ({"m.json": {"a": 1}}, [], PLOTS)
    head, base = view(project), view(project, "HEAD~1")
    assert (head.read("plots/one.csv", 100), base.read("plots/one.csv", 100)) == (b"x,y\n0,2\n", b"x,y\n0,1\n")
    assert base.read("plots/none.csv", 100) is None
    assert isinstance(base.read("plots", 100), Problem)
    definition = next(plot for plot in base.snapshot().plots if plot.id == "plots/one.csv")
    source, problems = base.tables(definition)
    assert source is not None
    assert source.frames["plots/one.csv"].to_dict(as_series=False) == {"x": ["0"], "y": ["1"]}
    assert not problems


def test_a_file_that_the_workspace_has_lost_is_still_that_of_the_last_run(project: Project, view: Opener) -> None:
    cached(project).remove("plots/one.csv")
    assert summary(view(project))[2] == ["p.csv", "plots/deep/two.csv"]


def test_the_remote_serves_where_the_cache_does_not(stored: Project, view: Opener) -> None:
    base = view(stored, "HEAD~1")
    assert summary(base) == ({"m.json": {"a": 1}}, [], PLOTS)
    assert base.read("plots/one.csv", 100) == b"x,y\n0,1\n"
    assert not base.snapshot().problems


def test_a_remote_inside_the_repository_serves_too(tmp_path: Path, view: Opener) -> None:
    project = Project(tmp_path / "p", subdir="ml")
    project.write(".dvc/config", "[core]\n    remote = store\n['remote \"store\"']\n    url = store\n")
    cached(project)
    shutil.rmtree(project.root / ".dvc/cache")
    assert summary(view(project, "HEAD~1")) == ({"m.json": {"a": 1}}, [], PLOTS)


def test_without_a_remote_the_file_is_unavailable_and_never_new(project: Project, view: Opener) -> None:
    cached(project)
    shutil.rmtree(project.root / ".dvc/cache")
    base = view(project, "HEAD~1")
    assert summary(base) == ({}, ["m.json"], ["p.csv"])
    assert only_problem(base, "m.json (base)") == Problem(
        path="m.json",
        side="base",
        what="the file is missing from DVC's cache, and no remote is configured",
        remedy="configure the remote that has it (dvc remote add --local --default NAME URL), "
        "then dvc fetch --all-commits m.json",
    )
    assert only_problem(base, "plots (base)").remedy.endswith("dvc fetch --all-commits plots")
    definition = base.snapshot().plots[0]
    source, (problem,) = base.tables(definition)
    assert source is None
    assert problem.where == "p.csv (base)"


@pytest.mark.parametrize("name", [None, "main"])
def test_a_listing_whose_hashes_are_paths_is_damaged(project: Project, view: Opener, name: str | None) -> None:
    listing = b'[{"md5": "../../../../../secret", "relpath": "m.json"}]'
    oid = hashlib.md5(listing, usedforsecurity=False).hexdigest()
    project.write(f".dvc/cache/files/md5/{oid[:2]}/{oid[2:]}.dir", listing).write(".dvc/cache/secret", '{"acc": 1}')
    project.json("d.dvc", {"outs": [{"path": "d", "md5": f"{oid}.dir", "hash": "md5", "nfiles": 1}]})
    project.dvc_yaml({"metrics": ["d/m.json"]}).commit()
    snapshot = view(project, name, "head").snapshot()
    assert snapshot.metrics == {}
    assert "is damaged in DVC's cache" in snapshot.problems[0].what


@pytest.mark.parametrize("kind", [{"hash": "md5"}, {}])
def test_a_hash_that_is_a_path_is_not_valid_and_removes_nothing(
    project: Project, view: Opener, kind: dict[str, str]
) -> None:
    project.json("m.json.dvc", {"outs": [{"path": "m.json", "md5": "../../../../../victim", **kind}]}).commit()
    (project.root.parent / "victim").write_text("precious")
    with pytest.raises(RepositoryError, match=r"m\.json\.dvc .* is not valid"):
        view(project).read("m.json", 100)
    assert (project.root.parent / "victim").read_text() == "precious"


def test_the_workspaces_remedy_is_a_pull(project: Project, view: Opener) -> None:
    cached(project)
    shutil.rmtree(project.root / ".dvc/cache")
    (project.root / "m.json").unlink()
    assert only_problem(view(project), "m.json (head)").remedy.endswith("then dvc pull m.json")


@pytest.mark.parametrize(("name", "side"), [("HEAD~1", "base"), pytest.param(None, "head", marks=pytest.mark.slow)])
def test_a_remote_that_lacks_the_file_is_named_and_the_remedy_mends_it(
    stored: Project, view: Opener, name: str | None, side: str
) -> None:
    (stored.root / "m.json").unlink()
    store(stored).rename(store(stored).with_name("away"))
    problem = only_problem(view(stored, name), f"m.json ({side})")
    assert "is missing from DVC's cache and from the remote 'store'" in problem.what
    store(stored).with_name("away").rename(store(stored))
    fetch = problem.remedy.partition(", then ")[2].removesuffix(" (here)")
    assert fetch == ("dvc fetch --all-commits m.json" if name else "dvc pull m.json")
    stored.paste(fetch)
    shutil.rmtree(store(stored))
    assert summary(view(stored, name))[0] == {"m.json": {"a": 1 if name else 2}}


def test_a_remote_that_never_answers_costs_its_time_once(
    stored: Project, view: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    class Hanging:
        def open(self, path: str, **_: object) -> None:
            asked.append(path)
            threading.Event().wait()

        def close(self) -> None:
            """Nothing was opened."""

    base = view(stored, "HEAD~1")
    monkeypatch.setattr(cache, "REMOTE_SECONDS", 0.05)
    project = base.project  # no local remote hangs
    assert project is not None
    monkeypatch.setattr(project.dvc, "dvcfs", Hanging(), raising=False)
    for path in ("m.json", "p.csv"):
        problem = base.read(path, 100)
        assert isinstance(problem, Problem)
        assert problem.what.endswith("is missing from DVC's cache, and the remote 'store' does not answer")
        assert problem.remedy == f"dvc fetch --all-commits {path}"
    assert asked == ["/m.json"]


def test_a_remote_without_its_plug_in_names_the_package(stored: Project, view: Opener) -> None:
    stored.write(".dvc/config.local", "['remote \"store\"']\n    url = oss://bucket/x\n")
    problem = view(stored, "HEAD~1").read("m.json", 100)
    assert isinstance(problem, Problem)
    assert (
        "the remote 'store' (oss://bucket/x) needs a DVC plug-in that is not installed: pip install dvc-oss"
        in problem.what
    )


@pytest.mark.parametrize("name", [None, "HEAD~1"])
def test_a_damaged_file_of_the_remote_is_named_and_not_kept(stored: Project, view: Opener, name: str | None) -> None:
    (stored.root / "m.json").unlink()
    for path in store(stored).glob("files/md5/??/*"):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes().replace(b'"a"', b'"b"'))
    problem = view(stored, name).read("m.json", 100)
    assert isinstance(problem, Problem)
    assert "is missing from DVC's cache, and damaged in the remote 'store'" in problem.what
    assert "dvc push --all-commits m.json (where it was made)" in problem.remedy
    assert not any(path.is_file() for path in (stored.root / ".dvc/cache").rglob("*"))


def test_a_file_above_the_limit_is_not_kept(stored: Project, view: Opener) -> None:
    problem = view(stored, "HEAD~1").read("m.json", 3)
    assert isinstance(problem, Problem)
    assert not (stored.root / ".dvc/cache/files").exists()


def test_an_uncached_file_that_nobody_kept_is_unavailable(project: Project, view: Opener) -> None:
    project.json("m.json", {"a": 1}).write(".gitignore", "m.json\n")
    project.dvc_yaml({"stages": {"s": {"cmd": "true", "metrics": [{"m.json": {"cache": False}}]}}}).recorded().commit()
    base = view(project, "main")
    assert summary(base)[:2] == ({}, ["m.json"])
    assert "neither git nor DVC's cache keeps it" in only_problem(base, "m.json (base)").what


def test_a_damaged_folder_listing_costs_a_footnote(project: Project, view: Opener) -> None:
    cached(project)
    for listing in (project.root / ".dvc/cache").rglob("*.dir"):
        os.chmod(listing, 0o644)  # noqa: PTH101 - Path.chmod says the same
        listing.write_text("{broken")
    base = view(project, "HEAD~1")
    assert summary(base) == ({"m.json": {"a": 1}}, [], ["p.csv"])
    assert "is damaged in DVC's cache" in only_problem(base, "plots (base)").what
