"""The team's own sections: text, Markdown and images that the settings name, read on both sides."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from headway.values.problem import Problem
from headway.values.report import Include
from headway.values.tables import Originals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.gather.revision_reader import RevisionReader
    from headway.settings import IncludeRule
    from headway.values.revision import Side

_FORMS: dict[str, Literal["text", "markdown", "image"]] = {
    ".md": "markdown",
    ".markdown": "markdown",
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg"), "image"),
}
TEXT_LIMIT = 64 * 1024
"""Bytes of a text that are shown; a comment holds less than that in all."""
READ_LIMIT = 20 * 1024 * 1024
"""The largest file that is read, in bytes."""


def read_includes(
    rules: Iterable[IncludeRule], base: RevisionReader, head: RevisionReader
) -> tuple[list[Include], dict[str, Originals], list[Problem]]:
    """The sections in order, the images of image sections by path, and a problem for each that cannot be shown."""
    includes: list[Include] = []
    originals: dict[str, Originals] = {}
    problems: list[Problem] = []
    for rule in rules:
        found = [reader.read(rule.path, READ_LIMIT) for reader in (base, head)]
        problems += (unreadable := [content for content in found if isinstance(content, Problem)])
        old, new = (None if isinstance(content, Problem) else content for content in found)
        if old is None and new is None:
            if not unreadable:
                what, remedy = f"neither side has a file {rule.path!r}", "correct the path or remove the line"
                problems.append(Problem(where="settings: include", what=what, remedy=remedy))
            continue
        include, cut = _include(rule, old, new)
        includes.append(include)
        problems += cut
        if include.form == "image":
            originals[rule.path] = Originals(base=old, head=new)
    return includes, originals, problems


def _include(rule: IncludeRule, old: bytes | None, new: bytes | None) -> tuple[Include, list[Problem]]:
    """A section with its texts, and a problem for each side that is cut; an image has no texts."""
    form = _FORMS.get(PurePosixPath(rule.path).suffix.lower(), "text")
    contents: dict[Side, bytes | None] = {} if form == "image" else {"base": old, "head": new}
    problems = [
        Problem(path=rule.path, side=side, what=f"only its first {TEXT_LIMIT // 1024} KiB are shown")
        for side, content in contents.items()
        if content is not None and len(content) > TEXT_LIMIT
    ]
    base, head = (_text(contents.get("base")), _text(contents.get("head")))
    return Include(path=rule.path, title=rule.title or rule.path, form=form, base=base, head=head), problems


def _text(content: bytes | None) -> str | None:
    """The text; one that is too long is cut after a whole line."""
    if content is not None and len(content) > TEXT_LIMIT:
        content = content[:TEXT_LIMIT].rsplit(b"\n", 1)[0]
    return None if content is None else content.decode("utf-8-sig", errors="replace")
