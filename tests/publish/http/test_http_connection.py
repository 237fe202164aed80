"""Where a token goes and where it never goes: redirects, other hosts, .netrc, proxies, logs; and whom TLS trusts."""

from __future__ import annotations

import logging
import ssl
import traceback
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fakes import FakeGitHub
from publish.forge_places import (
    PULL_REQUEST,
    READ,
    SECRET,
    WRITE,
    Scripted,
    github_forge,
    make_options,
    make_session,
    scripted,
)

from headway.errors import ForgeError
from headway.publish.forges.forge import PullRequestTarget
from headway.publish.http.options import Credentials
from headway.publish.http.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy")


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXIES, "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[Scripted]:
    with scripted() as script:
        yield script


@pytest.fixture
def elsewhere() -> Iterator[Scripted]:
    with scripted("localhost") as script:
        yield script


@pytest.fixture
def session(server: Scripted) -> Session:
    return make_session(server.url)


class TestRedirects:
    def test_of_a_read_are_followed_and_the_token_stays_at_home(
        self, server: Scripted, elsewhere: Scripted, session: Session
    ) -> None:
        server.will(302, Location=f"{elsewhere.url}/signed?sig=1")
        elsewhere.will(200, b"bytes")
        assert session.download(READ, "archive", limit=10) == b"bytes"
        assert server.asked[0][2]["authorization"] == f"Bearer {SECRET}"
        assert SECRET not in str(elsewhere.asked)

    def test_another_port_of_the_same_host_is_another_host(self, server: Scripted, session: Session) -> None:
        with scripted() as neighbour:
            server.will(302, Location=f"{neighbour.url}/x")
            neighbour.will(200, b"")
            session.download(READ, "archive", limit=10)
            assert SECRET not in str(neighbour.asked)

    def test_at_home_keep_the_token(self, server: Scripted, session: Session) -> None:
        server.will(301, Location="/repositories/1/thing").will(200, {})
        session.get(READ, "repos/a/b/thing", dict[str, int])
        assert [sent[2]["authorization"] for sent in server.asked] == [f"Bearer {SECRET}"] * 2

    def test_of_a_write_keep_method_and_body(self, server: Scripted, session: Session) -> None:
        server.will(307, Location="/moved").will(200, {})
        session.patch(WRITE, "thing", {"a": 1}, None)
        assert server.asked[1][0::3] == ("PATCH", b'{"a":1}')

    @pytest.mark.parametrize("status", [301, 302, 303])
    def test_that_would_lose_a_writes_body_are_an_error(self, server: Scripted, session: Session, status: int) -> None:
        server.will(status, Location="/moved?token=x")
        with pytest.raises(ForgeError, match="write the thing") as caught:
            session.post(WRITE, "thing", {}, None)
        assert f"redirects a POST to {server.url}/moved." in caught.value.why
        assert "--repo" in caught.value.remedy
        assert len(server.asked) == 1

    def test_of_a_write_to_another_host_are_an_error(
        self, server: Scripted, elsewhere: Scripted, session: Session
    ) -> None:
        server.will(307, Location=f"{elsewhere.url}/x")
        with pytest.raises(ForgeError, match="write the thing"):
            session.put(WRITE, "thing", {}, None)
        assert elsewhere.asked == []

    @pytest.mark.parametrize("place", ["http://[", "http://x:port/", "//:99999/"])
    def test_to_no_address_are_an_error(self, server: Scripted, session: Session, place: str) -> None:
        server.will(302, Location=place)
        with pytest.raises(ForgeError, match="read the thing") as caught:
            session.get(READ, "thing", dict[str, int])
        assert "is not an address" in caught.value.why

    def test_in_circles_are_an_error(self, server: Scripted, session: Session) -> None:
        for _ in range(6):
            server.will(302, Location="/thing")
        with pytest.raises(ForgeError) as caught:
            session.get(READ, "thing", dict[str, int])
        assert "redirects more than 5 times" in caught.value.why
        assert len(server.asked) == 5


