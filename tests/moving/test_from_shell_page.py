"""docs/from-shell.md: both of its workflows, its own parts and its traps, run with real git, DVC, jq and curl."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from dvc.cli import DvcParserError
from dvc.cli.parser import get_main_parser
from fakes import FakeGitHub, PullRequest
from repos import Project
from workflow_steps import Runner, Step, scripts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/from-shell.md").read_text()
TRAIN = """\
import json, pathlib

lr = float(pathlib.Path("params.yaml").read_text().split(":")[1])
json.dump({"accuracy": 1 - lr}, open("metrics.json", "w"))
loss = "".join(f"{epoch},{lr / (epoch + 1)}\\n" for epoch in range(5))
open("loss.csv", "w").write("epoch,loss\\n" + loss)
open("classes.csv", "w").write("actual,predicted\\n" + "cat,cat\\ndog,dog\\n" * 5 + "cat,dog\\n" * int(100 * lr))
open("errors.txt", "w").write(f"{int(100 * lr)} cats are dogs\\n")
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", PAGE, flags=re.DOTALL | re.MULTILINE)


def traps() -> list[tuple[str, str, int]]:
    table = PAGE.split("\n## Traps\n")[1]
    lines = [re.split(r"(?<!\\)\|", line.strip("|")) for line in table.splitlines() if "`dvc " in line]
    return [(row[0].strip(), row[1].strip().strip("`").replace("\\|", "|"), int(row[2])) for row in lines]


def dvc_commands(text: str) -> list[list[str]]:
    """What the lines of a script call DVC with."""
    found = re.findall(r"^\s*(?:run: )?(dvc .*?)(?: >.*)?$", text, re.MULTILINE)
    return [shlex.split(line)[1:] for line in found]


def pipeline(project: Project, *, cache: bool) -> Project:
    """A branch of a project on which a parameter moved, and all that it moves."""
    plots = [{"loss.csv": {"cache": cache, "x": "epoch", "y": "loss"}}]
    plots += [{"classes.csv": {"cache": cache, "template": "confusion", "x": "actual", "y": "predicted"}}]
    train = {"cmd": "python train.py", "deps": ["train.py"], "params": ["lr"], "plots": plots}
    train |= {"metrics": [{"metrics.json": {"cache": cache}}], "outs": [{"errors.txt": {"cache": cache}}]}
    project.dvc_yaml({"stages": {"train": train}}).write("train.py", TRAIN)
    for lr, message in (("0.2", "base"), ("0.1", "head")):
        project.write("params.yaml", f"lr: {lr}\n").run(sys.executable, "train.py")
        project.recorded().commit(message)
        if message == "base":
            project.branch("feature")
    return project


def test_the_script_calls_dvc_as_dvc_3_allows() -> None:
    (before,) = (block for block in blocks("yaml") if "dvc metrics diff" in block)
    parser = get_main_parser()
    commands = dvc_commands(before)
    assert [command[:2] for command in commands].count(["plots", "diff"]) == 2
    assert len(commands) == 5
    for command in commands:
        parser.parse_args(command)
    old = [command for _, command, code in traps() if code == 254]
    assert len(old) == 2
    for line in old:
        with pytest.raises(DvcParserError):
            parser.parse_args(shlex.split(line)[1:])


def test_the_numbers_are_those_of_the_comparison() -> None:
    comparison = (ROOT / "docs/which-tool.md").read_text()
    assert "| processes for one metrics file and six plots | 13 | 13 and Node | 1, and three that" in comparison
    assert "starts 13 processes and Headway four" in PAGE
    assert "| 10.9 s | not measured | 2.0 s;" in comparison
    assert "[10.9 s and 2.0 s]" in PAGE


