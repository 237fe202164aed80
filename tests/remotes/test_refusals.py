"""What the errors of storages mean, without a storage: those that no server on loopback sends."""

from __future__ import annotations

import pytest

from headway.remotes.storage_errors import explain, is_denial, shown

KEYS = {"AWS_ACCESS_KEY_ID": "AKIA-OPEN", "AWS_SECRET_ACCESS_KEY": "sesame"}
URL = "s3://team/dvc"


class ClientError(Exception):
    """As botocore's."""

    def __init__(self, code: str) -> None:
        super().__init__(f"An error occurred ({code})")
        self.response = {"Error": {"Code": code}}


class RefreshError(Exception):
    """As google.auth's."""


def wrapped(inner: Exception, outer: Exception) -> Exception:
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (
            ClientError("ExpiredToken"),
            "rejects AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY as expired",
        ),
        (ClientError("RequestTimeTooSkewed"), "rejects AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: the clock of this"),
        (
            wrapped(ClientError("AccessDenied"), PermissionError("x")),
            "denies access to AWS_ACCESS_KEY_ID and AWS_",
        ),
        (ClientError("PermanentRedirect"), "is not in the region of AWS_REGION"),
        (wrapped(TimeoutError(), OSError("x")), "does not answer"),
        (ValueError("AKIA-OPEN said\n sesame to s3://u:p@x/y?sig=1"), "cannot be used: *** said *** to s3://x/y"),
        (ValueError(), "cannot be used: ValueError"),
    ],
)
def test_meanings_on_s3(error: Exception, meaning: str) -> None:
    assert explain(error, URL, KEYS).startswith(meaning)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        (
            "Invalid JWT: Token must be a short-lived token (60 minutes)",
            "the clock of this machine is wrong",
        ),
        ("invalid_grant: Invalid grant: account not found", "does not know the key in GOOGLE_APPLICATION_CREDENTIALS"),
        ("invalid_grant: Token has been expired or revoked.", "as expired"),
    ],
)
def test_meanings_on_googles_storage(text: str, meaning: str) -> None:
    error = wrapped(RefreshError(text), Exception("Invalid Credentials, 401"))
    assert meaning in explain(error, "gs://team/x", {"GOOGLE_APPLICATION_CREDENTIALS": "{}"})


def test_nobody_is_told_what_to_set() -> None:
    assert explain(TimeoutError(), "gs://team/x", {}).startswith(
        "needs credentials: set GOOGLE_APPLICATION_CREDENTIALS"
    )


def test_a_denial_is_no_wrong_key() -> None:
    assert is_denial(ClientError("AccessDenied"))
    assert not is_denial(ClientError("SignatureDoesNotMatch"))
    assert not is_denial(ValueError())


def test_addresses_are_shown_without_what_may_be_secret() -> None:
    assert shown("https://ada:sesame@host.example/x?sig=sesame#y") == "https://host.example/x"
