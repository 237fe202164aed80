"""The JSON object in GitHub's file about an event: strict JSON, of a size that is limited before it is parsed."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NoReturn

from headway.ci.event_fields import quoted
from headway.errors import SettingsError
from headway.text import harmless

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 128 * 1024
"""Of the file: GitHub allows 64 KB for the payload, and its own part has a tenth of that."""


def read_document(file: Path) -> dict[str, Any]:
    """The JSON object in a file, in which no object has a key twice, and no number is NaN or infinite.

    Raises:
        SettingsError: the file cannot be read, is too large, or is not such an object.
    """
    return _parse(_read(file))


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise SettingsError(
            "The file of the event cannot be read.",
            why=f"{file}: {error.strerror}.",
            remedy="Name the file of an event as the argument FILE.",
        ) from error
    if len(data) > MAX_BYTES:
        _refuse_file(f"It has more than {MAX_BYTES // 1024} KiB, and GitHub's largest event has less.")
    return data


def _parse(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        _refuse_file("It is not UTF-8.")
    except RecursionError:
        _refuse_file("Its values are nested too deeply.")
    except ValueError as error:
        _refuse_file(f"{harmless(str(error))}.")
    if not isinstance(document, dict):
        _refuse_file("It is not a JSON object.")
    return document


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    counts = Counter(key for key, _ in pairs)
    if (repeated := next((key for key, count in counts.items() if count > 1), None)) is not None:
        raise ValueError(f"The key {quoted(repeated)} occurs twice")
    if (odd := next((key for key in counts if not key.isprintable()), None)) is not None:
        raise ValueError(f"The key {quoted(odd)} has characters that cannot be printed")
    return dict(pairs)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"JSON has no {name}")


def _refuse_file(why: str) -> NoReturn:
    raise SettingsError(
        "The file is no event of GitHub's.", why=why, remedy="Take the file that GITHUB_EVENT_PATH names, as it is."
    )
