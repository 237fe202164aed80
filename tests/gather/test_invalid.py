"""Pipeline files that DVC cannot read: the error names the side, the file, the line and the key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from repos import Project

from headway.errors import RepositoryError

if TYPE_CHECKING:
    from pathlib import Path

    from repos import Opener

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
    "broken variables": ("params.yaml", "a: 1\nb: [\n", "", "^It is no valid YAML: line 3: "),
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


@pytest.mark.parametrize(("name", "side"), [(None, "head, workspace"), ("main", "base, main")])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_place_is_named(
    project: Project, view: Opener, case: tuple[str, str | bytes, str, str], name: str | None, side: str
) -> None:
    file, text, line, reason = case
    project.dvc_yaml("stages:\n  train:\n    cmd: x\n    outs: [a]\n").write(file, text).commit()
    with pytest.raises(RepositoryError) as caught:
        view(project, name)
    error = caught.value
    assert error.what.startswith(f"{file} ({side}){line}")
    assert error.what.endswith(" is not valid.")
    assert re.search(reason, error.why)
    assert error.remedy == ("Compare with another base: headway report BASE" if name else "Correct the file.")


def test_variables_beside_a_pipeline_in_a_subfolder_are_found_too(tmp_path: Path, view: Opener) -> None:
    project = Project(tmp_path / "p", subdir="ml").write("sub/vars.json", '{"a": 1,\n}')
    project.dvc_yaml({"vars": ["vars.json"]}, "sub").commit()
    for name in (None, "main"):
        with pytest.raises(RepositoryError, match=r"^sub/vars\.json ") as caught:
            view(project, name)
        assert caught.value.why.startswith("It is no valid JSON: line 2: ")


def test_an_error_of_another_kind_names_the_file_too(project: Project, view: Opener) -> None:
    project.dvc_yaml({"stages": {"t": {"cmd": "x", "deps": ["remote://nowhere/x"]}}}, "s").commit()
    with pytest.raises(RepositoryError, match=r"^s/dvc\.yaml ") as caught:
        view(project)
    assert "remote 'nowhere' doesn't exist" in caught.value.why


def test_a_place_where_dvc_cannot_write_is_said(project: Project, view: Opener) -> None:
    project.write(".dvc/tmp", "in the way").commit()
    with pytest.raises(RepositoryError, match=r"DVC cannot open its project \(head, workspace\)"):
        view(project)
