"""Verifying what real workspaces hold: folders, several pipelines, templates, a run that is under way."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from repos import Project
from verified import line, pipeline, store, unpulled, verify

from headway.cli.main import run

if TYPE_CHECKING:
    from headway.values.comparison import Cause
    from headway.values.verification import Verification


STORE = Path("../../store")
"""As a configuration names it: a copy of the project and its remote has a remote of its own."""


@pytest.fixture
def stored(tmp_path: Path) -> Project:
    """A project with a folder as its remote."""
    return Project(tmp_path / "project").remote(STORE)


def causes(found: Verification) -> list[Cause]:
    return [cause for stage in found.stages for cause in stage.causes]


def stage(**keys: Any) -> dict[str, Any]:
    return {"cmd": "true", **keys}


# What a dependency holds


def code_in_a_folder(project: Project) -> Project:
    project.write("src/a.py", "").write("src/deep/b.py", "").write("out.txt", "1").write(".gitignore", "/out.txt\n")
    project.dvc_yaml({"stages": {"s": stage(deps=["src"], outs=["out.txt"])}}).recorded().commit()
    return project


def test_a_folder_of_code(project: Project) -> None:
    code_in_a_folder(project)
    assert line(verify(project)) == "verified"
    project.write("src/deep/b.py", "import os")
    assert line(verify(project)) == "stale: s (code src)"


def test_a_file_added_to_a_folder_of_code(project: Project) -> None:
    code_in_a_folder(project).write("src/new.py", "")
    assert line(verify(project)) == "stale: s (code src)"


@pytest.fixture(scope="module")
def _whole_folder_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    project = Project(folder / "project").remote(STORE)
    project.write("in/readme.txt", "git").write("in/table.csv", "1").write("in/images/a.png", "a")
    project.write("in/images/b.png", "b").add("in/table.csv", "in/images").write("out.txt", "1")
    project.write(".gitignore", "/out.txt\n").dvc_yaml({"stages": {"s": stage(deps=["in"], outs=["out.txt"])}})
    project.recorded().push().commit()
    return folder


@pytest.fixture
def whole_folder(_whole_folder_once: Path, tmp_path: Path) -> Project:
    """A stage that depends on a folder that holds a file in git, a tracked file, and a tracked folder."""
    shutil.copytree(_whole_folder_once, tmp_path, dirs_exist_ok=True)
    return Project(tmp_path / "project", git=False)


def without_data(project: Project) -> Project:
    shutil.rmtree(project.root / "in/images")
    shutil.rmtree(project.root / ".dvc/cache")
    return project.remove("in/table.csv").remove("out.txt")


def test_a_folder_that_is_here_in_part_is_completed_from_the_record(whole_folder: Project) -> None:
    assert line(verify(whole_folder)) == "verified"
    assert line(verify(without_data(whole_folder))) == "verified"


@pytest.mark.parametrize("path", ["in/readme.txt", "in/images/new.png"])
def test_a_change_in_a_folder_that_is_here_in_part(whole_folder: Project, path: str) -> None:
    without_data(whole_folder).write(path, "other")
    edited = "; modified: in/images" if "images" in path else ""
    assert line(verify(whole_folder)) == f"stale: s (data in){edited}"


def test_a_file_of_a_folder_that_is_here_in_part_may_be_edited(whole_folder: Project) -> None:
    whole_folder.remove("in/images/b.png").write("in/images/a.png", "other")
    whole_folder.write("in/images/step_10.png", "new").write("in/images/step_9.png", "new")
    (edited,) = verify(whole_folder).modified
    assert (edited.path, edited.owner, edited.state, edited.files) == (
        "in/images",
        "in/images.dvc",
        "modified",
        ("a.png", "step_9.png", "step_10.png"),
    )


def test_a_folder_whose_list_of_files_is_nowhere_is_missing(whole_folder: Project) -> None:
    shutil.rmtree(store(whole_folder))
    found = verify(without_data(whole_folder))
    assert line(found) == "missing: in/images; not checked: in"
    assert [(out.remote, out.owner, out.objects) for out in found.missing] == [("store", "in/images.dvc", 1)]
    assert "nor in the remote 'store'" in found.unchecked[0].what
    assert (
        line(verify(whole_folder, remote=True))
        == "missing: in/images, in/table.csv, out.txt; not checked: in, in/images"
    )
    whole_folder.write(".dvc/config", "")
    found = verify(whole_folder)
    assert line(found) == "missing: in/images; not checked: in"
    assert "no remote is configured" in found.unchecked[0].what


def test_a_folder_whose_remote_was_not_asked_is_not_checked(whole_folder: Project) -> None:
    whole_folder.write(".dvc/config", "[core]\n    remote = r\n['remote \"r\"']\n    url = http://127.0.0.1:9/x\n")
    found = verify(without_data(whole_folder))
    assert line(found) == "verified; not checked: in"
    assert found.unchecked[0].remedy == "headway verify --remote, or dvc pull in/images"


def test_fewer_files_than_recorded_and_no_list_cannot_be_told_from_a_partial_pull(project: Project) -> None:
    project.write("images/a.png", "a").write("images/b.png", "b").add("images").commit()
    shutil.rmtree(project.root / ".dvc/cache")
    project.remove("images/b.png")
    assert line(verify(project)) == "missing: images; not checked: images"
    project.write("images/b.png", "other")
    assert line(verify(project)) == "modified: images"


@pytest.mark.slow
def test_a_subfolder_of_a_tracked_folder(stored: Project) -> None:
    stored.write("data/x/a.csv", "1").write("data/y/b.csv", "2").add("data").write("out.txt", "1")
    stored.write(".gitignore", "/data\n/out.txt\n")
    stored.dvc_yaml({"stages": {"s": stage(deps=["data/x"], outs=["out.txt"])}}).recorded().push().commit()
    stored.write("data/y/b.csv", "3").add("data").push()
    shutil.rmtree(stored.root / "data")
    assert line(verify(stored)) == "verified"
    stored.run("dvc", "pull", "--quiet", "data")
    stored.write("data/x/a.csv", "4").add("data").push()
    shutil.rmtree(stored.root / "data")
    found = verify(stored)
    assert line(found) == "stale: s (data data/x)"
    assert found.pull == ("data/x",)


def test_an_ignored_input_that_nobody_keeps_is_not_checked(project: Project) -> None:
    project.write("raw.csv", "1").write("out.txt", "1").write(".gitignore", "/raw.csv\n/out.txt\n")
    project.dvc_yaml({"stages": {"s": stage(deps=["raw.csv"], outs=["out.txt"])}}).recorded().commit()
    assert line(verify(project.remove("raw.csv"))) == "verified; not checked: raw.csv"


def test_a_file_that_cannot_be_read_is_not_the_one_that_was(project: Project) -> None:
    code_in_a_folder(project)
    shutil.rmtree(project.root / "src")
    (project.root / "src").symlink_to("src")
    assert line(verify(project)) == "stale: s (run with src, which does not exist)"


# Parameters and templates


def test_parameters_name_the_recorded_and_the_current_value(project: Project) -> None:
    project.write("params.yaml", "train: {lr: 0.1, layers: [1, 2]}\nseed: 1\n").write("other.json", '{"a": 1, "b": 2}')
    params = ["train", {"other.json": None}]
    project.dvc_yaml({"stages": {"s": stage(params=params)}}).recorded().commit()
    assert line(verify(project)) == "verified"
    project.write("params.yaml", "train: {lr: 0.2, layers: [1, 3]}\nseed: 2\n").write("other.json", '{"a": 1, "c": 2}')
    assert [(cause.what, cause.base, cause.head) for cause in causes(verify(project))] == [
        ("other.json:b", 2, None),
        ("other.json:c", None, 2),
        ("params.yaml:train.layers", [1, 2], [1, 3]),
        ("params.yaml:train.lr", 0.1, 0.2),
    ]


def test_broken_parameters_are_not_those_of_the_run(project: Project) -> None:
    project.write("extra.yaml", "a: 1\n").dvc_yaml({"stages": {"s": stage(params=[{"extra.yaml": ["a"]}])}})
    project.recorded().commit()
    assert (
        line(verify(project.write("extra.yaml", "a: [1"))) == "stale: s (run with extra.yaml, which cannot be read now)"
    )


def test_a_parameter_that_was_never_there(project: Project) -> None:
    project.write("params.yaml", "a: 1\n").dvc_yaml({"stages": {"s": stage(params=["a"])}}).recorded().commit()
    project.dvc_yaml({"stages": {"s": stage(params=["a", "b"])}})
    assert line(verify(project)) == "stale: s (parameter params.yaml:b)"


def test_variables_reach_the_command(project: Project) -> None:
    yaml = "vars: [config.yaml]\nstages:\n  s:\n    cmd: echo ${model.name} ${model}\n    deps: [a.py]\n"
    project.write("a.py", "").write("config.yaml", "model: {name: a, size: 1}\n").dvc_yaml(yaml).recorded().commit()
    assert line(verify(project)) == "verified"
    (cause,) = causes(verify(project.write("config.yaml", "model: {name: a, size: 2}\n")))
    assert (cause.kind, cause.base, cause.head) == ("command", "echo a --name a --size 1", "echo a --name a --size 2")


def test_foreach_and_matrix(project: Project) -> None:
    yaml = """\
    stages:
      each:
        foreach: [a, b]
        do: {cmd: "true ${item}", deps: ["${item}.py"], outs: ["${item}.txt"]}
      grid:
        matrix: {x: [1, 2], y: [u, v]}
        cmd: "true ${item.x} ${item.y}"
        deps: ["a.txt"]
    """
    project.write("a.py", "").write("b.py", "").write("a.txt", "1").write("b.txt", "1").dvc_yaml(
        yaml
    ).recorded().commit()
    assert line(verify(project)) == "verified"
    assert line(verify(project.write("b.py", "1"))) == "stale: each@b (code b.py)"
    grid = ", ".join(f"grid@{x}-{y} (upstream each@a)" for x in (1, 2) for y in "uv")
    assert line(verify(project.write("b.py", "").write("a.py", "1"))) == f"stale: each@a (code a.py), {grid}"


# Several pipelines


def test_several_pipelines_and_a_project_below_the_git_root(tmp_path: Path) -> None:
    project = Project(tmp_path / "p", subdir="ml")
    project.write("top.py", "").write("sub/low.py", "").write("top.txt", "1").write("sub/low.txt", "1")
    project.dvc_yaml({"stages": {"s": stage(deps=["top.py"], outs=["top.txt"])}})
    project.dvc_yaml({"stages": {"s": stage(deps=["low.py", "../top.txt"], outs=["low.txt"])}}, "sub")
    project.recorded().commit()
    assert line(verify(project)) == "verified"
    assert line(verify(project.write("sub/low.py", "1"))) == "stale: sub/dvc.yaml:s (code sub/low.py)"
    assert line(verify(project.write("top.py", "1"))) == (
        "stale: s (code top.py), sub/dvc.yaml:s (code sub/low.py, upstream s)"
    )


# Outputs, and what git says


def test_metrics_that_git_keeps_and_that_are_gone(project: Project) -> None:
    project.json("m.json", {"a": 1}).dvc_yaml({"stages": {"s": stage(metrics=[{"m.json": {"cache": False}}])}})
    project.write("a.py", "").recorded().commit()
    (edited,) = verify(project.remove("m.json")).modified
    assert (edited.path, edited.owner, edited.state) == ("m.json", "s", "deleted")


def test_an_uncached_output_that_nobody_kept_is_not_checked(project: Project) -> None:
    project.json("m.json", {"a": 1}).write(".gitignore", "m.json\n")
    stages = {"s": stage(deps=["a.py"], metrics=[{"m.json": {"cache": False}}])}
    project.write("a.py", "").dvc_yaml({"stages": stages}).recorded().commit()
    assert line(verify(project.remove("m.json"))) == "verified; not checked: m.json"


def test_what_is_not_committed_is_named_and_does_not_fail(project: Project) -> None:
    stages = {"s": stage(deps=["a.py"], metrics=[{"m.json": {"cache": False}}], plots=[{"new": {"cache": False}}])}
    project.write("a.py", "").json("m.json", {"a": 1}).write("new/p.csv", "x\n1\n").dvc_yaml({"stages": stages})
    project.recorded()
    project.git("add", ".dvc/config")
    project.git("commit", "--quiet", "--message", "first")
    found = verify(project)
    assert (found.status, found.uncommitted) == ("verified", ("dvc.lock", "m.json", "new"))
    project.commit()
    assert verify(project).uncommitted == ()
    project.json("m.json", {"a": 2}).recorded()
    assert verify(project).uncommitted == ("dvc.lock", "m.json")


# Side effects and a run that is under way


def everything(root: Path) -> dict[str, bytes]:
    """Every file, DVC's own included, but not what DVC's commands leave in its temporary folder."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and ".dvc/tmp" not in str(path)
    }


