"""Makes the commit of a request from given files or from files of the work tree, with an index of its own.

Sources: the manual pages of git-read-tree, git-add, git-hash-object, git-update-index and git-commit-tree.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from headway.errors import RepositoryError
from headway.gather.git.executable import GitError, run_git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_FILE: Final = "100644"
_EXECUTABLE: Final = "100755"
_FROM_INPUT: Final = ("--pathspec-from-file=-", "--pathspec-file-nul")
"""So many paths have room in no command line."""
_NOBODY = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Headway"), ("EMAIL", "headway@localhost"))
}
"""Who commits where git knows nobody, as on most runners."""


@dataclass(frozen=True, kw_only=True)
class FilesCommit:
    """A commit to make.

    Attributes:
        base: the full SHA of its parent: a commit of the default branch.
        files: the content of each file by its path from the repository's root, as git stores it: no filter of
            ``.gitattributes`` is applied.
        message: the commit's message.
    """

    base: str
    files: Mapping[str, bytes]
    message: str


def tree_of(root: Path, commit: str) -> str:
    """The SHA of a commit's tree."""
    return run_git(root, "rev-parse", f"{commit}^{{tree}}").strip()


def tree_of_files(root: Path, base: str, files: Mapping[str, bytes]) -> str:
    """The tree of a commit with files in it; of what is replaced, an executable file stays executable.

    Raises:
        RepositoryError: git does not allow a path.
    """
    with _index_of(root, base) as own:
        modes = _modes(run_git(root, "ls-tree", "-r", "-z", "--full-tree", base))
        entries = [_entry(root, path, content, modes) for path, content in files.items()]
        options = (part for entry in entries for part in ("--cacheinfo", entry))
        run_git(root, "update-index", "--add", "--replace", *options, env=own)
        return _written(root, own)


def tree_of_workspace(root: Path, base: str, paths: Sequence[str]) -> str:
    """The tree of a commit with what the work tree has at some paths; a file that is gone there is left out.

    ``git add`` applies the filters of ``.gitattributes``, as for any commit. In a sparse checkout, a file that is not
    there may only not be checked out, so it stays.

    Args:
        root: the root of the work tree.
        base: the full SHA of a commit.
        paths: files and folders, from the root.

    Raises:
        RepositoryError: git ignores a path or cannot read it, or a file has a conflict.
    """
    if not paths:
        return tree_of(root, base)  # git add would take whatever has changed
    _require_merged(root)
    literal = {"GIT_LITERAL_PATHSPECS": "1"}
    sparse = run_git(root, "config", "--default=false", "--type=bool", "--get", "core.sparseCheckout").strip() == "true"
    options = ("--ignore-removal", "--sparse") if sparse else ("--all",)
    listed = "".join(f"{path}\0" for path in paths)
    with _index_of(root, base) as own:
        run_git(root, "add", *options, *_FROM_INPUT, stdin=listed, env={**own, **literal})
        return _written(root, own)


def _require_merged(root: Path) -> None:
    """Raise an error if files have conflicts; ``git add`` would take the marks that git has put into them."""
    unmerged = run_git(root, "ls-files", "--unmerged", "-z").partition("\0")[0].partition("\t")[2]
    if unmerged:
        raise RepositoryError(
            f"{unmerged!r} has a conflict.",
            why="A merge, or what works like one, has not ended here.",
            remedy="git status  # says how to end or abort it",
        )


@contextmanager
def _index_of(root: Path, base: str) -> Iterator[dict[str, str]]:
    """An index of one's own with the files of a commit, as the variable that makes git use it."""
    with tempfile.TemporaryDirectory(prefix="headway-index-") as folder:
        own = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        try:
            run_git(root, "read-tree", base, env=own)
            yield own
        except GitError as error:
            raise _failed(error) from error


def _written(root: Path, own: Mapping[str, str]) -> str:
    return run_git(root, "write-tree", "--missing-ok", env=own).strip()  # a partial clone has few blobs


def _modes(listing: str) -> dict[str, str]:
    """The mode of each path in a listed tree."""
    lines = (line.partition("\t") for line in listing.split("\0") if line)
    return {path: entry.partition(" ")[0] for entry, _, path in lines}


def _entry(root: Path, path: str, content: bytes, modes: Mapping[str, str]) -> str:
    """A file for the index; of a path that git does not allow, ``--index-info`` would only warn."""
    mode = _EXECUTABLE if modes.get(path) == _EXECUTABLE else _FILE
    blob = run_git(root, "hash-object", "-w", "--stdin", stdin=content).strip()
    return f"{mode},{blob},{path}"


def write_commit(root: Path, base: str, tree: str, message: str) -> str:
    """A commit, as old as its base: a date of its own would make another commit of the same change; gives its SHA.

    Raises:
        RepositoryError: git cannot write it.
    """
    try:
        date = run_git(root, "show", "--no-patch", "--no-show-signature", "--format=@%ct +0000", base).strip()
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        command = ("commit-tree", tree, "-p", base, "-F", "-")
        return run_git(root, *command, stdin=message, env={**_nobody(root), **dates}).strip()
    except GitError as error:
        raise _failed(error) from error


def _failed(error: GitError) -> RepositoryError:
    return RepositoryError("git could not make the commit.", why=error.why, remedy=error.remedy)


def _nobody(root: Path) -> Mapping[str, str]:
    """A name for who commits, unless git knows one; git's guess from the machine's name is none."""
    try:
        for role in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
            run_git(root, "-c", "user.useConfigOnly=true", "var", role)
    except GitError:
        return _NOBODY
    return {}
