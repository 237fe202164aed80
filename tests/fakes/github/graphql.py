"""GitHub's GraphQL endpoint, for what the REST API cannot do.

It tells who wrote a comment, commits many files at once, and compares and swaps a branch.

Queries are read, checked and carried out by graphql-core against GitHub's own schema, cut down to what SERVED names.
Unlike the REST API, ``updateRefs`` compares: a ref that is not where ``beforeOid`` says stays there, even with
``force``. Rules and names are those of GitHub's reference, "UpdateRefsInput" and "RefUpdate"; the sentences of its
errors stand in no reference, so a client must not depend on them.
"""

from __future__ import annotations

from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, build_schema, execute_sync, parse, validate

from fakes.core.messages import Json, Reply, json_reply
from fakes.core.routes import Routes
from fakes.github.access import errors, holds, sees
from fakes.github.comments import COMMIT, ISSUE
from fakes.github.commit_on_branch import LARGEST_REQUEST, GitHubError, create_commit, forbidden
from fakes.github.payloads import node_id, repository_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from fakes.core.comments import Comment
    from fakes.core.routes import Call
    from fakes.core.tokens import Token
    from fakes.github.state import GitHubState

routes: Routes[GitHubState] = Routes()

SERVED = """
query Nodes($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    ... on IssueComment { author { ...Login } viewerDidAuthor }
    ... on CommitComment { author { ...Login } viewerDidAuthor }
  }
}
fragment Login on Actor { login ... on Bot { login } ... on User { login } }
mutation Move($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }
mutation Commit($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { clientMutationId commit { oid tree { oid } } }
}
"""
"""Every field that the fake answers; scripts/cut_github_graphql.py cuts the schema by it."""

OUT_OF_TIME = "Something went wrong while executing your query. This may be the result of a timeout."
NOTHING = "0" * 40
"""Stands for a ref that is not there: before, to create one; after, to delete it."""


@routes.add("POST", "/graphql")
def answer_query(state: GitHubState, call: Call) -> Reply:
    """Answer one query or mutation; errors come with status 200."""
    if call.caller is None:
        raise errors.error(401, "This endpoint requires you to be authenticated.")
    if len(call.request.body) > LARGEST_REQUEST:
        return json_reply(502, {"data": None, "errors": [{"message": OUT_OF_TIME}]})
    body = call.request.json()
    given = body.get("variables")
    variables = given if isinstance(given, dict) else {}
    fields: dict[str, Callable[..., object]] = {
        "nodes": _nodes,
        "updateRefs": _update_refs,
        "createCommitOnBranch": create_commit,
    }
    root = {name: partial(resolve, state, call.caller) for name, resolve in fields.items()}
    try:
        document = _read(errors.required_text(body, "query"))
    except GraphQLError as error:
        return json_reply(200, {"errors": [_shown_error(error)]})
    result = execute_sync(_schema(), document, root, variable_values=variables)
    problems: Json = {"errors": [_shown_error(error) for error in result.errors]} if result.errors else {}
    data: Json = {} if result.data is None else {"data": result.data}
    return json_reply(200, {**data, **problems})


@cache
def _schema() -> GraphQLSchema:
    return build_schema(files("fakes").joinpath("descriptions/github.graphql").read_text(encoding="utf-8"))


@cache
def _read(query: str) -> DocumentNode:
    """A query that the schema allows; raises GraphQLError for any other."""
    document = parse(query)
    for problem in validate(_schema(), document):
        raise problem
    return document


def _shown_error(error: GraphQLError) -> Json:
    """An error with GitHub's ``type``, where it is one of GitHub's own and not of the language."""
    own = error.original_error
    kind: Json = {"type": own.kind} if isinstance(own, GitHubError) else {}
    return {**kind, **error.formatted}


def _nodes(state: GitHubState, viewer: Token, _: object, *, ids: list[str]) -> list[Json | GitHubError]:
    return [_node(state, viewer, each) for each in ids]


def _update_refs(state: GitHubState, viewer: Token, _: object, **arguments: Any) -> Json:
    """Several refs created, moved and deleted at once; where one of them is refused, none has moved."""
    given = arguments["input"]
    if given["repositoryId"] != node_id("R", repository_id(state.full_name)) or not sees(state, viewer):
        raise _no_node(given["repositoryId"])
    if not holds(viewer, "contents=write"):
        raise forbidden(viewer)
    for update in given["refUpdates"]:
        _check(state, update)
    for update in given["refUpdates"]:
        after = update["afterOid"]
        state.move_ref(update["name"], None if after == NOTHING else after)
    return {"clientMutationId": given.get("clientMutationId")}


def _check(state: GitHubState, update: dict[str, Any]) -> None:
    name, before, after = update["name"], update.get("beforeOid"), update["afterOid"]
    tip = state.git.ref(name)
    if before is not None and before != (tip or NOTHING):
        raise _refused(f"{name} is not at the expected commit {before}")
    if after == NOTHING:
        if tip is None:
            raise _refused(f"{name} does not exist")
        return
    if state.git.kind(after) != "commit":
        raise _refused(f"{after} is no commit of this repository")
    if tip is not None and not update.get("force") and not state.git.descends(after, tip):
        raise _refused(f"the update of {name} is not a fast forward")


def _refused(why: str) -> GitHubError:
    return GitHubError("UNPROCESSABLE", f"Reference cannot be updated: {why}.")


def _node(state: GitHubState, viewer: Token, wanted: str) -> Json | GitHubError:
    """The comment with a global id, or the error that stands in its place."""
    kinds = ((ISSUE, "IssueComment", state.comments), (COMMIT, "CommitComment", state.commit_comments))
    for kind, name, comments in kinds if sees(state, viewer) else ():
        for comment in comments:
            if node_id(kind, comment.id) == wanted:
                return _comment(name, viewer, comment, wanted)
    return _no_node(wanted)


def _no_node(text: str) -> GitHubError:
    return GitHubError("NOT_FOUND", f"Could not resolve to a node with the global id of '{text}'")


def _comment(kind: str, viewer: Token, comment: Comment, text: str) -> Json:
    """A comment of either kind. GraphQL names a bot without the ``[bot]`` that the REST API adds."""
    author_kind = "Bot" if comment.author.endswith("[bot]") else "User"
    return {
        "__typename": kind,
        "id": text,
        "author": {"__typename": author_kind, "login": comment.author.removesuffix("[bot]")},
        "viewerDidAuthor": comment.author == viewer.login,
    }
