"""A request as a dry run prints it: whole, but for secrets and for what nobody can read.

Text stays as it would be sent, for seeing it is what a dry run is for. A long value without any space in it is content
under a code, such as a picture's base64: its beginning, its length and a hash tell it from others.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import msgspec

from headway.text import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from headway.publish.http.connection import Request

JSON = "application/json"
_LONGEST = 200
_BEGINNING = 40
_DIGITS = 8
_CODED = re.compile(rf"\S{{{_LONGEST + 1},}}")


def printed(request: Request, hide: Callable[[str], str], *, authorized: bool) -> Iterator[str]:
    """The lines that stand for a request: what and where, as whom, and the body on one line, files by their size.

    Args:
        request: as it would be sent.
        hide: takes secrets out of a text.
        authorized: whether credentials would go with it.
    """
    yield f"{request.method} {hide(request.url)}"
    yield f"  authorization: {HIDDEN}" if authorized else "  anonymous"
    if request.media_type == JSON:
        body = _readable(msgspec.json.decode(request.content), hide)
        yield f"  {msgspec.json.encode(body).decode()}"
    elif request.content:
        yield f"  {request.media_type.partition(';')[0]}, {len(request.content):,} bytes"


def _readable(value: object, hide: Callable[[str], str]) -> object:
    match value:
        case dict():
            return {key: _readable(inner, hide) for key, inner in value.items()}
        case list():
            return [_readable(inner, hide) for inner in value]
        case str():
            shown = hide(value)
            return _shortened(shown) if _CODED.fullmatch(shown) else shown
    return value


def _shortened(coded: str) -> str:
    digest = hashlib.sha256(coded.encode()).hexdigest()[:_DIGITS]
    return f"{coded[:_BEGINNING]}... {len(coded):,} characters, sha256 {digest}"
