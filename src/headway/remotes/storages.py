"""The kinds of storage as a table: the package that DVC needs for each, and the variables that are credentials."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Storage:
    """One kind of storage.

    Attributes:
        install: what pip installs for DVC to reach it; empty where DVC needs nothing more.
        ways: alternative sets of variables that are credentials, in the order in which the storage's library looks for
            them; empty where it reads no variables.
        wanted: the credentials to set, in words.
        secrets: the variables whose values nobody may see.
        files: the variables that hold the path of a file.
        document: the variable that holds JSON, or the path of a JSON file.
        options: DVC's option for each variable that DVC does not read from the environment; none of them is a secret.
        verifies: whether DVC's option ``verify`` works, without which DVC accepts a damaged file.
    """

    install: str = ""
    ways: tuple[tuple[str, ...], ...] = ()
    wanted: str = ""
    secrets: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    document: str = ""
    options: tuple[tuple[str, str], ...] = ()
    verifies: bool = True

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable of this storage, once each."""
        ways = (variable for way in self.ways for variable in way)
        options = (variable for variable, _ in self.options)
        return tuple(dict.fromkeys((*ways, *self.secrets, *self.files, self.document, *options)))

    def in_use(self, credentials: Mapping[str, str]) -> tuple[str, ...]:
        """The first way whose variables are all set; empty where there is none."""
        return next((way for way in self.ways if all(credentials.get(variable) for variable in way)), ())


_S3 = Storage(
    install="'dvc-headway[s3]'",
    ways=(
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE"),
        ("AWS_PROFILE",),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI",),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",),
    ),
    wanted="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or assume a role",
    secrets=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    files=("AWS_WEB_IDENTITY_TOKEN_FILE",),
)
_GS = Storage(
    install="'dvc-headway[gs]'",
    ways=(("GOOGLE_APPLICATION_CREDENTIALS",),),
    wanted="GOOGLE_APPLICATION_CREDENTIALS, a file's path or the JSON itself",
    document="GOOGLE_APPLICATION_CREDENTIALS",
)
_AZURE = Storage(
    install="dvc-azure",
    ways=(
        ("AZURE_STORAGE_CONNECTION_STRING",),
        ("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY"),
        ("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_SAS_TOKEN"),
        ("AZURE_STORAGE_ACCOUNT", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET"),
        ("AZURE_STORAGE_ACCOUNT", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"),
        ("AZURE_STORAGE_ACCOUNT",),  # the machine's own identity, or the login of Azure's command line
    ),
    wanted="AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_ACCOUNT with AZURE_STORAGE_KEY",
    secrets=("AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_KEY", "AZURE_STORAGE_SAS_TOKEN", "AZURE_CLIENT_SECRET"),
    files=("AZURE_FEDERATED_TOKEN_FILE",),
)
_OSS = Storage(
    install="dvc-oss",
    ways=(("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"),),
    wanted="OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and OSS_ENDPOINT",
    secrets=("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET"),
    options=(("OSS_ENDPOINT", "oss_endpoint"),),
)
_GDRIVE = Storage(
    install="dvc-gdrive",
    ways=(("GDRIVE_CREDENTIALS_DATA",),),
    wanted="GDRIVE_CREDENTIALS_DATA",
    document="GDRIVE_CREDENTIALS_DATA",
)

STORAGES: Mapping[str, Storage] = MappingProxyType(
    {
        "": Storage(),  # a path
        "s3": _S3,
        "gs": _GS,
        "azure": _AZURE,
        "oss": _OSS,
        "gdrive": _GDRIVE,
        "ssh": Storage(install="dvc-ssh"),
        "http": Storage(),
        "https": Storage(),
        "webdav": Storage(install="dvc-webdav"),
        "webdavs": Storage(install="dvc-webdav"),
        "hdfs": Storage(install="dvc-hdfs", verifies=False),
        "webhdfs": Storage(install="dvc-webhdfs"),
    }
)
"""Each kind of storage by the scheme of its URLs."""


def storage_of(url: str) -> Storage | None:
    """The kind of storage of a URL; ``None`` where DVC does not support it."""
    return STORAGES.get(urlsplit(url).scheme)
