"""The files that ``headway init`` plans, what becomes of each, and how they are written."""

from __future__ import annotations

import difflib
import re
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ruamel.yaml.error import YAMLError

from headway.bounded_yaml import load_yaml
from headway.errors import WriteError
from headway.public_files import refuse_links_out

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
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
        is_generated: whether nobody edits or reviews it.
    """

    path: str
    before: str | None
    after: str
    outcome: Outcome
    is_generated: bool = False

    @property
    def diff(self) -> str:
        """The change as a unified diff; for ``by hand`` the lines to add."""
        if self.outcome == "by hand":
            return "".join(f"+{line}\n" for line in self.after.splitlines())
        old, new = (self.before or "").splitlines(keepends=True), self.after.splitlines(keepends=True)
        name = f"a/{self.path}" if self.before is not None else "/dev/null"
        lines = difflib.unified_diff(old, new, name, f"b/{self.path}")
        text = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
        return text.encode(errors="surrogateescape").decode(errors="replace")  # the file need not be UTF-8


def own_file(root: Path, path: str, text: str) -> PlannedFile:
    """A file that belongs to Headway alone; one that differs is kept."""
    before = _read(root / path)
    outcome: Outcome = "create" if before is None else "unchanged" if before == text else "differs"
    return PlannedFile(path=path, before=before, after=text, outcome=outcome)


def generated_file(root: Path, path: str, text: str) -> PlannedFile:
    """A file that nobody edits, so that it is replaced by its newest text."""
    before = _read(root / path)
    outcome: Outcome = "create" if before is None else "unchanged" if before == text else "extend"
    return PlannedFile(path=path, before=before, after=text, outcome=outcome, is_generated=True)


def with_lines(root: Path, path: str, lines: Sequence[str]) -> PlannedFile:
    """A file of lines that needs these as well."""
    before = _read(root / path)
    missing = [line for line in lines if line not in (before or "").splitlines()]
    if before is not None and not missing:
        return PlannedFile(path=path, before=before, after=before, outcome="unchanged")
    end = _line_end(before or "")
    kept = f"{before}{end}" if before and not before.endswith("\n") else before or ""
    after = kept + "".join(f"{line}{end}" for line in missing)
    return PlannedFile(path=path, before=before, after=after, outcome="create" if before is None else "extend")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An entry of a YAML file's top-level mapping or list.

    Attributes:
        key: the top-level key.
        lines: the entry as text, not indented.
        has: whether a parsed file has an entry that does the same.
    """

    key: str
    lines: Sequence[str]
    has: Callable[[Any], bool]


def with_entry(root: Path, path: str, entry: Entry) -> PlannedFile:
    """A YAML file that needs one more entry; every other line stays as it is."""
    before = _read(root / path)
    if before is None or not before.strip():
        new = _block(entry, "  ")
        return PlannedFile(path=path, before=before, after=new, outcome="create" if before is None else "extend")
    after = None
    with suppress(YAMLError, AttributeError, KeyError, TypeError, UnicodeError):
        if entry.has(_load(before)):
            return PlannedFile(path=path, before=before, after=before, outcome="unchanged")
        after = _inserted(before, entry)
    if after is None:
        return PlannedFile(path=path, before=before, after=_block(entry, "  "), outcome="by hand")
    return PlannedFile(path=path, before=before, after=after, outcome="extend")


def _load(text: str) -> Any:  # noqa: ANN401 - whatever the file holds
    """A document with the tags of GitLab's ``!reference``; an empty mapping without any."""
    return load_yaml(text, "rt") or {}


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _block(entry: Entry, indent: str, end: str = "\n") -> str:
    return "".join((f"{entry.key}:{end}", *(f"{indent}{line}{end}" for line in entry.lines)))


def _inserted(text: str, entry: Entry) -> str | None:
    """The text with the entry at the end of its key's block; ``None`` unless YAML reads exactly one more entry."""
    lines, end = text.splitlines(keepends=True), _line_end(text)
    lines[-1] = lines[-1] if lines[-1].endswith("\n") else f"{lines[-1]}{end}"
    place = next((number for number, line in enumerate(lines) if _is_key(line, entry.key)), None)
    if place is None:
        after = "".join((*lines, end, _block(entry, "  ", end)))
    else:
        inside = _lines_of_block(lines, place)
        first = next((lines[number] for number in inside if _is_content(lines[number])), "  ")
        indent = first[: len(first) - len(first.lstrip())]
        last = max((number for number in inside if _is_content(lines[number])), default=place)
        new = [f"{indent}{line}{end}" for line in entry.lines]
        after = "".join((*lines[: last + 1], *new, *lines[last + 1 :]))
    old, found = _load(text), _load(after)
    rest = {key: value for key, value in found.items() if key != entry.key}
    is_kept = rest == {key: value for key, value in old.items() if key != entry.key}
    return after if is_kept and entry.has(found) and _extends(found[entry.key], old.get(entry.key)) else None


def _extends(new: object, old: object) -> bool:
    """Whether a mapping or list is another one with one more entry at its end."""
    if isinstance(new, list):
        return new[:-1] == (old or [])
    return isinstance(new, dict) and list(new.items())[:-1] == list((old if isinstance(old, dict) else {}).items())


def _is_key(line: str, key: str) -> bool:
    return re.fullmatch(rf"{re.escape(key)}:\s*(#.*)?\n", line) is not None


def _is_content(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _lines_of_block(lines: Sequence[str], place: int) -> list[int]:
    """The numbers of the lines that belong to the key in a line."""
    end = place + 1
    while end < len(lines) and (not _is_content(lines[end]) or lines[end][0] in " \t" or lines[end].startswith("- ")):
        end += 1
    return list(range(place + 1, end))


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
