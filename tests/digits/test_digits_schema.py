from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from digits.dataset import PIXELS
from digits.schema import read_digits
from digits.stage import PipelineError

if TYPE_CHECKING:
    from pathlib import Path

HEADER = ",".join(["id", *PIXELS, "label"])


def row(name: str, label: str = "3", **pixels: str) -> str:
    """A good row, but for what is named."""
    return ",".join([name, *(pixels.get(pixel, "0") for pixel in PIXELS), label])


def table(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "digits.csv"
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


def error_of(path: Path) -> str:
    with pytest.raises(PipelineError) as caught:
        read_digits(path)
    return str(caught.value)


def test_a_good_table_comes_back_typed_in_file_order(tmp_path: Path) -> None:
    digits = read_digits(table(tmp_path, row("b", label="9", pixel_0_0="16"), row("a")))
    assert list(digits["id"]) == ["b", "a"]
    assert digits["pixel_0_0"].tolist() == [16, 0]
    assert digits["label"].tolist() == [9, 3]
    assert {str(kind) for kind in digits.drop(columns="id").dtypes} == {"uint8"}


BAD = [
    (row("high", pixel_3_4="17"), "(id 'high'): pixel_3_4 is '17', not a whole number from 0 to 16"),
    (row("low", pixel_3_4="-1"), "(id 'low'): pixel_3_4 is '-1', not a whole number"),
    (row("half", pixel_3_4="2.5"), "(id 'half'): pixel_3_4 is '2.5', not a whole number"),
    (row("word", pixel_3_4="ink"), "(id 'word'): pixel_3_4 is 'ink', not a whole number"),
    (row("none", pixel_3_4=""), "(id 'none'): pixel_3_4 is empty"),
    (row("ten", label="10"), "(id 'ten'): label is '10', not a whole number from 0 to 9"),
    (row("gap", label="NA"), "(id 'gap'): label is 'NA'"),
    (row("x y"), "id is 'x y', not an id without spaces"),
    (row(""), "(id ''): id is empty"),
]


def test_every_bad_row_is_named(tmp_path: Path) -> None:
    message = error_of(table(tmp_path, row("good"), *(bad for bad, _ in BAD), row("good2")))
    lines = message.splitlines()
    assert [
        named
        for line, (_, named) in enumerate(BAD, 3)
        if not any(f"line {line} " in each and named in each for each in lines)
    ] == []
    assert f"{len(BAD)} bad rows" in message
    assert "good" not in message


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ("", "line 3 (id ''): id is empty; pixel_0_0 is empty; pixel_0_1 is empty, and 63 more cells"),
        ("x,1,2", "line 3 (id 'x'): pixel_0_2 is empty"),
    ],
    ids=["no cell", "three cells"],
)
def test_a_short_row_is_named(tmp_path: Path, bad: str, named: str) -> None:
    message = error_of(table(tmp_path, row("good"), bad, row("good2")))
    assert named in message
    assert "1 bad rows" in message


def test_rows_that_share_an_id_are_all_named(tmp_path: Path) -> None:
    message = error_of(table(tmp_path, row("a"), row("b"), row("a")))
    assert "line 2 (id 'a'): id is 'a', not unique" in message
    assert "line 4 (id 'a'): id is 'a', not unique" in message


def test_many_bad_rows_are_counted_and_ten_named(tmp_path: Path) -> None:
    message = error_of(table(tmp_path, *(row(f"d{n}", label="x") for n in range(25))))
    assert "25 bad rows" in message
    assert message.count("line ") == 10
    assert message.endswith("and 15 more")


@pytest.mark.parametrize(("missing", "unknown"), [("pixel_7_7", "pixel_8_8"), ("id,", "name,"), ("label", "pixel_0_0")])
def test_columns_that_are_missing_or_unknown_are_named(tmp_path: Path, missing: str, unknown: str) -> None:
    message = error_of(table(tmp_path, row("a", label="x"), header=HEADER.replace(missing, unknown)))
    assert f"unknown column {unknown.strip(',')}" in message
    assert f"missing column {missing.strip(',')}" in message
    assert "2 bad columns" in message


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "not a CSV table"),
        (HEADER.encode() + b"\n", "has no rows"),
        (f"{HEADER}\n{row('a')},7\n".encode(), "not a CSV table"),
        (f"{HEADER}\n{row('a')}\n{row('b')},7,8\n".encode(), "line 3"),
        (b"\xff\xfe\x00", "not a CSV table in UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_an_error(tmp_path: Path, content: bytes, named: str) -> None:
    path = tmp_path / "digits.csv"
    path.write_bytes(content)
    assert named in error_of(path)


def test_a_missing_file_names_the_command_that_brings_it(tmp_path: Path) -> None:
    assert "dvc pull" in error_of(tmp_path / "digits.csv")
