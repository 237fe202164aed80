"""The names of classes, the same whatever type a file gives them: 1, 1.0 and "1" are one class."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from headway.sorting import sorted_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_WHOLE = re.compile(r"(-?\d+)\.0+")
_TRUTH = {"true": "1", "false": "0"}


def class_name(value: object) -> str:
    """The name of a class, from a cell, a column's name or the settings: ``1`` for 1.0, ``true`` for True."""
    text = str(value)
    if whole := _WHOLE.fullmatch(text):
        return whole[1]
    return text.lower() if text.lower() in _TRUTH else text


class Classes(NamedTuple):
    """Classes in natural order, and the code of every name that stands for one of them."""

    names: tuple[str, ...] = ()
    codes: Mapping[str, int] = {}


def order_classes(names: Iterable[str]) -> Classes:
    """Give each class its code; where one file has truth values and another has 0 and 1, these are the same."""
    distinct = set(names)
    are_truths = distinct <= {*_TRUTH, *_TRUTH.values()} and not distinct.isdisjoint(_TRUTH.values())
    alias = _TRUTH if are_truths else {}
    ordered = tuple(sorted_names({alias.get(name, name) for name in distinct}))
    return Classes(ordered, {name: ordered.index(alias.get(name, name)) for name in distinct})
