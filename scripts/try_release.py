"""Try a built release as a user gets it: install it in an empty environment, and go through the steps of the README.

The commands are those of the block of the README that installs Headway. They run in a fresh repository. Then this
checks that what ``headway init`` wrote names the version and the commit, which only a release knows by itself.

Examples:
    python scripts/try_release.py dist --commit "$(git rev-parse HEAD)"
    python scripts/try_release.py dist --commit "$(git rev-parse HEAD)" --index-url http://127.0.0.1:8080/simple/
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parent.parent
EVALUATE = """\
import csv, json, pathlib, sys
wrong = int(sys.argv[1])
rows = [(n, n % 2, (n + (n < wrong)) % 2) for n in range(200)]
with open("predictions.csv", "w", newline="") as file:
    csv.writer(file).writerows([("id", "label", "predicted"), *rows])
json.dump({"accuracy": sum(a == b for _, a, b in rows) / len(rows)}, open("metrics.json", "w"))
pathlib.Path("loss.csv").write_text("step,loss\\n" + "".join(f"{n},{wrong / (n + 1)}\\n" for n in range(20)))
"""
PIPELINE = """\
stages:
  evaluate:
    cmd: python evaluate.py {wrong}
    deps: [evaluate.py]
    outs: [predictions.csv]
    metrics: [metrics.json: {{cache: false}}]
    plots: [loss.csv: {{cache: false, x: step, y: loss}}]
"""


class Shell:
    """Runs commands in a folder, shows each with what it printed, and ends the program where one fails."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder, self._environ = folder, environ

    def run(self, *command: str | Path) -> str:
        """What a command printed."""
        print(f"$ {shlex.join(map(str, command))}", flush=True)
        done = subprocess.run(
            command, cwd=self._folder, env=self._environ, check=False, capture_output=True, text=True, encoding="utf-8"
        )
        print(done.stdout + done.stderr, end="", flush=True)
        if done.returncode:
            sys.exit(f"error: {shlex.join(map(str, command))} ended with {done.returncode}.")
        return done.stdout + done.stderr


def readme_commands(text: str) -> list[list[str]]:
    """The commands of Headway's in the README's block for users."""
    (block,) = [each for each in re.findall(r"```bash\n(.*?)```", text, re.DOTALL) if "pip install dvc-headway" in each]
    lines = [line.split("#")[0].strip() for line in block.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith("headway ")]


def built_version(dist: Path) -> str:
    """The version of the one wheel in a folder."""
    (wheel,) = dist.glob("*.whl")
    return wheel.name.split("-")[1]


def make_repository(shell: Shell, folder: Path) -> None:
    """A repository with a change of its model on a branch."""
    shell.run("git", "init", "--quiet", "--initial-branch", "main")
    shell.run("git", "remote", "add", "origin", "https://github.com/team/model.git")
    shell.run("dvc", "init", "--quiet")
    for name, wrong in (("base", 20), ("head", 10)):
        (folder / "evaluate.py").write_text(EVALUATE)
        (folder / "dvc.yaml").write_text(PIPELINE.format(wrong=wrong))
        shell.run("dvc", "repro", "--quiet")
        shell.run("git", "add", "--all")
        shell.run("git", "commit", "--quiet", "--message", name)
        if name == "base":
            shell.run("git", "switch", "--quiet", "--create", "better-model")


def check_source(shell: Shell, folder: Path, version: str, commit: str) -> None:
    """Whether CI jobs get the very version that is installed here."""
    comment = f" # v{version}" if is_release(version) else ""
    action = f"uses: {urlsplit(home()).path.strip('/')}@{commit}{comment}\n"
    if action not in (folder / ".github/workflows/headway.yml").read_text():
        sys.exit(f"error: headway init wrote a workflow without this line: {action}")
    requirement = f'"dvc-headway=={version}"'
    if is_release(version) and requirement not in shell.run("headway", "init", "--forge", "gitlab", "--dry-run"):
        sys.exit(f"error: headway init --forge gitlab does not install {requirement}.")


def home() -> str:
    """The address of Headway's repository."""
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["urls"]
    return str(urls["Source"])


def is_release(version: str) -> bool:
    """Whether a version is that of a tag; a branch can be tried as well."""
    return "dev" not in version


def environment(work: Path) -> dict[str, str]:
    """The variables of a shell with an empty environment of Python's, and without settings of the user's and of CI."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITHUB_", "PYTHON", "CI"))
    }
    names = {f"GIT_{role}_{part}": "a@example.org" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    own = {"HOME": str(work), "XDG_CONFIG_HOME": str(work / "config"), "DVC_NO_ANALYTICS": "1", "NO_COLOR": "1"}
    return kept | names | own | {"PATH": f"{work / 'env/bin'}{os.pathsep}{os.environ['PATH']}"}


def try_release(dist: Path, commit: str, pip: Sequence[str], work: Path) -> None:
    """Install what is in a folder, and use it."""
    version = built_version(dist)
    venv.create(work / "env", with_pip=True)
    folder = work / "model"
    folder.mkdir()
    Shell(folder, os.environ).run(work / "env/bin/pip", "install", "--quiet", *pip, f"dvc-headway=={version}")
    shell = Shell(folder, environment(work))
    shown = shell.run("headway", "--version")
    if shown != f"headway, version {version}\n":
        sys.exit(f"error: the wheel of {version} says: {shown}")
    make_repository(shell, folder)
    for command in readme_commands((ROOT / "README.md").read_text(encoding="utf-8")):
        source = ["--source", f"{home()}@{commit}"] if command[1] == "init" and not is_release(version) else []
        shell.run(*command, *source)
    check_source(shell, folder, version, commit)
    print(f"dvc-headway {version} installs, and the README's steps work with it.")


def main() -> None:
    """Try what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dist", type=Path, help="the folder with the wheel")
    parser.add_argument("--commit", required=True, help="the commit that it was built from")
    parser.add_argument("--index-url", default="", help="an index to install from (default: the folder)")
    given = parser.parse_args()
    pip = ["--extra-index-url", given.index_url] if given.index_url else ["--find-links", str(given.dist.resolve())]
    with tempfile.TemporaryDirectory() as work:
        try_release(given.dist, given.commit, pip, Path(work))


if __name__ == "__main__":
    main()
