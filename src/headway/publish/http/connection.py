"""The only module that connects to a forge. It knows redirects, time-outs, size limits and where credentials may go.

Credentials go to the forge's own origin and stop at the first redirect away from it. No cookie is kept.
requests handles proxies, ``NO_PROXY`` and ``REQUESTS_CA_BUNDLE``; its look-up in .netrc never applies.
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

    from headway.publish.http.error_responses import Operation
    from headway.publish.http.options import ClientOptions, Credentials

JSON = "application/json"
RESPONSE_LIMIT = 32 * 1024 * 1024
"""Bytes of a JSON response that are read at most."""

_REDIRECTS = (301, 302, 303, 307, 308)
_REDIRECTS_THAT_KEEP_THE_METHOD = (307, 308)
_MAX_REDIRECTS = 5
_CHUNK = 64 * 1024
_ENCODED = re.compile(r"\S{201,}")

_UNTRUSTED = "The certificate is not signed by an authority that this machine trusts."
_CHECK_CERTIFICATES = "Name your authority's certificates with --ca-bundle FILE or REQUESTS_CA_BUNDLE."
_CHECK_PROXY = "Check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY."


@dataclass(eq=False)
class NoResponseError(Exception):
    """No complete response came; ``reason`` is a sentence with nothing secret in it.

    The forge may have received the request where it was ``sent``; a retry would end the same way where it is ``final``.
    """

    reason: str
    remedy: str = field(default="", kw_only=True)
    sent: bool = field(default=True, kw_only=True)
    final: bool = field(default=False, kw_only=True)


@dataclass(frozen=True)
class Request:
    """A request that can be sent repeatedly; its response may have ``limit`` bytes.

    The response to a ``graphql`` request may be a failure with status 200.
    """

    operation: Operation
    method: str
    url: str
    content: bytes = field(default=b"", repr=False)
    media_type: str = ""
    limit: int = field(default=RESPONSE_LIMIT, kw_only=True)
    read_only: bool = field(default=False, kw_only=True)
    graphql: bool = field(default=False, kw_only=True)

    @property
    def idempotent(self) -> bool:
        """Whether it may be sent again after it may have been carried out."""
        return self.read_only or self.method != "POST" or self.operation.idempotent


@dataclass(frozen=True, kw_only=True)
class Response:
    """A complete response of any status; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    def link(self, relation: str) -> str | None:
        """The address of a relation in the ``Link`` header."""
        links = parse_header_links(self.headers.get("link", ""))
        return next((link["url"] for link in links if link.get("rel") == relation), None)


class _RequestsSession(requests.Session):
    """requests' session without its own reading of ``Location``, for which it reads the whole body, however long."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Leave every redirect to :class:`Connection`."""
        del resp


class Connection:
    """Connections to one forge: only the origin of ``base_url`` receives the credentials and the headers.

    Raises:
        AddressError: ``base_url`` is refused.
    """

    def __init__(
        self, base_url: str, credentials: Credentials | None, headers: Mapping[str, str], options: ClientOptions
    ) -> None:
        self._origin = Address.read(base_url).origin
        self._credentials = credentials
        self._headers = headers
        self._options = options
        self._session = _RequestsSession()
        self._session.headers.clear()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def send(self, request: Request) -> Response:
        """Send a request, follow redirects and read the whole response; raises ``NoResponseError`` where none came."""
        address, trusted = self._first_address(request), True
        for _ in range(_MAX_REDIRECTS):
            trusted = trusted and address.origin == self._origin
            response = self._send_once(request, address, trusted=trusted)
            if response.status not in _REDIRECTS or "location" not in response.headers:
                return response
            address = _redirected(request, address, response)
        raise NoResponseError(f"It redirects more than {_MAX_REDIRECTS} times.", final=True)

    def _first_address(self, request: Request) -> Address:
        try:
            address = Address.read(request.url)
        except AddressError as error:
            raise NoResponseError(f"{error}.", sent=False, final=True) from None
        if address.origin != self._origin:
            raise NoResponseError(f"{shown(request.url)} is not on the forge's own host.", sent=False, final=True)
        return address

    def _send_once(self, request: Request, address: Address, *, trusted: bool) -> Response:
        kept = self._headers if trusted else {}
        typed = {"Content-Type": request.media_type} if request.media_type else {}
        try:
            with self._session.request(
                request.method,
                address.text,
                data=request.content or None,
                headers={"User-Agent": f"headway/{__version__}", "Accept-Encoding": "gzip", **kept, **typed},
                auth=partial(_authorize, self._credentials if trusted else None),
                timeout=(self._options.connect_timeout, self._options.read_timeout),
                verify=self._options.ca_bundle or True,
                allow_redirects=False,
                stream=True,
            ) as response:
                received = {name.lower(): value for name, value in response.headers.items()}
                return Response(status=response.status_code, headers=received, body=self._body(response, request.limit))
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            failure = _no_response(error, self._options)
        raise failure  # out here, because the error above holds the request, token included

    def _body(self, response: requests.Response, limit: int) -> bytes:
        began, longest = self._options.now(), self._options.response_timeout
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > limit:
                raise NoResponseError(f"The response is larger than the limit of {limit:,} bytes.", final=True)
            if self._options.now() - began > longest:
                raise NoResponseError(f"The response was not complete after {longest:.0f} seconds.")
        return bytes(body)


