"""One request, one answer: the only module that opens a connection, or prints a request that a dry run does not send.

Knows redirects, time-outs, size limits and where credentials may go, and nothing of repetition or of any forge.
Credentials go to the forge's own origin and stop at the first redirect away from it. No cookie is kept.
Proxies, ``NO_PROXY`` and ``REQUESTS_CA_BUNDLE`` are requests' own business; its look-up in .netrc never applies.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import partial
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING

import msgspec
import requests
from requests.utils import parse_header_links
from urllib3.exceptions import HTTPError, NewConnectionError, ReadTimeoutError

from headway._version import __version__
from headway.publish.http.addresses import Address, AddressError, shown
from headway.text import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests import PreparedRequest, Response

    from headway.publish.http.options import Credentials, Transport

JSON = "application/json"
_LONGEST = 200
_BEGINNING = 40
_DIGITS = 8
_CODED = re.compile(rf"\S{{{_LONGEST + 1},}}")
ANSWER_LIMIT = 32 * 1024 * 1024
"""Bytes of a JSON answer that are read at the most."""

REDIRECTS = (301, 302, 303, 307, 308)
_KEEP_METHOD = (307, 308)
_MOST_REDIRECTS = 5
_CHUNK = 64 * 1024

_UNTRUSTED = "The certificate is not signed by an authority that is trusted here."
_TRUST = "Name your authority's certificates with --ca-bundle FILE or REQUESTS_CA_BUNDLE."
_CHECK_PROXY = "Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY."


@dataclass(eq=False)
class WireError(Exception):
    """No whole answer came.

    Attributes:
        reason: why, one sentence, nothing secret in it.
        remedy: what to do about it; may be empty.
        sent: whether the forge may have seen the request.
        final: whether another try would end the same way.
    """

    reason: str
    remedy: str = field(default="", kw_only=True)
    sent: bool = field(default=True, kw_only=True)
    final: bool = field(default=False, kw_only=True)


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request, ready to be sent as often as needed.

    Attributes:
        method: in capitals.
        url: absolute, query included.
        content: the body; empty for none.
        media_type: the body's.
        limit: bytes of the answer that are read at the most.
    """

    method: str
    url: str
    content: bytes = field(default=b"", repr=False)
    media_type: str = ""
    limit: int = ANSWER_LIMIT


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer, whatever its status; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def link(self, relation: str) -> str | None:
        """The address of a relation in the ``Link`` header."""
        links = parse_header_links(self.headers.get("link", ""))
        return next((link["url"] for link in links if link.get("rel") == relation), None)


class _Session(requests.Session):
    """requests' session without its own reading of ``Location``, for which it reads the whole body, however long."""

    def get_redirect_target(self, resp: Response) -> None:
        """Leave every redirect to :class:`Wire`."""
        del resp


class Wire:
    """Connections on behalf of one forge.

    Args:
        home: the forge's address; only its scheme, host and port see the credentials and the headers.

    Raises:
        AddressError: ``home`` is refused.
    """

    def __init__(
        self, home: str, credentials: Credentials | None, headers: Mapping[str, str], transport: Transport
    ) -> None:
        self._home = Address.read(home).origin
        self._credentials = credentials
        self._headers = headers
        self._transport = transport
        self._session = _Session()
        self._session.headers.clear()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def exchange(self, request: Request) -> Answer:
        """Send a request and read the whole answer.

        Raises:
            WireError: none came.
        """
        address, at_home = self._first(request), True
        for _ in range(_MOST_REDIRECTS):
            at_home = at_home and address.origin == self._home
            answer = self._hop(request, address, at_home=at_home)
            if answer.status not in REDIRECTS or "location" not in answer.headers:
                return answer
            address = _redirected(request, address, answer)
        raise WireError(f"It redirects more than {_MOST_REDIRECTS} times.", final=True)

    def _first(self, request: Request) -> Address:
        try:
            address = Address.read(request.url)
        except AddressError as error:
            raise WireError(f"{error}.", sent=False, final=True) from None
        if address.origin != self._home:
            raise WireError(f"{shown(request.url)} is not on the forge's own host.", sent=False, final=True)
        return address

    def _hop(self, request: Request, address: Address, *, at_home: bool) -> Answer:
        kept = self._headers if at_home else {}
        typed = {"Content-Type": request.media_type} if request.media_type else {}
        try:
            with self._session.request(
                request.method,
                address.text,
                data=request.content or None,
                headers={"User-Agent": f"headway/{__version__}", "Accept-Encoding": "gzip", **kept, **typed},
                auth=partial(_authorize, self._credentials if at_home else None),
                timeout=(self._transport.connect_seconds, self._transport.read_seconds),
                verify=self._transport.ca_bundle or True,
                proxies={"http": self._transport.proxy} if self._transport.proxy else {},
                allow_redirects=False,
                stream=True,
            ) as response:
                received = {name.lower(): value for name, value in response.headers.items()}
                return Answer(status=response.status_code, headers=received, body=self._body(response, request.limit))
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            failure = _wire_error(error, self._transport)
        raise failure  # out here, because the error above holds the request, token included

    def _body(self, response: Response, limit: int) -> bytes:
        began = self._transport.now()
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > limit:
                raise WireError(f"It sends more than the {limit:,} bytes that are read at the most.", final=True)
            if self._transport.now() - began > self._transport.answer_seconds:
                raise WireError(f"The answer was not complete after {self._transport.answer_seconds:.0f} seconds.")
        return bytes(body)


