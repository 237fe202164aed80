"""Credentials that are JSON: told from a path, read, and taken apart into what a log must not show."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.errors import RemoteError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SECRET_KEYS = ("private_key", "private_key_id", "client_secret", "refresh_token", "access_token", "id_token")
_SHORTEST = 8
"""Characters below which a mask would black out half a log."""


def read_document(variable: str, value: str) -> Mapping[str, Any] | None:
    """The JSON in a variable; ``None`` where the variable holds the path of a file.

    Raises:
        RemoteError: it is neither. The message does not repeat the value, which may be a secret.
    """
    if not value.lstrip().startswith("{"):
        if not _is_file(value):
            raise RemoteError(f"{variable} is neither JSON nor the path of a file that exists.")
        return None
    try:
        document: Mapping[str, Any] = json.loads(value)
    except ValueError as error:
        at = f" (line {error.lineno}, column {error.colno})" if isinstance(error, json.JSONDecodeError) else ""
        raise RemoteError(f"{variable} is not valid JSON{at}; paste the whole file.") from None
    return document


def secrets_in(document: Mapping[str, Any]) -> Iterator[str]:
    """What nobody may see of a document, line by line: a log hides lines, and a private key has many."""
    for key, value in document.items():
        if isinstance(value, dict):
            yield from secrets_in(value)
        elif key in _SECRET_KEYS:
            lines = map(str.strip, str(value).splitlines())
            yield from (line for line in lines if len(line) >= _SHORTEST and not line.startswith("-----"))


def _is_file(value: str) -> bool:
    try:
        return Path(value.strip()).is_file()
    except (OSError, ValueError):  # too long for a path, or with a null byte
        return False
