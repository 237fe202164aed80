"""The web site: raw files, and the repository over git's own protocol."""

from __future__ import annotations

import os
import subprocess
from email import message_from_bytes
from mimetypes import guess_type
from typing import TYPE_CHECKING

from fakes.github.access import holds
from fakes.kernel.messages import Call, RefusalError, Reply
from fakes.kernel.routes import Routes
from fakes.kernel.tokens import authorization

if TYPE_CHECKING:
    from fakes.github.world import World
    from fakes.kernel.messages import Request

routes: Routes[World] = Routes()


@routes.add("GET", "/{owner}/{repo}/raw/{commit}/{path...}", site="web")
def raw_file(world: World, call: Call) -> Reply:
    """A file of a commit; one of a private repository only for who may read it."""
    _require_reader(world, call)
    commit = world.resolve(call.params["commit"])
    entry = None if commit is None or not world.git.kind(commit) else world.git.file(commit, call.params["path"])
    if entry is None or entry.kind != "blob":
        raise RefusalError(_page(404, "Not Found"))
    kind = guess_type(call.params["path"])[0] or "text/plain; charset=utf-8"
    return Reply(status=200, headers={"Content-Type": kind}, body=world.git.blob(entry.sha))


@routes.add("GET", "/{owner}/{repo}.git/{service...}", site="web")
@routes.add("POST", "/{owner}/{repo}.git/{service...}", site="web")
def git_protocol(world: World, call: Call) -> Reply:
    """Clone and fetch through git's own server program; pushes are not served."""
    _require_reader(world, call)
    if "receive-pack" in call.request.target:
        raise RefusalError(_page(403, "Pushing is not served here"))
    finished = subprocess.run(
        ["git", "http-backend"],
        input=call.request.body,
        env=_cgi(world, call.request, call.params["service"]),
        capture_output=True,
        check=True,
    )
    return _from_cgi(finished.stdout)


def _cgi(world: World, request: Request, service: str) -> dict[str, str]:
    """The environment of a CGI program (RFC 3875)."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "GIT_PROJECT_ROOT": str(world.git.folder),
        "GIT_HTTP_EXPORT_ALL": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "PATH_INFO": f"/{service}",
        "QUERY_STRING": request.query_string,
        "REQUEST_METHOD": request.method,
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
    }


def _from_cgi(output: bytes) -> Reply:
    """A program's headers and body as a reply."""
    head, _, body = output.partition(b"\r\n\r\n")
    headers = dict(message_from_bytes(head).items())
    status = int(headers.pop("Status", "200").split()[0])
    return Reply(status=status, headers=headers, body=body)


def _require_reader(world: World, call: Call) -> None:
    named = f"{call.params['owner']}/{call.params['repo']}".lower()
    if named != world.full_name.lower():
        raise RefusalError(_page(404, "Not Found"))
    token = world.tokens.find(authorization(call.request.headers))
    if world.private and not (token is not None and holds(token, "contents=read")):
        asks = {"WWW-Authenticate": 'Basic realm="GitHub"'} if "service" in call.params else {}
        raise RefusalError(_page(401 if asks else 404, "Not Found").with_headers(asks))


def _page(status: int, text: str) -> Reply:
    return Reply(status=status, headers={"Content-Type": "text/plain; charset=utf-8"}, body=text.encode())
