"""What a storage's refusal means, told from the errors of its library without importing one.

Every library has errors of its own, with no base in common, and wraps those of the layers below. So the whole chain of
an error is searched for the codes that storages send and for the names of exceptions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from headway.remotes.storages import Family, family_of
from headway.text import error_line, hide_user_info

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST = 200
"""Characters of a storage's own words that a line keeps."""

_CLOCK = "refuses {used}: the clock of this machine is wrong"
_EXPIRED = "refuses {used} as expired; ask for new ones"
_UNKNOWN = "does not know the key in {first}"
_WRONG = "refuses the secret in {last}"
_PASSWORD = "wants a user and a password that it accepts"  # noqa: S105 - no password
_NONE = "needs credentials: set {wanted}"
_PROFILE = "needs the profile that AWS_PROFILE or DVC's configuration names, which this machine does not have"
_BUCKET = "is in a bucket that does not exist: {bucket!r}"
_FOLDER = "is a folder that does not exist"
_REGION = "is in another region than AWS_REGION says"
_DENIED = "denies access to {used}: let it list, read and write there"
_HOST = "cannot be reached: there is no host {host}"
_CLOSED = "cannot be reached: {host} refuses connections"
_CERTIFICATE = "cannot be reached: the certificate of {host} is not trusted here"
_SILENT = "does not answer"
_PLUGIN = "needs a plug-in of DVC that is not installed: pip install {install}"
_OF_STORAGE = (_CLOCK, _EXPIRED, _UNKNOWN, _WRONG, _BUCKET, _REGION, _DENIED)

_MARKERS = (
    (_PLUGIN, ("ImportError", "RemoteMissingDepsError")),
    (_CLOCK, ("RequestTimeTooSkewed", "Token must be a short-lived token")),
    (_EXPIRED, ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "expired or revoked")),
    (_UNKNOWN, ("InvalidAccessKeyId", "InvalidClientTokenId", "InvalidToken", "account not found")),
    (_WRONG, ("SignatureDoesNotMatch", "InvalidIdentityToken", "AuthenticationFailed")),
    (_WRONG, ("Invalid JWT Signature", "RefreshError", "MalformedError")),
    (_NONE, ("NoCredentialsError", "PartialCredentialsError", "NoCredentials", "CredentialUnavailableError")),
    (_PROFILE, ("ProfileNotFound",)),
    (_BUCKET, ("NoSuchBucket", "ContainerNotFound")),
    (_REGION, ("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException")),
    (_DENIED, ("AccessDenied", "AuthorizationFailure", "AuthorizationPermissionMismatch")),
    (_DENIED, ("PermissionDenied", "AuthError")),
    (_NONE, ("AzureAuthError",)),
    (_WRONG, ("401",)),
    (_DENIED, ("403",)),
    (_BUCKET, ("404",)),
    (_HOST, ("gaierror", "ClientConnectorDNSError", "NameResolutionError")),
    (_CERTIFICATE, ("SSLCertVerificationError",)),
    (_CLOSED, ("ConnectionRefusedError",)),
    (_SILENT, ("ConnectTimeoutError", "ReadTimeoutError", "TimeoutError")),
    (_DENIED, ("PermissionError",)),
    (_FOLDER, ("FileNotFoundError",)),
)
_MEANINGS = {marker: meaning for meaning, markers in _MARKERS for marker in markers}
"""Meaning by what a storage or its library calls it; the first that is found counts."""


def explain(error: BaseException, url: str, given: Mapping[str, str]) -> str:
    """What an error means, as the end of a sentence whose subject is the remote, without any secret.

    Args:
        error: whatever a storage's library raised.
        url: the remote's address.
        given: the credentials that the environment has.
    """
    family = family_of(url) or Family()
    words = _all_words(error)
    marker = _marker(words)
    if marker is None:
        return f"cannot be used: {scrubbed(error_line(error), family, given)}"
    used = family.in_use(given)
    meaning = _MEANINGS[marker]
    if marker in {"401", "403", "TimeoutError"} and family.ways and not used:
        meaning = _NONE  # some storages deny this to nobody in particular, some libraries look for a machine's own role
    if marker == "401" and not family.ways:
        meaning = _PASSWORD
    names = used or (family.ways[0] if family.ways else ("this user",))
    text = meaning.format(
        used=" and ".join(names),
        first=names[0],
        last=names[-1],
        wanted=family.wanted,
        install=family.install,
        bucket=urlsplit(url).netloc,
        host=_host(words),
    )
    return f"{text} ({marker})" if _is_code(marker, meaning) else text


def is_denial(error: Exception) -> bool:
    """Whether a storage knows who asks, and does not let them do this."""
    marker = _marker(_all_words(error))
    return marker is not None and _MEANINGS[marker] is _DENIED


def shown(url: str) -> str:
    """An address as a log may show it: without user, password and query."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def scrubbed(text: str, family: Family, given: Mapping[str, str]) -> str:
    """A storage's own words without the secrets that the environment has, on one line, cut to a readable length."""
    for value in (given.get(variable) for variable in (*family.secrets, family.document)):
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
    return next((marker for marker in _MEANINGS if marker in words or _is_said(marker, words)), None)


def _is_said(marker: str, words: Mapping[str, None]) -> bool:
    return " " in marker and any(marker in word for word in words)


def _is_code(marker: str, meaning: str) -> bool:
    """Whether a marker is a storage's own code, which people look up, and not the name of an exception."""
    return meaning in _OF_STORAGE and not marker.endswith(("Error", "Redirect"))


def _host(words: Mapping[str, None]) -> str:
    found = (re.search(r"host(?: |=')([\w.:-]+)|://([\w.:-]+)", word) for word in words)
    return next((match[1] or match[2] for match in found if match), "")
