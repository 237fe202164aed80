"""Text for messages: lists of names, and text from elsewhere on one line, not too long, without passwords."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

HIDDEN = "***"
_UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069]+")
_WORD = re.compile(r"^\s+|[↵\u3040-\u30ff\u3400-\u9fff]\s*|[^\s↵\u3040-\u30ff\u3400-\u9fff]+\s*")
"""A word with the spaces after it. Each character of Chinese and Japanese, which have no spaces, counts as one."""
MOST_PAIRS = 2_500
"""Pairs of words of two texts that are compared."""
_BEFORE = 6
"""Characters shown before the first one that differs."""
_LOG_COMMAND = "##["
_USER_INFO = re.compile(r"(?<=://)[^/@\s]+@")


class Part(NamedTuple):
    """A piece of a text, and whether another version of the text lacks it."""

    text: str
    is_changed: bool


def one_line(text: str) -> str:
    """The text on one line, without invisible characters."""
    return _UNSEEN.sub(" ", text).strip()


def is_text(text: str) -> bool:
    """Whether a text is Unicode; bytes that are no UTF-8 reach a program as lone surrogates."""
    return replace_bytes(text) == text


def replace_bytes(text: str) -> str:
    """The text with a question mark for each byte that is no UTF-8."""
    return text.encode(errors="replace").decode()


def harmless(text: str) -> str:
    """The text without what begins a command of GitHub's log, wherever it is in a line."""
    return text.replace(_LOG_COMMAND, r"#\x23[")


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


class WordComparison:
    """Compares texts word by word, as long as there are pairs of words left to compare.

    What two texts begin and end with costs none. The time for the rest grows with the cube of its words where they
    repeat, so a rest of more than ``MOST_PAIRS`` pairs, or than are left, counts as different as a whole.
    """

    def __init__(self, pairs: int) -> None:
        self._left = pairs

    def changed_words(self, one: str, other: str) -> tuple[list[Part], list[Part]]:
        """Two texts in parts, each with whether the other text lacks it; spaces are not compared."""
        words = [_WORD.findall(text) for text in (one, other)]
        old, new = ([word.strip() for word in found] for found in words)
        return _parts(words, self._codes(old, new))

    def _codes(self, old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[str, int, int, int, int]]:
        """What becomes of which words, as ``SequenceMatcher`` says it."""
        begin = first_difference(old, new)
        end = first_difference(old[begin:][::-1], new[begin:][::-1])
        old_end, new_end = len(old) - end, len(new) - end
        pairs = (old_end - begin) * (new_end - begin)
        yield "equal", 0, begin, 0, begin
        if pairs <= min(MOST_PAIRS, self._left):
            self._left -= pairs
            matcher = SequenceMatcher(None, old[begin:old_end], new[begin:new_end], autojunk=False)
            for kind, *places in matcher.get_opcodes():
                i, j, k, m = (place + begin for place in places)
                yield kind, i, j, k, m
        else:
            yield "replace", begin, old_end, begin, new_end
        yield "equal", old_end, len(old), new_end, len(new)


def _parts(
    words: Sequence[Sequence[str]], codes: Iterable[tuple[str, int, int, int, int]]
) -> tuple[list[Part], list[Part]]:
    """The parts of two texts, given as words with the spaces after them."""
    parts: tuple[list[Part], list[Part]] = ([], [])
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
