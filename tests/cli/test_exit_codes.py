"""Exit codes: 1 is a verdict and nothing else, 70 an unexpected error, 130 an interrupt, even in the first moment."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import headway
from headway import errors
from headway.__main__ import run
from headway.cli.main import cli

ROOT = Path(__file__).parents[2]
KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.HeadwayError)]


def instead_of_click(folder: Path, source: str) -> dict[str, str]:
    """An environment in which importing click runs this source: a broken installation, or a slow one."""
    (folder / "click.py").write_text(source)
    return {**os.environ, "PYTHONPATH": str(folder)}


def headway_with(environ: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "headway", *args]
    return subprocess.run(command, env=environ, check=False, capture_output=True, text=True)


def test_an_unexpected_error_is_70_with_one_line_and_what_to_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr("headway.app.comparison.build_diff", broken)
    assert run(["diff", "a b"]) == 70
    first, second = capsys.readouterr().err.splitlines()
    assert first == "error: Headway failed unexpectedly: ZeroDivisionError: division by zero"
    assert second.endswith("with the output of: headway --traceback diff 'a b'")


def test_the_traceback_is_shown_on_request(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("headway.app.comparison.build_diff", None)
    assert run(["--traceback", "diff"]) == 70
    shown = capsys.readouterr().err
    assert shown.startswith("Traceback (most recent call last):")
    assert "headway --traceback diff\n" in shown


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/there/file"), 3, "error: /there/file cannot be used"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), 3, "error: A disk cannot be used: Disk quota exceeded."),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 70, "error: Headway failed unexpectedly: BrokenPipeError"),
    ],
)
def test_an_error_of_a_disk_is_3_and_no_other_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: OSError, code: int, said: str
) -> None:
    def fails(*_: object) -> None:
        try:
            raise error
        except OSError as cause:
            raise type(error)(*error.args) if code == 70 else ValueError("a library's own") from cause

    monkeypatch.setattr("headway.app.comparison.build_diff", fails)
    monkeypatch.setattr("sys.stdout", sys.stdout)
    monkeypatch.setattr("sys.stderr", sys.stderr)
    monkeypatch.setattr("headway.cli.errors.disk_usage", lambda _: SimpleNamespace(free=1 << 30))
    assert run(["diff"]) == code
    assert capsys.readouterr().err.startswith(said)


def test_a_pipe_that_does_not_wait_gets_everything() -> None:
    """As some runners of CI make it: a write into it fails while it is full."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    code = "from headway.cli import streams; streams.take_over(); print('x' * 300_000, flush=True)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=writer) as child:
        os.close(writer)
        with os.fdopen(reader, "rb") as output:
            assert len(output.read()) == 300_001
    assert child.returncode == 0


def test_a_broken_installation_is_70(tmp_path: Path) -> None:
    environ = instead_of_click(tmp_path, "raise ImportError('half an installation')")
    done = headway_with(environ, "diff")
    assert (done.returncode, done.stdout) == (70, "")
    assert done.stderr.startswith("error: Headway failed unexpectedly: ImportError: half an installation\n")
    assert "Traceback" not in done.stderr
    assert "half an installation" in headway_with(environ, "--traceback", "diff").stderr.partition("Traceback")[2]


def test_an_interrupt_in_the_first_moment_is_130(tmp_path: Path) -> None:
    waiting = "import signal, sys\nprint('importing', flush=True)\nwhile True:\n    signal.pause()\n"
    environ = instead_of_click(tmp_path, waiting)
    with subprocess.Popen(
        [sys.executable, "-m", "headway", "diff"],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "importing\n"
        child.send_signal(signal.SIGINT)
        _, said = child.communicate()
    assert (child.returncode, said) == (130, "Interrupted.\n")


def test_no_error_has_the_exit_code_of_a_verdict() -> None:
    assert len(KINDS) > 8
    assert {kind.exit_code for kind in KINDS} <= {2, 3, 4, 70}
    # A usage error is click's own, also where a file is missing.
    assert CliRunner().invoke(cli, ["report", "--project", "/nowhere"]).exit_code == 2


def test_the_page_has_every_code() -> None:
    codes = re.findall(r"^\| (\d+) \|", (ROOT / "docs/exit-codes.md").read_text(), re.MULTILINE)
    signals = {128 + number for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGTERM)}
    assert {int(code) for code in codes} == {0, 1, *signals, *(kind.exit_code for kind in KINDS)}


def test_the_old_name_of_a_command_is_a_usage_error_that_gives_the_new_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["publish", "--md", "plot.png"]) == 2
    assert "headway upload" in capsys.readouterr().err


def test_no_public_name_is_a_module_as_well() -> None:
    assert set(headway.__all__) <= set(dir(headway))
    assert [name for name in headway.__all__ if find_spec(f"headway.{name}")] == []


def test_importing_the_package_loads_nothing_else() -> None:
    code = "import sys, headway\nprint(*sorted(name for name in sys.modules if name.startswith('headway')))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["headway"]
