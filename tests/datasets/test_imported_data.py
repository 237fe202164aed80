"""Data that was imported from another repository comes from there, as with ``dvc fetch``, and nothing of it stays."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from repos import Project

from headway.app.comparison import Request, open_sides
from headway.app.data import build_data
from headway.gather.dvc.imports import ImportSource
from headway.values.problem import Problem

if TYPE_CHECKING:
    from headway.gather.dvc.objects import TrackedObject
    from headway.values.report import Report

IMPORTS = {"ds": "ds", "in_git": "in_git", "ds/sub": "part", "ds/b.csv": "inner.csv", "one.csv": "one.csv"}
"""What is imported, and as what: folders that DVC and that git keeps there, a part of one, a file in one, a file."""
TABLES = {"ds/b.csv", "ds/sub/a.csv", "in_git/t.csv", "part/a.csv", "inner.csv", "one.csv", "url.csv"}


class Importing(NamedTuple):
    source: Project
    project: Project


@pytest.fixture(scope="module")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of a source, each pushed; a project that imported one, then updated to the other, and pushed."""
    top = tmp_path_factory.mktemp("imports")
    source = Project(top / "source").remote(top / "source-remote")
    project = Project(top / "project").remote(top / "remote")
    for version in (1, 2):
        table = f"id,v\n1,{version}\n2,2\n"
        for path in ("ds/sub/a.csv", "ds/b.csv", "in_git/t.csv", "one.csv"):
            source.write(path, table.replace("2,2", f"{len(path)},2"))
        source.add("ds", "one.csv").push().commit()
        source.git("tag", f"v{version}")
        (top / "url.csv").write_text(table)
        with project.dvc() as repo:
            if version == 1:
                for path, out in IMPORTS.items():
                    repo.imp(f"file://{source.root}", path, out=out, rev="v1")
                repo.imp_url(str(top / "url.csv"))
            else:
                repo.update([str(project.root / f"{out}.dvc") for out in IMPORTS.values()], rev="v2")
                repo.update([str(project.root / "url.csv.dvc")])
        project.push().commit()
    for out in (*IMPORTS.values(), "url.csv"):
        place = project.root / out
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    for folder in ("cache", "tmp"):
        shutil.rmtree(project.root / ".dvc" / folder)
    shutil.rmtree(source.root / ".dvc/cache")
    return top


@pytest.fixture
def importing(_built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Importing:
    """The project as in a fresh clone; what it makes in the temporary folder can be seen in ``tmp_path / "tmp"``."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    project = Project(shutil.copytree(_built / "project", tmp_path / "project"), git=False)
    return Importing(Project(_built / "source", git=False), project)


def data(project: Project, *, fetch: bool | None = True) -> Report:
    return build_data(
        Request(folder=project.root, base="HEAD~1", head="HEAD", settings=None, fetch=fetch), draw=False
    ).report


def notes(report: Report) -> dict[str, Problem]:
    return {problem.path: problem for problem in report.problems if problem.side == "head"}


def opened(report: Report) -> set[str]:
    return {found.path for found in report.datasets if getattr(found, "base_rows", None)}


def test_all_of_it_is_fetched_and_compared(importing: Importing, tmp_path: Path) -> None:
    report = data(importing.project)
    assert report.problems == ()
    assert opened(report) == TABLES
    assert list((tmp_path / "tmp").iterdir()) == [], "no clone stays"
    assert opened(data(importing.project, fetch=False)) == TABLES, "it is in the cache now"


@pytest.mark.parametrize("kind", [{"hash": "md5"}, {}])
def test_a_folder_with_another_hash_than_the_recorded_gives_nothing(importing: Importing, kind: dict[str, str]) -> None:
    source = {"path": "in_git", "repo": {"url": f"file://{importing.source.root}", "rev_lock": "main"}}
    importing.project.json("x.dvc", {"deps": [source], "outs": [{"path": "x", "md5": f"{'c' * 32}.dir", **kind}]})
    importing.project.dvc_yaml({"params": ["x/t.csv"]}).json("headway.yaml", {"include": [{"path": "x/t.csv"}]})
    importing.project.commit()
    request = Request(folder=importing.project.root, base="HEAD~1", head="HEAD", settings=None, fetch=True)
    with open_sides(request) as sides:
        found = sides.head.read("x/t.csv", 100)
    assert isinstance(found, Problem)
    assert "has other content in the repository that it was imported from" in found.what


def test_without_fetch_it_is_named_and_not_downloaded(importing: Importing) -> None:
    problem = notes(data(importing.project, fetch=False))["ds"]
    assert "only with --fetch or in CI" in problem.what
    assert problem.remedy == "dvc fetch --all-commits ds"
    found = notes(data(importing.project, fetch=None))
    assert found.keys() == {*IMPORTS.values(), "url.csv"}
    assert all("fetch" in problem.remedy and "push" not in problem.remedy for problem in found.values())


def test_what_the_source_lacks_is_to_be_pushed_there(importing: Importing, tmp_path: Path) -> None:
    remote = importing.source.root.parent / "source-remote"
    remote.rename(tmp_path / "away")
    try:
        report = data(importing.project)
    finally:
        (tmp_path / "away").rename(remote)
    assert opened(report) == {"in_git/t.csv", "url.csv"}, "git has the one, our own remote the other"
    found = notes(report)
    assert found.keys() == {"ds", "part", "inner.csv", "one.csv"}
    for problem in found.values():
        assert "is missing from DVC's cache and from the repository that it was imported from (file://" in problem.what
        assert problem.remedy.startswith("dvc push --all-commits (in that repository), then dvc fetch")


def test_a_source_that_is_gone_is_said_with_the_reason(importing: Importing, tmp_path: Path) -> None:
    importing.source.root.rename(tmp_path / "away")
    try:
        report = data(importing.project)
    finally:
        (tmp_path / "away").rename(importing.source.root)
    assert opened(report) == {"url.csv"}
    assert notes(report).keys() == set(IMPORTS.values())
    assert all("No git repository was found" in problem.what for problem in notes(report).values())
    assert list((tmp_path / "tmp").iterdir()) == [], "a clone that failed stays no more than another"


def test_other_content_than_was_recorded_is_refused(importing: Importing) -> None:
    file = importing.project.root / "in_git.dvc"
    recorded = file.read_text()
    other = recorded.replace(recorded.split("outs:")[1].split("md5: ")[1].split(".dir")[0], "0" * 32)
    importing.project.write("in_git.dvc", other).commit()
    problem = notes(data(importing.project))["in_git"]
    assert "has other content in the repository that it was imported from" in problem.what
    assert problem.remedy == "dvc update in_git.dvc, and commit it"


def test_a_copy_that_breaks_off_leaves_nothing_in_the_cache(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = ImportSource._place  # noqa: SLF001 - where the source's file system is opened

    def break_off(_: str, target: str) -> None:
        Path(target).write_bytes(b"half")
        raise OSError("broken off")

    def place(source: ImportSource, item: TrackedObject) -> tuple[Any, str]:
        files, path = whole(source, item)
        return files if item.oid.endswith(".dir") else SimpleNamespace(get_file=break_off), path

    monkeypatch.setattr(ImportSource, "_place", place)
    assert "broken off" in notes(data(importing.project))["one.csv"].what
    objects = [path for path in (importing.project.root / ".dvc/cache").rglob("*") if path.is_file()]
    assert objects
    assert b"half" not in [path.read_bytes() for path in objects]
