"""Bitbucket's errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.kernel.messages import Json, RefusalError, Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

HIDDEN = (
    "You may not have access to this repository or it no longer exists in this workspace. "
    "If you think this repository exists and you have access, make sure you are authenticated."
)


def error(status: int, message: str, detail: object = None) -> Reply:
    """An error: a message, and details where there are any."""
    more = {} if detail is None else {"detail": detail}
    return json_reply(status, {"type": "error", "error": {"message": message, **more}})


def refuse(status: int, message: str, detail: object = None) -> RefusalError:
    """An error, to be raised."""
    return RefusalError(error(status, message, detail))


def bad_request(detail: str) -> RefusalError:
    """400 with what is wrong."""
    return refuse(400, "Bad request", detail)


def missing_scopes(granted: Iterable[str], required: Iterable[str]) -> RefusalError:
    """403: names what the token has and what it would have to have."""
    detail = {"granted": sorted(granted), "required": sorted(required)}
    return refuse(403, "Your credentials lack one or more required privilege scopes.", detail)


def required_text(body: Json, name: str) -> str:
    """A text that a body must have."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise bad_request(f"{name}: required key not provided")
    return value


def choice(body: Json, name: str, allowed: Collection[object]) -> None:
    """Refuse a value that is none of those allowed; a missing one is fine."""
    if name in body and body[name] not in allowed:
        raise bad_request(f"{name}: {body[name]!r} is not one of {', '.join(map(str, allowed))}")
