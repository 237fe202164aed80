"""The web site: raw files."""

from __future__ import annotations

from mimetypes import guess_type
from typing import TYPE_CHECKING

from fakes.core.messages import HttpError, Reply
from fakes.core.routes import Routes
from fakes.core.tokens import authorization
from fakes.github.access import holds

if TYPE_CHECKING:
    from fakes.core.routes import Call
    from fakes.github.state import GitHubState

routes: Routes[GitHubState] = Routes()


@routes.add("GET", "/{owner}/{repo}/raw/{commit}/{path...}", site="web")
def raw_file(state: GitHubState, call: Call) -> Reply:
    """A file of a commit; one of a private repository only for who may read it."""
    _require_reader(state, call)
    commit = state.resolve(call.params["commit"])
    content = state.git.file(commit, call.params["path"]) if commit is not None and state.git.kind(commit) else None
    if content is None:
        raise _not_found()
    kind = guess_type(call.params["path"])[0] or "text/plain; charset=utf-8"
    return Reply(status=200, headers={"Content-Type": kind}, body=content)


def _require_reader(state: GitHubState, call: Call) -> None:
    named = f"{call.params['owner']}/{call.params['repo']}".lower()
    token = state.tokens.find(authorization(call.request.headers))
    reads = not state.private or (token is not None and holds(token, "contents=read"))
    if named != state.full_name.lower() or not reads:
        raise _not_found()


def _not_found() -> HttpError:
    return HttpError(Reply(status=404, headers={"Content-Type": "text/plain; charset=utf-8"}, body=b"Not Found"))