def _authorize(credentials: Credentials | None, request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add the credentials; called even without any, for requests would otherwise look into .netrc."""
    if credentials is not None:
        request.headers[credentials.header] = credentials.value
    return request


def _redirected(request: Request, address: Address, response: Response) -> Address:
    try:
        target = address.follow(response.headers["location"])
    except AddressError as error:
        raise NoResponseError(f"Headway does not follow the redirect: {error}.", final=True) from None
    if target.origin.scheme not in {address.origin.scheme, "https"}:
        raise NoResponseError(f"It redirects to {shown(target.text)}, which is not encrypted.", final=True)
    kept = response.status in _REDIRECTS_THAT_KEEP_THE_METHOD and target.origin == address.origin
    if request.method != "GET" and not kept:
        why = f"It redirects a {request.method} to {shown(target.text)}."
        raise NoResponseError(why, remedy="Name the new address with --repo.", final=True)
    return target


def _no_response(error: Exception, options: ClientOptions) -> NoResponseError:  # noqa: PLR0911 - one for each cause
    cause = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(cause, NewConnectionError):
        return NoResponseError(f"No connection: {_system_message(cause)}.", sent=False)
    match error:
        case requests.exceptions.SSLError() if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return NoResponseError(_UNTRUSTED, remedy=_CHECK_CERTIFICATES, sent=False, final=True)
        case OSError() if "[X509:" in str(error) or not isinstance(error, requests.RequestException):
            why = "The file of certificates cannot be read."
            return NoResponseError(why, remedy=_CHECK_CERTIFICATES, sent=False, final=True)
        case requests.exceptions.ProxyError():
            why = "The proxy cannot be reached or refuses the connection."
            return NoResponseError(why, remedy=_CHECK_PROXY, sent=False)
        case requests.ConnectTimeout():
            return NoResponseError(f"No connection within {options.connect_timeout:g} seconds.", sent=False)
        case requests.Timeout() | ReadTimeoutError():
            return NoResponseError(f"No response within {options.read_timeout:g} seconds.")
        case ValueError():  # the address was read before, so it is the proxy's; its words would tell the password
            why = "The proxy's address cannot be used."
            return NoResponseError(why, remedy=_CHECK_PROXY, sent=False, final=True)
    return NoResponseError("The connection was lost before the response was complete.")


def _system_message(error: BaseException | None) -> str:
    """The operating system's message at the bottom of a chain of exceptions: it names neither host nor password."""
    message = "unknown reason"
    while error is not None:
        message = getattr(error, "strerror", None) or message
        error = error.__cause__ or error.__context__
    return message


def printed(request: Request, hide: Callable[[str], str], *, authorized: bool) -> Iterator[str]:
    """The lines that a dry run prints for a request; ``hide`` removes secrets.

    Text stays as it would be sent. Of a long value without spaces, such as an image's base64, the beginning, the length
    and a hash are printed.
    """
    yield f"{request.method} {hide(request.url)}"
    yield f"  authorization: {HIDDEN}" if authorized else "  anonymous"
    if request.media_type == JSON:
        body = _printable(msgspec.json.decode(request.content), hide)
        yield f"  {msgspec.json.encode(body).decode()}"
    elif request.content:
        yield f"  {request.media_type.partition(';')[0]}, {len(request.content):,} bytes"


def _printable(value: object, hide: Callable[[str], str]) -> object:
    match value:
        case dict():
            return {key: _printable(inner, hide) for key, inner in value.items()}
        case list():
            return [_printable(inner, hide) for inner in value]
        case str() if _ENCODED.fullmatch(text := hide(value)):
            digest = hashlib.sha256(text.encode()).hexdigest()[:8]
            return f"{text[:40]}... {len(text):,} characters, sha256 {digest}"
        case str():
            return hide(value)
    return value
