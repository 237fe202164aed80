"""Writing: whatever goes wrong, the last good report is intact and no temporary file stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from headway import writing
from headway.errors import WriteError
from headway.writing import write_files

if TYPE_CHECKING:
    from pathlib import Path

OLD = {"charts/a-1.png": b"old"}, {"report.json": b"names a-1", "report.md": b"shows a-1"}
NEW = {"charts/a-2.png": b"new"}, {"report.json": b"names a-2", "report.md": b"shows a-2"}


def content(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def old_and_new(folder: Path) -> None:
    write_files(folder, *OLD, stale=set())
    write_files(folder, *NEW, stale=set(OLD[0]))


def test_the_new_report_replaces_the_old_and_its_pictures(tmp_path: Path) -> None:
    old_and_new(tmp_path)
    assert content(tmp_path) == {**NEW[0], **NEW[1]}


def test_other_files_in_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "mine.png").write_bytes(b"mine")
    old_and_new(tmp_path)
    assert content(tmp_path)["charts/mine.png"] == b"mine"


def test_the_same_report_twice_keeps_its_pictures(tmp_path: Path) -> None:
    write_files(tmp_path, *NEW, stale=set())
    write_files(tmp_path, *NEW, stale=set(NEW[0]))
    assert content(tmp_path) == {**NEW[0], **NEW[1]}


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_FSIZE stands in for a full disk")
def test_a_full_disk_leaves_the_last_report(tmp_path: Path) -> None:
    write_files(tmp_path, *OLD, stale=set())
    code = (
        "import resource, signal, sys, pathlib\n"
        "from headway.writing import write_files\n"
        "from headway.errors import WriteError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    write_files(pathlib.Path(sys.argv[1]), {'charts/a-2.png': b'x' * 5000}, {}, {'charts/a-1.png'})\n"
        "except WriteError as error:\n"
        "    sys.exit(f'{error}')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert "unchanged" in done.stderr
    assert content(tmp_path) == {**OLD[0], **OLD[1]}


@pytest.mark.parametrize("steps", range(4))
def test_killed_between_any_two_renames_every_document_is_whole(tmp_path: Path, steps: int) -> None:
    """The process dies by SIGKILL after a number of renames; nothing can clean up."""
    write_files(tmp_path, *OLD, stale=set())
    code = (
        "import os, sys, pathlib, signal\n"
        "from headway.writing import write_files\n"
        "left = int(sys.argv[2]); rename = os.replace\n"
        "def replace(*args):\n"
        "    global left\n"
        "    if left == 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    left -= 1; rename(*args)\n"
        "os.replace = replace\n"
        f"write_files(pathlib.Path(sys.argv[1]), *{NEW!r}, stale={set(OLD[0])!r})\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path), str(steps)], check=False)
    assert done.returncode == (-signal.SIGKILL if steps < 3 else 0)
    files = content(tmp_path)
    for document in ("report.json", "report.md"):
        picture = files[document].split()[-1].decode()
        assert f"charts/{picture}.png" in files


def test_a_folder_left_by_a_killed_run_is_removed_later(tmp_path: Path) -> None:
    abandoned, running = tmp_path / ".headway-old", tmp_path / ".headway-now"
    abandoned.mkdir()
    running.mkdir()
    long_ago = time.time() - 2 * writing._ABANDONED_AFTER  # noqa: SLF001 - the limit itself is under test
    os.utime(abandoned, (long_ago, long_ago))
    write_files(tmp_path, *NEW, stale=set())
    assert not abandoned.exists()
    assert running.exists()


def test_a_folder_that_cannot_be_made_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="--out"):
        write_files(tmp_path / "file" / "out", *NEW, stale=set())
