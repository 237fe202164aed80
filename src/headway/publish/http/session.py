"""The session with one forge, on behalf of one token: what every request to a forge goes through.

Every call states its intent ("create the comment") and the permission that it needs, so that a refusal explains itself.
Every answer is decoded into a type; a body that is cut off, no JSON or of another shape is an error, never a result.

What is repeated after a failure:

- A call that certainly was not carried out (no connection, a rate limit) is repeated, whatever it is.
- A call that perhaps was (a lost answer, a 5xx, a broken body) is repeated only where that is harmless: reads, PUT,
  PATCH, DELETE, and a POST whose intent is called ``repeatable``. Any other raises
  :class:`~headway.errors.UncertainWriteError`, and the caller looks at the forge before it writes again.

A session serves one thread: its writes are serial, and at least a second apart as GitHub asks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast
from urllib.parse import quote, urlencode

import msgspec
from urllib3 import encode_multipart_formdata

from headway.errors import ForgeError, UncertainWriteError
from headway.publish.http.connection import JSON, Answer, Request, Wire, WireError, printed
from headway.publish.http.responses import (
    NOT_FOUND,
    SERVER_ERROR,
    Dialect,
    Intent,
    Refusal,
    backoff,
    for_log,
    is_rate_limit,
    rate_limit_error,
    rate_limit_wait,
    refusal_error,
)
from headway.text import hide_user_info

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from headway.publish.http.options import Credentials, Transport

T = TypeVar("T")

PAGE_LIMIT = 1000
"""Pages of one listing that are read at the most; more is a circle, not a listing."""
SETTLING = 2.0
"""Seconds in which a write whose answer was lost should show up in a listing."""
_CREATIONS = 4
_SUCCESS = range(200, 300)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_SHOWN_WAIT = 5.0
_IN_PATHS = "/%:@!$&'()*+,;="
"""What stays as it is in a path: names in it may be a stranger's, and none of them begins a query or a fragment."""


if TYPE_CHECKING:
    Query = Mapping[str, str] | None
    Form = Mapping[str, tuple[str, bytes, str]]
    Page = tuple[list[msgspec.Raw], str | None]


class _Call(NamedTuple):
    """A request, why it is made, and whether it is harmless to send it again after it was perhaps carried out."""

    intent: Intent
    request: Request
    repeatable: bool
    writes: bool = False


@dataclass(eq=False)
class _SetbackError(Exception):
    """A call failed in a way that another try may mend.

    Attributes:
        error: what to raise where there is no other try.
        wait: seconds before another try.
        perhaps_done: whether the forge may have carried the call out.
    """

    error: ForgeError
    wait: float
    perhaps_done: bool = field(kw_only=True)


