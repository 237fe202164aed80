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

Read = tuple[list[Include], dict[str, Originals], list[Problem]]


def read_includes(rules: Iterable[IncludeRule], base: View, head: View) -> Read:
    """Read every section that the settings name.

    Returns:
        The sections in order, the pictures of those that are images by path, and a problem for each that cannot be
        shown.
    """
    includes: list[Include] = []
    originals: dict[str, Originals] = {}
    problems: list[Problem] = []
    for rule in rules:
        contents, unreadable = _both_sides(rule.path, base, head)
        problems.extend(unreadable)
        if contents.base is None and contents.head is None:
            problems.extend([] if unreadable else [_absent(rule.path)])
        elif (form := _form(rule.path)) == "image":
            includes.append(Include(path=rule.path, title=rule.title or rule.path, form=form, base=None, head=None))
            originals[rule.path] = contents
        else:
            include, cut = _text(rule, form, contents)
            includes.append(include)
            problems.extend(cut)
    return includes, originals, problems


def _form(path: str) -> Form:
    return _FORMS.get(PurePosixPath(path).suffix.lower(), "text")


def _both_sides(path: str, base: View, head: View) -> tuple[Originals, list[Problem]]:
    results = [view.read(path, READ_LIMIT) for view in (base, head)]
    old, new = (None if isinstance(result, Problem) else result for result in results)
    return Originals(base=old, head=new), [result for result in results if isinstance(result, Problem)]


def _absent(path: str) -> Problem:
    return Problem(
        where="settings: include",
        what=f"neither side has a file {path!r}",
        remedy="correct the path or remove the line",
    )


def _text(rule: IncludeRule, form: Form, contents: Originals) -> tuple[Include, list[Problem]]:
    base, base_cut = _decode(contents.base)
    head, head_cut = _decode(contents.head)
    problems = [
        Problem(where=f"{rule.path} ({side})", what=f"only its first {TEXT_LIMIT // 1024} KiB are shown")
        for side, cut in (("base", base_cut), ("head", head_cut))
        if cut
    ]
    return Include(path=rule.path, title=rule.title or rule.path, form=form, base=base, head=head), problems


def _decode(content: bytes | None) -> tuple[str | None, bool]:
    """The text, cut after a whole line where it is too long, and whether it was cut."""
    if content is None:
        return None, False
    cut = len(content) > TEXT_LIMIT
    shown = content[:TEXT_LIMIT].rsplit(b"\n", 1)[0] if cut else content
    return shown.decode("utf-8-sig", errors="replace"), cut