@pytest.mark.parametrize("remote", [False, True])
def test_nothing_is_written_and_nothing_is_pulled(stored: Project, *, remote: bool) -> None:
    unpulled(pipeline(stored)).json("metrics.json", {"acc": 1.0})
    before = everything(stored.root), everything(store(stored))
    verify(stored, remote=remote)
    assert (everything(stored.root), everything(store(stored))) == before


@pytest.mark.slow
def test_inside_a_stage_that_dvc_is_running(project: Project) -> None:
    """The stages before it are recorded, its own entry is not, and DVC holds its locks."""
    code = (
        "import json, headway; found = headway.verify_workspace(); "
        "json.dump([found.status, [problem.where for problem in found.unchecked]], open('v.json', 'w'))"
    )
    stages = {
        "first": {"cmd": "echo 1 > one.txt", "deps": ["a.py"], "outs": ["one.txt"]},
        "check": {"cmd": f'{sys.executable} -c "{code}"', "deps": ["one.txt"], "outs": ["v.json"]},
    }
    project.write("a.py", "").dvc_yaml({"stages": stages}).commit()
    project.run("dvc", "repro", "--quiet")
    assert json.loads((project.root / "v.json").read_text()) == ["verified", ["check"]]
    assert line(verify(project)) == "verified"


