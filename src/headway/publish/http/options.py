"""Options of the HTTP client, effects included, and the credentials that it sends."""

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
class ClientOptions:
    """What all sessions of a run share.

    Attributes:
        connect_timeout: seconds that a connection may take.
        read_timeout: seconds that the forge may stay silent.
        response_timeout: seconds that a whole response may take, however steadily it trickles.
        attempts: how often a request is sent in all.
        max_wait: seconds that one request may wait for rate limits and failing servers, all waits together.
        write_gap: seconds between the beginnings of two writes.
        ca_bundle: a file of certificates to trust; ``None`` for those of ``REQUESTS_CA_BUNDLE``, then the usual ones.
        dry_run: read, but print writes instead of sending them.
        now: the time in seconds since 1970.
        sleep: waits that many seconds.
        log: called with a line for each long wait, and in a dry run for each request.
        uploading: called with the number of images sent so far and of all to be sent.
    """

    connect_timeout: float = 10.0
    read_timeout: float = 30.0
    response_timeout: float = 300.0
    attempts: int = 5
    max_wait: float = 600.0
    write_gap: float = 1.0
    ca_bundle: str | None = None
    dry_run: bool = False
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    log: Callable[[str], None] = lambda _: None
    uploading: Callable[[int, int], None] = lambda _done, _images: None


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """The request header that authenticates, and the token in its value, which must not be shown anywhere."""

    header: str
    value: str = field(repr=False)
    secret: str = field(repr=False)

    @classmethod
    def bearer(cls, token: str) -> Credentials:
        """For GitHub's tokens and the access tokens of GitLab and Bitbucket."""
        return cls(header="Authorization", value=f"Bearer {token}", secret=token)

    @classmethod
    def basic(cls, user: str, token: str) -> Credentials:
        """For Bitbucket's API tokens; the user is the account's e-mail address."""
        encoded = base64.b64encode(f"{user}:{token}".encode()).decode()
        return cls(header="Authorization", value=f"Basic {encoded}", secret=token)

    @classmethod
    def job(cls, token: str) -> Credentials:
        """For GitLab's job token."""
        return cls(header="JOB-TOKEN", value=token, secret=token)

    def hide(self, text: str) -> str:
        """A text without the secret, in whichever form it was in it."""
        for form in (self.value, self.value.partition(" ")[2], self.secret, quote(self.secret, safe="")):
            text = text.replace(form, HIDDEN) if form else text
        return hide_user_info(text)
