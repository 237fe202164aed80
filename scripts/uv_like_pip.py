"""Run uv with pip's certificates, proxy, indexes and wheels: ``python scripts/uv_like_pip.py pip install ...``.

uv reads none of pip's settings. Behind a proxy with its own certificate, or with an index of the team's own, it would
fail where pip works. What is set for uv itself counts.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAMES = {
    "client-cert": "SSL_CLIENT_CERT",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "index-url": "UV_DEFAULT_INDEX",
    "keyring-provider": "UV_KEYRING_PROVIDER",
    "no-index": "UV_NO_INDEX",
    "trusted-host": "UV_INSECURE_HOST",
}
"""What uv calls pip's settings."""
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
STORES = ("/etc/ssl/certs", "/etc/pki/tls/certs")
"""Where Linux distributions keep the certificates that they trust."""


def pip_settings(sections: tuple[str, ...] = ("global", "install", ":env:")) -> dict[str, str]:
    """Pip's settings from its files and environment variables; a later section counts more, as it does for pip."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    found: dict[str, dict[str, str]] = {section: {} for section in sections}
    for line in lines:
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in found:
            found[section][name] = ast.literal_eval(value)
    return {name: value for section in sections for name, value in found[section].items()}


def uv_environment(pip: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which uv reaches what pip reaches."""
    changed = dict(_as_uv_reads(pip)) | dict(environment)
    certificates = pip.get("cert") or environment.get("REQUESTS_CA_BUNDLE") or environment.get("CURL_CA_BUNDLE")
    if certificates:
        path = Path(certificates).expanduser()
        changed["SSL_CERT_DIR" if path.is_dir() else "SSL_CERT_FILE"] = str(path)
    elif _system_has_certificates():
        changed.setdefault("UV_SYSTEM_CERTS", "true")
        changed.setdefault("UV_NATIVE_TLS", "true")  # the older name
    if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_FIND_LINKS"} & changed.keys():
        changed.setdefault("UV_TORCH_BACKEND", "cpu")  # on PyPI itself, torch has gigabytes for GPUs
    return changed


def _as_uv_reads(pip: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in pip.items():
        if name in NAMES:
            yield NAMES[name], ",".join(value.split()) if name == "find-links" else " ".join(value.split())
    if "extra-index-url" in pip:
        yield "UV_INDEX_STRATEGY", "unsafe-best-match"  # as pip, which takes the newest version of any index
    if proxy := pip.get("proxy"):
        yield from ((name, proxy if "://" in proxy else f"http://{proxy}") for name in PROXIES)


def _system_has_certificates() -> bool:
    """Whether uv can use the system's certificates instead of its own: a small image may have none."""
    return sys.platform != "linux" or any(any(Path(store).glob("*")) for store in STORES)


if __name__ == "__main__":
    os.execvpe("uv", ["uv", *sys.argv[1:]], uv_environment(pip_settings(), os.environ))  # noqa: S606 - not a shell
