"""GitLab's errors: ``message`` from the application, ``error`` from the check of parameters and of tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.kernel.messages import Json, RefusalError, Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Mapping

THROTTLE = "throttle_authenticated_api"


def error(status: int, message: object) -> Reply:
    """An error of the application."""
    return json_reply(status, {"message": message})


def refuse(status: int, message: object) -> RefusalError:
    """An error of the application, to be raised."""
    return RefusalError(error(status, message))


def not_found(what: str) -> RefusalError:
    """404, also for what the caller may not see."""
    return refuse(404, f"404 {what} Not Found")


def unauthorized() -> RefusalError:
    """401: nobody, or nobody that this operation accepts."""
    return refuse(401, "401 Unauthorized")


def forbidden() -> RefusalError:
    """403: the role is too low."""
    return refuse(403, "403 Forbidden")


def invalid_parameter(sentence: str) -> RefusalError:
    """400 from the check of parameters."""
    return RefusalError(json_reply(400, {"error": sentence}))


def token_error(status: int, code: str, description: str, **more: object) -> RefusalError:
    """An error in the form of OAuth 2."""
    return RefusalError(json_reply(status, {"error": code, "error_description": description, **more}))


def insufficient_scope() -> RefusalError:
    """403: the token's scopes do not reach."""
    sentence = "The request requires higher privileges than provided by the access token."
    return token_error(403, "insufficient_scope", sentence, scope="api")


def text_field(body: Json, name: str) -> str | None:
    """A text of a body; none where it is missing or null."""
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        raise invalid_parameter(f"{name} is invalid")
    return value


def required_text(body: Json, name: str) -> str:
    """A text that a body must have."""
    value = text_field(body, name)
    if value is None:
        raise invalid_parameter(f"{name} is missing")
    return value


def rate_limited(status: int, headers: Mapping[str, str]) -> Reply:
    """The throttle in front of the application answers in plain text."""
    return Reply(status=status, headers={"Content-Type": "text/plain", **headers}, body=b"Retry later\n")
