"""Completion in real shells: the script of ``headway completion`` asks the real program.

bash runs the script's function, zsh does so beside stand-ins for its own builtins, which work in a line editor alone,
and fish completes a line as it does for a user.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.shell_completion import BashComplete

from headway.cli.main import cli, run

if TYPE_CHECKING:
    from repos import Project

SHELLS = ("bash", "zsh", "fish")
BASH = (
    'eval "$(cat script)"; COMP_WORDS=({line}); COMP_CWORD={place}; _{program}_completion {name}; '
    'printf "%s\\n" "${{COMPREPLY[@]}}"'
)
ZSH = (
    "compdef() {{ : }}; _describe() {{ print -l -- ${{(P)3}} }}; compadd() {{ print -l -- ${{(P)5}} }}; "
    'eval "$(cat script)"; words=({line}); CURRENT=$(({place} + 1)); _{program}_completion'
)
FISH = "source script; complete --do-complete '{joined}'"
PROGRAMS = {"bash": ["bash", "--norc", "-c", BASH], "zsh": ["zsh", "-f", "-c", ZSH], "fish": ["fish", "-N", "-c", FISH]}


@pytest.fixture(scope="module", params=SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return str(request.param)


@pytest.fixture
def script(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert run(["completion", shell]) == 0
    path = tmp_path / "script"
    path.write_text(capsys.readouterr().out)
    return path


def completed(shell: str, script: Path, *words: str, folder: Path | None = None) -> set[str]:
    """What a shell offers for the last word of a line."""
    (*program, code), name = PROGRAMS[shell], words[0]
    quoted = " ".join(f"'{word}'" for word in words)
    filled = code.format(
        line=quoted, place=len(words) - 1, program=name.replace("-", "_"), name=name, joined=" ".join(words)
    ).replace("script", f"{script}", 1)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*program, filled], cwd=folder, env={**os.environ, "PATH": path}, check=True, capture_output=True, text=True
    )
    assert done.stderr == ""
    return {line.partition(":")[0].partition("\t")[0] for line in done.stdout.splitlines()}


def test_the_script_is_valid(shell: str, script: Path) -> None:
    subprocess.run([shell, "-n", str(script)], check=True)


@pytest.mark.parametrize("program", ["headway", "dvc-headway"])
def test_commands_are_completed(program: str, shell: str, script: Path) -> None:
    assert completed(shell, script, program, "di") == {"diff"}


@pytest.mark.slow
def test_options_words_and_commands_of_groups_are_completed(shell: str, script: Path) -> None:
    assert completed(shell, script, "headway", "diff", "--js") == {"--json"}
    assert completed(shell, script, "headway", "post", "--fail-on", "p") == {"publish"}
    assert completed(shell, script, "headway", "ci", "se") == {"setup"}
    assert completed(shell, script, "headway", "help", "ci", "se") == {"setup"}


@pytest.mark.slow
def test_branches_and_tags_are_completed(shell: str, script: Path, project: Project) -> None:
    project.write("a", "").commit("first")
    project.branch("feature/one").git("tag", "from-v1")
    assert completed(shell, script, "headway", "diff", "f", folder=project.root) == {"feature/one", "from-v1"}
    assert completed(shell, script, "headway", "diff", "main", "feature", folder=project.root) == {"feature/one"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["diff", "fe"], ["feature/one"]),
        (["report", "--head", "from"], ["from-v1"]),
        (["rules", "m"], ["main"]),
        (["data", "--describe", "fe"], ["fe"]),
        (["help", "rol"], ["rollback"]),
        (["help", "unknown", "r"], []),
        (["diff", "-C", "nowhere", "m"], []),
    ],
    ids=" ".join,
)
def test_what_each_argument_offers(
    words: list[str], found: list[str], project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("a", "").commit("first")
    project.branch("feature/one").git("tag", "from-v1")
    monkeypatch.chdir(project.root)
    offered = BashComplete(cli, {}, "headway", "_HEADWAY_COMPLETE").get_completions(words[:-1], words[-1])
    assert [item.value for item in offered] == found