@pytest.fixture(scope="module")
def change(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """What the workflows check out: the results are in git."""
    return pipeline(Project(tmp_path_factory.mktemp("change") / "origin"), cache=False)


@contextmanager
def job(change: Project, folder: Path) -> Iterator[tuple[Runner, FakeGitHub]]:
    place = change.clone(folder / "clone", "--branch", "feature").root
    sha = change.git("rev-parse", "feature")
    with FakeGitHub(pull_requests=[PullRequest(number=7, head_sha=sha)]) as forge:
        environ = forge.environ()
        token = {"github.token": environ.pop("GITHUB_TOKEN")}
        yield Runner(folder=place, environ=environ, values=token), forge


@pytest.mark.slow  # ten processes of DVC, Headway and curl
def test_the_script_of_before_posts_what_the_page_says(change: Project, tmp_path: Path) -> None:
    (renderer,) = blocks("python")
    (tmp_path / "before.yml").write_text(next(block for block in blocks("yaml") if "curl" in block))
    with job(change, tmp_path) as (runner, forge):
        (runner.folder / "render.py").write_text(renderer)
        for _push in range(2):
            runner.run_all(scripts(tmp_path / "before.yml", "report"))
        bodies = [comment.body for comment in forge.comments(7)]
    assert len(bodies) == 2  # each push adds a comment
    assert "| metrics.json | accuracy | 0.8           | 0.9         | 0.1      |" in bodies[0]
    assert "| params.yaml | lr      | 0.2           | 0.1         |" in bodies[0]
    assert "10 cats are dogs" in bodies[0]
    assert "png" not in bodies[0]
    assert (runner.folder / "loss.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow  # as above
def test_the_workflow_of_after_posts_one_comment_with_the_charts(change: Project, tmp_path: Path) -> None:
    (settings,) = (block for block in blocks("yaml") if block.startswith("metrics:"))
    (tmp_path / "after.yml").write_text(next(block for block in blocks("yaml") if "headway post" in block))
    with job(change, tmp_path) as (runner, forge):
        (runner.folder / "headway.yaml").write_text(settings)
        for _push in range(2):
            runner.run_all(scripts(tmp_path / "after.yml", "report"))
        (comment,) = forge.comments(7)
    assert "accuracy" in comment.body
    assert "10 cats are dogs" in comment.body
    assert comment.body.count("<img") + comment.body.count("![") >= 2


@pytest.mark.slow  # as above
def test_your_own_parts_are_posted(change: Project, tmp_path: Path) -> None:
    commands = [line.strip() for block in blocks("bash") for line in block.splitlines()]
    assert [command.split()[1] for command in commands] == ["comment", "upload", "check", "diff"]
    with job(change, tmp_path) as (runner, forge):
        (runner.folder / "report.md").write_text("# Mine\n")
        shutil.copy(ROOT / "docs/images/learning_curve-light.png", runner.folder / "loss.png")
        token = {"GITHUB_TOKEN": "${{ github.token }}"}
        runner.run_all([Step(name=command, run=command, env=token) for command in commands])
        (comment,) = forge.comments(7)
        (check,) = forge.check_runs()
    assert comment.body.endswith("# Mine\n")
    assert check.fields["conclusion"] == "success"
    written = (runner.folder / "report.md").read_text()
    assert re.search(r"!\[.*\]\(http", written)
    assert "accuracy" in written


def as_it_is(_: Project) -> None:
    """The command alone is the trap."""


def unchanged(project: Project) -> None:
    project.checkout("main").run("dvc", "checkout")


def cut_off(project: Project) -> None:
    project.write("metrics.json", '{"accuracy": 0.9, ')


def without_cache(project: Project) -> None:
    """Only what the workspace has is in the cache, as after ``dvc pull`` in a job."""
    shutil.rmtree(project.root / ".dvc/cache")
    project.recorded()


SITUATIONS: dict[str, Callable[[Project], None]] = {
    "nothing changed": unchanged,
    "the base's metrics are not in the cache": without_cache,
    "the base's plot is not in the cache": without_cache,
    "a metrics file that was cut off": cut_off,
}
OUTPUTS = {
    "nothing changed": r"\| Path .*\n\|[-|]+\n*",
    "the base's metrics are not in the cache": r"(?s).*accuracy +\| - +\| 0\.9 +\| - .*",
    "the base's plot is not in the cache": r'(?s)\{(?!.*"rev": "main").*"rev": "workspace".*',
    "a metrics file that was cut off": r"(?s).*accuracy +\| 0\.8 +\| - +\| - .*",
    "a plot that was renamed": r"\{\}\s*",
    "a column that was renamed": r"\{\}\s*",
    "a pipe": "",
    "an option of DVC 2": r"(?s)usage: dvc .*",
}
"""What the command prints, where the page says so; nothing elsewhere."""


@pytest.fixture(scope="module")
def cached(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A repository whose results are in DVC's cache alone."""
    return pipeline(Project(tmp_path_factory.mktemp("cached") / "project"), cache=True)


@pytest.mark.slow  # a process of DVC for each
@pytest.mark.parametrize(("situation", "command", "code"), traps(), ids=[row[0] + ": " + row[1] for row in traps()])
def test_each_trap_is_one(situation: str, command: str, code: int, cached: Project, tmp_path: Path) -> None:
    project = cached.copied(tmp_path / "project")
    SITUATIONS.get(situation, as_it_is)(project)
    done = project.run("bash", "-e", "-c", f'dvc() {{ "{sys.executable}" -m dvc "$@"; }}\n{command}', check=False)
    assert done.returncode == code, done.stderr
    assert re.fullmatch(OUTPUTS.get(situation, ""), done.stdout), done.stdout


def test_the_traps_are_those_that_the_tests_prepare() -> None:
    assert len(traps()) == 12
    assert set(SITUATIONS) | set(OUTPUTS) <= {situation for situation, _, _ in traps()}
