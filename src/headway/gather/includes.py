"""The team's own sections: text, Markdown and images that the settings name, read on both sides."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

from headway.values.problem import Problem
from headway.values.report import Include
from headway.values.tables import Originals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from headway.gather.revision import View
    from headway.settings import IncludeRule
    from headway.values.revision import Side

Form = Literal["text", "markdown", "image"]

_FORMS: dict[str, Form] = {
    ".md": "markdown",
    ".markdown": "markdown",
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg"), "image"),
}
TEXT_LIMIT = 64 * 1024
"""Bytes of a text that are shown; a comment holds less than that in all."""
READ_LIMIT = 20 * 1024 * 1024
"""Bytes of a file that are read at the most."""


def read_includes(
    rules: Iterable[IncludeRule], base: View, head: View
) -> tuple[list[Include], dict[str, Originals], list[Problem]]:
    """Read every section that the settings name.

    Returns:
        The sections in order, the pictures of those that are images by path, and a problem for each that cannot be
        shown.
    """
    includes: list[Include] = []
    originals: dict[str, Originals] = {}
    problems: list[Problem] = []
    for rule in rules:
        found = [view.read(rule.path, READ_LIMIT) for view in (base, head)]
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
    sides: dict[Side, tuple[str | None, bool]] = {} if form == "image" else {"base": _decode(old), "head": _decode(new)}
    problems = [
        Problem(path=rule.path, side=side, what=f"only its first {TEXT_LIMIT // 1024} KiB are shown")
        for side, (_, cut) in sides.items()
        if cut
    ]
    texts = {side: text for side, (text, _) in sides.items()}
    title = rule.title or rule.path
    return Include(path=rule.path, title=title, form=form, base=texts.get("base"), head=texts.get("head")), problems


def _decode(content: bytes | None) -> tuple[str | None, bool]:
    """The text, cut after a whole line where it is too long, and whether it was cut."""
    if content is None:
        return None, False
    cut = len(content) > TEXT_LIMIT
    shown = content[:TEXT_LIMIT].rsplit(b"\n", 1)[0] if cut else content
    return shown.decode("utf-8-sig", errors="replace"), cut
