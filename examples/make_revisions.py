"""Create a git and DVC repository of an example with two revisions that really ran.

Branch ``main`` is the base. Branch ``change`` is the head: one commit per patch in the example's folder ``change/``, in
order of the file names; the text above the patch is the commit's message. Before each commit, ``dvc repro`` runs the
stages that changed. Author and dates are fixed, so the same package versions give the same SHAs.

Example:
    python examples/make_revisions.py regression /tmp/regression
    cd /tmp/regression
    headway report main change
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parent
NAMES = sorted(path.parent.name for path in EXAMPLES.glob("*/dvc.yaml"))
PATCHES = "change"
AUTHOR = {"NAME": "Ada Lovelace", "EMAIL": "ada@example.com"}
DATE = "2025-03-{:02}T10:00:00Z"
"""The date of a commit; its number is the day of the month."""


@dataclass
class Repository:
    """A git and DVC repository that knows nothing of the machine's own settings.

    Attributes:
        root: its folder.
        commits: how many commits it has so far.
    """

    root: Path
    commits: int = 0

    def run(self, *command: str) -> None:
        """Run a command in the repository; it ends the program if it fails."""
        done = subprocess.run(command, cwd=self.root, env=self._environ(), check=False)
        if done.returncode:
            sys.exit(f"error: `{' '.join(command)}` failed in {self.root}; its output is above.")

    def dvc(self, *arguments: str) -> None:
        """Run the DVC that belongs to this Python."""
        self.run(sys.executable, "-m", "dvc", *arguments, "--quiet")

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.commits += 1
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", message)

    def _environ(self) -> dict[str, str]:
        """Stages find this Python first; a fixed author; no configuration but the repository's own."""
        people = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in AUTHOR.items()}
        dates = {f"GIT_{who}_DATE": DATE.format(self.commits) for who in ("AUTHOR", "COMMITTER")}
        nowhere = str(self.root / ".dvc/tmp/no-configuration")
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
            **people,
            **dates,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "DVC_GLOBAL_CONFIG_DIR": nowhere,
            "DVC_SYSTEM_CONFIG_DIR": nowhere,
            "DVC_NO_ANALYTICS": "1",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "OMP_NUM_THREADS": "1",  # sums in one order, whatever the number of cores
        }


def make_revisions(name: str, out: Path) -> None:
    """Create the repository of one example in a folder that is empty or does not exist yet."""
    if out.exists() and any(out.iterdir()):
        sys.exit(f"error: {out} is not empty; name a folder that is empty or does not exist.")
    example = EXAMPLES / name
    shutil.copytree(example, out, ignore=shutil.ignore_patterns(PATCHES, "__pycache__"), dirs_exist_ok=True)
    repository = Repository(out.resolve())
    repository.run("git", "init", "--quiet", "--initial-branch", "main")
    repository.dvc("init")
    repository.commit("Add the pipeline")  # before it runs: DVCLive fails in a repository without a commit
    repository.dvc("repro")
    repository.commit("Run the pipeline")
    repository.run("git", "checkout", "--quiet", "-b", "change")
    for patch in patches(name):
        repository.run("git", "apply", str(patch))
        repository.dvc("repro")
        repository.commit(message_of(patch))


def patches(name: str) -> list[Path]:
    """The patches of an example, in order."""
    return sorted((EXAMPLES / name / PATCHES).glob("*.patch"))


def message_of(patch: Path) -> str:
    """The commit message above a patch."""
    return patch.read_text().partition("\n--- a/")[0]


def main() -> None:
    """Read the command line, and create the repositories."""
    summary, _, epilog = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("example", choices=[*NAMES, "all"], help="the example, or all of them")
    parser.add_argument("out", type=Path, help="a new or empty folder; `all` creates a folder for each in it")
    arguments = parser.parse_args()
    for name in NAMES if arguments.example == "all" else [arguments.example]:
        make_revisions(name, arguments.out / name if arguments.example == "all" else arguments.out)


if __name__ == "__main__":
    main()
