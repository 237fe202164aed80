"""GitHub's errors, in its own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fakes.core.errors import ErrorFormat, retry_after, web_page
from fakes.core.messages import HttpError, Json, Reply, json_reply
from fakes.github.state import GitHubState, rate_limit_headers

if TYPE_CHECKING:
    from fakes.core.faults import Fault

SERVER_ERROR = 500
DOCUMENTATION = "https://docs.github.com/rest"
SECONDARY_LIMIT = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "
    "For more on scraping GitHub and how it may affect your rights, please review our Terms of Service"
)


class GitHubErrors(ErrorFormat[GitHubState]):
    page_type = "application/json; charset=utf-8"

    def error(self, status: int, message: str, **more: object) -> HttpError:
        """An error: a message, a page about it, the status as text, and more where it has more."""
        body = {"message": message, **more, "documentation_url": DOCUMENTATION, "status": str(status)}
        return HttpError(json_reply(status, body))

    def not_found(self) -> HttpError:
        """404, also for what the caller may not know about."""
        return self.error(404, "Not Found")

    def no_commit(self, name: str) -> HttpError:
        return self.error(422, f"No commit found for SHA: {name}")

    def validation_failed(self, resource: str, field: str, code: str, message: str) -> HttpError:
        """422 with one entry in ``errors``."""
        entry: Json = {"resource": resource, "code": code, "field": field, "message": message}
        return self.error(422, "Validation Failed", errors=[entry])

    def invalid_request(self, why: str) -> HttpError:
        """422 from the check of a body against its schema."""
        return self.error(422, f"Invalid request.\n\n{why}")

    def no_route(self) -> HttpError:
        return self.not_found()

    def malformed(self, problem: str) -> HttpError:
        what = "Body should be a JSON object" if "is no object" in problem else "Problems parsing JSON"
        return self.error(400, what)

    def missing(self, name: str) -> HttpError:
        return self.invalid_request(f'"{name}" wasn\'t supplied.')

    def mistyped(self, name: str, value: object) -> HttpError:
        return self.invalid_request(f"For 'properties/{name}', {value!r} is not a string.")

    def rate_limited(self, state: GitHubState, fault: Fault) -> Reply:
        """The hourly budget, told by headers, or too much at once; then GitHub seldom says when to come back."""
        status = fault.status or 403
        if fault.answer == "primary_limit":
            headers = rate_limit_headers(state.clock(), 0) if fault.limit_headers else {}
            return self.error(status, "API rate limit exceeded for installation ID 48211.").reply.with_headers(headers)
        return self.error(status, SECONDARY_LIMIT).reply.with_headers(retry_after(fault))

    def unavailable(self, fault: Fault) -> Reply:
        """500 comes from GitHub itself as JSON, the others from what stands before it as a page."""
        return (
            self.error(500, "Server Error").reply
            if fault.status == SERVER_ERROR
            else web_page(fault.status, "Unicorn!")
        )


errors = GitHubErrors()
