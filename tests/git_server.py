"""A real git server on loopback, and clones as CI makes them."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from repos import Project
from servers import logging_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def git_daemon(folder: Path) -> Iterator[str]:
    """Serves every repository below a folder; gives the address that their paths are appended to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ["--verbose", "--export-all", f"--base-path={folder}", "--listen=127.0.0.1", f"--port={port}"]
    with logging_server(["git", "daemon", *options], "Ready to rumble"):
        yield f"git://127.0.0.1:{port}"


class GitHttp:
    """Bare repositories behind ``git http-backend``, to read from and to push to.

    Attributes:
        url: the address that their paths are appended to.
        before: is called with the path and query of a request, and gives a status to answer it with at once; ``None``
            to leave it to git.
        after: is called with the same once git has done its work, and tells whether the client gets the answer; else
            the connection is closed.
        login: the name and password in Base64 that each request must have; empty for a public server.
    """

    def __init__(self, folder: Path) -> None:
        self.before: Callable[[str], int | None] = lambda _: None
        self.after: Callable[[str], bool] = lambda _: True
        self.login = ""
        backend = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # heads and bodies leave together: otherwise each waits 40 ms for the other to be confirmed

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                _serve(self, folder, backend)

            do_POST = do_GET  # noqa: N815 - the name is given

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """A client that was killed is no news."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


def _serve(request: BaseHTTPRequestHandler, folder: Path, backend: GitHttp) -> None:
    path, _, query = request.path.partition("?")
    content = _body(request)
    is_refused = backend.login not in ("", request.headers.get("Authorization", "").partition(" ")[2])
    if status := 401 if is_refused else backend.before(request.path):
        request.send_response(status)
        if is_refused:
            request.send_header("WWW-Authenticate", "Basic")
        request.send_header("Content-Length", "0")
        request.end_headers()
        return
    known = {
        "Content-Type": "CONTENT_TYPE",
        "Content-Encoding": "HTTP_CONTENT_ENCODING",
        "Git-Protocol": "GIT_PROTOCOL",
    }
    environment = {
        **os.environ,
        **{variable: request.headers[header] for header, variable in known.items() if header in request.headers},
        "GIT_PROJECT_ROOT": str(folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "REQUEST_METHOD": request.command,
        "CONTENT_LENGTH": str(len(content)),
    }
    done = subprocess.run(["git", "http-backend"], env=environment, input=content, capture_output=True, check=False)
    if not backend.after(request.path):
        request.close_connection = True
        return
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().splitlines())
    request.send_response(int(fields.pop("Status", "200").split()[0]))
    for name, value in fields.items():
        request.send_header(name, value)
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def _body(request: BaseHTTPRequestHandler) -> bytes:
    """The content of a request; git sends a large one in chunks."""
    if request.headers.get("Transfer-Encoding") != "chunked":
        return request.rfile.read(int(request.headers.get("Content-Length", 0)))
    content = b""
    while size := int(request.rfile.readline(), 16):
        content += request.rfile.read(size)
        request.rfile.readline()
    request.rfile.readline()
    return content


@contextmanager
def git_http(folder: Path) -> Iterator[GitHttp]:
    """Serves every bare repository below a folder; those with ``http.receivepack`` can be pushed to."""
    backend = GitHttp(folder)
    thread = threading.Thread(target=backend.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield backend
    finally:
        backend.server.shutdown()
        backend.server.server_close()
        thread.join()


def actions_checkout(path: Path, url: str, sha: str, target: str) -> Project:
    """What actions/checkout leaves: one commit, a detached HEAD, one remote reference."""
    project = Project(path, dvc=False)
    project.git("remote", "add", "origin", url)
    project.git("fetch", "--quiet", "--no-tags", "--depth=1", "origin", f"+{sha}:{target}")
    project.git("checkout", "--quiet", "--force", "--detach", target)
    return project


def grow(project: Project, commits: list[tuple[str, list[str]]]) -> dict[str, str]:
    """Makes commits with one small file, each given by a name and its parents' names; gives their SHAs by name."""
    numbers = {name: number for number, (name, _) in enumerate(commits, 1)}
    stream = []
    for name, parents in commits:
        number = numbers[name]
        stream.append(f"reset refs/grown\ncommit refs/grown\nmark :{number}\n")
        stream.append(f"committer A <a@example.com> {1735689600 + number} +0000\ndata {len(name)}\n{name}\n")
        stream.extend(f"{'merge' if place else 'from'} :{numbers[parent]}\n" for place, parent in enumerate(parents))
        stream.append(f"M 644 inline count.txt\ndata {len(str(number))}\n{number}\n\n")
    marks = project.git_root / ".git" / "grown"
    command = ["git", "fast-import", "--quiet", "--force", f"--export-marks={marks}"]
    subprocess.run(command, cwd=project.git_root, input="".join(stream), text=True, check=True)
    project.git("update-ref", "-d", "refs/grown")
    shas = dict(line.split() for line in marks.read_text().splitlines())
    return {name: shas[f":{number}"] for name, number in numbers.items()}


def line(name: str, count: int, start: str | None = None) -> list[tuple[str, list[str]]]:
    """A branch of so many commits: ``name0``, ``name1``, ..., the first one on ``start``."""
    return [(f"{name}{i}", [f"{name}{i - 1}"] if i else [start] if start else []) for i in range(count)]
