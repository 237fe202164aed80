"""``headway data`` as a user runs it: real repositories, the command line in this process."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from datasets.folders import picture
from repos import Project

from headway.cli.main import run
from headway.report.sections.notes import grouped
from headway.values.problem import Problem

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("shared_children")

TRAIN = "id,x,label\n" + "".join(f"a{i},{i % 9},{'cat' if i % 3 else 'dog'}\n" for i in range(60))
TEST = "id,x,label\n" + "".join(f"b{i},{i % 9},{'cat' if i % 3 else 'dog'}\n" for i in range(20))


def copied(original: Path, folder: Path) -> Project:
    """A copy of a project and of its remote."""
    shutil.copytree(original, folder, dirs_exist_ok=True)
    project = Project(folder / "project", git=False)
    return project.write(".dvc/config.local", f"['remote \"store\"']\n    url = {folder / 'store'}\n")


@pytest.fixture(scope="module")
def _data_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    project = Project(folder / "project")
    project.remote(folder / "store").write("data/train.csv", TRAIN).write("data/test.csv", TEST)
    project.write("data/a.png", b"same").write("data/b.png", b"old").add("data").push().commit("base")
    project.write("data/train.csv", TRAIN.replace("a5,5,cat", "a5,5,dog")).write("data/c.png", b"new" * 100)
    project.write("data/test.csv", TEST + "a7,7,cat\n").remove("data/b.png").add("data").push().commit("head")
    return folder


@pytest.fixture
def data(_data_once: Path, tmp_path: Path) -> Project:
    """A tracked folder with two splits and a picture, pushed; head edits a row, moves one to test, adds a file."""
    return copied(_data_once, tmp_path)


def report(project: Project, capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["data", "HEAD~1", "--json", "-C", str(project.root), *args]) == code
    written = json.loads(capsys.readouterr().out)
    return {**{dataset["path"]: dataset for dataset in written["datasets"]}, "problems": written["problems"]}


def forget(project: Project, *kept: str) -> None:
    """Empties DVC's cache and the workspace, but for objects whose names begin so or end in ``.dir``."""
    shutil.rmtree(project.root / "data")
    for path in (project.root / ".dvc/cache").rglob("*"):
        if path.is_file() and not path.name.endswith(kept or "nothing"):
            path.unlink()


def test_a_folder_is_compared_by_its_listings(data: Project, capsys: pytest.CaptureFixture[str]) -> None:
    folder = report(data, capsys)["data"]
    assert [folder[key] for key in ("kind", "base_files", "head_files", "added", "removed", "changed")] == [
        *("folder", 4, 4, 1, 1, 2)
    ]
    files = {file["path"]: (file["status"], file["base"], file["head"]) for file in folder["files"]}
    assert files["c.png"] == ("added", None, 300)
    assert files["b.png"] == ("removed", 3, None)
    assert "a.png" not in files


def test_tables_are_compared_by_rows_and_leaks_are_told_once(data: Project, capsys: pytest.CaptureFixture[str]) -> None:
    found = report(data, capsys)
    assert [found["data/train.csv"]["rows"][key] for key in ("id", "added", "removed", "edited")] == ["id", 0, 0, 1]
    leaks = [*found["data/test.csv"]["leaks"], *found["data/train.csv"]["leaks"]]
    assert [(leak["id"], leak["rows"]) for leak in leaks] == [("id", 1)]
    assert found["problems"] == []


