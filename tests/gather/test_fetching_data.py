"""What a comparison fetches of DVC's data: all that it reads and nothing else, a side in one go."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from dvc.data_cloud import DataCloud
from repos import Project

from headway.app.comparison import Request, build_diff
from headway.app.report import build_report
from headway.ci.job import Job
from headway.cli.main import run
from headway.gather import Repository
from headway.gather.network import Network, Quiet
from headway.numbers import format_bytes
from headway.remotes.environment import Credentials
from headway.report import codec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from headway.values.report import Report

BIG = 300_000
PIPELINE = {
    "stages": {
        "train": {
            "cmd": "true",
            "deps": ["data"],
            "metrics": ["metrics.json", "scores"],
            "plots": [{"curves": {"x": "x", "y": "y"}}],
            "outs": ["model.bin", "outs.csv", "bundle", "notes.md"],
        }
    },
    "plots": [{"outs.csv": {"x": "x", "y": "y"}}, {"roc": {"y": {"bundle/roc.csv": "y"}, "x": "x"}}],
}
"""Metrics in a file and a folder; plots as a folder, as a plain output, and as one file of a folder of other things."""


class Heard(Quiet):
    """Keeps what it is told.

    Attributes:
        batches: remote, files and bytes of each batch.
        steps: the last of a batch's steps: files that came, files in all, bytes.
    """

    def __init__(self) -> None:
        self.batches: list[tuple[str, int, int]] = []
        self.steps: list[tuple[int, int, int]] = []

    def transferring(self, remote: str, done: int, files: int, size: int) -> None:
        assert remote == "store"
        self.steps.append((done, files, size))

    def fetched(self, remote: str, files: int, size: int) -> None:
        self.batches.append((remote, files, size))


@pytest.fixture(scope="module")
def _stored_once(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("fetching")
    project = Project(folder / "project").remote(folder / "store")
    project.write("headway.yaml", "include:\n  - path: notes.md\n")
    for value in (1, 2):
        project.write("data/one.bin", bytes([value]) * BIG).write("model.bin", bytes([value + 2]) * BIG)
        project.json("metrics.json", {"a": value}).json("scores/b.json", {"b": value})
        for number, name in enumerate(("curves/one.csv", "curves/two.csv", "outs.csv", "bundle/roc.csv")):
            project.write(name, f"x,y\n0,{value}\n1,{number}\n")
        project.write("curves/weights.bin", bytes([value + 4]) * BIG)
        project.write("bundle/vectors.bin", bytes([value + 6]) * BIG).write("notes.md", f"number {value}\n")
        project.dvc_yaml(PIPELINE)
        project.add("data")
        project.recorded().push().commit()
    return project


@pytest.fixture
def stored(_stored_once: Project, tmp_path: Path) -> Project:
    """A fresh clone with an empty cache, and a remote of its own that has everything."""
    shutil.copytree(_stored_once.root.parent / "store", tmp_path / "store")
    project = _stored_once.clone(tmp_path / "clone")
    return project.write(".dvc/config.local", f"['remote \"store\"']\n    url = {tmp_path / 'store'}\n")


def request(project: Project, heard: Heard, *, fetch: bool | None = None) -> Request:
    return Request(
        folder=project.root,
        base="HEAD~1",
        head=None,
        settings=None,
        job=Job(),
        credentials=Credentials(),
        fetch=fetch,
        progress=heard,
    )


def cached(project: Project) -> Iterator[Path]:
    return (path for path in (project.root / ".dvc/cache/files").rglob("*") if path.is_file())


def size(project: Project) -> int:
    return sum(path.stat().st_size for path in cached(project))


def object_of(project: Project, content: str | bytes) -> Path:
    """Where the remote keeps a file of this content."""
    wanted = content.encode() if isinstance(content, str) else content
    folder = project.root.parent / "store"
    return next(path for path in folder.rglob("*") if path.is_file() and path.read_bytes() == wanted)


def values(report: Report) -> dict[str, tuple[object, object]]:
    return {metric.key: (metric.base, metric.head) for metric in report.metrics}


def test_a_report_fetches_what_it_reads_each_side_in_two_batches(stored: Project) -> None:
    heard = Heard()
    report = build_report(request(stored, heard)).report
    assert values(report) == {"a": (1, 2), "b": (1, 2)}
    assert len(report.charts) == 4
    assert (report.includes[0].base, report.includes[0].head) == ("number 1\n", "number 2\n")
    assert report.problems == ()
    assert size(stored) < 5000
    files = [batch[1] for batch in heard.batches]
    # Base, then head: listings of scores and curves, metrics. Then of each the listing of the data that changed, on
    # which the metrics are computed. Then of each the listing of bundle, which may hold event files; last the contents.
    assert files == [2, 2, 2, 2, 1, 1, 1, 1, 5, 5]
    assert sum(batch[2] for batch in heard.batches) == size(stored)
    assert heard.steps[-1][0] == heard.steps[-1][1]


def test_a_diff_fetches_no_plot(stored: Project) -> None:
    report = build_diff(request(stored, Heard()))
    assert values(report) == {"a": (1, 2), "b": (1, 2)}
    contents = {path.read_bytes() for path in cached(stored)}
    assert not any(content.startswith(b"x,y") for content in contents)


@pytest.mark.slow
def test_what_the_cache_has_is_not_asked_for(stored: Project) -> None:
    build_report(request(stored, Heard()))
    shutil.rmtree(stored.root.parent / "store")
    heard = Heard()
    report = build_report(request(stored, heard)).report
    assert (report.problems, heard.batches) == ((), [])


def test_no_fetch_asks_neither_git_nor_dvc(stored: Project) -> None:
    heard = Heard()
    report = build_diff(request(stored, heard, fetch=False))
    assert (values(report), heard.batches, list(cached(stored))) == ({}, [], [])
    whats = [problem.what for problem in report.problems if problem.where.startswith("metrics.json")]
    assert len(whats) == 2
    assert all("--no-fetch" in what and "'store'" in what for what in whats)


def test_a_file_that_the_remote_lacks_costs_its_footnote_only(stored: Project) -> None:
    object_of(stored, '{\n  "a": 1\n}\n').unlink()
    report = build_diff(request(stored, Heard()))
    assert values(report)["b"] == (1, 2)
    (problem,) = report.problems
    assert problem.where == "metrics.json (base)"
    assert "is missing from DVC's cache and from the remote 'store'" in problem.what


def test_a_damaged_object_is_named_and_never_read(stored: Project) -> None:
    damaged = object_of(stored, '{\n  "a": 1\n}\n')
    damaged.chmod(0o644)
    damaged.write_text('{"a": 7}')
    report = build_diff(request(stored, Heard()))
    (problem,) = report.problems
    oid = damaged.parent.name + damaged.name
    assert f"is missing from DVC's cache, and damaged in the remote 'store' (object {oid})" in problem.what
    assert not any(path.read_text() == '{"a": 7}' for path in cached(stored))
    assert values(report)["b"] == (1, 2)


def test_a_cache_that_cannot_be_written_is_not_blamed_on_the_remote(stored: Project) -> None:
    stored.write(".dvc/config.local", f"[cache]\n    dir = {stored.root}/dvc.yaml/cache\n")
    whats = [problem.what for problem in build_diff(request(stored, Heard())).problems]
    assert whats
    assert all("DVC's cache, which cannot be written: Not a directory" in what for what in whats)


def test_a_remote_that_cannot_be_reached_costs_its_time_once(stored: Project) -> None:
    stored.write(".dvc/config.local", "['remote \"store\"']\n    url = http://127.0.0.1:9/store\n")
    report = build_diff(request(stored, Heard()))
    assert values(report) == {}
    assert all("the remote 'store' (http://127.0.0.1:9/store) " in problem.what for problem in report.problems)


@pytest.mark.slow
def test_concurrent_reports_share_the_cache(stored: Project) -> None:
    outs = [stored.root.parent / name for name in ("one", "two")]
    command = [sys.executable, "-m", "headway", "report", "HEAD~1", "-C", str(stored.root), "--out"]
    running = [subprocess.Popen([*command, str(out)], stderr=subprocess.PIPE, text=True) for out in outs]
    said = [process.communicate()[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], said
    assert [codec.decode((out / "report.json").read_bytes()).problems for out in outs] == [(), ()]


def test_a_database_that_another_process_has_locked_is_waited_for(
    stored: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[None] = []
    opening = DataCloud.get_remote_odb

    def locked_twice(*args: Any, **options: Any) -> Any:
        opened.append(None)
        if len(opened) < 3:
            raise sqlite3.OperationalError("database is locked")
        return opening(*args, **options)

    monkeypatch.setattr(DataCloud, "get_remote_odb", locked_twice)
    report = build_diff(request(stored, Heard()))
    assert report.problems == ()
    assert values(report) == {"a": (1, 2), "b": (1, 2)}


def test_a_full_site_cache_is_not_blamed_on_the_remote(stored: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(DataCloud, "get_remote_odb", full)
    whats = {problem.what for problem in build_diff(request(stored, Heard())).problems}
    assert whats
    assert all("DVC's site cache cannot be used: database or disk is full" in what for what in whats)


def test_a_file_above_the_limit_stays_in_the_remote(stored: Project) -> None:
    with Repository.open(stored.root, Network()) as repository:
        view = repository.open_revision(repository.resolve_head("HEAD"), "base")
        project = view.project  # no file of a test reaches the real limits
        assert project is not None
        project.fetch(["model.bin"], BIG - 1)
        assert not list(cached(stored))
        project.fetch(["model.bin"], BIG)
        assert size(stored) == BIG


def test_an_interrupted_batch_is_resumed(stored: Project) -> None:
    """What has come stays; what was half there is fetched again."""
    build_diff(request(stored, Heard()))
    whole = next(cached(stored))
    whole.with_name(f"{whole.name}.half.tmp").write_bytes(whole.read_bytes()[:1])  # as a killed download leaves it
    whole.unlink()
    heard = Heard()
    assert build_diff(request(stored, heard)).problems == ()
    assert [batch[1] for batch in heard.batches] == [1]


def test_the_command_line_says_what_it_fetched(stored: Project, capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "headway", "diff", "HEAD~1"]
    done = subprocess.run(command, cwd=stored.root, check=True, capture_output=True, text=True)
    assert done.stderr == f"fetched 10 files, {format_bytes(size(stored))}, from remote 'store'\n"
    assert run(["diff", "HEAD~1", "-C", str(stored.root)]) == 0
    again = capsys.readouterr()
    assert again.err == ""
    assert again.out == done.stdout
