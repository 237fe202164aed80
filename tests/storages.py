"""Real storages on loopback that check who asks: rclone for S3, and Google's API with its exchange of keys for tokens.

The Google one is the request handler of gcp-storage-emulator, which lets everybody in, behind a check of the bearer
token. Tokens come from an OAuth endpoint that verifies the signed request of a service account, as Google's does.
"""

from __future__ import annotations

import base64
import json
import secrets
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from gcp_storage_emulator.handlers import buckets  # type: ignore[import-untyped]  # it carries no types
from gcp_storage_emulator.server import RequestHandler  # type: ignore[import-untyped]  # likewise
from gcp_storage_emulator.storage import Storage  # type: ignore[import-untyped]  # likewise
from servers import logging_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY_ID = "headway"
KEY = "the-secret-key-of-this-test"


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """rclone, which speaks S3, over a folder whose folders are buckets, for whoever has the key; gives its address."""
    program = Path(sys.executable).parent / "rclone"
    command = [str(program), "serve", "s3", "--config", "/dev/null", "--addr", "127.0.0.1:0"]
    with logging_server([*command, "--auth-key", f"{KEY_ID},{KEY}", str(folder)], r"\[(http://[\d.:]+)/\]") as address:
        yield address[1]


@dataclass
class GoogleStorage:
    """A bucket ``team`` behind a check of tokens.

    Attributes:
        address: where it listens.
        tokens: the access tokens that it gave out.
        refused: how many requests it turned away.
        lists: whether a token may list a bucket.
    """

    address: str = ""
    tokens: set[str] = field(default_factory=set)
    refused: int = 0
    lists: bool = True
    _key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))

    def account(self, key: rsa.RSAPrivateKey | None = None) -> str:
        """A service account's JSON; with another key, one that the storage does not accept."""
        pem = (key or self._key).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "digits",
                "private_key_id": "0123456789abcdef0123456789abcdef01234567",
                "private_key": pem.decode(),
                "client_email": "ci@digits.iam.gserviceaccount.com",
                "client_id": "100000000000000000001",
                "token_uri": f"{self.address}/token",
            },
            indent=2,
        )

    def exchange(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """Answer a request for a token as OAuth's JWT bearer grant (RFC 7523) says."""
        assertion = parse_qs(body.decode())["assertion"][0]
        signed, _, signature = assertion.rpartition(".")
        try:
            self._key.public_key().verify(_decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return 400, {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
        token = secrets.token_hex(16)
        self.tokens.add(token)
        return 200, {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class _Guarded(RequestHandler):  # type: ignore[misc]  # the emulator carries no types
    """The emulator's handler behind the check; one request at a time, as the emulator's own server has it."""

    _one_at_a_time = threading.Lock()

    def __init__(self, google: GoogleStorage, storage: Storage, *args: Any) -> None:
        self._google = google
        super().__init__(storage, *args)

    def _answer(self, go_on: Callable[[], None]) -> None:
        if self.path == "/token":
            self._send(*self._google.exchange(self.rfile.read(int(self.headers["Content-Length"]))))
            return
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self._google.tokens:
            self._google.refused += 1
            self._send(401, {"error": {"code": 401, "message": "Invalid Credentials"}})
        elif not self._google.lists and self.path.split("?")[0].endswith("/o"):
            self._send(403, {"error": {"code": 403, "message": "ci does not have storage.objects.list access"}})
        else:
            with self._one_at_a_time:
                go_on()

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:  # noqa: N802 - http.server's name
        self._answer(super().do_GET)

    def do_POST(self) -> None:  # noqa: N802 - http.server's name
        self._answer(super().do_POST)

    def do_PUT(self) -> None:  # noqa: N802 - http.server's name
        self._answer(super().do_PUT)

    def do_DELETE(self) -> None:  # noqa: N802 - http.server's name
        self._answer(super().do_DELETE)

    def do_PATCH(self) -> None:  # noqa: N802 - http.server's name
        self._answer(super().do_PATCH)


@contextmanager
def google_storage() -> Iterator[GoogleStorage]:
    """Google Cloud Storage with one empty bucket, ``team``."""
    google = GoogleStorage()
    storage = Storage(use_memory_fs=True)
    buckets.create_bucket("team", storage)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Guarded, google, storage))
    google.address = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield google
    finally:
        server.shutdown()
        server.server_close()
