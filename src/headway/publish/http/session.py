"""The session with one forge, on behalf of one token: every request to a forge goes through it.

Every response is decoded into a type; a body that is cut off, not JSON or of another shape is an error, never a result.

What is sent again after a failure:

- A request that certainly was not carried out (no connection, a rate limit), whatever it is.
- A request that may have been (a lost response, a 5xx, a broken body), only where that is harmless: reads, PUT, PATCH,
  DELETE, and a POST whose operation is ``idempotent``. Any other raises
  :class:`~headway.errors.UncertainWriteError`, and the caller looks at the forge before it writes again.

A session serves one thread: its writes are serial, and at least a second apart as GitHub asks, unless their operation
is not ``spaced``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import quote, urlencode

import msgspec
from urllib3 import encode_multipart_formdata

from headway.errors import ForgeError, UncertainWriteError
from headway.publish.http import graphql
from headway.publish.http.connection import JSON, Connection, NoResponseError, Request, Response, printed
from headway.publish.http.error_responses import ErrorResponse, for_log, rate_limit_error, response_error
from headway.publish.http.retry import backoff, is_rate_limit, rate_limit_wait
from headway.text import hide_user_info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from headway.publish.http.error_responses import ErrorFormatter, Operation
    from headway.publish.http.options import ClientOptions, Credentials

    Query = Mapping[str, str] | None
    Form = Sequence[tuple[str, tuple[str, bytes, str]]]

T = TypeVar("T")

PAGE_LIMIT = 1000
"""Pages of one listing that are read at most; more is a circle, not a listing."""
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_LOGGED_WAIT = 5.0
_IN_PATHS = "/%:@!$&'()*+,;="
"""What stays as it is in a path: names in it may be a stranger's, and none of them begins a query or a fragment."""


@dataclass(eq=False)
class _RetryableError(Exception):
    """A request failed in a way that a retry after ``wait`` seconds may mend; ``error`` is for where there is none."""

    error: ForgeError
    wait: float
    maybe_done: bool = field(kw_only=True)


class _Page(msgspec.Struct):
    """A page of a Bitbucket listing."""

    values: list[msgspec.Raw]
    next: str | None = None


