"""Text from elsewhere, made fit for a message: one line, not too long, no passwords. Imports nothing of Headway."""

from __future__ import annotations

import re

HIDDEN = "***"
_UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069]+")
_BEFORE = 6
"""Characters that are shown before the first one that differs."""
_USER_INFO = re.compile(r"(?<=://)[^/@\s]+@")


def one_line(text: str) -> str:
    """The text on one line, with nothing invisible in it."""
    return _UNSEEN.sub(" ", text).strip()


def shortened(text: str, limit: int) -> str:
    """At most ``limit`` characters of the text; an ellipsis stands for the rest."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def first_difference(one: str, other: str) -> int:
    """The number of characters, from the beginning, that two texts share."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((index for index, (left, right) in pairs if left != right), min(len(one), len(other)))


def window(text: str, place: int, room: int) -> str:
    """At most ``room`` characters of a text, those around a place among them; ellipses stand for the rest."""
    begin = 0 if place < room // 2 else min(place - _BEFORE, len(text) - room + 1)
    if len(text) <= room or begin <= 0:
        return shortened(text, room)
    cut = text[begin : begin + room - 1]
    return f"…{cut}" if begin + room - 1 >= len(text) else f"…{cut[:-1]}…"


def error_line(error: BaseException) -> str:
    """An error's own words on one line; the name of its class where it has none."""
    return one_line(str(error)) or type(error).__name__


def hide_user_info(text: str, shown: str = f"{HIDDEN}@") -> str:
    """The text with something else in place of every ``user:password@`` in an address."""
    return _USER_INFO.sub(shown, text)
