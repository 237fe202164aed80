"""``headway post`` on Bitbucket, which shows HTML as text: the comment holds none, whatever becomes of the pictures."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Literal

import pytest
from fakes import FakeBitbucket
from image_forges import png
from publish.forge_places import PULL_REQUEST, bitbucket_context, make_options, post_one
from rendered import github
from samples import digits_report

from headway.publish.comment.marker import read
from headway.report import codec
from headway.settings import ImageSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Store = Literal["none", "upload"]


@pytest.fixture
def fake() -> Iterator[FakeBitbucket]:
    with FakeBitbucket(pull_requests=[PULL_REQUEST]) as forge:
        yield forge


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    report = digits_report()
    (tmp_path / "charts").mkdir()
    for chart in report.charts:
        for path in (chart.image, chart.image_dark):
            (tmp_path / str(path)).write_bytes(png(zlib.crc32(str(path).encode())))
    (tmp_path / "report.json").write_bytes(codec.encode(report))
    return tmp_path


def comment(fake: FakeBitbucket, folder: Path, place: Store) -> str:
    delivery = post_one(folder, bitbucket_context(fake), make_options(), images=ImageSettings(store=place))
    assert delivery.failures == ()
    (only,) = fake.comments(7)
    return only.body


@pytest.mark.parametrize("place", ["none", "upload"])
def test_the_comment_holds_no_html(fake: FakeBitbucket, folder: Path, place: Store) -> None:
    body = comment(fake, folder, place)
    assert read(body) is not None
    assert not re.search(r"<[A-Za-z/!]|&#?\w+;", body)
    assert ["Parameter", "Base", "Head"] in [table[0] for table in github(body).tables]


def test_pictures_among_the_downloads_are_shown(fake: FakeBitbucket, folder: Path) -> None:
    body = comment(fake, folder, "upload")
    images = github(body).elements("img")
    assert len(images) == 5
    assert all("/downloads/headway-" in (image["src"] or "") for image in images)
    assert "cannot be shown" not in body
    assert len(fake.downloads()) == len(images), "none is stored that the comment does not show"


def test_without_pictures_charts_are_told_in_words(fake: FakeBitbucket, folder: Path) -> None:
    body = comment(fake, folder, "none")
    assert "![" not in body
    assert "▁" in body


def test_a_second_time_changes_nothing(fake: FakeBitbucket, folder: Path) -> None:
    assert comment(fake, folder, "none") == comment(fake, folder, "none")
