"""What a storage's error means, without importing any storage's library.

Every library has errors of its own, with no base in common, and wraps those of the layers below. So the whole chain of
an error is searched for the codes that storages send and for the names of exceptions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from headway.remotes.storages import Storage, storage_of
from headway.text import error_line, hide_user_info

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST = 200
"""Characters of a storage's own message that are shown."""

_WRONG = "rejects the secret in {last}"
_PASSWORD = "needs a valid user name and password"  # noqa: S105 - no password
_NONE = "needs credentials: set {wanted}"
_PROFILE = "needs the profile that AWS_PROFILE or DVC's configuration names, which this machine does not have"
_DENIED = "denies access to {used}: allow it to list, read and write there"
_NO_BUCKET = "is in a bucket that does not exist: {bucket!r}"

_MARKERS = (
    ("needs a DVC plug-in that is not installed: pip install {install}", ("ImportError", "RemoteMissingDepsError")),
    (
        "rejects {used}: the clock of this machine is wrong",
        ("RequestTimeTooSkewed", "Token must be a short-lived token"),
    ),
    (
        "rejects {used} as expired: get new ones",
        ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "expired or revoked"),
    ),
    (
        "does not know the key in {first}",
        ("InvalidAccessKeyId", "InvalidClientTokenId", "InvalidToken", "account not found"),
    ),
    (_WRONG, ("SignatureDoesNotMatch", "InvalidIdentityToken", "AuthenticationFailed")),
    (_WRONG, ("Invalid JWT Signature", "RefreshError", "MalformedError")),
    (_NONE, ("NoCredentialsError", "PartialCredentialsError", "CredentialUnavailableError")),
    (_PROFILE, ("ProfileNotFound",)),
    (_NO_BUCKET, ("NoSuchBucket", "ContainerNotFound")),
    (
        "is not in the region of AWS_REGION",
        ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException"),
    ),
    (_DENIED, ("AccessDenied", "AuthorizationFailure", "AuthorizationPermissionMismatch")),
    (_DENIED, ("PermissionDenied", "AuthError")),
    (_NONE, ("AzureAuthError",)),
    (_WRONG, ("401",)),
    (_DENIED, ("403",)),
    (_NO_BUCKET, ("404",)),
    (
        "cannot be reached: there is no host {host}",
        ("gaierror", "ClientConnectorDNSError", "NameResolutionError"),
    ),
    ("cannot be reached: this machine does not trust the certificate of {host}", ("SSLCertVerificationError",)),
    ("cannot be reached: {host} refuses connections", ("ConnectionRefusedError",)),
    ("does not answer", ("ConnectTimeoutError", "ReadTimeoutError", "TimeoutError")),
    (_DENIED, ("PermissionError",)),
    ("is a folder that does not exist", ("FileNotFoundError",)),
)
_OWN = (_NONE, _PASSWORD, _PROFILE)
"""Meanings that a storage's code would not make clearer."""
_MEANINGS = {marker: meaning for meaning, markers in _MARKERS for marker in markers}
"""Meaning by what a storage or its library calls it; the first that is found counts."""


def explain(error: BaseException, url: str, credentials: Mapping[str, str]) -> str:
    """What an error of a storage's library means, without secrets, as the predicate of a sentence about the remote."""
    storage = storage_of(url) or Storage()
    words = _all_words(error)
    marker = _marker(words)
    if marker is None:
        return f"cannot be used: {_scrubbed(error_line(error), storage, credentials)}"
    used = storage.in_use(credentials)
    meaning = _MEANINGS[marker]
    if marker in {"401", "403", "TimeoutError"} and storage.ways and not used:
        meaning = _NONE  # some storages deny this to nobody in particular, some libraries look for a machine's own role
    if marker == "401" and not storage.ways:
        meaning = _PASSWORD
    names = used or (storage.ways[0] if storage.ways else ("this user",))
    text = meaning.format(
        used=" and ".join(names),
        first=names[0],
        last=names[-1],
        wanted=storage.wanted,
        install=storage.install,
        bucket=urlsplit(url).netloc,
        host=_host(words),
    )
    is_code = meaning not in _OWN and not marker.lower().endswith("error")  # which people look up
    return f"{text} ({marker})" if is_code else text


def is_denial(error: Exception) -> bool:
    """Whether a storage accepts the credentials, but does not allow them to do this."""
    marker = _marker(_all_words(error))
    return marker is not None and _MEANINGS[marker] is _DENIED


def shown(url: str) -> str:
    """A URL without user, password and query, as a log may show it."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def _scrubbed(text: str, storage: Storage, credentials: Mapping[str, str]) -> str:
    """A storage's own message without secrets, cut to a readable length."""
    for value in (credentials.get(variable) for variable in (*storage.secrets, storage.document)):
        text = text.replace(value, "***") if value else text
    text = re.sub(r"\?\S*", "", hide_user_info(text, ""))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _words(error: BaseException) -> Iterator[str]:
    """What an error calls itself: the storage's code, the HTTP status, the classes, and its text."""
    answer: Any = getattr(error, "response", None)
    if isinstance(answer, dict):
        yield str(answer.get("Error", {}).get("Code", ""))
    yield from (str(getattr(error, name, "")) for name in ("code", "error_code", "status", "status_code"))
    yield from (kind.__name__ for kind in type(error).__mro__)
    yield str(error)


def _all_words(error: BaseException) -> Mapping[str, None]:
    return dict.fromkeys(word for each in _chain(error) for word in _words(each))


def _marker(words: Mapping[str, None]) -> str | None:
    """The first marker that is one of the words; one of several words may be anywhere in the text."""
    return next(
        (
            marker
            for marker in _MEANINGS
            if marker in words or (" " in marker and any(marker in word for word in words))
        ),
        None,
    )


def _host(words: Mapping[str, None]) -> str:
    found = (re.search(r"host(?: |=')([\w.:-]+)|://([\w.:-]+)", word) for word in words)
    return next((match[1] or match[2] for match in found if match), "")
