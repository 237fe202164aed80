"""``headway init`` as a user runs it: real repositories, the command line in this process, and once a real terminal."""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from repos import PIPELINE, Project
from ruamel.yaml import YAML

from headway.cli.main import run

SOURCE = f"https://github.com/team/headway@{'ab' * 20}"
GITHUB, REPORT, POST = (f".github/workflows/headway{name}.yml" for name in ("", "-report", "-post"))


def fill(project: Project, url: str = "s3://bucket/dvc") -> Project:
    project.dvc_yaml(PIPELINE).write("code.py", "x").write("params.yaml", "lr: 1").write("model.bin", "m")
    project.write(".dvc/config", f"[core]\n    remote = r\n['remote \"r\"']\n    url = {url}\n")
    return project.json("metrics.json", {"accuracy": 0.9}).recorded()


@pytest.fixture
def ready(project: Project) -> Project:
    fill(project).commit()
    project.git("remote", "add", "origin", "git@github.com:team/digits.git")
    return project


@pytest.fixture
def monorepo(tmp_path: Path) -> Project:
    repository = Project(tmp_path / "mono", dvc=False)
    for folder in ("models/a", "models/b"):
        fill(Project(repository.git_root, subdir=folder, git=False).dvc_init())
    repository.commit()
    return repository


