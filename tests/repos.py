"""Real git and DVC repositories for tests, built quickly and without touching the machine's own settings.

A small language: ``Project(tmp_path).write("params.yaml", "lr: 0.1").dvc_yaml({...}).commit("first")``. DVC's own
commands run inside this process (``recorded``, ``add``, ``push``), because a ``dvc`` process costs half a second;
``run`` starts one where the command line itself is the point.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import subprocess
import sys
import warnings
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pygit2

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from headway.gather import RevisionReader
    from headway.values.revision import Side

CI_VARIABLES = (
    "CI",
    "GITHUB_ACTIONS",
    "GITHUB_BASE_REF",
    "CI_MERGE_REQUEST_DIFF_BASE_SHA",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "BITBUCKET_PR_DESTINATION_BRANCH",
)
"""What CI tells about a pull request: a test of this very repository in CI must not see it."""


def isolated_environment(home: Path) -> dict[str, str]:
    """Environment variables that keep git and DVC away from the machine's settings, caches and clock."""
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        # Package installers and browsers keep their downloads; git and DVC write nothing here.
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TEMPLATE_DIR": "",  # no sample hooks: the suite makes a thousand repositories
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_AUTHOR_DATE": "2025-01-01T00:00:00Z",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
        "GIT_COMMITTER_DATE": "2025-01-01T00:00:00Z",
        "DVC_GLOBAL_CONFIG_DIR": str(home / "dvc-global"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / "dvc-system"),
        "DVC_SITE_CACHE_DIR": str(home / "dvc-site-cache"),
        "DVC_NO_ANALYTICS": "1",
        "NO_COLOR": "1",
    }


