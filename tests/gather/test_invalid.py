"""Pipeline files that DVC cannot read: the error names the side, the file, the line and the key."""

from __future__ import annotations

import os
import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from repos import Project

from headway.app.comparison import Request, build_diff, compare_sides, open_sides
from headway.app.data import build_data
from headway.errors import RepositoryError
from headway.gather.read.parsing import MOST_BYTES

if TYPE_CHECKING:
    from repos import Opener

    from headway.values.report import Report

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in pairwise("abcdefgh")
)
TOO_LARGE = "#" * (MOST_BYTES + 1)
CASES = {
    "no YAML": ("dvc.yaml", "stages:\n  train:\n    cmd: [a\n", ", line 4,", "^expected"),
    "merge conflict": ("dvc.yaml", "<<<<<<< HEAD\na: 1\n=======\nb: 2\n>>>>>>> x\n", ", line ", "merge conflict"),
    "unknown key": (
        "dvc.yaml",
        "stages:\n  prepare:\n    cmd: x\n  train:\n    cmd: x\n    outss: [a]\n",
        ", line 6,",
        "stages.train.outss: extra keys not allowed",
    ),
    "wrong type": ("dvc.yaml", "stages:\n  train:\n    cmd: 5\n", ", line 3,", "stages.train.cmd: expected str"),
    "missing key": ("dvc.yaml", "stages:\n  train:\n    deps: [a]\n", ", line 2,", "stages.train.cmd: required key"),
    "wrong plot": (
        "dvc.yaml",
        "plots:\n  - a.csv\n  - b.csv:\n      x: [1]\n",
        ", line 4,",
        "plots.1.b.csv.x: expected",
    ),
    "unknown variable": (
        "dvc.yaml",
        "stages:\n  train:\n    cmd: run ${nothing}\n",
        ", line ",
        "stages.train.cmd: Could not find 'nothing'",
    ),
    "broken expression": (
        "dvc.yaml",
        "stages:\n  train:\n    cmd: run ${a b}\n",
        ", line 3,",
        "stages.train.cmd: ",
    ),
    "broken variables": ("params.yaml", "a: 1\nb: [\n", "", "^It is not valid YAML: line 3: "),
    "variables of aliases": ("params.yaml", BOMB, "", "^It contains more than 100,000 values"),
    "deep variables": ("params.yaml", "{a: " * 300 + "1" + "}" * 300, "", "^It is nested more than 100 levels deep"),
    "a pipeline of aliases": ("dvc.yaml", BOMB, ", line 6,", "^It contains more than 100,000 values"),
    "deep pipeline": ("dvc.yaml", "{a: " * 5000, ", line 1,", "^It is nested more than 100 levels deep"),
    "deep data file": ("data.dvc", "{a: " * 5000, ", line 1,", "^It is nested more than 100 levels deep"),
    "too large": ("dvc.yaml", TOO_LARGE, "", "^It is larger than 8 MiB"),
    "large lock": ("dvc.lock", TOO_LARGE, "", "^It is larger than 8 MiB"),
    "a lock of aliases": ("dvc.lock", f"schema: '2.0'\n{BOMB}", ", line 7,", "^It contains more than 100,000 values"),
    "a matrix": (
        "dvc.yaml",
        f"stages:\n  t:\n    matrix: {{a: {[*range(300)]}, b: {[*range(300)]}}}\n    cmd: x\n",
        "",
        "^It declares 90,000 stages",
    ),
    "foreach": (
        "dvc.yaml",
        "stages:\n  t:\n    foreach:\n" + "".join(f"    - {n}\n" for n in range(10_001)) + "    do:\n      cmd: x\n",
        "",
        "^It declares 10,001 stages",
    ),
    "lock of no schema": ("dvc.lock", "stages: {}\n", "", "schema: required key not provided"),
    "lock with a wrong entry": (
        "dvc.lock",
        "schema: '2.0'\nstages:\n  train:\n    cmd: x\n    outs:\n    - md5: 1\n",
        ", line 6,",
        "stages.train.outs.0.",
    ),
    "lock that is no YAML": ("dvc.lock", "a: [\n", ", line 2,", ""),
    "data file": ("data.dvc", "outs:\n- path: a\n  wrong: 1\n", ", line 3,", "outs.0.wrong: extra keys"),
    "no UTF-8": ("dvc.yaml", b"a: \xff\n", "", "^It is not UTF-8 text .line 1"),
    "configuration": (".dvc/config", "[core\n", "", "at line 1"),
}


