"""The places for pictures beside GitHub's branch: GitLab's uploads, Bitbucket's downloads, buckets, and none."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import fsspec  # type: ignore[import-untyped]  # it carries no types
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fakes import FakeBitbucket, FakeGitLab, PullRequest, faults
from image_forges import png
from storages import KEY, GoogleStorage, google_storage, s3_server

from headway.ci.read import read_context
from headway.errors import DeniedError, ForgeError, SettingsError
from headway.publish.forges.connect import connect
from headway.publish.http.options import ClientOptions
from headway.publish.images.bucket import BucketImages
from headway.publish.images.formats import DecodedImage, format_of, hashed_name
from headway.publish.images.git_data import blob_sha, tree_sha
from headway.publish.images.store import NoImages
from headway.publish.images.uploads import DownloadImages, UploadImages

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

QUICK = ClientOptions(write_gap=0.0, attempts=1, sleep=lambda _: None)
FILES = {"charts/loss.png": png(1), "roc.png": png(2)}
TWICE = {"charts/roc-light.png": png(2), "roc.png": png(2)}
SVG = b'<?xml version="1.0"?>\n<!-- drawn by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        (png(), ".png"),
        (b"\xff\xd8\xff\xe0rest", ".jpg"),
        (b"GIF89a...", ".gif"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", ".webp"),
        (b"\0\0\0\x1cftypavif", ".avif"),
        (SVG, ".svg"),
        (b"\xef\xbb\xbf<svg>", ".svg"),
    ],
)
def test_pictures_are_told_by_their_bytes(content: bytes, ending: str) -> None:
    form = format_of(content)
    assert form is not None
    assert form.ending == ending


@pytest.mark.parametrize(
    "content", [b"", b"AWS_SECRET_ACCESS_KEY=...", b"%PDF-1.7", b"<html><svg>", b"BM6\0\0\0", b"svg"]
)
def test_anything_else_is_no_picture(content: bytes) -> None:
    assert format_of(content) is None


def test_a_stored_picture_is_named_by_its_bytes_alone() -> None:
    assert re.fullmatch(r"e719b913b7674c4f[0-9a-f]{16}\.png", hashed_name(png(1)))


def test_git_names_content_as_git_does(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    for name, content in (("b.png", png(1)), ("a.png", png(2)), ("a-b.png", b"")):
        (tmp_path / name).write_bytes(content)
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    tree = subprocess.run(
        ["git", "write-tree"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout.strip()
    blobs = {path.name: blob_sha(path.read_bytes()) for path in tmp_path.glob("*.png")}
    assert tree_sha(blobs) == tree


def uploaded(gitlab: FakeGitLab, addresses: Mapping[str, str]) -> dict[str, bytes]:
    contents = {f"/uploads/{each.secret}/{each.name}": each.content for each in gitlab.uploads()}
    return {name: contents[address] for name, address in addresses.items()}


class TestUpload:
    @pytest.fixture
    def gitlab(self) -> Iterator[FakeGitLab]:
        with FakeGitLab(merge_requests=[PullRequest(number=1)]) as forge:
            yield forge

    def store(self, gitlab: FakeGitLab, *earlier: str, token: str | None = None) -> UploadImages:
        context = read_context(gitlab.environ(token=token))
        return UploadImages(connect(context, QUICK).session, context.repository, lambda: earlier)

    def test_addresses_are_relative_and_show_the_bytes(self, gitlab: FakeGitLab) -> None:
        addresses = self.store(gitlab).put(FILES)
        assert uploaded(gitlab, addresses) == FILES
        assert all(address.startswith("/uploads/") for address in addresses.values())

    def test_what_an_earlier_comment_shows_is_not_uploaded_again(self, gitlab: FakeGitLab) -> None:
        first = self.store(gitlab).put(FILES)
        earlier = f"![a]({first['roc.png']}) and ![b]({first['charts/loss.png']})"
        before = len(gitlab.requests)
        assert self.store(gitlab, earlier).put(FILES) == first
        assert len(gitlab.requests) == before

    def test_one_picture_under_two_names_is_uploaded_once(self, gitlab: FakeGitLab) -> None:
        first = self.store(gitlab).put(TWICE)
        later = self.store(gitlab, f"![a]({first['roc.png']})").put({"renamed.png": png(2)})
        assert {*first.values(), *later.values()} == {first["roc.png"]}
        assert len(gitlab.uploads()) == 1

    def test_a_changed_picture_is(self, gitlab: FakeGitLab) -> None:
        first = self.store(gitlab).put(FILES)
        second = self.store(gitlab, f"![]({first['roc.png']})").put({"roc.png": png(3)})
        assert second["roc.png"] != first["roc.png"]

    def test_a_job_token_is_told_what_it_lacks(self, gitlab: FakeGitLab) -> None:
        with pytest.raises(DeniedError, match="scope `api`"):
            self.store(gitlab, token=gitlab.token("read")).put(FILES)

    def test_nothing_waits_between_two_images_as_gitlab_does_not_ask_for_it(self, gitlab: FakeGitLab) -> None:
        waits: list[float] = []
        reported: list[tuple[int, int]] = []
        options = ClientOptions(sleep=waits.append, uploading=lambda *sent: reported.append(sent))
        context = read_context(gitlab.environ())
        UploadImages(connect(context, options).session, context.repository).put(FILES)
        assert (waits, reported) == ([], [(0, 2), (1, 2), (2, 2)])

    def test_a_lost_answer_is_asked_for_again(self, gitlab: FakeGitLab) -> None:
        gitlab.fail("POST", "*/uploads", faults.server_error(took_effect=True))
        context = read_context(gitlab.environ())
        session = connect(context, ClientOptions(write_gap=0.0, sleep=lambda _: None)).session
        addresses = UploadImages(session, context.repository).put(FILES)
        assert uploaded(gitlab, addresses) == FILES


class TestDownloads:
    @pytest.fixture
    def bitbucket(self) -> Iterator[FakeBitbucket]:
        with FakeBitbucket(pull_requests=[PullRequest(number=1)]) as forge:
            yield forge

    def store(self, bitbucket: FakeBitbucket, token: str | None = None) -> DownloadImages:
        context = read_context(bitbucket.environ(token=token))
        return DownloadImages(connect(context, QUICK).session, context.repository, context.repository_url)

    def test_addresses_name_what_is_stored(self, bitbucket: FakeBitbucket) -> None:
        addresses = self.store(bitbucket).put(FILES)
        assert {name: bitbucket.downloads()[address.rpartition("/")[2]] for name, address in addresses.items()} == FILES
        assert all("/downloads/headway-" in address for address in addresses.values())

    def test_one_picture_under_two_names_is_stored_once(self, bitbucket: FakeBitbucket) -> None:
        first = self.store(bitbucket).put(TWICE)
        later = self.store(bitbucket).put({"renamed.png": png(2)})
        assert {*first.values(), *later.values()} == {first["roc.png"]}
        assert [each.method for each in bitbucket.requests].count("POST") == 1

    def test_what_is_there_is_not_stored_again(self, bitbucket: FakeBitbucket) -> None:
        first = self.store(bitbucket).put(FILES)
        assert self.store(bitbucket).put(FILES) == first
        assert [each.method for each in bitbucket.requests].count("POST") == 1

    def test_many_images_are_stored_in_a_few_forms(self, bitbucket: FakeBitbucket) -> None:
        charts = {f"{number}.png": png(number) for number in range(128)} | {"large.png": png(128, padding=9_999_999)}
        addresses = self.store(bitbucket).put(charts)
        assert {name: bitbucket.downloads()[url.rpartition("/")[2]] for name, url in addresses.items()} == charts
        forms = [each.files() for each in bitbucket.requests if each.method == "POST"]
        assert [len(files) for files in forms] == [50, 50, 28, 1]

    def test_a_token_that_may_only_read_is_told_what_it_lacks(self, bitbucket: FakeBitbucket) -> None:
        with pytest.raises(DeniedError, match="repository:write"):
            self.store(bitbucket, token=bitbucket.token("read")).put(FILES)


class TestBucket:
    def test_everything_is_in_the_bucket_and_named_by_its_public_address(self) -> None:
        store = BucketImages("memory://team/pictures", "https://cdn.example.org/pictures/", QUICK)
        addresses = store.put(FILES)
        assert addresses["roc.png"] == f"https://cdn.example.org/pictures/{hashed_name(png(2))}"
        files = fsspec.filesystem("memory")
        assert files.cat_file(f"/team/pictures/{hashed_name(png(2))}") == png(2)

    def test_one_picture_under_two_names_is_written_once(self) -> None:
        said: list[str] = []
        store = BucketImages("memory://twice", "https://x.example", ClientOptions(dry_run=True, log=said.append))
        assert len(set(store.put(TWICE).values())) == len(said) == 1

    def test_a_dry_run_writes_nothing(self) -> None:
        said: list[str] = []
        BucketImages("memory://dry", "https://x.example", ClientOptions(dry_run=True, log=said.append)).put(FILES)
        assert not fsspec.filesystem("memory").exists("/dry")
        assert len(said) == len(FILES)

    @pytest.mark.parametrize(
        ("bucket", "address", "message"),
        [
            ("s3://bucket", "", "no public URL"),
            ("", "", "no public URL"),
            ("s3://bucket", "s3://bucket", "no public URL"),
            ("nonsense://bucket", "https://x.example", "is not a bucket"),
        ],
    )
    def test_what_is_missing_is_said(self, bucket: str, address: str, message: str) -> None:
        with pytest.raises(SettingsError, match=message):
            BucketImages(bucket, address, QUICK)

    def test_a_missing_plug_in_names_the_extra(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "gcsfs", None)
        with pytest.raises(SettingsError, match=r"headway\[gs\]"):
            BucketImages("gs://bucket", "https://x.example", QUICK)

    def test_no_credentials_are_a_refusal_that_names_the_bucket(self, monkeypatch: pytest.MonkeyPatch) -> None:
        without_credentials(monkeypatch)
        with pytest.raises(ForgeError, match="s3://bucket/x") as caught:
            BucketImages("s3://bucket/x", "https://x.example", QUICK).put(FILES)
        assert "Unable to locate credentials" in str(caught.value)

    def test_a_real_s3_server_takes_pictures_as_pictures_from_whoever_has_its_key(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "pictures").mkdir()
        files = {**FILES, "drawn.svg": DecodedImage(SVG)}
        without_credentials(monkeypatch)
        with s3_server(tmp_path) as address:
            with_credentials(monkeypatch, address, KEY)
            store = BucketImages("s3://pictures/team", "https://cdn.example.org", QUICK)
            addresses = store.put(files)
            assert store.put(FILES).items() <= addresses.items()
            heads = {name: head(f"pictures/team/{url.rpartition('/')[2]}") for name, url in addresses.items()}
            with_credentials(monkeypatch, address, "another-key-of-twenty")
            with pytest.raises(ForgeError, match="PermissionError"):
                BucketImages("s3://pictures/other", "https://cdn.example.org", QUICK).put(FILES)
        stored = {path.name: path.read_bytes() for path in (tmp_path / "pictures/team").iterdir()}
        assert stored == {hashed_name(content): content for name, content in files.items()}
        assert {name: found["ContentType"] for name, found in heads.items()} == {
            "charts/loss.png": "image/png",
            "roc.png": "image/png",
            "drawn.svg": "image/svg+xml",
        }
        assert heads["roc.png"]["CacheControl"] == "public, max-age=31536000, immutable"
        assert not (tmp_path / "pictures/other").exists()

    def test_googles_storage_takes_pictures_as_pictures_from_whoever_has_a_token(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with google_storage() as google:
            google_credentials(monkeypatch, google, tmp_path)
            addresses = BucketImages("gs://team/pictures", "https://cdn.example.org", QUICK).put(FILES)
            files = fsspec.filesystem("gs")
            stored = {name: f"team/pictures/{url.rpartition('/')[2]}" for name, url in addresses.items()}
            assert {name: files.cat_file(path) for name, path in stored.items()} == FILES
            found = files.info(stored["roc.png"])
            assert found["contentType"] == "image/png"
            assert google.refused == 0

    def test_googles_storage_refuses_another_key(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with google_storage() as google:
            google_credentials(monkeypatch, google, tmp_path, rsa.generate_private_key(65537, 2048))
            asked: list[bytes] = []
            exchange = google.exchange

            def counted(body: bytes) -> tuple[int, dict[str, Any]]:
                asked.append(body)
                return exchange(body)

            monkeypatch.setattr(google, "exchange", counted)
            with pytest.raises(ForgeError, match="gs://team/pictures") as caught:
                BucketImages("gs://team/pictures", "https://cdn.example.org", QUICK).put(FILES)
            assert (len(asked), google.refused) == (1, 0), "by itself gcsfs asks again for half a minute"
            assert "Invalid Credentials" in str(caught.value)


def google_credentials(
    monkeypatch: pytest.MonkeyPatch, google: GoogleStorage, folder: Path, key: rsa.RSAPrivateKey | None = None
) -> None:
    import gcsfs  # type: ignore[import-untyped]  # noqa: PLC0415 - it carries no types; a second that few tests need

    gcsfs.GCSFileSystem.clear_instance_cache()
    (folder / "account.json").write_text(google.account(key))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(folder / "account.json"))
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", google.address)


def without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    import s3fs  # type: ignore[import-untyped]  # noqa: PLC0415 - it carries no types; a second that few tests need

    s3fs.S3FileSystem.clear_instance_cache()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def with_credentials(monkeypatch: pytest.MonkeyPatch, address: str, secret: str) -> None:
    without_credentials(monkeypatch)
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "headway")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)


def head(path: str) -> dict[str, str]:
    """What the server says of an object."""
    bucket, _, key = path.partition("/")
    found: dict[str, str] = fsspec.filesystem("s3").call_s3("head_object", Bucket=bucket, Key=key)
    return found


class TestNone:
    def test_no_picture_has_an_address(self) -> None:
        assert NoImages().put(FILES) == {}
