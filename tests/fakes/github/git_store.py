"""The repository behind the fake: a real bare git repository on disk, so that a clone can be compared byte for byte."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pygit2
from pygit2.enums import FileMode, ObjectType

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SHA_LENGTH = 40
MODES = {"040000": FileMode.TREE, "100644": FileMode.BLOB, "100755": FileMode.BLOB_EXECUTABLE, "120000": FileMode.LINK}


@dataclass(frozen=True, kw_only=True)
class TreeEntry:
    """A line of a tree: its path, git's mode in octal, ``blob`` or ``tree``, the object's SHA, a blob's size."""

    path: str
    mode: str
    kind: str
    sha: str
    size: int | None = None


class GitStore:
    """Plumbing over a bare repository; SHAs are hexadecimal strings throughout."""

    def __init__(self, folder: Path, default_branch: str) -> None:
        self.folder = folder
        self._repository = pygit2.init_repository(folder, bare=True, initial_head=default_branch)

    def kind(self, sha: str) -> str:
        """``blob``, ``tree`` or ``commit``; empty when there is no such object."""
        found = self._repository.get(sha) if len(sha) == SHA_LENGTH and _is_hexadecimal(sha) else None
        return found.type_str if found is not None else ""

    def write_blob(self, content: bytes) -> str:
        return str(self._repository.create_blob(content))

    def blob(self, sha: str) -> bytes:
        return self._repository[sha].read_raw()

    def write_tree(self, base: str | None, entries: Sequence[tuple[str, str, str | None]]) -> str:
        """Store a tree: a base, if any, with path, mode and SHA of what to put there; no SHA removes the path."""
        index = pygit2.Index()
        if base is not None:
            index.read_tree(self._repository[base].peel(pygit2.Tree))
        for path, mode, sha in entries:
            _clear(index, path)
            for inner, inner_mode, inner_sha in self._spread(path, mode, sha):
                index.add(pygit2.IndexEntry(inner, pygit2.Oid(hex=inner_sha), inner_mode))
        return str(index.write_tree(self._repository))

    def tree(self, sha: str, *, recursive: bool = False) -> list[TreeEntry]:
        """The lines of a tree, subtrees' own lines too where recursive, in git's order."""
        return self._lines(self._repository[sha].peel(pygit2.Tree), "", recursive=recursive)

    def write_commit(
        self, tree: str, parents: Sequence[str], message: str, author: pygit2.Signature, committer: pygit2.Signature
    ) -> str:
        above = [pygit2.Oid(hex=parent) for parent in parents]
        return str(self._repository.create_commit(None, author, committer, message, pygit2.Oid(hex=tree), above))

    def commit(self, sha: str) -> pygit2.Commit:
        return self._repository[sha].peel(pygit2.Commit)

    def descends(self, sha: str, ancestor: str) -> bool:
        return sha == ancestor or self._repository.descendant_of(sha, ancestor)

    def merge_base(self, one: str, other: str) -> str:
        """The commit that two commits have in common; without one, the first."""
        return str(self._repository.merge_base(one, other) or one)

    def refs(self) -> dict[str, str]:
        return {name: str(self._repository.references[name].target) for name in sorted(self._repository.references)}

    def ref(self, name: str) -> str | None:
        found = self._repository.references.get(name)
        return None if found is None else str(found.target)

    def set_ref(self, name: str, sha: str | None) -> None:
        if sha is None:
            self._repository.references.delete(name)
        else:
            self._repository.references.create(name, pygit2.Oid(hex=sha), force=True)

    def files(self, commit: str) -> dict[str, bytes]:
        lines = self.tree(commit, recursive=True)
        return {line.path: self.blob(line.sha) for line in lines if line.kind == "blob"}

    def file(self, commit: str, path: str) -> bytes | None:
        """The content of one file of a commit; none where there is no such file."""
        try:
            found = self._repository[commit].peel(pygit2.Tree)[path]
        except KeyError:
            return None
        return found.read_raw() if isinstance(found, pygit2.Blob) else None

    def _lines(self, tree: pygit2.Tree, prefix: str, *, recursive: bool) -> list[TreeEntry]:
        lines: list[TreeEntry] = []
        for entry in tree:
            path = f"{prefix}{entry.name}"
            lines.append(_line(entry, path))
            if recursive and isinstance(entry, pygit2.Tree):
                lines += self._lines(entry, f"{path}/", recursive=True)
        return lines

    def _spread(self, path: str, mode: str, sha: str | None) -> list[tuple[str, FileMode, str]]:
        """The files that an entry stands for: itself, the files of a subtree, or none."""
        if sha is None:
            return []
        if self._repository[sha].type != ObjectType.TREE:
            return [(path, MODES[mode], sha)]
        inner = [line for line in self.tree(sha, recursive=True) if line.kind == "blob"]
        return [(f"{path}/{line.path}", MODES[line.mode], line.sha) for line in inner]


def person(name: str, email: str, at: float) -> pygit2.Signature:
    return pygit2.Signature(name, email, int(at), 0)


def _clear(index: pygit2.Index, path: str) -> None:
    """Whatever stood at a path, file or folder, makes room."""
    for entry in list(index):
        if entry.path == path or entry.path.startswith(f"{path}/"):
            index.remove(entry.path)


def _line(entry: pygit2.Object, path: str) -> TreeEntry:
    size = entry.size if isinstance(entry, pygit2.Blob) else None
    return TreeEntry(path=path, mode=f"{entry.filemode:06o}", kind=entry.type_str, sha=str(entry.id), size=size)


def _is_hexadecimal(text: str) -> bool:
    return all(letter in "0123456789abcdef" for letter in text)