class Session:
    """A forge's API, called with one token.

    Every method raises :class:`~headway.errors.ForgeError` when the forge cannot be reached or refuses,
    :class:`~headway.errors.DeniedError` when the token may not do it.

    Args:
        base_url: the API's address; paths are relative to it.
        credentials: who calls; ``None`` calls anonymously.
        dialect: how the forge says no.
        transport: time-outs, clock, dry run.
        headers: sent with every request to the forge.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials | None,
        dialect: Dialect,
        transport: Transport,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.dialect = dialect
        self.transport = transport
        self._hide = credentials.hide if credentials else hide_user_info
        self._wire = Wire(base_url, credentials, {"Accept": JSON, **(headers or {})}, transport)
        self._last_write = float("-inf")
        self._authorized = credentials is not None

    def read(self, intent: Intent, path: str, into: type[T], query: Query = None) -> T:
        """GET a JSON value."""
        return self._perform(_Call(intent, self._get(path, query), repeatable=True), _json(into))

    def ask(self, intent: Intent, path: str, question: object, into: type[T]) -> T:
        """POST a question that changes nothing, such as a GraphQL query; a dry run asks it, too."""
        return self._perform(_Call(intent, self._with_json("POST", path, question), repeatable=True), _json(into))

    def pages(self, intent: Intent, path: str, into: type[T], query: Query = None) -> Iterator[T]:
        """GET every item of a listing whose pages are lists, chained by the ``Link`` header."""
        return self._chain(intent, self._get(path, {"per_page": "100", **(query or {})}), _list_page, into)

    def values(self, intent: Intent, path: str, into: type[T], query: Query = None) -> Iterator[T]:
        """GET every item of a listing whose pages are ``{"values": [...], "next": address}``."""
        return self._chain(intent, self._get(path, query), _values_page, into)

    def download(self, intent: Intent, path: str, limit: int) -> bytes:
        """GET bytes, following redirects; the credentials stay with the forge.

        Raises:
            ForgeError: as always, and where more than ``limit`` bytes would come.
        """
        request = Request(method="GET", url=self._url(path), limit=limit)
        return self._perform(_Call(intent, request, repeatable=True), lambda answer: answer.body)

    def post(self, intent: Intent, path: str, body: object, into: type[T], dry: T) -> T:
        """POST a JSON body that changes something.

        Args:
            intent: why, and the permission it needs.
            path: relative to the API.
            body: whatever msgspec encodes as JSON.
            into: the answer's type; ``type(None)`` where the answer does not matter.
            dry: stands for the answer in a dry run, which prints the request instead of sending it.

        Raises:
            UncertainWriteError: it was perhaps carried out, and the intent is not repeatable.
        """
        return self._written(intent, self._with_json("POST", path, body), into, dry)

    def put(self, intent: Intent, path: str, body: object, into: type[T], dry: T) -> T:
        """PUT a JSON body; arguments as for :meth:`post`."""
        return self._written(intent, self._with_json("PUT", path, body), into, dry)

    def patch(self, intent: Intent, path: str, body: object, into: type[T], dry: T) -> T:
        """PATCH with a JSON body; arguments as for :meth:`post`."""
        return self._written(intent, self._with_json("PATCH", path, body), into, dry)

    def upload(self, intent: Intent, path: str, form: Form, into: type[T], dry: T) -> T:
        """POST files as a form: name, bytes and media type by field; arguments and errors as for :meth:`post`."""
        content, media_type = encode_multipart_formdata(form)
        request = Request(method="POST", url=self._url(path), content=content, media_type=media_type)
        return self._written(intent, request, into, dry)

    def delete(self, intent: Intent, path: str) -> None:
        """DELETE something; that it is gone already is success."""
        try:
            self._written(intent, Request(method="DELETE", url=self._url(path)), type(None), None)
        except ForgeError as error:
            if error.status != NOT_FOUND:
                raise

    def _url(self, path: str) -> str:
        if path.startswith(("http://", "https://")):
            return path
        return f"{self.base_url}/{quote(path.lstrip('/'), safe=_IN_PATHS)}"

    def _get(self, path: str, query: Query = None) -> Request:
        url = self._url(path)
        return Request(method="GET", url=f"{url}?{urlencode(query)}" if query else url)

    def _with_json(self, method: str, path: str, body: object) -> Request:
        return Request(method=method, url=self._url(path), content=msgspec.json.encode(body), media_type=JSON)

    def _written(self, intent: Intent, request: Request, into: type[T], dry: T) -> T:
        if self.transport.dry_run:
            self._print(request)
            return dry
        repeatable = intent.repeatable or request.method != "POST"
        return self._perform(_Call(intent, request, repeatable, writes=True), _json(into))

    def _chain(self, intent: Intent, request: Request, page_of: Callable[[Answer], Page], into: type[T]) -> Iterator[T]:
        def parse(answer: Answer) -> tuple[list[T], str | None]:
            items, following = page_of(answer)
            return [msgspec.json.decode(item, type=into) for item in items], following

        for _ in range(PAGE_LIMIT):
            items, following = self._perform(_Call(intent, request, repeatable=True), parse)
            yield from items
            if following is None:
                return
            request = Request(method="GET", url=following)
        raise self._broken(intent, f"The listing does not end after {PAGE_LIMIT} pages.")

    def _perform(self, call: _Call, parse: Callable[[Answer], T]) -> T:
        """Try a call until it succeeds, is refused for good, or patience or attempts run out."""
        if self.transport.dry_run:
            self._print(call.request)
        attempt, waited = 1, 0.0
        while True:
            try:
                return self._try(call, parse, attempt)
            except _SetbackError as setback:
                self._give_up_if_due(call, setback, attempt, waited)
                self._wait(setback.wait)
                attempt, waited = attempt + 1, waited + setback.wait

    def _try(self, call: _Call, parse: Callable[[Answer], T], attempt: int) -> T:
        self._space_writes(call)
        try:
            answer = self._wire.exchange(call.request)
            self._check(call.intent, answer, attempt)
            return parse(answer)
        except WireError as error:
            raise self._wire_setback(call.intent, error, attempt) from None
        except _UNREADABLE as error:
            broken = self._broken(call.intent, f"Its answer is not what it should be: {for_log(str(error))}.")
            raise _SetbackError(broken, backoff({}, 0, attempt), perhaps_done=True) from None

    def _check(self, intent: Intent, answer: Answer, attempt: int) -> None:
        if answer.status in _SUCCESS:
            return
        refusal = self._refusal(intent, answer)
        now = self.transport.now()
        if is_rate_limit(refusal.status, refusal.headers, refusal.message):
            wait = rate_limit_wait(refusal.headers, now, attempt)
            raise _SetbackError(rate_limit_error(self.dialect, refusal, wait), wait, perhaps_done=False)
        error = refusal_error(self.dialect, refusal)
        if refusal.status >= SERVER_ERROR:
            raise _SetbackError(error, backoff(refusal.headers, now, attempt), perhaps_done=True)
        raise error

    def _refusal(self, intent: Intent, answer: Answer) -> Refusal:
        try:
            message = self.dialect.message(answer.body)
        except _UNREADABLE:  # a proxy's page, or nothing
            message = answer.body[:1000].decode(errors="replace")
        return Refusal(
            intent=intent,
            status=answer.status,
            headers=answer.headers,
            body=answer.body,
            message=self._hide(for_log(message)),
        )

    def _wire_setback(self, intent: Intent, error: WireError, attempt: int) -> Exception:
        name = self.dialect.name
        what = f"{name} gave no whole answer to: {intent.doing}."
        wrapped = ForgeError(what, why=self._hide(f"{error.reason} ({self.base_url})"), remedy=error.remedy)
        return wrapped if error.final else _SetbackError(wrapped, backoff({}, 0, attempt), perhaps_done=error.sent)

    def _broken(self, intent: Intent, why: str) -> ForgeError:
        remedy = "Try again; if it stays, look for a proxy or a log-in page between this machine and the forge."
        return ForgeError(
            f"{self.dialect.name} could not be asked to {intent.doing}.", why=self._hide(why), remedy=remedy
        )

    def _give_up_if_due(self, call: _Call, setback: _SetbackError, attempt: int, waited: float) -> None:
        error = setback.error
        if setback.perhaps_done and not call.repeatable:
            raise UncertainWriteError(error.what, why=error.why, remedy=error.remedy, status=error.status) from None
        if attempt >= self.transport.attempts or waited + setback.wait > self.transport.patience:
            raise error from None

    def _wait(self, seconds: float) -> None:
        if seconds >= _SHOWN_WAIT:
            self.transport.say(f"Waiting {seconds:.0f} seconds before asking {self.dialect.name} again.")
        self.transport.sleep(seconds)

    def _space_writes(self, call: _Call) -> None:
        if not call.writes:
            return
        gap = self._last_write + self.transport.write_gap - self.transport.now()
        if gap > 0:
            self.transport.sleep(gap)
        self._last_write = self.transport.now()

    def _print(self, request: Request) -> None:
        for line in printed(request, self._hide, authorized=self._authorized):
            self.transport.say(line)


def _json(into: type[T]) -> Callable[[Answer], T]:
    if into is type(None):
        return cast("Callable[[Answer], T]", _ignore)
    return lambda answer: msgspec.json.decode(answer.body, type=into)


def _ignore(answer: Answer) -> None:
    """An answer that does not matter is the forge's all the same: nothing, or JSON, but no proxy's log-in page."""
    if answer.body.strip():
        msgspec.json.decode(answer.body)


def _list_page(answer: Answer) -> Page:
    return msgspec.json.decode(answer.body, type=list[msgspec.Raw]), answer.link("next")


class _Values(msgspec.Struct):
    """A page of Bitbucket's."""

    values: list[msgspec.Raw]
    next: str | None = None


def _values_page(answer: Answer) -> Page:
    page = msgspec.json.decode(answer.body, type=_Values)
    return page.values, page.next


def create_once(create: Callable[[], T], find: Callable[[], T | None], sleep: Callable[[float], None]) -> T:
    """Create what must exist once; when it is uncertain whether that worked, look before creating again.

    Args:
        create: makes it.
        find: looks for what ``create`` makes.
        sleep: waits that many seconds.

    Raises:
        UncertainWriteError: it failed uncertainly every time and never showed up.
        ForgeError: it was refused.
    """
    for _ in range(_CREATIONS - 1):
        try:
            return create()
        except UncertainWriteError:
            sleep(SETTLING)
            if (found := find()) is not None:
                return found
    return create()
