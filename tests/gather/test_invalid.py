"""Pipeline files that DVC cannot read: the error names the side, the file, the line and the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from headway.errors import RepositoryError

if TYPE_CHECKING:
    from conftest import Opener
    from repos import Project

CASES = {
    "no YAML": ("dvc.yaml", "stages:\n  train:\n    cmd: [a\n", ", line 4,", "did not find expected|expected"),
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
    "broken variables": ("params.yaml", "a: [", "", "params.yaml"),
    "lock of no schema": ("dvc.lock", "stages: {}\n", "", "schema: required key not provided"),
    "lock with a wrong entry": (
        "dvc.lock",
        "schema: '2.0'\nstages:\n  train:\n    cmd: x\n    outs:\n    - md5: 1\n",
        ", line 6,",
        "stages.train.outs.0.",
    ),
    "lock that is no YAML": ("dvc.lock", "a: [\n", ", line 2,", ""),
    "data file": ("data.dvc", "outs:\n- path: a\n  md5: x\n  wrong: 1\n", ", line 4,", "outs.0.wrong: extra keys"),
    "no UTF-8": ("dvc.yaml", b"a: \xff\n", "", "is not valid utf-8"),
    "configuration": (".dvc/config", "[core\n", "", "at line 1"),
}


@pytest.mark.parametrize(("name", "side"), [(None, "head, workspace"), ("main", "base, main")])
@pytest.mark.parametrize(("file", "text", "line", "reason"), CASES.values(), ids=CASES)
def test_the_place_is_named(  # noqa: PLR0913 - a row of the table and the fixtures
    project: Project, view: Opener, file: str, text: str, line: str, reason: str, name: str | None, side: str
) -> None:
    project.dvc_yaml("stages:\n  train:\n    cmd: x\n    outs: [a]\n").write(file, text).commit()
    with pytest.raises(RepositoryError) as caught:
        view(project, name)
    error = caught.value
    told_of = "dvc.yaml" if file == "params.yaml" else file
    print(error)
    assert error.what.startswith(f"{told_of} ({side}){line}")
    assert error.what.endswith("is not valid.")
    import re
    assert re.search(reason, error.why), error.why
    assert error.remedy
    assert error.exit_code == 3
    print(error)
