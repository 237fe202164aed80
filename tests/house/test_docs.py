"""Documentation that cannot lie: generated pages are current, README commands run, links lead somewhere."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from fakes import FakeGitHub, PullRequest

from headway.cli.main import cli, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from repos import Project

ROOT = Path(__file__).parent.parent.parent
PATTERNS = ("*.md", "docs/**/*.md", "examples/**/*.md", "tests/*.md")
PAGES = sorted(page for pattern in PATTERNS for page in ROOT.glob(pattern))


def test_generated_pages_are_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/make_docs.py"), "--check"], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_to_files(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) + re.findall(r"(?:src|srcset)=\"([^\"]+)\"", text)
    missing = [t for t in targets if not t.startswith(("http:", "https:")) and not (page.parent / t).exists()]
    assert not missing


def test_the_code_tour_has_two_walks_of_ten_stops_that_lead_to_lines() -> None:
    """That each line is the definition's is checked with the generated pages."""
    _, metric, plot = (ROOT / "docs/code-tour.md").read_text().split("\n## ")
    for walk in (metric, plot):
        stops = re.split(r"^\d+\. ", walk, flags=re.MULTILINE)[1:]
        assert len(stops) == 10
        assert all(re.search(r"\]\(\.\./src/headway/[\w/]+\.py#L\d+\)", stop) for stop in stops)


def test_a_definition_that_moved_makes_the_code_tour_stale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    line_of = runpy.run_path(str(ROOT / "scripts/make_docs.py"))["line_of"]
    source = tmp_path / "a.py"
    source.write_text("x = 1\n\nclass A:\n    def b(self): ...\n")
    assert (line_of("A", source), line_of("A.b", source)) == (3, 4)
    with pytest.raises(SystemExit, match=r"a\.py defines no A\.c"):
        line_of("A.c", source)


def test_every_module_and_folder_that_the_architecture_names_exists() -> None:
    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", (ROOT / "docs/architecture.md").read_text()))
    paths = [path for top in (ROOT / "src", ROOT / "tests") for path in (top, *top.rglob("*"))]
    existing = [f"/{path.relative_to(ROOT)}{'/' if path.is_dir() else ''}" for path in paths]
    missing = [name for name in sorted(named) if not any(path.endswith(f"/{name}") for path in existing)]
    assert len(named) > 30
    assert not missing


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z-]+)", _code(ROOT / "README.md"))) <= targets


def commands(group: click.Group, name: str = "headway") -> Iterator[tuple[str, click.Command]]:
    """Every command and group of commands by its full name."""
    context = click.Context(group)
    for below in group.list_commands(context):
        command = group.get_command(context, below)
        assert command
        yield f"{name} {below}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {below}")


COMMANDS = dict(commands(cli))


def examples(name: str) -> list[str]:
    return re.findall(
        rf"(?:^ +|Example: )(?:.* \| )?({name}\b.*?)(?:  |$| \|)", COMMANDS[name].epilog or "", re.MULTILINE
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented_with_examples_that_parse(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert all(option.help for option in command.params if isinstance(option, click.Option))
    assert examples(name)
    for example in examples(name):
        words = [word for word in shlex.split(example)[1:] if word not in {">>", "&"}]
        is_script = "python" in words and "--" not in words
        parse(words[: words.index("python")] if is_script else words)


def parse(words: list[str]) -> None:
    """Parse a command's arguments without running it; a usage error is raised."""
    command: click.Command = cli
    while isinstance(command, click.Group):
        below = command.get_command(click.Context(command), words[0])
        assert below, words[0]
        command, words = below, words[1:]
    command.make_context(command.name, list(words))


def test_repo_is_a_repository_of_a_forge_and_project_is_a_folder() -> None:
    metavars = {
        (option, each.metavar) for command in COMMANDS.values() for each in command.params for option in each.opts
    }
    assert [metavar for option, metavar in metavars if option == "--repo"] == ["OWNER/NAME"]
    assert {metavar for option, metavar in metavars if option in {"--project", "-C"}} == {"DIR"}


def _code(page: Path) -> str:
    return "\n".join(re.findall(r"```(?:bash|sh|console)\n(.*?)```", page.read_text(), flags=re.DOTALL))


def _headway_commands(pages: list[Path]) -> list[list[str]]:
    lines = [re.split(r"#| \|\| ", line)[0].strip() for page in pages for line in _code(page).splitlines()]
    return [shlex.split(line)[1:] for line in dict.fromkeys(lines) if line.startswith("headway ")]


@pytest.mark.parametrize("command", _headway_commands(PAGES), ids=shlex.join)
def test_every_documented_headway_command_parses(command: list[str]) -> None:
    parse(command)


@pytest.mark.parametrize(
    "command", _headway_commands([ROOT / "README.md", ROOT / "docs/first-comment.md"]), ids=shlex.join
)
@pytest.mark.slow
def test_every_headway_command_of_the_readme_and_of_the_first_steps_runs(
    command: list[str], project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a repository as the README means it; ``post`` needs a forge, and gets the fake one."""
    project.dvc_yaml("metrics: [m.json]\nplots:\n  - p.csv: {x: step, y: loss}\n")
    project.json("m.json", {"accuracy": 0.9}).write("p.csv", "step,loss\n1,2\n").commit("base")
    sha = project.branch("feature").json("m.json", {"accuracy": 0.95}).commit("head")
    monkeypatch.chdir(project.root)
    if command[0] != "post":
        assert run(command) == 0
        return
    assert run(["report", "main"]) == 0
    with FakeGitHub(pull_requests=[PullRequest(number=7, head_sha=sha)]) as forge:
        for name, value in forge.environ().items():
            monkeypatch.setenv(name, value)
        assert run(command) == 0
        assert len(forge.comments(7)) == (0 if "--preview" in command else 1)
    assert "not published" not in capsys.readouterr().err
