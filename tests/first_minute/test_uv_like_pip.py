"""uv reaches what pip reaches: an index with a certificate of the team's own, and one behind a proxy."""

from __future__ import annotations

import os
import re
import runpy
import ssl
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts/uv_like_pip.py"
UV_LIKE_PIP = runpy.run_path(str(SCRIPT))
STORE = {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}
CPU = {"UV_TORCH_BACKEND": "cpu"}


class Index(SimpleHTTPRequestHandler):
    """An index of packages, which is also a proxy that finds it at any address."""

    def translate_path(self, path: str) -> str:
        return super().translate_path(urlsplit(path).path)

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of an index with one package."""
    folder = tmp_path_factory.mktemp("site")
    package = folder / "simple/tiny"
    package.mkdir(parents=True)
    wheel = "tiny-1.0-py3-none-any.whl"
    (package / "index.html").write_text(f'<a href="{wheel}">{wheel}</a>')
    with zipfile.ZipFile(package / wheel, "w") as archive:
        archive.writestr("tiny.py", "")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        names = ("tiny.py", *(f"tiny-1.0.dist-info/{name}" for name in ("METADATA", "WHEEL", "RECORD")))
        archive.writestr("tiny-1.0.dist-info/RECORD", "".join(f"{name},,\n" for name in names))
    return folder


def certificate(name: str, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey) -> bytes:
    """A certificate for 127.0.0.1; the authority's own if a key signs itself."""
    now = datetime.now(UTC)
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, each)]) for each in (name, "authority")]
    builder = x509.CertificateBuilder(names[1], names[0], key.public_key(), x509.random_serial_number())
    return (
        builder.not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=key is signer, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of an authority that only the team knows, and ``server.pem``, which it signed, beside it."""
    folder = tmp_path_factory.mktemp("tls")
    root, server = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    (folder / "authority.pem").write_bytes(certificate("authority", root, root))
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    secret = server.private_bytes(serialization.Encoding.PEM, *plain)
    (folder / "server.pem").write_bytes(secret + certificate("server", server, root))
    return folder / "authority.pem"


@contextmanager
def serving(site: Path, key: Path | None = None) -> Iterator[str]:
    """Serve the index over HTTPS, or HTTP without a key; gives host and port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Index, directory=str(site))) as server:
        if key:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def install(folder: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Install the package into a folder, with these environment variables and no other settings."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        "PATH": path,
        "HOME": str(folder),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    options = ["install", "--quiet", "--no-cache-dir", "--target", str(folder / "installed"), "tiny"]
    return subprocess.run(
        [*command, *options], env={**environment, **settings}, cwd=folder, check=False, capture_output=True, text=True
    )


LIKE_PIP = sys.executable, str(SCRIPT), "pip"


def test_pips_certificate_alone_is_enough(site: Path, authority: Path, tmp_path: Path) -> None:
    with serving(site, authority.with_name("server.pem")) as host:
        index = f"https://{host}/simple"
        bare = install(tmp_path, "uv", "pip", UV_DEFAULT_INDEX=index, UV_HTTP_RETRIES="0")
        assert "UnknownIssuer" in bare.stderr, "as without the script"
        done = install(tmp_path, *LIKE_PIP, PIP_CERT=str(authority), PIP_INDEX_URL=index)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "installed/tiny.py").exists()