class TestSecrets:
    def test_netrc_never_replaces_the_token(
        self,
        server: Scripted,
        elsewhere: Scripted,
        session: Session,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        (tmp_path / "netrc").write_text("default login me password mine\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        server.will(200, {}).will(200, {})
        session.get(READ, "thing", dict[str, int])
        Session(server.url, None, session.formatter, make_options()).get(READ, "thing", dict[str, int])
        assert [sent[2].get("authorization") for sent in server.asked] == [f"Bearer {SECRET}", None]
        server.will(302, Location=f"{elsewhere.url}/x")
        elsewhere.will(200, b"")
        session.download(READ, "thing", limit=10)
        assert "authorization" not in elsewhere.asked[0][2]

    @pytest.mark.parametrize(
        "credentials",
        [Credentials.bearer(SECRET), Credentials.basic("me@example.com", SECRET), Credentials.job(SECRET)],
    )
    def test_are_in_no_repr_and_no_message(self, server: Scripted, credentials: Credentials) -> None:
        session = Session(server.url, credentials, make_session(server.url).formatter, make_options())
        server.will(403, {"message": f"bad token {credentials.value} {SECRET}"})
        with pytest.raises(ForgeError) as caught:
            session.get(READ, "thing", dict[str, int])
        shown = "".join(traceback.format_exception(caught.value)) + repr((credentials, session, vars(session)))
        assert SECRET not in shown
        assert credentials.value not in shown
        assert "bad token *** ***" in str(caught.value)

    def test_no_exception_holds_the_request(self) -> None:
        with pytest.raises(ForgeError) as caught:
            make_session("http://127.0.0.1:1").get(READ, "thing", dict[str, int])
        error: BaseException | None = caught.value
        while error is not None:
            assert not hasattr(error, "request")
            error = error.__cause__ or error.__context__

    def test_are_in_no_log(self, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
        caplog.set_level(logging.DEBUG)
        with FakeGitHub(pull_requests=[PULL_REQUEST]) as fake:
            token = fake.token()
            forge = github_forge(fake, token=token)
            forge.create_comment(PullRequestTarget(number=7), "text")
        captured = capfd.readouterr()
        assert token not in caplog.text + captured.out + captured.err

    def test_a_proxys_password_is_not_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://me:hunter2@127.0.0.1:1")
        with pytest.raises(ForgeError) as caught:
            make_session("http://forge.example").get(READ, "thing", dict[str, int])
        assert "The proxy cannot be reached" in caught.value.why
        assert "HTTPS_PROXY" in caught.value.remedy
        assert "hunter2" not in "".join(traceback.format_exception(caught.value))


class TestProxies:
    def test_the_environments_proxy_is_used(self, server: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        server.will(200, {})
        make_session("http://forge.example/api").get(READ, "thing", dict[str, int])
        assert server.paths == ["GET http://forge.example/api/thing"]

    @pytest.mark.parametrize(
        "proxy", ["http://me:hunt/er2@127.0.0.1:1", "socks5://me:hunter2@127.0.0.1:1", "http://hunter2@[x"]
    )
    def test_a_proxys_address_that_is_none_is_not_told(self, proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        with pytest.raises(ForgeError) as caught:
            make_session("http://forge.example").get(READ, "thing", dict[str, int])
        assert "The proxy's address cannot be used." in caught.value.why
        assert "hunt" not in str(caught.value)

    def test_a_proxys_password_goes_to_the_proxy_alone(
        self, server: Scripted, elsewhere: Scripted, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HTTP_PROXY", server.url.replace("//", "//me:hunter2@"))
        monkeypatch.setenv("NO_PROXY", "localhost")
        server.will(302, Location=f"{elsewhere.url}/x")
        elsewhere.will(200, b"")
        make_session("http://forge.example").download(READ, "thing", limit=10)
        assert "proxy-authorization" in server.asked[0][2]
        assert "proxy-authorization" not in elsewhere.asked[0][2]

    def test_no_proxy_is_heeded(self, server: Scripted, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        server.will(200, {})
        assert session.get(READ, "thing", dict[str, int]) == {}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody else has signed, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "forge")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "forge.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def secure(authority: Path) -> Iterator[Scripted]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    with scripted(tls=context) as script:
        yield script


class TestCertificates:
    def test_an_unknown_authority_is_refused_at_once_and_explained(self, secure: Scripted) -> None:
        with pytest.raises(ForgeError) as caught:
            make_session(secure.url).post(WRITE, "thing", {}, None)
        assert type(caught.value) is ForgeError
        assert "not signed by an authority" in caught.value.why
        assert "--ca-bundle" in caught.value.remedy
        assert secure.asked == []

    def test_a_named_bundle_is_trusted(self, secure: Scripted, authority: Path) -> None:
        secure.will(200, {"a": 1})
        session = make_session(secure.url, make_options(ca_bundle=str(authority)))
        assert session.get(READ, "thing", dict[str, int]) == {"a": 1}

    def test_a_redirect_to_what_is_not_encrypted_is_refused(
        self, secure: Scripted, server: Scripted, authority: Path
    ) -> None:
        secure.will(302, Location=f"{server.url}/x?signature=1")
        with pytest.raises(ForgeError) as caught:
            make_session(secure.url, make_options(ca_bundle=str(authority))).get(READ, "thing", dict[str, int])
        assert f"redirects to {server.url}/x, which is not encrypted" in caught.value.why
        assert server.asked == []

    def test_so_is_the_environments(self, secure: Scripted, authority: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
        secure.will(200, {"a": 1})
        assert make_session(secure.url).get(READ, "thing", dict[str, int]) == {"a": 1}

    def test_certificates_that_cannot_be_read_are_named(
        self, secure: Scripted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
        with pytest.raises(ForgeError) as caught:
            make_session(secure.url).get(READ, "thing", dict[str, int])
        assert "file of certificates cannot be read" in caught.value.why
        (tmp_path / "gone.pem").write_text("no certificate")
        with pytest.raises(ForgeError) as caught:
            make_session(secure.url).get(READ, "thing", dict[str, int])
        assert "file of certificates cannot be read" in caught.value.why


class TestSizes:
    def test_a_download_over_its_limit_is_refused(self, server: Scripted, session: Session) -> None:
        server.will(200, b"x" * 11)
        with pytest.raises(ForgeError) as caught:
            session.download(READ, "archive", limit=10)
        assert "limit of 10 bytes" in caught.value.why
        assert len(server.asked) == 1

    def test_an_upload_is_a_form(self, server: Scripted, session: Session) -> None:
        server.will(201, {"url": "/uploads/1"})
        form = [("file", ('a"b.png', b"\x89PNG", "image/png"))]
        assert session.upload(WRITE, "uploads", form, {}) == {"url": "/uploads/1"}
        _, _, headers, body = server.asked[0]
        assert headers["content-type"].startswith("multipart/form-data; boundary=")
        assert b'name="file"; filename="a%22b.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n' in body
