"""GitHub's GraphQL endpoint, for what the REST API cannot do: tell who wrote a comment, and compare and swap a branch.

The types below have the fields that a client that keeps a comment up to date asks for; any other is an error, in the
words that GitHub uses.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from fakes.github.comments import commit_comment, issue_comment
from fakes.github.graphql_language import Field, Fragment, GraphQLError, QueryError, Selection, read_operation
from fakes.github.payloads import minimal_repository, node_id
from fakes.github.ref_updates import update_refs
from fakes.github.refusals import refuse, required_text
from fakes.kernel.clock import iso_seconds
from fakes.kernel.messages import Call, Json, Reply, json_reply
from fakes.kernel.routes import Routes

if TYPE_CHECKING:
    from fakes.github.world import World
    from fakes.kernel.comments import Comment
    from fakes.kernel.pull_request import PullRequest
    from fakes.kernel.tokens import Token

routes: Routes[World] = Routes()

LARGEST_PAGE = 100
Arguments = Mapping[str, object]
Resolver = Callable[[Arguments], object]


class _Node:
    """A value of a GraphQL type: what each of its fields gives."""

    def __init__(self, kind: str, fields: Mapping[str, object]) -> None:
        self.kind = kind
        self.fields = {"__typename": kind, **fields}


@routes.add("POST", "/graphql")
def answer_query(world: World, call: Call) -> Reply:
    """Answer one query or mutation; errors come with status 200."""
    if call.caller is None:
        raise refuse(401, "This endpoint requires you to be authenticated.")
    body = call.request.json()
    variables = body.get("variables")
    try:
        operation = read_operation(required_text(body, "query"), variables if isinstance(variables, dict) else {})
        execution = _Execution()
        root = _query(world, call.caller) if operation.kind == "query" else _mutation(world, call.caller)
        data = execution.select(root, operation.selection, ())
    except QueryError as error:
        return json_reply(200, {"errors": [{"message": str(error)}]})
    except GraphQLError as error:
        return json_reply(200, {"errors": [_shown_error(error, ("query",))]})
    errors = {"errors": execution.errors} if execution.errors else {}
    return json_reply(200, {"data": data, **errors})


class _Execution:
    """Walks a query over the nodes; keeps the errors that spoil only a field."""

    def __init__(self) -> None:
        self.errors: list[Json] = []

    def select(self, node: _Node, selection: Selection, path: tuple[object, ...]) -> Json:
        """The answer to a selection."""
        answer: Json = {}
        for part in selection:
            if isinstance(part, Fragment) and part.on in {"", node.kind}:
                answer |= self.select(node, part.selection, path)
            elif isinstance(part, Field):
                answer[part.key] = self._field(node, part, (*path, part.key))
        return answer

    def _field(self, node: _Node, part: Field, path: tuple[object, ...]) -> object:
        if part.name not in node.fields:
            message = f"Field '{part.name}' doesn't exist on type '{node.kind}'"
            raise GraphQLError(message, code="undefinedField")
        value = node.fields[part.name]
        try:
            value = cast("Resolver", value)(part.arguments) if callable(value) else value
        except GraphQLError as error:
            self.errors.append(_shown_error(error, path))
            return None
        return self._shown(value, part, path)

    def _shown(self, value: object, part: Field, path: tuple[object, ...]) -> object:
        if isinstance(value, list):
            return [self._shown(item, part, (*path, number)) for number, item in enumerate(value)]
        if isinstance(value, GraphQLError):
            self.errors.append(_shown_error(value, path))
            return None
        if not isinstance(value, _Node):
            return value
        if not part.selection:
            raise GraphQLError(f"Field must have selections (field '{part.name}' returns {value.kind})")
        return self.select(value, part.selection, path)


def _query(world: World, viewer: Token) -> _Node:
    def nodes(arguments: Arguments) -> object:
        ids = arguments.get("ids")
        return [_by_id(world, viewer, str(each)) for each in ids] if isinstance(ids, list) else None

    def node(arguments: Arguments) -> object:
        return _by_id(world, viewer, str(arguments.get("id")))

    def repository(arguments: Arguments) -> object:
        named = f"{arguments.get('owner')}/{arguments.get('name')}"
        if named.lower() != world.full_name.lower() or (world.private and "metadata=read" not in viewer.grants):
            raise GraphQLError(f"Could not resolve to a Repository with the name '{named}'.", kind="NOT_FOUND")
        return _repository(world, viewer)

    account = _Node("User", {"login": viewer.login, "id": node_id("U", viewer.login)})
    return _Node("Query", {"viewer": account, "nodes": nodes, "node": node, "repository": repository})


def _mutation(world: World, viewer: Token) -> _Node:
    def update(arguments: Arguments) -> object:
        return _Node("UpdateRefsPayload", {"clientMutationId": update_refs(world, viewer, arguments.get("input"))})

    return _Node("Mutation", {"updateRefs": update})


def _repository(world: World, viewer: Token) -> _Node:
    def pull_request(arguments: Arguments) -> object:
        number = arguments.get("number")
        request = world.pull_requests.get(number) if isinstance(number, int) else None
        if request is None:
            message = f"Could not resolve to a PullRequest with the number of {number}."
            raise GraphQLError(message, kind="NOT_FOUND")
        return _pull_request(world, viewer, request)

    fields = {
        "id": minimal_repository(world)["node_id"],
        "name": world.name,
        "nameWithOwner": world.full_name,
        "isPrivate": world.private,
        "pullRequest": pull_request,
    }
    return _Node("Repository", fields)


def _pull_request(world: World, viewer: Token, request: PullRequest) -> _Node:
    def comments(arguments: Arguments) -> object:
        first_page = arguments.get("after") is None
        listed = world.issue_comments.listed(str(request.number), first_page=first_page)
        return _connection([_issue_comment(world, viewer, comment) for comment in listed], arguments)

    fields = {
        "id": node_id("PR", request.number),
        "number": request.number,
        "title": request.title,
        "state": request.state.upper(),
        "url": f"{world.html_url}/pull/{request.number}",
        "headRefName": request.head,
        "headRefOid": request.head_sha,
        "baseRefName": request.base,
        "baseRefOid": request.base_sha,
        "comments": comments,
    }
    return _Node("PullRequest", fields)


def _issue_comment(world: World, viewer: Token, comment: Comment) -> _Node:
    shown = issue_comment(world, comment)
    return _comment("IssueComment", viewer, comment, shown)


def _commit_comment(world: World, viewer: Token, comment: Comment) -> _Node:
    shown = commit_comment(world, comment)
    return _comment("CommitComment", viewer, comment, shown)


def _comment(kind: str, viewer: Token, comment: Comment, shown: Json) -> _Node:
    """A comment of either kind. GraphQL names a bot without the ``[bot]`` that the REST API adds."""
    author_kind = "Bot" if comment.author.endswith("[bot]") else "User"
    fields = {
        "id": shown["node_id"],
        "databaseId": comment.id,
        "fullDatabaseId": str(comment.id),
        "body": comment.body,
        "author": _Node(author_kind, {"login": comment.author.removesuffix("[bot]")}),
        "viewerDidAuthor": comment.author == viewer.login,
        "createdAt": iso_seconds(comment.created_at),
        "updatedAt": iso_seconds(comment.updated_at),
        "isMinimized": False,
        "url": shown["html_url"],
    }
    return _Node(kind, fields)


def _by_id(world: World, viewer: Token, text: str) -> object:
    """The thing with a global id, or the error that stands in its place."""
    kind, number = _read_id(text) if not world.private or "metadata=read" in viewer.grants else ("", 0)
    issue = world.issue_comments.get(number) if kind == "IC" else None
    commit = world.commit_comments.get(number) if kind == "CC" else None
    request = world.pull_requests.get(number) if kind == "PR" else None
    if issue is not None:
        return _issue_comment(world, viewer, issue)
    if commit is not None:
        return _commit_comment(world, viewer, commit)
    if request is not None:
        return _pull_request(world, viewer, request)
    return GraphQLError(f"Could not resolve to a node with the global id of '{text}'", kind="NOT_FOUND")


def _read_id(text: str) -> tuple[str, int]:
    """The kind and number of a global id; an empty kind when it is none of ours."""
    _, _, coded = text.partition("_")
    try:
        kind, _, number = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode().partition(":")
        return kind, int(number)
    except ValueError:
        return "", 0


def _connection(nodes: list[_Node], arguments: Arguments) -> _Node:
    """A page of a list by cursors, forwards with ``first`` and ``after`` or backwards with ``last`` and ``before``."""
    size = _page_size(arguments)
    low = _position(arguments.get("after"), 0)
    high = _position(arguments.get("before"), len(nodes) + 1) - 1
    window = range(low, high)
    chosen = window[:size] if "first" in arguments else window[-size:]
    start, stop = (chosen.start, chosen.stop) if chosen else (low, low)
    page = _Node(
        "PageInfo",
        {
            "hasNextPage": stop < len(nodes),
            "hasPreviousPage": start > 0,
            "startCursor": _cursor(start + 1) if chosen else None,
            "endCursor": _cursor(stop) if chosen else None,
        },
    )
    return _Node("IssueCommentConnection", {"nodes": nodes[start:stop], "pageInfo": page, "totalCount": len(nodes)})


def _page_size(arguments: Arguments) -> int:
    name = "first" if "first" in arguments else "last"
    size = arguments.get(name)
    if not isinstance(size, int):
        message = "You must provide a `first` or `last` value to properly paginate the `comments` connection."
        raise GraphQLError(message, kind="MISSING_PAGINATION_BOUNDARIES")
    if size > LARGEST_PAGE:
        message = f"Requesting {size} records on the `comments` connection exceeds the `{name}` limit of 100 records."
        raise GraphQLError(message, kind="EXCESSIVE_PAGINATION")
    return size


def _cursor(position: int) -> str:
    return base64.b64encode(f"cursor:{position}".encode()).decode()


def _position(cursor: object, default: int) -> int:
    if not isinstance(cursor, str):
        return default
    try:
        return int(base64.b64decode(cursor).decode().removeprefix("cursor:"))
    except ValueError as error:
        message = f"`{cursor}` does not appear to be a valid cursor."
        raise GraphQLError(message, kind="INVALID_CURSOR_ARGUMENTS") from error


def _shown_error(error: GraphQLError, path: tuple[object, ...]) -> Json:
    kind: Json = {"type": error.kind} if error.kind else {}
    more: Json = {"extensions": {"code": error.code}} if error.code else {}
    return {**kind, "path": list(path), **more, "message": error.message}
