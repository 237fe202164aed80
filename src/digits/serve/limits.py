"""What one client may ask for, so that the others are still served."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The limits of a service.

    Attributes:
        body_bytes: of a request.
        rows: of a request.
        concurrency: requests that are read or predicted at once; one more gets 503.
        body_seconds: until a request has arrived, or 408; and while a client may read nothing of a long answer.
        stop_seconds: until the requests in flight are given up after a signal.
    """

    body_bytes: int = 1024 * 1024
    rows: int = 1024
    concurrency: int = 32
    body_seconds: float = 10
    stop_seconds: int = 20
