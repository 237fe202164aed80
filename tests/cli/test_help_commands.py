"""``headway help``, ``headway version``, and the list of all commands: nothing is cut, nothing loads a command."""

from __future__ import annotations

import json
import os
import platform
import runpy
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import click
import pytest

from headway import __version__, _version
from headway.cli.commands import SECTIONS
from headway.cli.main import cli, run

GOLDEN = Path(__file__).with_name("help.txt")
NAMES = [name for section in SECTIONS.values() for name in section]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """The output at 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    return capsys


def test_the_list_of_all_commands(printed: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    text = printed.readouterr().out
    if os.environ.get("HEADWAY_UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("columns", ["80", "100", "200"])
def test_each_command_has_one_line_that_is_a_sentence(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert run(["help"]) == 0
    listed = capsys.readouterr().out.partition("Start here:\n")[2]
    lines = [line for line in listed.splitlines() if line.startswith("  ")]
    assert [line.split()[0] for line in lines] == NAMES
    assert [line for line in lines if not line.endswith(".") or line.endswith("..")] == []


@pytest.mark.parametrize(
    "name", [name for name in NAMES if isinstance(cli.get_command(click.Context(cli), name), click.Group)]
)
def test_no_summary_of_a_group_s_own_commands_is_cut(name: str, printed: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    listed = printed.readouterr().out.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert listed
    assert [line for line in listed if not line.endswith(".") or line.endswith("..")] == []


def test_the_list_loads_no_command() -> None:
    code = (
        "import sys\nfrom headway.cli.main import run\nrun(['--help'])\n"
        "sys.exit(' '.join(name for name in sys.modules if name.startswith('headway.cli.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert sorted(done.stderr.split()) == ["headway.cli.commands", "headway.cli.errors", "headway.cli.main"]


@pytest.mark.parametrize("names", [["report"], ["ci", "run"], ["settings"]], ids=" ".join)
def test_help_of_a_command_is_its_own(names: list[str], printed: pytest.CaptureFixture[str]) -> None:
    assert run([*names, "--help"]) == 0
    own = printed.readouterr().out
    assert run(["help", *names]) == 0
    assert printed.readouterr().out == own


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["reportt"], "No such command 'reportt'. Did you mean 'report'?"),
        (["reportt", "--json"], "No such command 'reportt'. Did you mean 'report'?"),
        (["help", "reportt"], "No such command 'reportt'. Did you mean 'report'?"),
        (["help", "ci", "setp"], "No such command 'setp'. Did you mean 'setup'?"),
        (["help", "publish"], "`headway publish` has been renamed to `headway upload`."),
        (["help", "diff", "x"], "`headway diff` has no commands of its own, such as 'x'."),
        (["zzzzzz"], "No such command 'zzzzzz'."),
    ],
    ids=" ".join,
)
def test_an_unknown_command_is_a_usage_error_with_the_nearest_name(
    words: list[str], error: str, printed: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    assert printed.readouterr().err.splitlines()[-1] == f"Error: {error}"


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["version", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    versions = {"headway": __version__, "python": platform.python_version(), "dvc": metadata.version("dvc")}
    assert found == {**versions, "plugins": found["plugins"]}
    assert found["plugins"]["dvc-s3"] == metadata.version("dvc-s3")
    assert run(["version"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [f"headway {__version__}", f"Python {versions['python']}", f"DVC {versions['dvc']}"]
    assert f"dvc-s3 {found['plugins']['dvc-s3']}" in lines[3]


def test_version_without_dvc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def none(package: str) -> str:
        raise metadata.PackageNotFoundError(package)

    monkeypatch.setattr(metadata, "version", none)
    assert run(["version"]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == ["DVC is not installed", "DVC's plug-ins: none"]


def test_without_an_installation_the_version_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the image of the prediction service, which has the sources alone."""

    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    assert runpy.run_path(str(Path(_version.__file__)))["__version__"] == "0+unknown"


def test_the_version_is_that_of_the_installed_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert __version__ == metadata.version("dvc-headway")
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"headway, version {__version__}\n"
