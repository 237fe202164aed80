"""The GraphQL mutation ``updateRefs``: several refs created, moved and deleted at once, or none of them.

Unlike the REST API it compares: a ref that is not where ``beforeOid`` says stays there, even with ``force``. Rules and
names are those of GitHub's reference, "UpdateRefsInput" and "RefUpdate"; the sentences of its errors stand in no
reference, so a client must not depend on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fakes.github.access import INSTALLATION, holds
from fakes.github.graphql_language import GraphQLError
from fakes.github.payloads import minimal_repository

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fakes.github.world import World
    from fakes.kernel.tokens import Token

NOTHING = "0" * 40
"""Stands for a ref that is not there: before, to create one; after, to delete it."""


class _Update(NamedTuple):
    name: str
    before: str | None
    after: str
    force: bool


def update_refs(world: World, viewer: Token, given: object) -> str | None:
    """Carry the mutation out.

    Args:
        world: the repository.
        viewer: who asks.
        given: the argument ``input``.

    Returns:
        The ``clientMutationId`` that came along.

    Raises:
        GraphQLError: it is refused; no ref has moved.
    """
    fields = given if isinstance(given, dict) else {}
    updates = [_read(each) for each in _updates(fields)]
    if fields.get("repositoryId") != minimal_repository(world)["node_id"] or "metadata=read" not in viewer.grants:
        message = f"Could not resolve to a node with the global id of '{fields.get('repositoryId')}'"
        raise GraphQLError(message, kind="NOT_FOUND")
    if not holds(viewer, "contents=write"):
        holder = "integration" if viewer.kind == INSTALLATION else "personal access token"
        raise GraphQLError(f"Resource not accessible by {holder}", kind="FORBIDDEN")
    for update in updates:
        _check(world, update)
    for update in updates:
        _carry_out(world, update)
    given_id = fields.get("clientMutationId")
    return given_id if isinstance(given_id, str) else None


def _updates(fields: Mapping[str, object]) -> list[object]:
    updates = fields.get("refUpdates")
    if not isinstance(updates, list):
        raise _invalid("refUpdates (Expected value to not be null)")
    return updates


def _read(given: object) -> _Update:
    fields = given if isinstance(given, dict) else {}
    name, after, before = (fields.get(key) for key in ("name", "afterOid", "beforeOid"))
    if not isinstance(name, str) or not isinstance(after, str):
        raise _invalid("refUpdates.0.name and afterOid (Expected value to not be null)")
    return _Update(name, before if isinstance(before, str) else None, after, fields.get("force") is True)


def _invalid(where: str) -> GraphQLError:
    message = f"Variable $input of type UpdateRefsInput! was provided invalid value for {where}"
    return GraphQLError(message, code="argumentLiteralsIncompatible")


def _check(world: World, update: _Update) -> None:
    tip = world.git.ref(update.name)
    if update.before is not None and update.before != (tip or NOTHING):
        raise _refused(f"{update.name} is not at the expected commit {update.before}")
    if update.after == NOTHING:
        if tip is None:
            raise _refused(f"{update.name} does not exist")
        return
    if world.git.kind(update.after) != "commit":
        raise _refused(f"{update.after} is no commit of this repository")
    if tip is not None and not update.force and not world.git.descends(update.after, tip):
        raise _refused(f"the update of {update.name} is not a fast forward")


def _refused(why: str) -> GraphQLError:
    return GraphQLError(f"Reference cannot be updated: {why}.", kind="UNPROCESSABLE")


def _carry_out(world: World, update: _Update) -> None:
    if update.after == NOTHING:
        world.remove_ref(update.name)
    else:
        world.move_ref(update.name, update.after)