def test_pips_file_and_its_proxy_are_enough(site: Path, tmp_path: Path) -> None:
    with serving(site) as host:
        lines = (
            "[global]",
            "index-url = http://packages.invalid/simple",
            f"proxy = {host}",
            "extra-index-url =",
            "cert =",
        )
        (tmp_path / "pip.conf").write_text("\n".join(lines))
        done = install(tmp_path, *LIKE_PIP, PIP_CONFIG_FILE=str(tmp_path / "pip.conf"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "installed/tiny.py").exists()


@pytest.mark.slow
def test_pip_itself_reaches_both(site: Path, authority: Path, tmp_path: Path) -> None:
    with serving(site, authority.with_name("server.pem")) as host:
        pip = sys.executable, "-m", "pip"
        done = install(tmp_path, *pip, PIP_CERT=str(authority), PIP_INDEX_URL=f"https://{host}/simple")
    assert done.returncode == 0, done.stderr
    with serving(site) as host:
        settings = {"PIP_INDEX_URL": "http://packages.invalid/simple", "PIP_TRUSTED_HOST": "packages.invalid"}
        done = install(tmp_path, *pip, PIP_UPGRADE="1", PIP_PROXY=host, **settings)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("pip", "given", "expected"),
    [
        pytest.param({}, {}, {**STORE, **CPU}, id="nothing"),
        pytest.param({}, {"UV_SYSTEM_CERTS": "false"}, {"UV_SYSTEM_CERTS": "false"}, id="uv's own setting"),
        pytest.param({"cert": "a.pem"}, {"REQUESTS_CA_BUNDLE": "b.pem"}, {"SSL_CERT_FILE": "a.pem"}, id="pip first"),
        pytest.param({}, {"REQUESTS_CA_BUNDLE": "b.pem"}, {"SSL_CERT_FILE": "b.pem"}, id="requests"),
        pytest.param({}, {"CURL_CA_BUNDLE": "/"}, {"SSL_CERT_DIR": "/"}, id="folder"),
        pytest.param({"index-url": "https://a"}, {}, {"UV_DEFAULT_INDEX": "https://a"}, id="index"),
        pytest.param({"index-url": "https://a"}, {"UV_DEFAULT_INDEX": "b"}, {"UV_DEFAULT_INDEX": "b"}, id="uv's index"),
        pytest.param(
            {"extra-index-url": "https://a\nhttps://b"},
            {},
            {"UV_INDEX": "https://a https://b", "UV_INDEX_STRATEGY": "unsafe-best-match", **CPU},
            id="more indexes",
        ),
        pytest.param({"find-links": "/a /b"}, {}, {"UV_FIND_LINKS": "/a,/b"}, id="wheels"),
        pytest.param({"find-links": "/a"}, {"UV_FIND_LINKS": ""}, {"UV_FIND_LINKS": ""}, id="no wheels"),
        pytest.param({"trusted-host": "a b"}, {}, {"UV_INSECURE_HOST": "a b"}, id="hosts"),
        pytest.param({"proxy": "a:80"}, {}, {"HTTPS_PROXY": "http://a:80", "https_proxy": "http://a:80"}, id="proxy"),
        pytest.param({"timeout": "5", "constraint": "a.txt"}, {}, CPU, id="not passed on"),
    ],
)
def test_what_uv_is_told(
    pip: dict[str, str], given: dict[str, str], expected: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(UV_LIKE_PIP["uv_environment"].__globals__, "STORES", ("/",))
    found = uv_environment(pip, given)
    assert {name: found[name] for name in expected} == expected
    assert found.keys() - expected.keys() <= {*STORE, *CPU, *given, "HTTP_PROXY", "http_proxy"}
    assert ("UV_SYSTEM_CERTS" in found) == ("SSL_CERT_FILE" not in found and "SSL_CERT_DIR" not in found)
    assert ("UV_TORCH_BACKEND" in found) == (not {"UV_DEFAULT_INDEX", "UV_FIND_LINKS"} & found.keys())


def uv_environment(pip: dict[str, str], environment: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = UV_LIKE_PIP["uv_environment"](pip, environment)
    return found


def test_a_path_in_pips_file_may_begin_at_home() -> None:
    assert uv_environment({"cert": "~/a.pem"}, {})["SSL_CERT_FILE"] == str(Path.home() / "a.pem")


def test_without_certificates_of_the_system_uv_takes_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(UV_LIKE_PIP["uv_environment"].__globals__, "STORES", ("/nowhere",))
    assert uv_environment({}, {}) == CPU


def test_the_makefile_runs_uv_only_so() -> None:
    planned = subprocess.run(
        ["make", "--dry-run", "--always-make", "--no-print-directory", "install", "lock"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    calls = re.findall(r"\S+ (?=pip (?:install|compile) --quiet --)", planned)
    assert set(calls) == {"scripts/uv_like_pip.py "}
    assert not re.search(r"\buv pip\b", planned)
