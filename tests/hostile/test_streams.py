"""Output that nobody can read, disks that take nothing, and imported data whose repository does not answer."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hostile.page import Row, Section, ended
from repos import Project

if TYPE_CHECKING:
    from pathlib import Path

PYTHON_READS_ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def headway(
    folder: Path,
    *args: str,
    to: str = "",
    output: int = subprocess.PIPE,
    environ: dict[str, str] | None = None,
    size: int = -1,
) -> subprocess.CompletedProcess[str]:
    """Run a command in ``folder / "p"``.

    Args:
        folder: the test's own.
        args: the command.
        to: what the shell does with its streams.
        output: what standard output is.
        environ: further variables.
        size: how many bytes a file may have, as on a disk that is full.
    """
    return subprocess.run(
        ["sh", "-c", f'exec "$0" -m headway "$@" {to}', sys.executable, *args],
        cwd=folder / "p",
        env={**os.environ, **(environ or {})},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY)),
        check=False,
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
    )


def two_commits(folder: Path, below: str = "") -> Project:
    """A metric that changed, and a stage that never ran."""
    project = Project(folder / "p").write("code.py", "")
    for value in (1, 2):
        stage = {"train": {"cmd": "true", "deps": ["code.py"]}}
        project.json(f"{below}/m.json".lstrip("/"), {"acc": value}).dvc_yaml({"stages": stage})
        project.dvc_yaml({"metrics": ["m.json"], **({} if below else {"stages": stage})}, below).commit()
    return project


def full_output(folder: Path) -> str:
    two_commits(folder)
    found = {ended(headway(folder, *args.split(), to="> /dev/full"), folder) for args in ("--help", "diff --md")}
    (only,) = found
    return only


def closed_output(folder: Path) -> str:
    two_commits(folder)
    return ended(headway(folder, "verify", to=">&-"), folder)


def reader_gone(folder: Path) -> str:
    two_commits(folder)
    reader, writer = os.pipe()
    os.close(reader)
    done = headway(folder, "diff", "--json", output=writer)
    os.close(writer)
    return ended(done, folder) + ("" if done.stderr else ", no output")


def lost_errors(folder: Path) -> str:
    two_commits(folder)
    return " and ".join(ended(headway(folder, "diff", "nope", to=to), folder) for to in ("2> /dev/full", "2>&-"))


def ascii_names(folder: Path) -> str:
    project, name = Project(folder / "p"), "données/é.csv"
    for value in "12":
        project.write(name, f"id\n{value}\n").add("données").commit()
    done = headway(folder, "data", "HEAD~1", "--md", environ=PYTHON_READS_ASCII)
    return f"{ended(done, folder)}; {'it shows' if name in done.stdout else 'it lacks'} {name}"


def bytes_as_names(folder: Path) -> str:
    two_commits(folder, os.fsdecode(b"f\xff"))
    done = headway(folder, "diff", "HEAD~1")
    return f"{ended(done, folder)}; {done.stdout.splitlines()[1]}"


def full_site_cache(folder: Path) -> str:
    two_commits(folder)
    done = headway(folder, "diff", "HEAD~1", environ={"DVC_SITE_CACHE_DIR": str(folder / "site")}, size=4096)
    first, last = done.stderr.replace(f"{folder}/", "").splitlines()[0::2]
    return f"exit {done.returncode}: {first}; what to do: {last}"  # SQLite's words vary


def imported(folder: Path, url: str) -> Project:
    project = Project(folder / "p")
    for digit in "12":
        source = {"url": url, "rev_lock": digit * 40}
        out = {"md5": digit * 32, "size": 3, "hash": "md5", "path": "data.csv"}
        stage = {"frozen": True, "deps": [{"path": "data.csv", "repo": source}], "outs": [out]}
        project.json("data.csv.dvc", stage).commit()
    (folder / "tmp").mkdir()
    return project


def listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def import_not_asked(folder: Path) -> str:
    with listening() as server:
        server.settimeout(0)
        imported(folder, f"git://127.0.0.1:{server.getsockname()[1]}/source")
        done = headway(folder, "data", "HEAD~1")
        try:
            server.accept()
            asked = "its address was asked"
        except BlockingIOError:
            asked = "Headway does not connect to its address"
    remedy = re.search(r"To do: (.+)\.$", " ".join(done.stdout.split()))
    return f"{ended(done, folder)}; {asked}; what to do: {remedy and remedy[1]}"


def import_that_fails(folder: Path) -> str:
    with listening() as server:
        port = server.getsockname()[1]
    imported(folder, f"git://127.0.0.1:{port}/source")
    done = headway(folder, "data", "HEAD~1", "--fetch", environ={"TMPDIR": str(folder / "tmp")})
    left = len(list((folder / "tmp").iterdir()))
    return f"{ended(done, folder).replace(str(port), 'PORT')}; {left} folders stay in the temporary folder"


def import_interrupted(folder: Path) -> str:
    with listening() as server:
        port = server.getsockname()[1]
        project = imported(folder, f"git://127.0.0.1:{port}/source")
        with subprocess.Popen(
            [sys.executable, "-m", "headway", "data", "HEAD~1", "--fetch"],
            cwd=project.root,
            env={**os.environ, "TMPDIR": str(folder / "tmp")},
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        ) as child:
            assert child.stderr
            said = child.stderr.readline().strip()  # before anything is asked
            asked, _ = server.accept()
            child.send_signal(signal.SIGINT)
            child.wait()
            asked.close()
    left = len(list((folder / "tmp").iterdir()))
    return f"{said.replace(str(port), 'PORT')}; exit {child.returncode}; {left} folders stay in the temporary folder"


SECTION = Section(
    "Output, disks and imported data",
    (
        Row("`headway --help` and `headway diff --md` with standard output on a full disk", full_output),
        Row("`headway verify >&-`, with a stale stage", closed_output),
        Row("`headway diff --json` into a pipe whose reader has ended", reader_gone),
        Row("`headway diff nope` with standard error on a full disk, or closed", lost_errors, slow=True),
        Row(
            "Non-ASCII names in a tracked folder, in a locale in which Python reads names as ASCII",
            ascii_names,
            slow=True,
        ),
        Row("A folder whose name is not UTF-8, with a `dvc.yaml` in it", bytes_as_names, slow=True),
        Row("DVC's site cache on a full disk", full_site_cache),
        Row("Imported data that is not in the cache, without `--fetch` and outside CI", import_not_asked, slow=True),
        Row(
            "`headway data --fetch` if the repository that data was imported from refuses the connection",
            import_that_fails,
            slow=True,
        ),
        Row("`headway data --fetch`, interrupted while that repository is cloned", import_interrupted, slow=True),
    ),
)


@pytest.mark.parametrize("row", SECTION.params(), ids=lambda row: row.play.__name__)
def test_row(row: Row, tmp_path: Path) -> None:
    SECTION.check(row, row.play(tmp_path))