def test_a_broken_rule_is_exit_code_1_and_the_report_stays_0(
    data: Project, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data.write("headway.yaml", "data:\n  'data/*.csv': {id: id, ranges: {x: {max: 7}}, labels: [cat]}\n")
    table = report(data, capsys, code=1)["data/train.csv"]
    assert {check["rule"] for check in table["checks"]} == {"ranges", "labels"}
    assert table["checks"][0]["examples"][0] == "row 9 (a8): 8"
    assert run(["data", "HEAD~1", "-C", str(data.root)]) == 1
    assert "failed data check" in capsys.readouterr().out
    assert run(["report", "HEAD~1", "-C", str(data.root), "--out", str(tmp_path / "out")]) == 0
    assert "**Failed check**" in (tmp_path / "out/report.md").read_text()


def test_bases_rules_judge_the_data(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write("t.csv", "id,x\n1,2\n").write("headway.yaml", "data: {t.csv: {ranges: {x: {max: 7}}}}").commit("base")
    project.write("t.csv", "id,x\n1,8\n").write("headway.yaml", "data: {t.csv: {ranges: {x: {max: 8}}}}").commit("head")
    assert [check["rule"] for check in report(project, capsys, code=1)["t.csv"]["checks"]] == ["ranges"]
    assert run(["data", "HEAD~1", "-C", str(project.root)]) == 1
    assert "Rules loosened: t.csv: ranges.x.max 7 → 8" in capsys.readouterr().out


def test_nothing_is_downloaded_unless_asked_for(data: Project, capsys: pytest.CaptureFixture[str]) -> None:
    forget(data, ".dir")
    found = report(data, capsys)
    assert (found["data"]["added"], found["data"]["changed"]) == (1, 2)
    assert found["data/train.csv"]["rows"] is None
    assert {problem["where"] for problem in found["problems"]} == {
        f"data/{name}.csv ({side})" for name in ("train", "test") for side in ("base", "head")
    }
    assert all("headway data --fetch" in problem["remedy"] for problem in found["problems"])
    assert not [path for path in (data.root / ".dvc/cache").rglob("*") if path.is_file() and path.suffix != ".dir"]


@pytest.mark.parametrize("tables", [pytest.param(2, marks=pytest.mark.slow), 18])
def test_the_command_of_a_note_brings_what_it_says_on_both_sides(
    data: Project, capsys: pytest.CaptureFixture[str], tables: int
) -> None:
    for turn in range(2):
        for number in range(tables):
            data.write(f"data/{number}-one-of-many-tables.csv", f"id\n{turn + number}\n")
        data.add("data").push().commit("more")
    forget(data, ".dir")
    (note,) = grouped(msgspec.convert(problem, Problem) for problem in report(data, capsys)["problems"])
    assert note.rest.endswith("(on both sides)")
    command = note.remedy.removeprefix("headway data --fetch, or ")
    assert command.startswith("dvc fetch --all-commits")
    assert (command.split()[3:] == ["data"]) is (tables > 2)
    data.paste(command)
    assert report(data, capsys)["problems"] == []


def test_the_listing_alone_is_asked_of_the_remote(data: Project, capsys: pytest.CaptureFixture[str]) -> None:
    forget(data)
    assert report(data, capsys)["data"]["changed"] == 2


def test_fetch_downloads_the_changed_tables_and_nothing_else(data: Project, capsys: pytest.CaptureFixture[str]) -> None:
    forget(data)
    assert report(data, capsys, "--fetch")["data/train.csv"]["rows"]["edited"] == 1
    fetched = [path.read_bytes() for path in (data.root / ".dvc/cache/files").rglob("*") if path.is_file()]
    assert not any(b"new" in content or content in {b"same", b"old"} for content in fetched)


def test_what_the_remote_lacks_or_damaged_is_said_and_never_read(
    data: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forget(data)
    for stored in (tmp_path / "store").rglob("*"):
        if stored.is_file() and stored.read_bytes().startswith(b"id,x,label\nb0"):
            stored.chmod(0o644)
            stored.write_text("id\n1\n") if b"a7" in stored.read_bytes() else stored.unlink()
    found = report(data, capsys, "--fetch")
    assert found["data/train.csv"]["rows"]["edited"] == 1
    said = {problem["where"]: problem["what"] for problem in found["problems"]}
    assert said.keys() == {"data/test.csv (base)", "data/test.csv (head)"}
    assert said["data/test.csv (base)"].endswith("is missing from DVC's cache and from the remote 'store'")
    assert "damaged in the remote 'store'" in said["data/test.csv (head)"]


def test_fetched_tables_are_counted(data: Project, capsys: pytest.CaptureFixture[str]) -> None:
    forget(data, ".dir")
    assert run(["data", "HEAD~1", "--fetch", "-C", str(data.root)]) == 0
    heard = capsys.readouterr().err
    assert "fetched 4 files" in heard


def test_where_no_data_differs_that_is_said(data: Project, capsys: pytest.CaptureFixture[str]) -> None:
    data.write("notes.txt", "words").commit("words")
    assert run(["data", "HEAD~1", "-C", str(data.root)]) == 0
    assert "No data that DVC tracks differs between base and head" in capsys.readouterr().out


def test_without_the_remote_sizes_and_counts_of_the_lock_remain(
    data: Project, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    forget(data)
    shutil.rmtree(tmp_path / "store")
    found = report(data, capsys)
    assert (found["data"]["base_files"], found["data"]["added"]) == (4, None)
    assert {problem["where"] for problem in found["problems"]} == {"data (base)", "data (head)"}


def test_a_table_in_git_is_compared_where_the_settings_name_it(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.write("t.csv", "id,x\n1,2\n").write("u.csv", "id,x\n1,2\n").write("headway.yaml", "data: {t.csv: {}}\n")
    project.commit("base")
    project.write("t.csv", "id,x\n1,3\n").write("u.csv", "id,x\n1,3\n").commit("head")
    found = report(project, capsys)
    assert found["t.csv"]["rows"]["edited"] == 1
    assert "u.csv" not in found


def test_a_broken_table_costs_a_footnote(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write("d/a.parquet", b"PAR1 broken").write("d/b.csv", "id\n1\n").add("d").commit("base")
    project.write("d/a.parquet", b"PAR1 broken too").write("d/b.csv", "id\n2\n").add("d").commit("head")
    found = report(project, capsys)
    assert found["d/b.csv"]["rows"]["added"] == 1
    assert found["d/a.parquet"]["rows"] is None
    assert [problem["where"] for problem in found["problems"]] == ["d/a.parquet (base)", "d/a.parquet (head)"]


def test_out_writes_the_whole_report(data: Project, tmp_path: Path) -> None:
    assert run(["data", "HEAD~1", "-C", str(data.root), "--out", str(tmp_path / "out")]) == 0
    report = json.loads((tmp_path / "out/report.json").read_text())
    pictures = {path.name for path in (tmp_path / "out/charts").iterdir()}
    assert {chart["kind"] for chart in report["charts"]} == {"distribution"}
    assert all(chart["image"].removeprefix("charts/") in pictures for chart in report["charts"])
    assert "Inside the data" in (tmp_path / "out/report.html").read_text()


def described(project: Project, capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> dict[str, Any]:
    capsys.readouterr()
    assert run(["data", "--describe", "--json", "-C", str(project.root), *args]) == code
    written = json.loads(capsys.readouterr().out)
    assert written["scope"] == "description"
    return {**{dataset["path"]: dataset for dataset in written["datasets"]}, "report": written}


def test_data_is_described_without_a_base(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write("data/train.csv", TRAIN).write("data/test.csv", TEST).write("model.bin", "x").add("data", "model.bin")
    project.write("t.csv", "id\n1\n1\n").write("headway.yaml", "data: {t.csv: {id: id}}\n").commit("the only one")
    found = described(project, capsys, code=1)
    assert (found["data"]["head_files"], found["data"]["base_files"]) == (2, None)
    assert (found["data/train.csv"]["head_rows"], found["data/train.csv"]["description"]["id"]) == (60, "id")
    assert found["t.csv"]["checks"][0]["rule"] == "id"
    assert [change["path"] for change in found["report"]["data"]] == ["model.bin"]
    assert found["report"]["problems"] == []


def test_files_and_folders_are_described_by_name(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.write("data/a/x.csv", "id\n1\n").write("data/b.csv", "id\n1\n").add("data").commit("tracked")
    project.write("git/y.jsonl", '{"x": 1}\n').write("z.json", '[{"x": 1}]').write("notes.txt", "words")
    found = described(project, capsys, "data/a", "./data/b.csv", "git", "z.json", "notes.txt")
    folders, tables = ["data/a", "git"], ["data/a/x.csv", "data/b.csv", "git/y.jsonl", "z.json"]
    assert found.keys() - {"report", "notes.txt"} == {*folders, *tables}
    assert [found[path]["head_files"] for path in folders] == [1, 1]
    assert [found[path]["head_rows"] for path in tables] == [1, 1, 1, 1]
    (note,) = found["report"]["problems"]
    assert note["where"] == "notes.txt (head)"
    (note,) = described(project, capsys, "data/../..")["report"]["problems"]
    assert "outside" in note["what"]
    at_commit = described(project, capsys, "--head", "HEAD", "data/b.csv")
    assert at_commit["data/b.csv"]["head_rows"] == 1


@pytest.mark.parametrize("path", ["data/none.csv", "none"])
def test_what_is_not_there_cannot_be_described(project: Project, capsys: pytest.CaptureFixture[str], path: str) -> None:
    project.write("data/b.csv", "id\n1\n").add("data").commit("tracked")
    assert run(["data", "--describe", path, "-C", str(project.root)]) == 2
    assert "relative to the project's folder" in capsys.readouterr().err


def test_data_that_is_not_here_is_described_after_its_command(
    data: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    forget(data, ".dir")
    found = described(data, capsys, "data/train.csv")
    assert (found["data/train.csv"]["head_rows"], found["data/train.csv"]["description"]) == (None, None)
    (note,) = found["report"]["problems"]
    assert note["remedy"] == "headway data --describe --fetch, or dvc pull data/train.csv"
    data.paste(note["remedy"].partition(",")[0])
    assert described(data, capsys, "data/train.csv")["data/train.csv"]["head_rows"] == 60


def test_more_than_two_revisions_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "a", "b", "c"]) == 2
    assert "--describe" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "column", "tested"),
    [("", "x", 1), ("", "probability", 0), ("predictions: [{path: ./out/p.csv, id: id, actual: y}]\n", "x", 0)],
    ids=["features", "named like predictions", "declared"],
)
def test_what_a_model_predicted_does_not_drift(
    project: Project, capsys: pytest.CaptureFixture[str], settings: str, column: str, tested: int
) -> None:
    project.dvc_yaml({"stages": {"predict": {"cmd": "true", "outs": ["out"]}}}).write("headway.yaml", settings)
    for shift in (0, 50):
        project.write("out/p.csv", f"id,{column}\n" + "".join(f"{i},{i % 7 + shift}\n" for i in range(shift, 150)))
        project.recorded().commit(f"{shift}")
    table = report(project, capsys)["out/p.csv"]
    assert (table["predicted"], table["tested"]) == (not tested, tested)
    assert table["rows"]["removed"] == 50


@pytest.fixture(scope="module")
def _pictures_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    project = Project(folder / "project").remote(folder / "store")
    for number in range(4):
        project.write(f"images/train/cat/{number}.png", picture(number))
    project.write("images/test/cat/9.png", picture(9)).add("images").push().commit("base")
    project.write("images/test/cat/8.png", picture(0)).write("images/train/dog/1.png", picture(1))
    project.write("images/train/cat/5.png", b"no picture").remove("images/train/cat/1.png")
    project.add("images").push().commit("head")
    return folder


@pytest.fixture
def pictures(_pictures_once: Path, tmp_path: Path) -> Project:
    """A tracked folder of pictures; head adds a copy of a training picture to test, relabels one, and breaks one."""
    return copied(_pictures_once, tmp_path)


def test_a_folder_of_pictures_is_looked_at(
    pictures: Project, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["data", "HEAD~1", "--md", "-C", str(pictures.root), "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "Leakage: the same image in several splits: `test/cat/8.png` = `train/cat/0.png`" in said
    assert "1 image changed its label: `cat` → `dog` 1" in said
    assert "| `train/dog/1.png` |" not in said, "it is neither added nor removed"
    assert "1 new image cannot be read: `train/cat/5.png`" in said
    written = json.loads((tmp_path / "out/report.json").read_text())
    (sheet,) = written["charts"]
    assert (tmp_path / "out" / sheet["image"]).read_bytes().startswith(b"\x89PNG")
    (folder,) = written["datasets"]
    assert folder["images"]["sheet"]["chart"] == sheet["id"]


def test_pictures_that_are_not_here_are_counted_and_not_downloaded(
    pictures: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(pictures.root / "images")
    shutil.rmtree(pictures.root / ".dvc/cache")
    images = report(pictures, capsys)["images"]["images"]
    assert (images["added"], images["moved"], images["not_opened"], images["sheet"]) == (2, 1, 2, None)
    fetched = report(pictures, capsys, "--fetch")["images"]["images"]
    assert (fetched["opened"], fetched["not_opened"]) == (1, 0)