class Session:
    """A forge's API, called with one token; without credentials, anonymously.

    Every method raises :class:`~headway.errors.ForgeError` when the forge cannot be reached or refuses,
    :class:`~headway.errors.DeniedError` when the token may not do it. Paths are relative to ``base_url``.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials | None,
        formatter: ErrorFormatter,
        options: ClientOptions,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.formatter = formatter
        self.options = options
        self._hide = credentials.hide if credentials else hide_user_info
        self._connection = Connection(base_url, credentials, {"Accept": JSON, **(headers or {})}, options)
        self._last_write = float("-inf")
        self._authorized = credentials is not None

    def get(self, operation: Operation, path: str, into: type[T], query: Query = None) -> T:
        """GET a JSON value."""
        return self._perform(self._read(operation, path, query), _json(into))

    def exchange(self, operation: Operation, path: str, query: Query = None) -> Response:
        """GET a whole response, for what its headers say about the token."""
        return self._perform(self._read(operation, path, query), lambda response: response)

    def query(self, operation: Operation, path: str, body: object, into: type[T]) -> T:
        """POST a GraphQL query, which changes nothing; sent in a dry run, too."""
        request = self._with_json("POST", operation, path, body)
        return self._perform(replace(request, read_only=True, graphql=True), _json(into))

    def mutate(self, operation: Operation, path: str, body: object, dry_result: T) -> T:
        """POST a GraphQL mutation; arguments and errors as for :meth:`post`."""
        return self._write(replace(self._with_json("POST", operation, path, body), graphql=True), dry_result)

    def pages(self, operation: Operation, path: str, into: type[T], query: Query = None) -> Iterator[T]:
        """GET every item of a listing: lists linked by the ``Link`` header, or ``{"values": [...], "next": url}``."""

        def parse(response: Response) -> tuple[list[T], str | None]:
            page = msgspec.json.decode(response.body, type=list[msgspec.Raw] | _Page)
            if not isinstance(page, _Page):
                page = _Page(page, response.link("next"))
            return [msgspec.json.decode(item, type=into) for item in page.values], page.next

        request = self._read(operation, path, query)
        for _ in range(PAGE_LIMIT):
            items, following = self._perform(request, parse)
            yield from items
            if following is None:
                return
            request = Request(operation, "GET", following, read_only=True)
        raise self._invalid(operation, f"The listing does not end after {PAGE_LIMIT} pages.")

    def download(self, operation: Operation, path: str, limit: int) -> bytes:
        """GET at most ``limit`` bytes, following redirects; the credentials stay with the forge."""
        request = Request(operation, "GET", self._url(path), limit=limit, read_only=True)
        return self._perform(request, lambda response: response.body)

    def post(self, operation: Operation, path: str, body: object, dry_result: T) -> T:
        """POST a JSON body that changes something.

        A dry run prints the request and returns ``dry_result``. Else the response is decoded as a value of that type;
        with ``None``, any JSON or an empty body will do.

        Raises:
            UncertainWriteError: it may have been carried out, and the operation is not idempotent.
        """
        return self._write(self._with_json("POST", operation, path, body), dry_result)

    def put(self, operation: Operation, path: str, body: object, dry_result: T) -> T:
        """PUT a JSON body; arguments as for :meth:`post`."""
        return self._write(self._with_json("PUT", operation, path, body), dry_result)

    def patch(self, operation: Operation, path: str, body: object, dry_result: T) -> T:
        """PATCH with a JSON body; arguments as for :meth:`post`."""
        return self._write(self._with_json("PATCH", operation, path, body), dry_result)

    def upload(self, operation: Operation, path: str, form: Form, dry_result: T) -> T:
        """POST files as a form: a field, with name, bytes and media type, for each; otherwise as :meth:`post`."""
        content, media_type = encode_multipart_formdata(form)
        return self._write(Request(operation, "POST", self._url(path), content, media_type), dry_result)

    def delete(self, operation: Operation, path: str) -> None:
        """DELETE something; that it is gone already is success."""
        try:
            self._write(Request(operation, "DELETE", self._url(path)), None)
        except ForgeError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise

    def _url(self, path: str) -> str:
        if path.startswith(("http://", "https://")):
            return path
        return f"{self.base_url}/{quote(path.lstrip('/'), safe=_IN_PATHS)}"

    def _read(self, operation: Operation, path: str, query: Query) -> Request:
        url = f"{self._url(path)}?{urlencode(query)}" if query else self._url(path)
        return Request(operation, "GET", url, read_only=True)

    def _with_json(self, method: str, operation: Operation, path: str, body: object) -> Request:
        return Request(operation, method, self._url(path), msgspec.json.encode(body), JSON)

    def _write(self, request: Request, dry_result: T) -> T:
        if self.options.dry_run:
            self._print(request)
            return dry_result
        return self._perform(request, _json(type(dry_result)))

    def _perform(self, request: Request, parse: Callable[[Response], T]) -> T:
        """Send a request until it succeeds, is refused for good, or time or attempts run out."""
        if self.options.dry_run:
            self._print(request)
        attempt, waited = 1, 0.0
        while True:
            try:
                return self._try(request, parse, attempt)
            except _RetryableError as failure:
                self._raise_if_final(request, failure, attempt, waited)
                self._wait(failure.wait)
                attempt, waited = attempt + 1, waited + failure.wait

    def _try(self, request: Request, parse: Callable[[Response], T], attempt: int) -> T:
        self._space_writes(request)
        try:
            response = self._connection.send(request)
            self._check(request, response, attempt)
            return parse(response)
        except NoResponseError as failure:
            error = self._no_response(request.operation, failure)
            if failure.final:
                raise error from None
            raise _RetryableError(error, backoff({}, 0, attempt), maybe_done=failure.sent) from None
        except _UNREADABLE as failure:
            error = self._invalid(request.operation, f"{for_log(str(failure))}.")
            raise _RetryableError(error, backoff({}, 0, attempt), maybe_done=True) from None

    def _check(self, request: Request, response: Response, attempt: int) -> None:
        if request.graphql and response.status == HTTPStatus.OK:
            response = replace(response, status=graphql.status_of(response.body))
        if HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            return
        refused = self._error_response(request.operation, response)
        now = self.options.now()
        if is_rate_limit(refused.status, refused.headers, refused.message):
            wait = rate_limit_wait(refused.headers, now, attempt)
            raise _RetryableError(rate_limit_error(self.formatter, refused, wait), wait, maybe_done=False)
        error = response_error(self.formatter, refused)
        if refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _RetryableError(error, backoff(refused.headers, now, attempt), maybe_done=True)
        raise error

    def _error_response(self, operation: Operation, response: Response) -> ErrorResponse:
        try:
            message = self.formatter.message(response.body)
        except _UNREADABLE:  # a proxy's page, or nothing
            message = response.body[:1000].decode(errors="replace")
        message = self._hide(for_log(message))
        return ErrorResponse(operation, response.status, response.headers, response.body, message)

    def _no_response(self, operation: Operation, failure: NoResponseError) -> ForgeError:
        why = self._hide(f"{failure.reason} ({self.base_url})")
        what = f"{self.formatter.name} sent no complete response to the request to {operation.description}."
        return ForgeError(what, why=why, remedy=failure.remedy)

    def _invalid(self, operation: Operation, why: str) -> ForgeError:
        what = f"{self.formatter.name} sent an invalid response to the request to {operation.description}."
        remedy = "Try again. If it fails again, look for a proxy or a login page between this machine and the forge."
        return ForgeError(what, why=self._hide(why), remedy=remedy)

    def _raise_if_final(self, request: Request, failure: _RetryableError, attempt: int, waited: float) -> None:
        error = failure.error
        if failure.maybe_done and not request.idempotent:
            raise UncertainWriteError(error.what, why=error.why, remedy=error.remedy, status=error.status) from None
        if attempt >= self.options.attempts or waited + failure.wait > self.options.max_wait:
            raise error from None

    def _wait(self, seconds: float) -> None:
        if seconds >= _LOGGED_WAIT:
            self.options.log(f"Waiting {seconds:.0f} seconds before the next request to {self.formatter.name}.")
        self.options.sleep(seconds)

    def _space_writes(self, request: Request) -> None:
        if request.read_only:
            return
        gap = self._last_write + self.options.write_gap - self.options.now()
        if gap > 0 and request.operation.spaced:
            self.options.sleep(gap)
        self._last_write = self.options.now()

    def _print(self, request: Request) -> None:
        for line in printed(request, self._hide, authorized=self._authorized):
            self.options.log(line)


def _json(into: type[T]) -> Callable[[Response], T]:
    if into is type(None):
        return cast("Callable[[Response], T]", _ignore)
    return lambda response: msgspec.json.decode(response.body, type=into)


def _ignore(response: Response) -> None:
    """A response that does not matter is the forge's all the same: nothing, or JSON, but no proxy's login page."""
    if response.body.strip():
        msgspec.json.decode(response.body)
