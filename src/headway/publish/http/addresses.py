r"""Addresses of forges, and of what forges point to: read once and written anew, so that every parser reads the same.

``http://evil.example\@forge.example/`` is on forge.example by ``urllib.parse`` and on evil.example by urllib3, which
opens the connection. So urllib3's parser decides, and what two parsers might read differently is refused: an address
is printable ASCII without backslashes (RFC 3986), with a plain host, no user information, and no ``..`` in its path.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urljoin

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from headway.publish.http.error_responses import for_log
from headway.text import HIDDEN

_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?|\[[0-9a-f:.]+\]")
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*:|(?=//)", re.IGNORECASE)
_USER_INFO = re.compile(r"([a-z]+:/*)?.*@", re.DOTALL | re.IGNORECASE)


class AddressError(Exception):
    """An address is refused: the message shows it without anything secret, and says why."""


class Origin(NamedTuple):
    """Who receives what is sent to an address; the host is lower case, and two spellings of one host are two hosts."""

    scheme: str
    host: str
    port: int


class Address(NamedTuple):
    """An address that no two parsers read differently, as urllib3 reads it and without a fragment."""

    text: str
    origin: Origin

    @classmethod
    def read(cls, text: str) -> Address:
        """Read an absolute address; raises an ``AddressError`` for one that is refused."""
        _check_characters(text)
        try:
            url = parse_url(text)
        except LocationParseError:
            raise _refused(text, "is not an address") from None
        scheme, host, path = url.scheme or "", url.host or "", url.path or ""
        authority = re.split("[/?#]", text.partition("//")[2], maxsplit=1)[0]
        if scheme not in _PORTS:
            raise _refused(text, "starts with neither http:// nor https://")
        if url.auth is not None or "@" in authority:
            raise _refused(text, "has a user name or password in it")
        if not _HOST.fullmatch(host) or "%" in authority:
            raise _refused(text, "has no plain host name")
        if _climbs(text) or _climbs(path):
            raise _refused(text, "has . or .. as a part of its path")
        port = _PORTS[scheme] if url.port is None else url.port
        return cls(url._replace(fragment=None).url, Origin(scheme, host, port))

    def follow(self, reference: str) -> Address:
        """The address that a reference in an answer from here means, such as ``Location``; raises ``AddressError``."""
        _check_characters(reference)
        match = _ABSOLUTE.match(reference)
        if match is None:
            return Address.read(urljoin(self.text, reference))
        return Address.read(reference if match[0] else f"{self.origin.scheme}:{reference}")


def _check_characters(text: str) -> None:
    if "\\" in text:
        raise _refused(text, "has a backslash in it")
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise _refused(text, "has a space or a character in it that is not printable ASCII")


def _climbs(path: str) -> bool:
    """Whether a path leads elsewhere once somebody resolves its dots, be they encoded or not."""
    return not {".", ".."}.isdisjoint(unquote(re.split("[?#]", path, maxsplit=1)[0]).split("/"))


def _refused(text: str, why: str) -> AddressError:
    return AddressError(f"{shown(text)} {why}")


def shown(text: str) -> str:
    """An address for a message: without user information, query and fragment, where tokens are."""
    text = _USER_INFO.sub(rf"\g<1>{HIDDEN}@", re.split("[?#]", text, maxsplit=1)[0])
    return for_log(text).encode("ascii", "backslashreplace").decode()
