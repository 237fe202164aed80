"""How requests travel: credentials, time-outs, patience, the clock, and who hears of it. All effects are passed in."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote

from headway.text import HIDDEN, hide_user_info

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, kw_only=True)
class Transport:
    """What every session of a run has in common.

    Attributes:
        connect_seconds: how long a connection may take.
        read_seconds: how long the forge may stay silent.
        answer_seconds: how long a whole answer may take, however steadily it trickles.
        attempts: how often a call is tried in all.
        patience: seconds that one call may wait for rate limits and sick servers, all waits together.
        write_gap: seconds between two writes.
        ca_bundle: a file of certificates to trust instead of the usual ones; ``None`` leaves ``REQUESTS_CA_BUNDLE``,
            then the usual ones.
        proxy: a proxy for unencrypted requests, before what the environment says; ``None`` for none.
        dry_run: read, but print writes instead of sending them.
        now: the time in seconds since 1970.
        sleep: waits that many seconds.
        say: hears one line for everything a person should see: a wait, and in a dry run every request.
    """

    connect_seconds: float = 10.0
    read_seconds: float = 30.0
    answer_seconds: float = 300.0
    attempts: int = 5
    patience: float = 600.0
    write_gap: float = 1.0
    ca_bundle: str | None = None
    proxy: str | None = None
    dry_run: bool = False
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    say: Callable[[str], None] = lambda _: None


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What proves who calls.

    Attributes:
        header: the request header that carries the proof.
        value: its content; never shown.
        secret: the part that must not be seen anywhere.
    """

    header: str
    value: str = field(repr=False)
    secret: str = field(repr=False)

    @classmethod
    def bearer(cls, token: str) -> Credentials:
        """GitHub's tokens, GitLab's access tokens, Bitbucket's access tokens."""
        return cls(header="Authorization", value=f"Bearer {token}", secret=token)

    @classmethod
    def basic(cls, user: str, token: str) -> Credentials:
        """Bitbucket's API tokens, with the account's e-mail address as the user."""
        encoded = base64.b64encode(f"{user}:{token}".encode()).decode()
        return cls(header="Authorization", value=f"Basic {encoded}", secret=token)

    @classmethod
    def job(cls, token: str) -> Credentials:
        """GitLab's job token."""
        return cls(header="JOB-TOKEN", value=token, secret=token)

    def hide(self, text: str) -> str:
        """A text without the secret, in whichever form it was in it."""
        for form in (self.value, self.value.partition(" ")[2], self.secret, quote(self.secret, safe="")):
            text = text.replace(form, HIDDEN) if form else text
        return hide_user_info(text)
