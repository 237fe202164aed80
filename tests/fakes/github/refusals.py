"""GitHub's errors, in its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.kernel.messages import Json, RefusalError, Reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Mapping

SERVER_ERROR = 500
DOCUMENTATION = "https://docs.github.com/rest"
LIMITS = f"{DOCUMENTATION}/using-the-rest-api/rate-limits-for-the-rest-api"


def error(
    status: int, message: str, *, url: str = DOCUMENTATION, headers: Mapping[str, str] | None = None, **more: object
) -> Reply:
    """An error as GitHub sends it: a message, a page about it, the status as text, and more where it has more."""
    return json_reply(status, {"message": message, **more, "documentation_url": url, "status": str(status)}, headers)


def refuse(status: int, message: str) -> RefusalError:
    """An error with a message alone, to be raised."""
    return RefusalError(error(status, message))


def not_found() -> RefusalError:
    """404, also for what the caller may not know about."""
    return refuse(404, "Not Found")


def validation_failed(resource: str, field: str, code: str, message: str) -> RefusalError:
    """422 with one entry in ``errors``."""
    entry: Json = {"resource": resource, "code": code, "field": field, "message": message}
    return RefusalError(error(422, "Validation Failed", errors=[entry]))


def invalid_request(why: str) -> RefusalError:
    """422 from the check of a body against its schema."""
    return refuse(422, f"Invalid request.\n\n{why}")


def text_field(body: Json, name: str, *, required: bool = False) -> str | None:
    """A text of a body; none where it is missing or null."""
    value = body.get(name)
    if isinstance(value, str) or (value is None and not required):
        return value
    if value is None:
        raise invalid_request(f'"{name}" wasn\'t supplied.')
    raise invalid_request(f"For 'properties/{name}', {value!r} is not a string.")


def required_text(body: Json, name: str) -> str:
    """A text that a body must have."""
    return text_field(body, name, required=True) or ""


def primary_limit(status: int, *, retry_after: int | None, headers: Mapping[str, str]) -> Reply:
    """The hourly budget is used up."""
    head = {**headers, **({} if retry_after is None else {"Retry-After": str(retry_after)})}
    return error(status, "API rate limit exceeded for installation ID 48211.", url=LIMITS, headers=head)


def secondary_limit(status: int, *, retry_after: int | None) -> Reply:
    """Too much at once; GitHub says when to come back only sometimes."""
    message = (
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
        "For more on scraping GitHub and how it may affect your rights, please review our Terms of Service"
    )
    head = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return error(status, message, url=f"{LIMITS}#about-secondary-rate-limits", headers=head)


def unavailable(status: int, *, retry_after: int | None) -> Reply:
    """A 5xx: 500 comes from GitHub itself as JSON, the others from what stands before it as a page."""
    head = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if status == SERVER_ERROR:
        return error(500, "Server Error", headers=head)
    page = f"<html><head><title>{status}</title></head><body><h1>Unicorn!</h1></body></html>".encode()
    return Reply(status=status, headers={"Content-Type": "text/html; charset=utf-8", **head}, body=page)
