"""What the remote lacks of what dvc.lock and the .dvc files record."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from repos import Project
from verified import line, pipeline, store, unpulled, verify

from headway.cli.main import run
from headway.errors import RepositoryError


@pytest.fixture(scope="module")
def _pushed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pushed")
    pipeline(Project(folder / "project").remote(Path("../../store")))  # which a copy of the folder has as well
    return folder


@pytest.fixture
def pushed(_pushed_once: Path, tmp_path: Path) -> Project:
    """A pipeline whose data are all in the remote, a folder."""
    shutil.copytree(_pushed_once, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path / "project", git=False)


def stored_object(project: Project, path: str, file: str = "") -> Path:
    """Where the remote keeps an output, or a file of an output that is a folder."""
    with project.dvc() as repo:
        (out,) = repo.find_outs_by_path(str(project.root / path))
        oid: str = out.hash_info.value
    listing = store(project) / "files/md5" / oid[:2] / oid[2:]
    if file:
        oid = next(entry["md5"] for entry in json.loads(listing.read_text()) if entry["relpath"] == file)
    return store(project) / "files/md5" / oid[:2] / oid[2:]


def test_everything_is_there(pushed: Project) -> None:
    found = verify(pushed, remote=True)
    assert (line(found), found.remote) == ("verified", ("store",))
    assert line(verify(unpulled(pushed), remote=True)) == "verified"


def test_what_dvc_must_see_is_pulled(pushed: Project, capsys: pytest.CaptureFixture[str]) -> None:
    unpulled(pushed.write("data/a.csv", "x\n10\n").add("data").push())
    assert run(["verify", "--remote", "--pull", "-C", str(pushed.root)]) == 1
    assert "prepare" in capsys.readouterr().out
    assert (pushed.root / "data/a.csv").read_text() == "x\n10\n"
    assert not (pushed.root / "data/b.csv").exists()


def test_what_cannot_be_pulled_is_an_error(pushed: Project, capsys: pytest.CaptureFixture[str]) -> None:
    unpulled(pushed.write("data/a.csv", "x\n10\n").add("data").push())
    stored_object(pushed, "data", "a.csv").unlink()
    assert run(["verify", "--remote", "--pull", "-C", str(pushed.root)]) == 3
    assert "data/a.csv cannot be pulled" in capsys.readouterr().err


def test_without_remote_it_is_not_asked(pushed: Project) -> None:
    shutil.rmtree(store(pushed))
    found = verify(pushed)
    assert (line(found), found.remote) == ("verified", ())


def test_a_missing_file(pushed: Project) -> None:
    stored_object(pushed, "clean.csv").unlink()
    (missing,) = verify(pushed, remote=True).missing
    assert (missing.path, missing.owner, missing.remote, missing.objects, missing.files) == (
        "clean.csv",
        "prepare",
        "store",
        1,
        (),
    )


@pytest.mark.parametrize("pulled", [True, False])
def test_a_missing_file_of_a_folder(pushed: Project, *, pulled: bool) -> None:
    stored_object(pushed, "data", "b.csv").unlink()
    project = pushed if pulled else unpulled(pushed)
    (missing,) = verify(project, remote=True).missing
    assert (missing.path, missing.owner, missing.objects, missing.files) == ("data", "data.dvc", 1, ("b.csv",))


def test_a_missing_list_of_files(pushed: Project) -> None:
    stored_object(pushed, "model").unlink()
    found = verify(pushed, remote=True)
    (missing,) = found.missing
    assert (missing.path, missing.objects, missing.files) == ("model", 1, ())
    assert not found.unchecked
    found = verify(unpulled(pushed), remote=True)
    assert line(found) == "missing: model; not checked: model"
    assert "its list of files is missing" in found.unchecked[0].what


def test_a_damaged_list_of_files(pushed: Project) -> None:
    path = stored_object(pushed, "model")
    path.chmod(0o644)
    path.write_text("{broken")
    found = verify(unpulled(pushed), remote=True)
    assert line(found) == "missing: model; not checked: model"
    assert [(out.path, out.objects) for out in found.missing] == [("model", 1)]
    assert "its list of files is damaged" in found.unchecked[0].what
    assert found.unchecked[0].remedy.startswith(f"delete the object {path.parent.name}{path.name} in the remote")
    assert path.read_text() == "{broken"


def test_a_list_of_files_that_is_damaged_in_the_cache_alone(pushed: Project) -> None:
    path = pushed.root / ".dvc/cache" / stored_object(pushed, "data").relative_to(store(pushed))
    path.chmod(0o644)
    path.write_text("{broken")
    shutil.rmtree(pushed.root / "data")
    assert line(verify(pushed, remote=True)) == "verified"


def test_an_empty_remote_lacks_everything(pushed: Project) -> None:
    shutil.rmtree(store(pushed))
    missing = verify(pushed, remote=True).missing
    assert [(out.path, out.objects) for out in missing] == [("clean.csv", 1), ("data", 3), ("model", 3)]


def test_the_command_pushes_what_is_missing(pushed: Project, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(store(pushed))
    assert run(["verify", "--remote", "-C", str(pushed.root)]) == 1
    (command,) = (text for text in capsys.readouterr().out.splitlines() if text.startswith("To do: dvc push"))
    pushed.paste(command.removeprefix("To do: ").removesuffix(" (where they were created)"))
    assert run(["verify", "--remote", "-C", str(pushed.root)]) == 0


def test_stale_and_missing_are_both_said(pushed: Project) -> None:
    stored_object(pushed, "clean.csv").unlink()
    assert (
        line(verify(pushed.write("train.py", "1"), remote=True)) == "stale: train (code train.py); missing: clean.csv"
    )


def test_outputs_that_are_never_pushed_are_not_missing(project: Project, tmp_path: Path) -> None:
    project.remote(tmp_path / "store").write("a.py", "").write("here.bin", "1").json("m.json", {"a": 1})
    outs = [{"here.bin": {"push": False}}, {"m.json": {"cache": False}}]
    project.dvc_yaml({"stages": {"s": {"cmd": "true", "deps": ["a.py"], "outs": outs}}}).recorded().commit()
    found = verify(project, remote=True)
    assert (line(found), found.remote) == ("verified", ())


def test_an_output_with_a_remote_of_its_own(pushed: Project, tmp_path: Path) -> None:
    config = (pushed.root / ".dvc/config").read_text()
    pushed.write(".dvc/config", f"{config}['remote \"other\"']\n    url = {tmp_path / 'other'}\n")
    data = (pushed.root / "data.dvc").read_text()
    pushed.write("data.dvc", f"{data}  remote: other\n")
    found = verify(pushed, remote=True)
    assert found.remote == ("other", "store")
    assert [(out.path, out.remote, out.objects) for out in found.missing] == [("data", "other", 3)]


def test_no_remote_is_an_error_with_its_remedy(pushed: Project, capsys: pytest.CaptureFixture[str]) -> None:
    pushed.write(".dvc/config", "")
    assert run(["verify", "--remote", "-C", str(pushed.root)]) == 3
    assert "dvc remote add --default NAME URL" in capsys.readouterr().err
    assert line(verify(pushed)) == "verified"


def test_a_remote_that_is_not_configured_is_named(pushed: Project) -> None:
    pushed.write(".dvc/config", "[core]\n    remote = elsewhere\n")
    with pytest.raises(RepositoryError, match="'elsewhere' is not configured"):
        verify(pushed, remote=True)


def test_a_remote_that_does_not_answer_is_an_error(pushed: Project) -> None:
    pushed.write(".dvc/config", "[core]\n    remote = store\n['remote \"store\"']\n    url = http://127.0.0.1:9/x\n")
    with pytest.raises(RepositoryError, match=r"'store' \(http://127.0.0.1:9/x\) "):
        verify(pushed, remote=True)
    assert line(verify(pushed)) == "verified"