def test_a_running_stage_of_another_project_is_not_ours(stored: Project) -> None:
    pipeline(stored).write("train.py", "1")
    here = {"DVC_STAGE": "train", "DVC_ROOT": str(stored.root)}
    assert line(verify(stored, environ=here)) == "verified; not checked: train"
    assert line(verify(stored, environ={**here, "DVC_ROOT": "/elsewhere"})) == "stale: train (code train.py)"
    assert line(verify(stored, environ={**here, "DVC_STAGE": "../dvc.yaml:train"})) == "verified; not checked: train"


# The remedies are true


@pytest.mark.slow
def test_the_remedy_brings_the_lock_up_to_date(stored: Project) -> None:
    """In a clone without data, where DVC alone does not see that a file inside a folder changed."""
    stages = {"s": {"cmd": "cp data/a.csv out.csv", "deps": ["data/a.csv"], "outs": ["out.csv"]}}
    stored.write("data/a.csv", "1").add("data").dvc_yaml({"stages": stages})
    stored.run("dvc", "repro", "--quiet")
    stored.push().commit()
    stored.write("data/a.csv", "2").add("data").push().commit()
    for path in ("data", ".dvc/cache"):
        shutil.rmtree(stored.root / path)
    stored.remove("out.csv")
    found = verify(stored)
    assert line(found) == "stale: s (data data/a.csv)"
    stored.run("dvc", "repro", "--quiet", "--pull", "--allow-missing")
    assert line(verify(stored)) == line(found)
    stored.run("dvc", "pull", "--quiet", *found.pull)
    stored.run("dvc", "repro", "--quiet", "--pull", "--allow-missing")
    assert line(verify(stored)) == "verified"
    assert (stored.root / "out.csv").read_text() == "2"