def _authorize(credentials: Credentials | None, request: PreparedRequest) -> PreparedRequest:
    """Add the credentials; called even without any, for requests would otherwise look into .netrc."""
    if credentials is not None:
        request.headers[credentials.header] = credentials.value
    return request


def _redirected(request: Request, address: Address, answer: Answer) -> Address:
    try:
        target = address.follow(answer.headers["location"])
    except AddressError as error:
        raise WireError(f"It redirects to an address that Headway does not follow: {error}.", final=True) from None
    if target.origin.scheme not in {address.origin.scheme, "https"}:
        raise WireError(f"It redirects to {shown(target.text)}, which is not encrypted.", final=True)
    if request.method != "GET" and (answer.status not in _KEEP_METHOD or target.origin != address.origin):
        raise WireError(
            f"It redirects a {request.method} to {shown(target.text)}.",
            remedy="Name the new address with --repo.",
            final=True,
        )
    return target


def _wire_error(error: Exception, transport: Transport) -> WireError:
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(cause, NewConnectionError):
        return WireError(f"No connection: {_system_words(cause)}.", sent=False)
    match error:
        case requests.exceptions.SSLError() if "CERTIFICATE_VERIFY_FAILED" in str(error):
            failure = WireError(_UNTRUSTED, remedy=_TRUST, sent=False, final=True)
        case OSError() if "[X509:" in str(error) or not isinstance(error, requests.RequestException):
            failure = WireError("The file of certificates cannot be read.", remedy=_TRUST, sent=False, final=True)
        case requests.exceptions.ProxyError():
            failure = WireError("The proxy cannot be reached or refuses.", remedy=_CHECK_PROXY, sent=False)
        case requests.ConnectTimeout():
            failure = WireError(f"No connection within {transport.connect_seconds:g} seconds.", sent=False)
        case requests.Timeout() | ReadTimeoutError():
            failure = WireError(f"No answer within {transport.read_seconds:g} seconds.")
        case ValueError():  # the address was read before, so it is the proxy's; its words would tell the password
            failure = WireError("The proxy's address cannot be used.", remedy=_CHECK_PROXY, sent=False, final=True)
        case _:
            failure = WireError("The connection was lost before the whole answer came.")
    return failure


def _system_words(error: BaseException | None) -> str:
    """The operating system's own words at the bottom of a chain of exceptions: they name neither host nor password."""
    words = "unknown reason"
    while error is not None:
        words = getattr(error, "strerror", None) or words
        error = error.__cause__ or error.__context__
    return words


def printed(request: Request, hide: Callable[[str], str], *, authorized: bool) -> Iterator[str]:
    """The lines that stand for a request in a dry run: what and where, as whom, and the body on one line.

    Text stays as it would be sent, for seeing it is what a dry run is for. A long value without any space in it is
    content under a code, such as a picture's base64: its beginning, its length and a hash tell it from others.

    Args:
        request: as it would be sent.
        hide: takes secrets out of a text.
        authorized: whether credentials would go with it.
    """
    yield f"{request.method} {hide(request.url)}"
    yield f"  authorization: {HIDDEN}" if authorized else "  anonymous"
    if request.media_type == JSON:
        body = _readable(msgspec.json.decode(request.content), hide)
        yield f"  {msgspec.json.encode(body).decode()}"
    elif request.content:
        yield f"  {request.media_type.partition(';')[0]}, {len(request.content):,} bytes"


def _readable(value: object, hide: Callable[[str], str]) -> object:
    match value:
        case dict():
            return {key: _readable(inner, hide) for key, inner in value.items()}
        case list():
            return [_readable(inner, hide) for inner in value]
        case str():
            shown = hide(value)
            return _shortened(shown) if _CODED.fullmatch(shown) else shown
    return value


def _shortened(coded: str) -> str:
    digest = hashlib.sha256(coded.encode()).hexdigest()[:_DIGITS]
    return f"{coded[:_BEGINNING]}... {len(coded):,} characters, sha256 {digest}"
