"""The docstrings of the values' types, as the descriptions that a JSON Schema gives its readers."""

from __future__ import annotations

import inspect
import re

_ATTRIBUTE = re.compile(r"^(\w+(?:, \w+)*): (.*(?:\n[ ]{2,}.*)*)", re.MULTILINE)
_ROLE = re.compile(r":\w+:`~?(?:[\w.]*\.)?(\w+)`")


def summary(struct: type) -> str:
    """What a docstring says before its ``Attributes`` section."""
    return plain(inspect.cleandoc(struct.__doc__ or "").partition("\n\nAttributes:")[0])


def attributes(struct: type, null: str = "null") -> dict[str, str]:
    """The texts of an ``Attributes`` section, inherited ones included; ``base, head: ...`` describes both.

    ``null`` is what the reader's language calls ``None``.
    """
    described: dict[str, str] = {}
    for parent in reversed(struct.__mro__):
        section = inspect.cleandoc(parent.__dict__.get("__doc__") or "").partition("Attributes:\n")[2]
        for names, text in _ATTRIBUTE.findall(inspect.cleandoc(section)):
            described |= dict.fromkeys(names.split(", "), plain(text, null))
    return described


def plain(text: str, null: str = "null") -> str:
    """A docstring's text as one line of Markdown, beginning with a capital letter."""
    line = _ROLE.sub(r"`\1`", " ".join(text.split())).replace("``None``", f"``{null}``").replace("``", "`")
    return line[:1].upper() + line[1:]
