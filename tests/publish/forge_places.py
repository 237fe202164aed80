"""What the publishing tests share: a clock that nobody waits for, a scripted HTTP server, and quick ways to a forge."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from fakes import FakeBitbucket, FakeGitHub, FakeGitLab, PullRequest

from headway.ci.job import Context, Token
from headway.ci.read import read_context
from headway.publish.comment.marker import Marker
from headway.publish.forges.connect import connect
from headway.publish.http.error_responses import Operation
from headway.publish.http.options import ClientOptions, Credentials
from headway.publish.http.session import Session
from headway.publish.post import Delivery, post
from headway.settings import ImageSettings

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

    from headway.ci.job import ForgeKind
    from headway.publish.forges.forge import Forge

SECRET = "ghs_the-secret-of-this-test"  # noqa: S105 - what the tests look for where it must not be
READ = Operation("read the thing")
WRITE = Operation("write the thing", "things: write")
FIRST_MOMENT = 1_800_000_000.0


class FakeClock:
    """Time that passes only when somebody sleeps; safe for threads."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self._lock = Lock()

    def now(self) -> float:
        with self._lock:
            return FIRST_MOMENT + sum(self.slept)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)


def make_options(clock: FakeClock | None = None, **more: Any) -> ClientOptions:
    clock = clock or FakeClock()
    given: dict[str, Any] = {"now": clock.now, "sleep": clock.sleep, "connect_timeout": 2.0, "read_timeout": 2.0}
    return ClientOptions(**given | more)


def post_one(
    folder: Path, context: Context, options: ClientOptions, *, images: ImageSettings | None = None, label: str = ""
) -> Delivery:
    """Publish one report."""
    (delivery,) = post([folder], context, options, images=images or ImageSettings(), label=label)
    return delivery


@dataclass
class Scripted:
    """A server that gives prepared answers, one after the other, and keeps what it was asked."""

    url: str = ""
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def will(self, status: int, body: object = b"", **headers: str) -> Scripted:
        """One more answer; what is not bytes is sent as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, {name.replace("_", "-"): value for name, value in headers.items()}, content))
        return self

    @property
    def paths(self) -> list[str]:
        return [f"{method} {path}" for method, path, _, _ in self.asked]


@contextmanager
def scripted(host: str = "127.0.0.1", tls: ssl.SSLContext | None = None) -> Iterator[Scripted]:
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            sent = {name.lower(): value for name, value in self.headers.items()}
            script.asked.append((self.command, self.path, sent, body))
            status, headers, content = script.answers.pop(0) if script.answers else (500, {}, b"nothing prepared")
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815 - the base class's names

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    script.url = f"http{'s' if tls else ''}://{host}:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class PlainFormatter:
    """Reads the errors of a forge without habits of its own; GraphQL has a list of them."""

    name = "Forge"

    def message(self, body: bytes) -> str:
        if not body.startswith(b"{"):
            return body.decode()
        error = json.loads(body)
        return str(error["errors"][0]["message"] if "errors" in error else error["message"])

    def explain(self, response: Any) -> tuple[str, str]:
        permission = response.operation.permission
        return f"The token lacks {permission}.", f"Grant {permission}."


def make_session(url: str, options: ClientOptions | None = None) -> Session:
    return Session(url, Credentials.bearer(SECRET), PlainFormatter(), options or make_options())


def forge_at(kind: ForgeKind, url: str) -> Forge:
    """A forge whose API is there, such as a scripted server."""
    token = Token(value=SECRET, variable="TOKEN", user="bot@example.com" if kind == "bitbucket" else "")
    context = Context(forge=kind, api_url=url, server_url=url, repository="7" if kind == "gitlab" else "o/r")
    return connect(replace(context, token=token), make_options(attempts=1, write_gap=0.0))


def bitbucket_context(fake: FakeBitbucket, **more: Any) -> Context:
    return replace(read_context(fake.environ(**more)), api_url=fake.api_url, server_url=fake.server_url)


def github_forge(fake: FakeGitHub, options: ClientOptions | None = None, **more: Any) -> Forge:
    return connect(read_context(fake.environ(**more)), options or make_options())


def gitlab_forge(fake: FakeGitLab, options: ClientOptions | None = None, **more: Any) -> Forge:
    return connect(read_context(fake.environ(**more)), options or make_options())


def bitbucket_forge(fake: FakeBitbucket, options: ClientOptions | None = None, **more: Any) -> Forge:
    return connect(bitbucket_context(fake, **more), options or make_options())


def make_marker(sha: str, run: int = 1, attempt: int = 1, label: str = "", directory: str = "") -> Marker:
    return Marker(label=label, directory=directory, sha=sha, run=run, attempt=attempt, time="2026-01-31T12:00:00+00:00")


def sent(fake: FakeGitHub | FakeGitLab | FakeBitbucket, *methods: str) -> list[str]:
    """The requests that reached a fake forge, as ``"POST /path"``."""
    return [f"{each.method} {each.path}" for each in fake.requests if not methods or each.method in methods]


PULL_REQUEST = PullRequest(number=7)
