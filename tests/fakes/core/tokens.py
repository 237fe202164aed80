"""Tokens a fake forge has issued, and how a request carries one."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Token:
    """A secret, of a kind and with grants in the forge's own words, and the account that writes with it."""

    secret: str = field(repr=False)
    kind: str
    login: str
    grants: frozenset[str] = frozenset()


class TokenCase:
    """The tokens that one forge has issued, and the secrets of those that it has revoked."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self.revoked: set[str] = set()

    def issue(self, prefix: str, kind: str, login: str, grants: frozenset[str]) -> str:
        """Make a token; the same sequence of calls makes the same secrets."""
        seed = f"{kind}:{login}:{len(self._tokens)}"
        secret = prefix + hashlib.sha256(seed.encode()).hexdigest()[:36]
        self._tokens[secret] = Token(secret=secret, kind=kind, login=login, grants=grants)
        return secret

    def revoke(self, secret: str) -> None:
        del self._tokens[secret]
        self.revoked.add(secret)

    def find(self, secret: str) -> Token | None:
        return self._tokens.get(secret)


def authorization(headers: Mapping[str, str]) -> str:
    """The secret of an ``Authorization`` header: Bearer, token or the password of Basic; empty where none is."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return _basic_password(value)
    return value.strip() if scheme.lower() in {"bearer", "token"} else ""


def _basic_password(value: str) -> str:
    try:
        decoded = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return decoded.partition(":")[2]
