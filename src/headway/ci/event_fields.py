"""The fields of an event's payload: their types, the rule that each value keeps, and errors that quote what they found.

An error may end up in GitHub's log or a terminal, so it quotes a value in ASCII and shortened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec

from headway.errors import SettingsError
from headway.text import harmless
from headway.values.registry import names

if TYPE_CHECKING:
    from collections.abc import Callable

    Payload = TypeVar("Payload", bound=msgspec.Struct)

_SHOWN = 60
"""Characters of a value that an error quotes."""
_AUTHOR = re.compile(r"[a-zA-Z0-9_](?:[a-zA-Z0-9 ._@+-]*[a-zA-Z0-9_-])?(?:\[bot\])?")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a value must be, in words and as a test."""

    allowed: str
    is_valid: Callable[[str], bool]
    longest: int


LONGEST = 255
"""Characters of a name: GitHub takes no reference that is longer (GH005), so no tag and no part of one is, either."""
NAME = Rule(
    allowed="letters, digits, '-', '_' and '/', with a letter or digit at both ends; of a folder, models/de:digits",
    is_valid=names.is_artifact,
    longest=LONGEST,
)
VERSION = Rule(allowed="'v' and a SemVer, as in v1.2.0", is_valid=names.is_version, longest=LONGEST)
STAGE = Rule(
    allowed="letters, digits, '-', '_' and '/', with a letter or digit at both ends",
    is_valid=names.is_stage,
    longest=LONGEST,
)
SHA = Rule(
    allowed="the full SHA of a commit: 40 digits and letters from a to f",
    is_valid=names.is_full_sha,
    longest=40,
)
PERSON = Rule(
    allowed="letters, digits, spaces, '.', '_', '@', '+' and '-'",
    is_valid=lambda text: _AUTHOR.fullmatch(text) is not None,
    longest=100,
)
LINE = Rule(allowed="printable characters", is_valid=str.isprintable, longest=500)


@dataclass(frozen=True)
class Checker:
    """Checks the fields of a payload, each by a rule."""

    place: str
    payload: msgspec.Struct
    remedy: str

    def __call__(self, field: str, rule: Rule) -> str:
        """The field's value; raises ``SettingsError`` if it breaks the rule."""
        value: str = getattr(self.payload, field)
        if 0 < len(value) <= rule.longest and rule.is_valid(value):
            return value
        raise SettingsError(
            f"The event's `{self.place}.{field}` cannot be used: it is {quoted(value) if value else 'empty'}.",
            why=f"Allowed: {rule.allowed}; at most {rule.longest} characters.",
            remedy=self.remedy,
        )

    def if_given(self, field: str, rule: Rule) -> str:
        """The same for a field that may be empty."""
        return self(field, rule) if getattr(self.payload, field) else ""


def convert_payload(value: object, kind: type[Payload], place: str, remedy: str) -> Payload:
    """A payload as its type; raises ``SettingsError`` if a field is missing, unknown or of another type."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        found = str(error).replace("`$", f"`{place}")
        fields = "" if place == "the event" else f"\nThe fields: {', '.join(kind.__struct_fields__)}."
        why = f"{ascii(found[: 2 * _SHOWN])[1:-1]}.{fields}"
        raise SettingsError(f"The event's fields are wrong in {place}.", why=harmless(why), remedy=remedy) from error


def quoted(text: str) -> str:
    """The beginning of a text from elsewhere, in quotes and ASCII, with the number of characters if some are cut."""
    more = f" and {len(text) - _SHOWN:,} more characters" if len(text) > _SHOWN else ""
    return harmless(ascii(text[:_SHOWN])) + more