class Project:
    """A git repository with a DVC project in it.

    Args:
        path: the git repository's root; made where it does not exist.
        subdir: the DVC project's folder inside the git repository.
        dvc: false for a git repository without DVC.
        git: false to open what is already there, such as a clone.

    Attributes:
        git_root: the git repository's root.
        root: the DVC project's root; every path given to the methods is relative to it.
    """

    def __init__(self, path: Path, *, subdir: str = "", dvc: bool = True, git: bool = True) -> None:
        self.git_root = path
        self.root = path / subdir
        self.root.mkdir(parents=True, exist_ok=True)
        if git:
            self.git("init", "--quiet", "--initial-branch=main")
        if git and dvc:
            self.dvc_init()

    def dvc_init(self) -> Project:
        """The files that ``dvc init`` makes."""
        self.write(".dvc/config", "")
        self.write(".dvc/.gitignore", "/config.local\n/tmp\n/cache\n")
        return self.write(".dvcignore", "")

    def write(self, path: str, content: str | bytes) -> Project:
        """Writes a file, bytes as they are and text as UTF-8 without changing its line ends."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def json(self, path: str, content: object) -> Project:
        """Writes a JSON file, one key per line."""
        return self.write(path, json.dumps(content, indent=2) + "\n")

    def remove(self, path: str) -> Project:
        """Deletes a file."""
        (self.root / path).unlink()
        return self

    def dvc_yaml(self, content: str | Mapping[str, Any], folder: str = "") -> Project:
        """Writes ``dvc.yaml``; JSON is YAML, so a mapping needs no YAML library."""
        text = content if isinstance(content, str) else json.dumps(content, indent=2)
        return self.write(str(Path(folder) / "dvc.yaml"), text + "\n")

    def git(self, *args: str) -> str:
        """Runs git in the repository's root and gives its output, stripped."""
        done = subprocess.run(["git", *args], cwd=self.git_root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self, message: str = "change") -> str:
        """Commits everything, empty commits included, and gives the SHA."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return str(pygit2.Repository(self.git_root).head.target)

    def branch(self, name: str) -> Project:
        """Makes a branch here and checks it out."""
        self.git("checkout", "--quiet", "-b", name)
        return self

    def checkout(self, name: str) -> Project:
        """Checks a branch or commit out; a bare SHA detaches HEAD."""
        self.git("checkout", "--quiet", name)
        return self

    def clone(self, path: Path, *args: str) -> Project:
        """Clones over ``file://``, so that ``--depth`` counts."""
        self.git("clone", "--quiet", *args, f"file://{self.git_root}", str(path))
        return Project(path, subdir=str(self.root.relative_to(self.git_root)), git=False)

    def copied(self, path: Path) -> Project:
        """A copy of all files, git's and DVC's own included, which costs less than a clone and has no remote."""
        shutil.copytree(self.git_root, path, symlinks=True)
        return Project(path, subdir=str(self.root.relative_to(self.git_root)), git=False)

    def run(self, *args: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs a command in the project's root; ``dvc`` is the one beside this Python."""
        command = [sys.executable, "-m", *args] if args[0] == "dvc" else list(args)
        return subprocess.run(command, cwd=self.root, check=check, capture_output=True, text=True)

    def paste(self, command: str, *, check: bool = True) -> str:
        """Runs a remedy in the project's root as a reader would, in a shell, and gives all that it prints."""
        environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        options: dict[str, Any] = {"cwd": self.root, "env": environ, "capture_output": True, "text": True}
        done = subprocess.run(command, shell=True, check=False, **options)  # noqa: S602 - as a reader would
        assert done.returncode == 0 or not check, f"{command}: {done.stdout}{done.stderr}"
        return f"{done.stdout}{done.stderr}"

    def recorded(self) -> Project:
        """Writes ``dvc.lock`` for the files as they are, as ``dvc commit --force`` does after a run by hand."""
        with self.dvc() as repo:
            repo.commit(force=True)
        return self

    def add(self, *paths: str) -> Project:
        """Tracks files or folders, as ``dvc add`` does: ``PATH.dvc``, the cache, ``.gitignore``."""
        with self.dvc() as repo:
            repo.add([str(self.root / path) for path in paths])
        return self

    def push(self) -> Project:
        """Copies every cached file of the workspace to the default remote, as ``dvc push`` does."""
        with self.dvc() as repo:
            repo.push()
        return self

    def remote(self, path: Path) -> Project:
        """Makes a folder the default remote."""
        return self.write(".dvc/config", f"[core]\n    remote = store\n['remote \"store\"']\n    url = {path}\n")

    @contextmanager
    def dvc(self) -> Iterator[Any]:
        """DVC's own ``Repo``, silent, with the project as the working directory."""
        from dvc.repo import Repo  # noqa: PLC0415 - tests that need no DVC do not pay for it

        logging.getLogger("dvc").setLevel(logging.CRITICAL)
        with warnings.catch_warnings(), chdir(self.root), Repo(str(self.root)) as repo:
            warnings.simplefilter("ignore")  # DVC's own, of the libraries it uses
            yield repo


PIPELINE = {
    "stages": {
        "train": {
            "cmd": "true",
            "deps": ["code.py"],
            "params": ["lr"],
            "metrics": [{"metrics.json": {"cache": False}}],
            "outs": ["model.bin"],
        }
    }
}


def train_twice(project: Project) -> Project:
    """Two commits on main: accuracy 0.9 with a learning rate of 0.1, then 0.95 with 0.2; the model is cached."""
    for lr, accuracy in ((0.1, 0.9), (0.2, 0.95)):
        project.write("code.py", "").write("params.yaml", f"lr: {lr}\n").json("metrics.json", {"acc": accuracy})
        project.write("model.bin", str(lr)).dvc_yaml(PIPELINE).recorded().commit()
    return project


class Opener(Protocol):
    """A view of one side: ``view(project)`` is the workspace as head, ``view(project, "main")`` a commit as base."""

    def __call__(self, project: Project, name: str | None = None, side: Side | None = None) -> RevisionReader: ...


def files_of(root: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder with its bytes, sorted, without git's and DVC's own: to show that none changed."""
    for path in sorted(root.rglob("*")):
        if path.is_file() and not {".git", ".dvc"} & set(path.relative_to(root).parts):
            yield str(path.relative_to(root)), path.read_bytes()
