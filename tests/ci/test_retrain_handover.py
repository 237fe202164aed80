"""What the first job of retrain.yml packs, and what the second one, which has a token, takes of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from ci.retraining import OURS, Workflow, push
from publish.requests.request_forges import open_host
from repos import Project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workflow_steps import Runner

CONTENTS = {
    "reports/metrics.json": b'{"accuracy": 1}\n',
    "reports/sample.bin": bytes(reversed(range(256))),
    "reports/new.bin": b"\x00\xff" * 999,
    'reports/deep/it\'s \u00e4 "table".csv': b"a,b\r\n1,2\r\n",
    "reports/empty.txt": b"",
}
"""Changed and new results, text and binary."""
SOURCE = "import json\nprint(json.dumps({}))\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Files alone, because neither of the two steps asks DVC."""
    project = Project(tmp_path_factory.mktemp("files") / "project", dvc=False)
    project.write("train.py", SOURCE).write(".gitignore", "/.venv\n").write("dvc.lock", "1\n")
    project.write("reports/metrics.json", "{}\n").write("reports/old.txt", "old\n").write("reports/sample.bin", b"\0")
    project.write(".dvc/embedded/files/md5/00/0", "0").commit("results")
    return project


@pytest.fixture
def workflow(project: Project, tmp_path: Path) -> Iterator[Workflow]:
    with open_host("github", tmp_path / "host") as host:
        push(project, host)
        yield Workflow(OURS, host, tmp_path, {})


def added(path: str, mode: str = "100644", content: str = "evil") -> str:
    header = f"diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n"
    return f"{header}@@ -0,0 +1 @@\n+{content}\n"


def linked(path: str, target: str) -> str:
    return f"{added(path, '120000', target)}\\ No newline at end of file\n"


def edited(path: str, to: str) -> str:
    """The source file without its first line, under another name or its own."""
    first, second = SOURCE.splitlines()
    return f"diff --git a/{path} b/{to}\n--- a/{path}\n+++ b/{to}\n@@ -1,2 +1,1 @@\n-{first}\n {second}\n"


MOVED = "diff --git a/train.py b/reports/x\nsimilarity index 100%\nrename from train.py\nrename to reports/x\n"
COPIED = MOVED.replace("rename", "copy")


def test_new_and_deleted_and_binary_results_travel_and_nothing_else(workflow: Workflow) -> None:
    trained, runner = workflow.machine(), workflow.machine()
    project = Project(trained.folder, git=False).remove("reports/old.txt").write("train.py", "other\n")
    for path, content in CONTENTS.items():
        project.write(path, content)
    trained.run_all([workflow.step("train", "Pack the results")])
    assert trained.outputs() == {"changed": "true"}
    workflow.hand_over(trained, runner)
    runner.run_all([workflow.step("request", "Unpack the results")])
    assert {path: (runner.folder / path).read_bytes() for path in CONTENTS} == CONTENTS
    assert not (runner.folder / "reports/old.txt").exists()
    assert (runner.folder / "train.py").read_text() == SOURCE


def test_without_a_change_there_is_no_second_job(workflow: Workflow) -> None:
    trained = workflow.machine()
    trained.run_all([workflow.step("train", "Pack the results")])
    assert trained.outputs() == {}


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(added(".github/workflows/evil.yml"), id="a new workflow"),
        pytest.param(added(".venv/bin/headway"), id="an ignored file"),
        pytest.param(added("dvc.lock.py"), id="a name that begins like a result's"),
        pytest.param(added("sub/reports/x"), id="a folder that is called like a result's"),
        pytest.param(edited("train.py", "train.py"), id="a source file"),
        pytest.param(edited("train.py", "reports/x"), id="a source file by two names"),
        pytest.param(MOVED, id="a moved source file"),
        pytest.param(COPIED, id="a copied source file"),
    ],
)
def test_of_a_patch_only_results_are_taken(workflow: Workflow, patch: str) -> None:
    runner = unpack(workflow, patch)
    left = Project(runner.folder, git=False).git("status", "--porcelain", "--ignored", "--untracked-files=all")
    assert left in {"", "?? reports/x"}
    (runner.folder.parent / "patch").write_text(patch)
    Project(workflow.machine().folder, git=False).git("apply", "--check", str(runner.folder.parent / "patch"))


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(added("reports/../evil.sh"), id="a path out of the folder"),
        pytest.param(added("reports/.git/hooks/post-checkout"), id="a hook"),
        pytest.param(f"{linked('reports/x', '..')}{added('reports/x/evil.sh')}", id="a link out of the folder"),
    ],
)
def test_a_patch_that_leaves_the_folder_ends_the_job(workflow: Workflow, patch: str) -> None:
    runner = unpack(workflow, patch, fails="Unpack the results")
    assert Project(runner.folder, git=False).git("status", "--porcelain", "--ignored") == ""


def unpack(workflow: Workflow, patch: str, fails: str = "") -> Runner:
    """The machine of the second job after a patch that the first one cannot have made."""
    trained, runner = workflow.machine(), workflow.machine()
    (Path(trained.environ["RUNNER_TEMP"]) / "results").mkdir()
    (Path(trained.environ["RUNNER_TEMP"]) / "results/results.patch").write_text(patch)
    workflow.hand_over(trained, runner)
    runner.run_all([workflow.step("request", "Unpack the results")], fails=fails)
    return runner
