"""The files that ``headway init`` plans, what becomes of each, and how they are written."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ruamel.yaml.error import YAMLError

from headway.bounded_yaml import edit_yaml, load_yaml
from headway.errors import WriteError
from headway.public_files import refuse_links_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import Any

Outcome = Literal["create", "extend", "unchanged", "differs", "by hand"]


@dataclass(frozen=True, kw_only=True)
class PlannedFile:
    """A file as it is and as it should be.

    Attributes:
        path: from git's root.
        before: its text; ``None`` if there is no such file.
        after: the text that it should have; for ``by hand`` the lines that somebody has to add.
        outcome: ``create`` and ``extend`` are written; ``unchanged`` has everything already; ``differs`` is written
            only if the user forces it; ``by hand`` never is.
    """

    path: str
    before: str | None
    after: str
    outcome: Outcome

    @property
    def diff(self) -> str:
        """The change as a unified diff; for ``by hand`` the lines to add."""
        if self.outcome == "by hand":
            return "".join(f"+{line}\n" for line in self.after.splitlines())
        old, new = (self.before or "").splitlines(keepends=True), self.after.splitlines(keepends=True)
        name = f"a/{self.path}" if self.before is not None else "/dev/null"
        lines = difflib.unified_diff(old, new, name, f"b/{self.path}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def own_file(root: Path, path: str, text: str) -> PlannedFile:
    """A file that belongs to Headway alone; one that differs is kept."""
    before = _read(root / path)
    outcome: Outcome = "create" if before is None else "unchanged" if before == text else "differs"
    return PlannedFile(path=path, before=before, after=text, outcome=outcome)


def with_line(root: Path, path: str, line: str) -> PlannedFile:
    """A file of lines that needs one more."""
    before = _read(root / path)
    if before is not None and line in before.splitlines():
        return PlannedFile(path=path, before=before, after=before, outcome="unchanged")
    kept = f"{before}\n" if before and not before.endswith("\n") else before or ""
    outcome: Outcome = "create" if before is None else "extend"
    return PlannedFile(path=path, before=before, after=f"{kept}{line}\n", outcome=outcome)


def with_entry(root: Path, path: str, new: str, has: Callable[[Any], bool], add: Callable[[Any], None]) -> PlannedFile:
    """A YAML file that needs one more entry; its comments, order and quotes are kept.

    Args:
        root: git's root.
        path: the file, from the root.
        new: the text of the file if there is none yet.
        has: whether the parsed file has the entry.
        add: adds it to the parsed file; may raise ``TypeError`` or ``KeyError`` where the file is built otherwise.
    """
    before = _read(root / path)
    if before is None or not before.strip():
        return PlannedFile(path=path, before=before, after=new, outcome="create" if before is None else "extend")
    try:
        if has(load_yaml(before)):
            return PlannedFile(path=path, before=before, after=before, outcome="unchanged")
        after = edit_yaml(before.encode(errors="surrogateescape"), add).decode()
        is_added = has(load_yaml(after))
    except (YAMLError, TypeError, KeyError, AttributeError, UnicodeError):
        is_added = False
    if not is_added:
        return PlannedFile(path=path, before=before, after=new, outcome="by hand")
    return PlannedFile(path=path, before=before, after=after, outcome="extend")


def write_planned(root: Path, files: Iterable[PlannedFile], *, force: bool) -> None:
    """Write what is to be created or extended, and with ``force`` what differs.

    Raises:
        WriteError: a file cannot be written; those before it are.
    """
    for file in files:
        if file.outcome in ("create", "extend") or (force and file.outcome == "differs"):
            _write(root / file.path, file.after)


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode(errors="surrogateescape") if path.exists() or path.is_symlink() else None
    except OSError as error:
        raise WriteError(f"{path} cannot be read.", why=f"{error.strerror}.") from error


def _write(path: Path, text: str) -> None:
    try:
        refuse_links_out(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode(errors="surrogateescape"))
    except OSError as error:
        raise WriteError(f"{path} cannot be written.", why=f"{error.strerror or error}.") from error