def pipeline_beside(file: str) -> str:
    """A pipeline that needs the file: the variables in params.yaml count where a command uses one."""
    return f"stages:\n  train:\n    cmd: x{' ${a}' if file == 'params.yaml' else ''}\n    outs: [a]\n"


Case = tuple[str, str | bytes, str, str]


@pytest.fixture(scope="module", params=CASES.values(), ids=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    """A file, what it holds, and the line and the words by which an error names the mistake."""
    found: Case = request.param
    return found


@pytest.fixture(scope="module")
def invalid(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A commit of the case's file, which no test changes."""
    file, text, *_ = case
    project = Project(tmp_path_factory.mktemp("invalid") / "project").dvc_yaml(pipeline_beside(file)).write(file, text)
    project.commit()
    return project


@pytest.mark.parametrize(("name", "words"), [(None, "head, workspace"), ("main", "head, main")])
def test_the_place_is_named(invalid: Project, view: Opener, case: Case, name: str | None, words: str) -> None:
    file, _, line, reason = case
    with pytest.raises(RepositoryError) as caught:
        view(invalid, name, "head")
    error = caught.value
    assert error.what.startswith(f"{file} ({words}){line}")
    assert error.what.endswith(" is not valid.")
    assert re.search(reason, error.why)
    assert error.remedy == "Correct the file."


@pytest.mark.parametrize("text", [case[1] for case in CASES.values() if case[0] == "params.yaml"])
@pytest.mark.parametrize("name", [None, "main"])
def test_parameters_that_no_command_uses_cost_only_themselves(
    project: Project, view: Opener, text: str, name: str | None
) -> None:
    stage = {"cmd": "x", "params": ["a"], "metrics": [{"m.json": {"cache": False}}]}
    project.dvc_yaml({"stages": {"train": stage}}).json("m.json", {"acc": 1}).write("params.yaml", text).commit()
    snapshot = view(project, name, "head").snapshot()
    assert [problem.path for problem in snapshot.problems] == ["params.yaml"]
    assert list(snapshot.metrics) == ["m.json"]


def test_in_base_it_is_a_footnote(invalid: Project, view: Opener, case: Case) -> None:
    file, _, line, reason = case
    snapshot = view(invalid, "main").snapshot()
    problem = snapshot.problems[0]
    assert problem.path == (file if file.endswith((".dvc", "config")) else "dvc.yaml")
    assert problem.what.startswith(f"{file} is not valid{line.replace(',', ' in', 1).rstrip(',')}")
    assert re.search(reason.removeprefix("^"), problem.what)
    assert "headway report BASE" in problem.remedy
    assert snapshot.incomplete == (file != ".dvc/config")


@pytest.mark.parametrize(
    "name", ["dvc.yaml", "dvc.lock", "params.yaml", "vars.yaml", "data.dvc", ".dvcignore", ".dvc/config"]
)
def test_a_pipe_is_no_file(project: Project, view: Opener, name: str) -> None:
    project.dvc_yaml({"vars": ["vars.yaml"], "stages": {"train": {"cmd": "x"}}}).write("vars.yaml", "a: 1\n").commit()
    (project.root / name).unlink(missing_ok=True)
    os.mkfifo(project.root / name)
    with pytest.raises(RepositoryError) as caught:
        view(project)
    assert caught.value.what == f"{name} (head, workspace) is not valid."
    assert "regular file" in caught.value.why


def test_variables_beside_a_pipeline_in_a_subfolder_are_found_too(tmp_path: Path, view: Opener) -> None:
    project = Project(tmp_path / "p", subdir="ml").write("sub/vars.json", '{"a": 1,\n}')
    project.dvc_yaml({"vars": ["vars.json"]}, "sub").commit()
    for name in (None, "main"):
        with pytest.raises(RepositoryError, match=r"^sub/vars\.json ") as caught:
            view(project, name, "head")
        assert caught.value.why.startswith("It is not valid JSON: line 2: ")


def test_an_error_of_another_kind_names_the_file_too(project: Project, view: Opener) -> None:
    project.dvc_yaml({"stages": {"t": {"cmd": "x", "deps": ["remote://nowhere/x"]}}}, "s").commit()
    with pytest.raises(RepositoryError, match=r"^s/dvc\.yaml ") as caught:
        view(project)
    assert "remote 'nowhere' doesn't exist" in caught.value.why


def test_a_place_where_dvc_cannot_write_is_said(project: Project, view: Opener) -> None:
    project.write(".dvc/tmp", "in the way").commit()
    with pytest.raises(RepositoryError, match=r"DVC cannot open its project \(head, workspace\)"):
        view(project)


CONFLICT = "<<<<<<< HEAD\na: 1\n=======\nb: 2\n>>>>>>> x\n"
LOCK_OF_DVC_1 = "train:\n  cmd: 'true'\n  deps:\n  - path: code.py\n    md5: 1\n"
STAGE = {
    "cmd": "true",
    "deps": ["code.py", "rows.csv"],
    "params": ["lr"],
    "metrics": [{"metrics.json": {"cache": False}}, "cached.json"],
    "plots": [{"curve.csv": {"cache": False}}],
    "outs": ["model.bin"],
}
BROKEN = {
    "dvc.yaml": CONFLICT,
    "dvc.yaml with a tab": "stages:\n\ttrain:\n",
    "dvc.lock": CONFLICT,
    "dvc.lock of DVC 1": LOCK_OF_DVC_1,
    "rows.csv.dvc": CONFLICT,
    "sub/dvc.yaml": CONFLICT,
    "params.yaml": "lr: [\n",
    ".dvc/config": "[core\n",
}


@pytest.fixture(scope="module")
def mended(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Main breaks one file after another; on the branch ``mend``, all is well and everything has other values."""
    project = Project(tmp_path_factory.mktemp("mended") / "project")
    for value in (0.1, 0.2):
        project.json("metrics.json", {"acc": value}).json("cached.json", {"f1": value}).write("code.py", str(value))
        project.write("curve.csv", f"x,y\n1,{value}\n").write("rows.csv", f"id,v\n1,{value}\n")
        project.write("params.yaml", f"lr: {value}\n").write("model.bin", str(value)).add("rows.csv")
        project.json("sub/m.json", {"loss": value}).dvc_yaml({"metrics": ["m.json"]}, "sub")
        project.dvc_yaml({"stages": {"train": STAGE}, "vars": ["params.yaml"]}).recorded()
        project.branch("mend" if value == 0.2 else "sound").commit()
    for number, (name, text) in enumerate(BROKEN.items()):
        file = name.split(" ")[0]
        project.checkout("sound").branch(f"broken-{number}").write(file, text).commit()
    return project.checkout("mend")


@cache
def compared(project: Project, name: str) -> Report:
    """The report of the mended branch against the one on which a file is broken; both tests look at one."""
    base = f"broken-{list(BROKEN).index(name)}"
    return build_diff(Request(folder=project.root, base=base, head="HEAD", settings=None))


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_base_does_not_cost_the_report(mended: Project, name: str) -> None:
    report = compared(mended, name)
    values = {metric.key: (metric.base, metric.head, metric.status) for metric in report.metrics}
    assert values["acc"] == values["loss"] == (0.1, 0.2, "changed")
    has_records = name in {"rows.csv.dvc", "sub/dvc.yaml", "params.yaml", ".dvc/config"}
    assert values["f1"] == ((0.1, 0.2, "changed") if has_records else (None, 0.2, "unavailable"))
    assert [file.path for file in report.unavailable] == ([] if has_records else ["cached.json"])
    changed = [param for param in report.params if param.key == "lr"]
    assert [(param.base, param.head) for param in changed] == [(None if name == "params.yaml" else 0.1, 0.2)]
    reason = "not valid YAML" if name == "params.yaml" else "is not valid"
    assert [problem for problem in report.problems if reason in problem.what and problem.side == "base"]


@pytest.mark.parametrize("name", BROKEN)
def test_nothing_is_called_new_that_a_broken_base_may_have(mended: Project, name: str) -> None:
    report = compared(mended, name)
    assert all(change.base for change in report.data)
    assert not [cause for stage in report.stages for cause in stage.causes if cause.kind == "stage"]
    assert not {metric.status for metric in report.metrics} & {"added", "removed"}
    if name not in {"params.yaml", ".dvc/config"}:  # which hide no declaration
        assert any("nothing that only head has is called new" in note for note in report.notes)


@pytest.mark.parametrize("name", ["dvc.yaml", "dvc.lock"])
def test_plots_of_a_broken_base_that_git_keeps_are_compared(mended: Project, name: str) -> None:
    request = Request(folder=mended.root, base=f"broken-{list(BROKEN).index(name)}", head="HEAD", settings=None)
    with open_sides(request) as sides:
        (pair,) = compare_sides(sides).plots
        assert pair.base is not None
        source, problems = sides.base.tables(pair.base)
    assert (source is not None, problems) == (True, ())


def test_the_data_of_a_broken_base_is_not_called_new(mended: Project) -> None:
    base = f"broken-{list(BROKEN).index('dvc.lock')}"
    report = build_data(Request(folder=mended.root, base=base, head="HEAD", settings=None), draw=False).report
    assert [change.path for change in report.data] == ["rows.csv"]
    assert [problem.path for problem in report.problems] == ["dvc.yaml"]


def test_data_that_a_broken_base_does_not_record_is_not_called_equal(tmp_path: Path) -> None:
    project = Project(tmp_path).dvc_yaml({"stages": {"train": {"cmd": "true", "outs": ["model.bin"]}}})
    project.write("model.bin", "1").recorded().write("dvc.lock", BROKEN["dvc.lock"]).commit()
    project.remove("dvc.lock").write("model.bin", "2").recorded().commit()
    report = build_data(Request(folder=project.root, base="HEAD~1", head="HEAD", settings=None), draw=False).report
    assert report.data == ()
    assert not [note for note in report.notes if note.startswith("No data")]


ODD = {
    "a .dvcignore of bytes": (".dvcignore", "bytes"),
    "a .dvcignore that is a folder": (".dvcignore", "folder"),
    "a configuration that is a folder": (".dvc/config", "folder"),
    "a configuration that links to itself": (".dvc/config", "loop"),
    "a configuration that is a submodule": (".dvc/config", "submodule"),
    "a dvc.yaml that links to itself": ("dvc.yaml", "loop"),
    "a dvc.yaml that links out": ("dvc.yaml", "link out"),
    "a .dvc file that links to itself": ("rows.csv.dvc", "loop"),
    "a dvc.yaml nested 3,000 deep": ("dvc.yaml", "deep"),
    "a dvc.yaml with a number of 5,000 digits": ("dvc.yaml", "digits"),
}


def odd(project: Project, path: str, kind: str) -> None:
    """Make something of a file that a pipeline's file never is, and commit it."""
    project.remove(path)
    if kind == "folder":
        project.write(f"{path}/inner", "")
    elif kind in {"loop", "link out"}:
        (project.root / path).symlink_to("/etc/passwd" if kind == "link out" else Path(path).name)
    elif kind != "submodule":
        contents: dict[str, bytes] = {"bytes": b"\xff\x80", "deep": b"[" * 3000, "digits": b"a: " + b"9" * 5000}
        project.write(path, contents[kind])
    project.git("add", "--all")
    if kind == "submodule":
        project.git("update-index", "--add", "--cacheinfo", f"160000,{project.git('rev-parse', 'HEAD')},{path}")
    project.git("commit", "--quiet", "--message", kind)


@pytest.mark.parametrize("name", ODD)
@pytest.mark.slow
def test_whatever_stands_where_a_file_should_base_costs_no_report_and_head_no_crash(
    mended: Project, tmp_path: Path, name: str
) -> None:
    project = mended.clone(tmp_path / "clone", "--branch=sound")
    odd(project.branch("odd"), *ODD[name])
    report = build_diff(Request(folder=project.root, base="odd", head="origin/mend", settings=None))
    values = {metric.key: (metric.base, metric.head) for metric in report.metrics}
    assert values["acc"] == values["loss"] == (0.1, 0.2)
    is_ignored = ODD[name][1] == "submodule"  # which is no file, as if there were none
    assert is_ignored != any("is not valid" in problem.what for problem in report.problems)
    if not is_ignored:
        with pytest.raises(RepositoryError):
            build_diff(Request(folder=project.root, base="sound", head="odd", settings=None))


def test_an_ignore_file_of_bytes_in_the_workspace_is_named(project: Project, view: Opener) -> None:
    project.commit()
    project.write(".dvcignore", b"\xff\x80")
    with pytest.raises(RepositoryError, match=r"^\.dvcignore \(head, workspace\) is not valid"):
        view(project)


def test_a_broken_head_stays_an_error(mended: Project) -> None:
    with pytest.raises(RepositoryError, match=r"^dvc\.yaml \(head, broken-0\)") as caught:
        build_diff(Request(folder=mended.root, base="sound", head="broken-0", settings=None))
    assert caught.value.exit_code == 3