# What DVC runs again though it has run before


def test_stages_that_the_run_cache_leaves_out(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    uncached = {"cache": False}
    writes: dict[str, dict[str, Any]] = {
        "cached": {"outs": ["a"]},
        "metric": {"metrics": [{"b": uncached}]},
        "plots": {"plots": [{"c": uncached}]},
        "unpushed": {"outs": [{"d": {"push": False}}]},
        "uncached": {"outs": [{"e": uncached}, "f"], "metrics": [{"g": uncached}]},
        "each": {"outs": [{"h-${item}": uncached}]},
        "kept": {"outs": [{"i": {"cache": False, "persist": True}}]},
        "always": {"outs": [{"j": uncached}], "always_changed": True},
        "without_deps": {"outs": [{"k": uncached}], "deps": []},
    }
    stages: dict[str, Any] = {name: _writing(name, keys) for name, keys in writes.items()}
    stages["each"] = {"foreach": ["x", "y"], "do": stages["each"]}
    project.dvc_yaml({"stages": stages}).write("in", "1")
    with project.dvc() as repo:
        repo.reproduce()
    project.commit()
    runs = [path.read_text() for path in (project.root / ".dvc/cache/runs").rglob("*") if path.is_file()]
    assert {entry.partition("echo ")[2].split()[0] for entry in runs} == {"cached", "metric", "plots", "unpushed"}
    found = verify(project)
    assert (line(found), {stage.stage: stage.outs for stage in found.not_run_cached}) == (
        "verified",
        {"uncached": ("e",), "each@x": ("h-x",), "each@y": ("h-y",)},
    )
    assert run(["verify", "-C", str(project.root)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Not in DVC's run cache uncached (e), each@x (h-x), each@y (h-y)." in said
    assert "under metrics: or plots:" in said


def _writing(name: str, keys: dict[str, Any]) -> dict[str, Any]:
    """A stage that says its name and writes its outputs."""
    outs = [out for key in ("outs", "metrics", "plots") for out in keys.get(key, [])]
    names = [out if isinstance(out, str) else next(iter(out)) for out in outs]
    command = " && ".join([f"echo {name}", *(f"cp in {out}" for out in names)])
    return {"cmd": command, "deps": ["in"], **keys}


# Two kinds of hash


def of_dvc_2(project: Project, file: str) -> None:
    """Makes of a record what DVC 2 would have written: of a text with CRLF, the hash that it has with LF."""
    text = (project.root / file).read_text().replace(md5(b"x\r\n1\r\n"), md5(b"x\n1\n"))
    project.write(file, re.sub(r"^\s+hash: md5\n", "", text, flags=re.MULTILINE))


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("older", ["dvc.lock", "raw.csv.dvc"])
def test_two_kinds_of_hash(project: Project, older: str) -> None:
    """A file was tracked anew by DVC 3 and its stage recorded by DVC 2, or the other way round."""
    project.write("raw.csv", b"x\r\n1\r\n").write("out.txt", "1").write(".gitignore", "/raw.csv\n/out.txt\n")
    project.add("raw.csv")
    project.dvc_yaml({"stages": {"s": stage(deps=["raw.csv"], outs=["out.txt"])}}).recorded()
    of_dvc_2(project, older)
    project.commit()
    assert line(verify(project)) == "verified"
    gone = verify(project.remove("raw.csv"))
    assert line(gone) == "verified; not checked: raw.csv"
    assert "a hash of DVC 2 and one of DVC 3" in gone.unchecked[0].what


# What no report may show


def test_parameters_outside_the_repository_are_not_compared_and_data_there_is(project: Project) -> None:
    elsewhere = project.root.parent
    (elsewhere / "params.yaml").write_text("lr: 1\n")
    (elsewhere / "data.csv").write_text("a\n")
    entry = stage(params=[{"../params.yaml": ["lr"]}], deps=["../data.csv"], outs=["out.txt"])
    project.write("out.txt", "1").write(".gitignore", "/out.txt\n").dvc_yaml({"stages": {"s": entry}})
    project.recorded().commit()
    (elsewhere / "params.yaml").write_text("lr: 2\n")
    assert line(verify(project)) == f"verified; not checked: {elsewhere}/params.yaml"
    (elsewhere / "data.csv").write_text("b\n")
    assert line(verify(project)).startswith("stale: s (code ")


def test_the_names_of_files_behind_a_link_out_of_the_repository_are_not_told(project: Project) -> None:
    project.write("data/a.csv", "1").write("data/b.csv", "2").add("data").commit()
    shutil.move(project.root / "data", project.root.parent / "elsewhere")
    (project.root.parent / "elsewhere/id_rsa").write_text("key")
    (project.root / "data").symlink_to("../elsewhere")
    (edit,) = verify(project).modified
    assert (edit.path, edit.files) == ("data", ())
