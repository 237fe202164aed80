"""A plain HTTP client for tests of the fake forges: nothing between the test and the server but requests."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any, Self

import requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType


class Clock:
    """A clock that stands still until a test moves it: 2026-01-01, midnight, UTC."""

    def __init__(self) -> None:
        self.now = 1_767_225_600.0

    def __call__(self) -> float:
        return self.now


class Pauses:
    """What a forge does instead of waiting: it notes for how long and goes on, or stands still while it is held."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self._begun = Event()
        self._free = Event()
        self._free.set()

    def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        self._begun.set()
        self._free.wait()

    @contextmanager
    def held(self) -> Iterator[None]:
        """While this lasts, a pause does not end."""
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    def wait_for_one(self) -> None:
        """Until the forge has begun to pause: whatever it does before that is done."""
        self._begun.wait()


class Client:
    """Calls one base address with the same headers every time; no proxy, no retry, no time-out over 5 s."""

    def __init__(self, base: str, *, bearer: str = "", **headers: str) -> None:
        self.base = base
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers.update(headers | ({"Authorization": f"Bearer {bearer}"} if bearer else {}))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def __call__(self, method: str, path: str, **options: Any) -> requests.Response:
        url = path if path.startswith("http") else self.base + path
        return self.session.request(method, url, timeout=options.pop("timeout", 5), **options)

    def get(self, path: str, **options: Any) -> requests.Response:
        return self("GET", path, **options)

    def post(self, path: str, body: object = None, **options: Any) -> requests.Response:
        return self("POST", path, json=body, **options)

    def put(self, path: str, body: object = None, **options: Any) -> requests.Response:
        return self("PUT", path, json=body, **options)

    def patch(self, path: str, body: object = None, **options: Any) -> requests.Response:
        return self("PATCH", path, json=body, **options)

    def delete(self, path: str, **options: Any) -> requests.Response:
        return self("DELETE", path, **options)

    def linked_pages(self, path: str) -> Iterator[list[dict[str, Any]]]:
        """Every page of a listing, by its Link header."""
        url: str | None = path
        while url is not None:
            answer = self.get(url)
            answer.raise_for_status()
            yield answer.json()
            url = answer.links.get("next", {}).get("url")
