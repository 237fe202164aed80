"""Any forge: images in a bucket through fsspec, shown at the bucket's public URL.

fsspec comes with DVC, and so do its plug-ins for S3 and Google Cloud Storage (the extras ``s3`` and ``gs``). They find
credentials where they always do, in the environment or the machine's role; Headway neither reads nor passes any.
``AWS_ENDPOINT_URL`` names an S3 that is not Amazon's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from headway.errors import ForgeError, SettingsError
from headway.publish.http.error_responses import for_log
from headway.publish.images.batches import reported
from headway.publish.images.formats import DecodedImage, hashed_name
from headway.text import hide_user_info

if TYPE_CHECKING:
    from collections.abc import Mapping

    from headway.publish.http.options import ClientOptions

_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gs", "gcs": "gs"}
_FOREVER = "public, max-age=31536000, immutable"
"""A name changes with its image, so caches may keep it."""


class BucketImages:
    """Images in a bucket, ``"s3://bucket/folder"``, which everybody can read at its public URL.

    Raises:
        SettingsError: an address is missing or is not one, or the plug-in is not installed.
    """

    def __init__(self, bucket: str, public_url: str, transport: ClientOptions) -> None:
        if urlsplit(public_url).scheme not in {"http", "https"}:
            raise SettingsError(
                f"The bucket {bucket or '(none)'} has no public URL.",
                why="Readers' browsers fetch the images, so a comment needs a URL that starts with https://.",
                remedy="Name the bucket and its public URL: --bucket s3://BUCKET/FOLDER --bucket-url https://...",
            )
        self._name = hide_user_info(bucket)
        self._public_url = public_url.rstrip("/")
        self._transport = transport
        self._protocol = urlsplit(bucket).scheme
        self._files, self._folder = _connect(bucket, self._protocol)

    def put(self, files: Mapping[str, DecodedImage]) -> Mapping[str, str]:
        """Store the images that are not there."""
        names = {name: hashed_name(content) for name, content in files.items()}
        images = {names[name]: content for name, content in files.items()}
        single = ({hashed: content} for hashed, content in images.items())
        for batch in reported(single, len(images), self._transport.uploading):
            for hashed, content in batch.items():
                self._store(f"{self._folder}/{hashed}", content)
        return {name: f"{self._public_url}/{quote(hashed)}" for name, hashed in names.items()}

    def _store(self, path: str, content: DecodedImage) -> None:
        if self._transport.dry_run:
            self._transport.log(f"PUT {self._protocol}://{path}\n  {len(content):,} bytes")
            return
        try:
            if credentials := getattr(self._files, "credentials", None):
                # A refusal of gcsfs's key is final here; within a request it would try again for half a minute.
                credentials.maybe_refresh()
            if not self._exists(path):
                self._files.pipe_file(path, content, **_headers(self._protocol, content))
        except Exception as error:  # noqa: BLE001 - every plug-in has errors of its own, with no base in common
            raise ForgeError(
                f"An image could not be stored in the bucket {self._name}.",
                why=f"{type(error).__name__}: {for_log(hide_user_info(str(error)))}",
                remedy="Check the bucket's name, and that the job has credentials that may read and write there.",
            ) from None

    def _exists(self, path: str) -> bool:
        try:
            return bool(self._files.exists(path))
        except PermissionError:  # credentials that may only write are good enough
            return False


def _connect(bucket: str, protocol: str) -> tuple[Any, str]:
    """The file system, which carries no types, and the folder in it."""
    # Imported late, because its plug-ins take a second to load and few have a bucket.
    import fsspec  # type: ignore[import-untyped]  # noqa: PLC0415

    import headway.remotes  # noqa: F401, PLC0415 - has gcsfs leave gRPC alone

    try:
        files, folder = fsspec.core.url_to_fs(bucket)
    except ImportError as error:
        extra = _EXTRAS.get(protocol)
        raise SettingsError(
            f"The plug-in for buckets like {protocol}:// is not installed.",
            why=f"{error}.",
            remedy=f"pip install 'dvc-headway[{extra}]'" if extra else "Install fsspec's plug-in for it.",
        ) from error
    except ValueError as error:
        raise SettingsError(
            f"{hide_user_info(bucket)} is not a bucket.", why=f"{error}.", remedy="Write it as in s3://BUCKET/FOLDER."
        ) from error
    return files, str(folder).rstrip("/")


def _headers(protocol: str, content: DecodedImage) -> dict[str, Any]:
    """The media type, as each plug-in calls it: without it, browsers save the image instead of showing it."""
    if protocol in {"s3", "s3a"}:
        return {"ContentType": content.form.media_type, "CacheControl": _FOREVER}
    if protocol in {"gs", "gcs"}:
        return {"content_type": content.form.media_type, "fixed_key_metadata": {"cache_control": _FOREVER}}
    return {}