def init(project: Project, capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> str:
    capsys.readouterr()
    assert run(["init", "-C", str(project.root), "--source", SOURCE, *args]) == code
    printed = capsys.readouterr()
    return printed.err if code else printed.out


def status(project: Project) -> set[str]:
    return set(project.git("status", "--short", "--untracked-files=all").splitlines())


def parsed(project: Project, path: str) -> Any:
    return YAML(typ="safe", pure=True).load((project.git_root / path).read_text())


def test_it_writes_what_is_missing_and_nothing_twice(ready: Project, capsys: pytest.CaptureFixture[str]) -> None:
    first = init(ready, capsys)
    written = {path: (ready.root / path).read_bytes() for path in ("headway.yaml", GITHUB, ".gitignore")}
    assert f"{GITHUB}: created" in first
    assert "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY as secrets" in first
    assert "/reports/headway/" in written[".gitignore"].decode().splitlines()
    again = init(ready, capsys)
    assert "headway.yaml: kept" in again
    assert f"{GITHUB}: unchanged" in again
    assert {path: (ready.root / path).read_bytes() for path in written} == written


def test_a_dry_run_shows_everything_and_writes_nothing(ready: Project, capsys: pytest.CaptureFixture[str]) -> None:
    shown = init(ready, capsys, "--dry-run", "--stage", "--pre-commit")
    assert status(ready) == set()
    for path in ("headway.yaml", GITHUB, ".pre-commit-config.yaml"):
        assert f"+++ b/{path}" in shown


def test_a_workflow_that_differs_is_kept_and_shown(ready: Project, capsys: pytest.CaptureFixture[str]) -> None:
    ready.write(GITHUB, "name: mine\n")
    shown = init(ready, capsys)
    assert f"{GITHUB}: kept: it differs" in shown
    assert "-name: mine" in shown
    assert (ready.root / GITHUB).read_text() == "name: mine\n"
    assert f"{GITHUB}: replaced" in init(ready, capsys, "--force")
    assert parsed(ready, GITHUB)["name"] == "headway"


def test_a_workflow_of_the_team_that_runs_headway_needs_no_other(
    ready: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    ready.write(".github/workflows/ci.yml", "jobs: {a: {steps: [{run: headway report}]}}\n")
    assert ".github/workflows/ci.yml runs Headway already" in init(ready, capsys)
    assert not (ready.root / GITHUB).exists()


def test_the_job_for_own_branches_is_short_and_writes_only_what_it_must(
    ready: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    init(ready, capsys)
    text = (ready.root / GITHUB).read_text()
    assert len(text[text.index("jobs:") :].splitlines()[1:]) <= 15
    workflow = parsed(ready, GITHUB)
    (job,) = workflow["jobs"].values()
    checkout, action = job["steps"]
    assert workflow["permissions"] == {}
    assert job["permissions"] == {"checks": "write", "contents": "write", "pull-requests": "write"}
    assert checkout["with"]["fetch-depth"] == 0
    assert checkout["with"]["persist-credentials"] is False
    assert action["uses"] == f"team/headway@{'ab' * 20}"
    assert set(action["with"]) == {"reproduce", "aws-access-key-id", "aws-secret-access-key"}


def test_with_forks_the_job_that_runs_their_code_can_write_nothing(
    ready: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "git rm" not in init(ready, capsys, "--forks")
    report, post = parsed(ready, REPORT), parsed(ready, POST)
    assert report["jobs"]["report"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert report["jobs"]["report"]["with"]["aws-role"] == "${{ vars.AWS_ROLE }}"
    assert post["on"]["workflow_run"]["workflows"] == [report["name"]]
    assert "secrets" not in post["jobs"]["post"]
    for job, file in ((report["jobs"]["report"], "report"), (post["jobs"]["post"], "post")):
        assert job["uses"] == f"team/headway/.github/workflows/reusable-{file}.yml@{'ab' * 20}"
        assert (Path(__file__).parents[2] / f".github/workflows/reusable-{file}.yml").is_file()
    assert not (ready.root / GITHUB).exists()


def test_the_workflow_of_the_other_shape_is_to_be_removed(ready: Project, capsys: pytest.CaptureFixture[str]) -> None:
    init(ready, capsys)
    assert f"git rm {GITHUB}" in init(ready, capsys, "--forks")
    assert f"git rm {REPORT} {POST}" in init(ready, capsys)


def test_gitlab_has_a_file_of_its_own_and_a_stage_that_exists(
    ready: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = "stages: [build, check]   # ours\n\nbuild: {stage: build, script: !reference [.a, script]}\n"
    ready.write(".gitlab-ci.yml", theirs)
    init(ready, capsys, "--forge", "gitlab")
    assert (ready.root / ".gitlab-ci.yml").read_text() == (f"{theirs}\ninclude:\n  - local: .gitlab/headway.yml\n")
    job = parsed(ready, ".gitlab/headway.yml")["headway"]
    assert job["stage"] == "check"
    assert job["script"][-4:] == ["headway ci setup", "headway ci reproduce", "headway report", "headway post"]
    assert job["after_script"] == ["headway ci cleanup"]


def test_gitlab_may_include_the_job_from_its_root(ready: Project, capsys: pytest.CaptureFixture[str]) -> None:
    ready.write(".gitlab-ci.yml", "include: /.gitlab/headway.yml\n")
    assert ".gitlab-ci.yml: unchanged" in init(ready, capsys, "--forge", "gitlab")


def test_another_pipeline_of_bitbucket_is_left_to_its_owner(ready: Project, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = "pipelines: {default: [{step: {script: [make]}}]}\n"
    ready.write("bitbucket-pipelines.yml", theirs)
    shown = init(ready, capsys, "--forge", "bitbucket")
    assert "bitbucket-pipelines.yml: for you to add" in shown
    assert "+      - step:" in shown
    assert "+      path: .dvc/cache" in shown
    assert (ready.root / "bitbucket-pipelines.yml").read_text() == theirs


def test_each_project_of_a_monorepo_has_its_settings_and_all_have_one_comment(
    monorepo: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    init(monorepo, capsys, "--forge", "gitlab", "--pre-commit")
    job = parsed(monorepo, ".gitlab/headway.yml")["headway"]
    assert job["script"][-4:] == [
        "headway ci setup --all-projects",
        "headway ci reproduce --all-projects",
        "headway report --all-projects",
        "headway post --all reports/headway --one-comment",
    ]
    hooks = parsed(monorepo, ".pre-commit-config.yaml")["repos"][0]["hooks"]
    assert [hook["entry"] for hook in hooks] == [f"headway verify --project models/{name}" for name in "ab"]
    for folder in ("models/a", "models/b"):
        assert (monorepo.root / folder / "headway.yaml").is_file()


@pytest.mark.parametrize(
    "folder",
    [
        "a: b; $(touch pwned) #'\"",
        pytest.param("-x\\ü\n*", marks=pytest.mark.slow),
        pytest.param("${{ github.token }}", marks=pytest.mark.slow),
    ],
)
def test_any_name_of_a_folder_is_one_word_of_yaml_and_of_the_shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], folder: str
) -> None:
    repository = Project(tmp_path / "git", dvc=False)
    project = Project(repository.git_root, subdir=folder, git=False).dvc_init()
    project.write(".dvc/config", "[core]\n    remote = r\n['remote \"r\"']\n    url = s3://b/c\n")
    project.write("requirements.txt", "").commit()
    for forge in ("github", "gitlab", "bitbucket"):
        init(project, capsys, "--forge", forge, "--pre-commit")
    given = parsed(project, GITHUB)["jobs"]["report"]["steps"][-1]["with"]["project"]
    assert given.replace("${{ '${{' }}", "${{") == folder
    job = parsed(project, ".gitlab/headway.yml")["headway"]
    assert job["cache"]["paths"] == [f"{folder}/.dvc/cache"]
    (pipeline,) = parsed(project, "bitbucket-pipelines.yml")["pipelines"]["pull-requests"]["**"]
    assert pipeline["step"]["artifacts"] == [f"{folder}/reports/headway/**"]
    (hook,) = parsed(project, ".pre-commit-config.yaml")["repos"][0]["hooks"]
    word = f"./{folder}" if folder.startswith("-") else folder
    for script in (job["script"], pipeline["step"]["script"]):
        assert ["cd", word] in [shlex.split(command) for command in script]
        assert f"{word}/requirements.txt" in shlex.split(next(line for line in script if "--requirement" in line))
    for command in (hook["entry"], *job["after_script"]):
        assert shlex.split(command)[-2:] == ["--project", word]


@pytest.mark.parametrize(
    "url",
    [
        "https://ada:hunter2@store.example/dvc",
        pytest.param("https://store.example/dvc?sig=hunter2", marks=pytest.mark.slow),
    ],
)
def test_a_secret_in_the_address_of_a_remote_is_not_shown(
    project: Project, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    fill(project, url).commit()
    shown = init(project, capsys, "--forge", "github", "--dry-run")
    assert "remote https://store.example/dvc;" in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("headway.yaml", "# later\n"),
        pytest.param("pyproject.toml", "[tool.headway]\nheadline = ['accuracy']\n", marks=pytest.mark.slow),
    ],
)
def test_settings_are_kept_even_if_forced(
    ready: Project, capsys: pytest.CaptureFixture[str], path: str, text: str
) -> None:
    ready.write(path, text)
    assert f"{path}: kept" in init(ready, capsys, "--force")
    assert (ready.root / path).read_text() == text
    assert (path == "headway.yaml") == (ready.root / "headway.yaml").exists()


@pytest.mark.slow
def test_what_an_earlier_run_wrote_is_committed_as_well(ready: Project, capsys: pytest.CaptureFixture[str]) -> None:
    init(ready, capsys, "--forge", "none")
    assert f"git add headway.yaml .gitignore {GITHUB} &&" in init(ready, capsys)


@pytest.mark.slow
def test_a_version_of_python_that_headway_cannot_have(ready: Project, capsys: pytest.CaptureFixture[str]) -> None:
    ready.write("pyproject.toml", "[project]\nname = 'a'\nrequires-python = '<3.11'\n")
    assert "Widen requires-python in pyproject.toml, which is <3.11" in init(ready, capsys, "--dry-run")


def test_workflows_of_any_kind_are_looked_at(ready: Project, capsys: pytest.CaptureFixture[str]) -> None:
    ready.write(".github/workflows/folder.yml/a", "").write(GITHUB, b"name: caf\xe9\n")
    (ready.root / ".github/workflows/link.yml").symlink_to("nowhere")
    assert "-name: caf\N{REPLACEMENT CHARACTER}" in init(ready, capsys)
    action = "jobs: {a: {steps: [{uses: team/headway@v1}]}}\n"
    ready.write(".github/workflows/ci.yml", f"on: pull_request\n{action}")
    assert ".github/workflows/ci.yml runs Headway already" in init(ready, capsys)


def test_one_project_of_a_monorepo_is_named_to_the_action(
    monorepo: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Project(monorepo.git_root, subdir="models/b", git=False)
    init(folder, capsys, "--forge", "github")
    (job,) = parsed(monorepo, GITHUB)["jobs"].values()
    assert job["steps"][-1]["with"]["project"] == "models/b"
    assert not (monorepo.root / "models/a/headway.yaml").exists()


def test_forks_and_several_projects_exclude_each_other(monorepo: Project, capsys: pytest.CaptureFixture[str]) -> None:
    error = init(monorepo, capsys, "--forge", "github", "--forks", code=2)
    assert "headway init --forks --project models/a" in error
    assert status(monorepo) == set()


@pytest.mark.parametrize("options", [["github"], ["github", "--forks"], ["gitlab"], ["bitbucket"]], ids=" ".join)
def test_doctor_has_no_fault_to_find_in_what_it_wrote(
    ready: Project, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    init(ready, capsys, "--forge", *options)
    run(["doctor", "--json", "--offline", "-C", str(ready.root)])
    checks = json.loads(capsys.readouterr().out)["checks"]
    found = {each["name"]: each["status"] for each in checks}
    needed = ("reports ignored", "file", "names", "directions", "files", "report", "post", "placeholders")
    assert {name: found[name] for name in needed} == dict.fromkeys(needed, "ok")
    assert "failed" not in {found[name] for name in ("checkout", "workflow permissions", "forks")}


def test_a_stage_that_writes_the_report(ready: Project, capsys: pytest.CaptureFixture[str]) -> None:
    ready.write("dvc.yaml", "stages:\n  train:\n    cmd: python train.py  # ours\n    metrics:\n      - metrics.json\n")
    ready.commit()
    init(ready, capsys, "--stage", "--forge", "none")
    assert (ready.root / "dvc.yaml").read_text() == (
        "stages:\n  train:\n    cmd: python train.py  # ours\n    metrics:\n      - metrics.json\n  report:\n"
        "    cmd: headway report\n    deps: [metrics.json]\n"
        "    always_changed: true # the base is no dependency of DVC's\n"
    )
    with ready.dvc() as repo:
        assert "report" in {stage.name for stage in repo.index.stages}


@pytest.mark.slow
def test_a_stage_for_a_pipeline_of_another_style_is_left_to_its_owner(
    ready: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (ready.root / "dvc.yaml").read_text().startswith("{")  # JSON
    assert "Add the lines above to dvc.yaml." in init(ready, capsys, "--stage", "--forge", "none")


def test_without_a_forge_it_says_how_to_name_one(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    fill(project).commit()
    shown = init(project, capsys)
    assert "headway init --forge github" in shown
    assert {line.split()[-1] for line in status(project)} == {"headway.yaml", ".gitignore"}


@pytest.mark.slow
def test_a_question_can_be_interrupted(project: Project) -> None:
    fill(project).commit()
    child, screen = pty.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(project.root)
        os.execv(sys.executable, [sys.executable, "-m", "headway", "init", "--source", SOURCE])  # noqa: S606 - itself
    shown = b""
    while not shown.endswith(b"none): "):
        shown += os.read(screen, 4096)
    os.write(screen, b"\x03")
    while b"Interrupted." not in shown:
        shown += os.read(screen, 4096)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 130
    assert not (project.root / "headway.yaml").exists()
    os.close(screen)


def test_on_a_terminal_it_asks_what_the_repository_does_not_say(project: Project) -> None:
    fill(project).commit()
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "headway", "init", "--source", SOURCE]
    with (
        os.fdopen(ours, "r+b", buffering=0) as screen,
        subprocess.Popen(command, cwd=project.root, stdin=theirs, stdout=theirs, stderr=theirs) as child,
    ):
        os.close(theirs)  # reading the screen then ends with an error if the child does
        screen.write(b"github\ny\n")
        shown = b""
        while b"Next:" not in shown:
            shown += screen.read(4096)
        child.wait(60)
    assert b"Where are pull requests reviewed?" in shown
    assert b"Do pull requests come from forks" in shown
    assert (project.root / POST).is_file()
