"""Two values as text that shows how they differ: in their type, a space, or one item of many.

Values are those of :func:`headway.values.typed.sides_of`. The texts are not escaped.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from headway.report.escaping import ELLIPSIS, clean
from headway.text import first_difference, window
from headway.values.typed import ABSENT, Word, same

if TYPE_CHECKING:
    from collections.abc import Sequence

EXCERPT = 32
"""Characters that fit into the narrowest rendering."""
_LEAST = 10
"""Minimum number of characters of the innermost value, however deeply it is nested."""
_LIKE_ANOTHER_TYPE = re.compile(r'[-+.\d\[{"]|(true|false|null|nan|inf|infinity|)$', re.IGNORECASE)
_EXPONENT = re.compile(r"e([+-])0*")


class Form(NamedTuple):
    """How two values are written: strings with or without quotes, invisible characters escaped or not."""

    quote: bool
    escape: bool

    def text(self, value: Any) -> str:  # noqa: ANN401 - whatever files hold
        """The whole value."""
        return value if isinstance(value, str) and not self.quote else literal(value, escape=self.escape)


PLAIN = Form(quote=False, escape=False)
_FORMS = (PLAIN, Form(quote=True, escape=False), Form(quote=True, escape=True))


def literal(value: Any, *, escape: bool = False) -> str:  # noqa: ANN401 - as above
    """A value as JSON; NaN, infinities, dates and bytes without quotes."""
    match value:
        case Word():
            return value.text
        case float():
            return _EXPONENT.sub(lambda found: f"e{found[1].strip('+')}", json.dumps(value))
        case list():
            return f"[{','.join(literal(item, escape=escape) for item in value)}]"
        case dict():
            entries = (f"{literal(key, escape=escape)}:{literal(item, escape=escape)}" for key, item in value.items())
            return f"{{{','.join(entries)}}}"
    text = json.dumps(value, ensure_ascii=escape)
    return text.replace("  ", r" \u0020") if escape else text


def form_of(base: Any, head: Any) -> Form:  # noqa: ANN401 - as above
    """The simplest form in which two values look different; "1" next to a value that is not a string gets quotes."""
    if base is ABSENT or head is ABSENT or same(base, head):
        return PLAIN
    words = [value for value in (base, head) if isinstance(value, str)]
    misleads = len(words) == 1 and _LIKE_ANOTHER_TYPE.match(words[0]) is not None
    return next((form for form in _FORMS[misleads:] if not _look_alike(form.text(base), form.text(head))), _FORMS[-1])


def _look_alike(*texts: str) -> bool:
    """Whether two texts look the same to a reader; browsers collapse spaces."""
    base, head = (" ".join(unicodedata.normalize("NFC", clean(text)).split()) for text in texts)
    return base == head


def excerpts(base: Any, head: Any, form: Form) -> tuple[str, str]:  # noqa: ANN401 - as above
    """Two different values, each cut to the first difference: ``[… 128 …] (37 of 64)``.

    Both are empty if the beginnings of two texts already differ.
    """
    frames: tuple[list[_Frame], list[_Frame]] = ([], [])
    while any(isinstance(base, kind) and isinstance(head, kind) for kind in (list, dict)):
        key = _differing_key(base, head)
        for side, found in zip((base, head), frames, strict=True):
            found.append(_frame(side, key))
        base, head = _item(base, key), _item(head, key)
    texts = [_innermost(value, form, frames[0]) for value in (base, head)]
    if not frames[0] and first_difference(*texts) < EXCERPT // 2:
        return "", ""
    pair = _cut(frames, texts)
    if pair[0] == pair[1]:
        for found, text in zip(frames, texts, strict=True):
            found.append(_Frame(place=f"length {len(text)}"))
    elif _look_alike(*pair):
        texts = [_innermost(value, _FORMS[-1], frames[0]) for value in (base, head)]
    return _cut(frames, texts)


class _Frame(NamedTuple):
    """The text before and after one item of a list or mapping, and its position or name."""

    before: str = ""
    after: str = ""
    place: str = ""
    name: str = ""


def _differing_key(base: Any, head: Any) -> Any:  # noqa: ANN401 - as above
    """The index or key of the first item that differs or that one side lacks."""
    keys = range(max(len(base), len(head))) if isinstance(base, list) else {**base, **head}
    return next(key for key in keys if not same(_item(base, key), _item(head, key)))


def _item(side: Any, key: Any) -> Any:  # noqa: ANN401 - as above
    has = key < len(side) if isinstance(side, list) else key in side
    return side[key] if has else ABSENT


def _frame(side: Any, key: Any) -> _Frame:  # noqa: ANN401 - as above
    size, rest = len(side), f" {ELLIPSIS}"
    if isinstance(side, list):
        if key >= size:
            return _Frame(f"[{ELLIPSIS}" if side else "[", "]", f"{size} item{'' if size == 1 else 's'}")
        return _Frame(f"[{ELLIPSIS} " if key else "[", f"{rest}]" if key < size - 1 else "]", f"{key + 1} of {size}")
    name = window(key, 0, _LEAST)
    if key not in side:
        return _Frame(f"{{{ELLIPSIS}" if side else "{", "}", f"no {name}")
    return _Frame(f"{{{ELLIPSIS} {name}:" if size > 1 else f"{{{name}:", f"{rest}}}" if size > 1 else "}", name=name)


def _innermost(value: Any, form: Form, frames: Sequence[_Frame]) -> str:  # noqa: ANN401 - as above
    if value is ABSENT:
        return ""
    return literal(value, escape=form.escape) if frames else form.text(value)


def _cut(frames: tuple[list[_Frame], list[_Frame]], texts: Sequence[str]) -> tuple[str, str]:
    """As much of the innermost values as fits; if that is too little, without the lists around them."""
    first = first_difference(*texts)
    for room in range(EXCERPT, _LEAST - 1, -1):
        inside = [window(text, first, room) for text in texts]
        pair = _framed(frames[0], inside[0]), _framed(frames[1], inside[1])
        if max(map(len, pair)) <= EXCERPT:
            return pair
    pair = _placed(frames[0], inside[0]), _placed(frames[1], inside[1])
    if max(map(len, pair)) <= EXCERPT:
        return pair
    return _framed(frames[0][-1:], inside[0]), _framed(frames[1][-1:], inside[1])


def _framed(frames: Sequence[_Frame], inside: str) -> str:
    before, after = "".join(one.before for one in frames), "".join(one.after for one in reversed(frames))
    places = ", ".join(one.place for one in frames if one.place)
    return f"{before}{inside}{after}" + (f" ({places})" if places else "")


def _placed(frames: Sequence[_Frame], inside: str) -> str:
    return f"{inside} ({', '.join(one.place or one.name for one in frames)})".lstrip()
