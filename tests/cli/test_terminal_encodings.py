"""A terminal or pipe that is not UTF-8 gets the whole output, at worst with other signs, and the same exit code."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from repos import PIPELINE, Project
from samples import make_report

from headway import __main__ as script
from headway.app.bundle import Bundle
from headway.report.escaping import ELLIPSIS

LEGACY_C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.fixture(scope="module")
def stale(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two commits whose names, values and data hold signs that few encodings have; the code of the stage is edited."""
    project = Project(tmp_path_factory.mktemp("encodings") / "project")
    for lr in ("→ 0.1", "→ 0.2"):
        project.write("code.py", "").write("params.yaml", f"lr: {lr}\n").json("metrics.json", {"précision→": lr})
        project.write("rows.csv", f"id,名\n1,{lr}\n").write("model.bin", lr).dvc_yaml(PIPELINE).recorded()
        project.add("rows.csv").commit()
    return project.write("code.py", "edited")


Run = Callable[..., tuple[int | str | None, str]]


@pytest.fixture
def headway(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """The exit code and the standard output of the script, in this process, with an output of some encoding."""

    def run(encoding: str, args: list[str], errors: str = "strict") -> tuple[int | str | None, str]:
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding, errors))
        monkeypatch.setattr(sys, "stderr", sys.stderr)
        monkeypatch.setattr(sys, "argv", ["headway", *args])
        monkeypatch.setattr(signal, "signal", lambda *_: None)
        with pytest.raises(SystemExit) as ended:
            script.main()
        return ended.value.code, capfdbinary.readouterr().out.decode(encoding)

    return run


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "shift_jis"])
@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("diff HEAD~1", (0, "précision→")),
        ("diff HEAD~1 --md", (0, "précision→")),
        ("data HEAD~1", (0, "rows.csv")),
        ("verify", (1, "stale: dvc.lock does not match")),
    ],
)
def test_every_command(stale: Project, headway: Run, encoding: str, args: str, expected: tuple[int, str]) -> None:
    code, shown = expected
    found, text = headway(encoding, [*args.split(), "--project", str(stale.root)])
    assert found == code
    assert shown.encode(encoding, "replace").decode(encoding) in text


def test_an_error_handler_of_the_users_own_stays(stale: Project, headway: Run) -> None:
    args = ["diff", "HEAD~1", "--project", str(stale.root)]
    assert "\\u2192" in headway("latin-1", args, "backslashreplace")[1]


def test_bytes_are_not_touched(stale: Project, headway: Run) -> None:
    code, text = headway("latin-1", ["diff", "HEAD~1", "--json", "--project", str(stale.root)])
    assert code == 0
    assert "précision→" in text.encode("latin-1").decode()


@pytest.mark.slow
def test_the_c_locale_of_old(stale: Project) -> None:
    def run(*args: str) -> subprocess.CompletedProcess[bytes]:
        command = [sys.executable, "-m", "headway", *args]
        return subprocess.run(command, cwd=stale.root, env={**os.environ, **LEGACY_C}, check=False, capture_output=True)

    done = run("diff", "HEAD~1")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"pr?cision?" in done.stdout
    failed = run("diff", f"n{ELLIPSIS}")
    assert (failed.returncode, failed.stderr.startswith(b"error: There is no revision")) == (3, True)


def test_the_page_that_a_report_prints_is_named(
    stale: Project, headway: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "é→"
    bundle = Bundle(make_report("acc 0.9 -> 0.8"), {})
    monkeypatch.setattr("headway.app.report.build_report", lambda *_: bundle)
    monkeypatch.setattr("headway.app.report_files.write_report", lambda *_: None)
    code, text = headway("latin-1", ["report", "HEAD~1", "--out", str(out), "--project", str(stale.root)])
    verdict, page = text.splitlines()
    assert (code, verdict, Path(page)) == (0, "1 of 1 metric changed", tmp_path / "é?" / "report.html")
