"""Text for messages: lists of names, and text from elsewhere on one line, not too long, without passwords."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

HIDDEN = "***"
_UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069]+")
_WORD = re.compile(r"^\s+|[↵\u3040-\u30ff\u3400-\u9fff]\s*|[^\s↵\u3040-\u30ff\u3400-\u9fff]+\s*")
"""A word with the spaces after it. Each character of Chinese and Japanese, which have no spaces, counts as one."""
_MOST_PAIRS = 50_000
"""Pairs of words of two texts that are compared."""
_BEFORE = 6
"""Characters shown before the first one that differs."""
_USER_INFO = re.compile(r"(?<=://)[^/@\s]+@")


class Part(NamedTuple):
    """A piece of a text, and whether another version of the text lacks it."""

    text: str
    is_changed: bool


def one_line(text: str) -> str:
    """The text on one line, without invisible characters."""
    return _UNSEEN.sub(" ", text).strip()


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters of the text, the last one an ellipsis if something is cut."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def first_names(names: Sequence[str], most: int = 5) -> str:
    """The first names of a list, and how many more there are: ``a, b and 3 more``."""
    return ", ".join(names[:most]) + and_more(len(names) - most)


def and_more(number: int) -> str:
    """How many more there are; empty if there are none."""
    return f" and {number:,} more" if number > 0 else ""


def first_difference(one: Sequence[str], other: Sequence[str]) -> int:
    """The length of the beginning that two texts, or lists of words, share."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (left, right) in pairs if left != right), min(len(one), len(other)))


def window(text: str, place: int, room: int) -> str:
    """At most ``room`` characters of a text around a place, with ellipses where something is cut."""
    begin = 0 if place < room // 2 else min(place - _BEFORE, len(text) - room + 1)
    if len(text) <= room or begin <= 0:
        return shortened(text, room)
    cut = text[begin : begin + room - 1]
    return f"…{cut}" if begin + room - 1 >= len(text) else f"…{cut[:-1]}…"


def changed_words(one: str, other: str) -> tuple[list[Part], list[Part]]:
    """Two texts in parts, each with whether the other text lacks it; spaces are not compared.

    The time is quadratic in the number of words, so texts with many count as different from the first difference on.
    """
    words = [_WORD.findall(text) for text in (one, other)]
    old, new = ([word.strip() for word in found] for found in words)
    parts: tuple[list[Part], list[Part]] = ([], [])
    if len(old) * len(new) <= _MOST_PAIRS:
        codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    else:
        same = first_difference(old, new)
        codes = [("equal", 0, same, 0, same), ("replace", same, len(old), same, len(new))]
    for kind, *places in codes:
        for side, (begin, end) in enumerate((places[:2], places[2:])):
            run = "".join(words[side][begin:end])
            bare = run.rstrip() if kind != "equal" else ""
            found = (Part(bare, is_changed=True), Part(run[len(bare) :], is_changed=False))
            parts[side].extend(part for part in found if part.text)
    return parts


def error_line(error: BaseException) -> str:
    """An error's message on one line; the name of its class if it has none."""
    return one_line(str(error)) or type(error).__name__


def hide_user_info(text: str, shown: str = f"{HIDDEN}@") -> str:
    """The text with every ``user:password@`` of an address replaced."""
    return _USER_INFO.sub(shown, text)
